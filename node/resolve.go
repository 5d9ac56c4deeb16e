package node

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/ncconf"
	"github.com/signalmesh/signalmesh/mesh"
)

// ErrNoName is part of what Resolve returns when no layer names the cache or the
// application.
var ErrNoName = errors.New("a node needs the names of its cache and its application")

// Resolve lays all settings over each other, later ones winning: the defaults,
// client.ncconf, appsettings.json, the same of the environment, environment
// variables, and o. The error is a *SettingsError. It names everything that is wrong and
// where it was read.
func Resolve(o Options) (*Settings, error) {
	r := resolver{o: o.complete(), s: &Settings{}}
	r.fail(o.faults())
	r.ncache()
	if len(r.errs) == 0 {
		r.clientConf()
		r.templates()
		r.users()
		r.addresses()
		r.seeds()
		r.rest()
	}
	if err := errors.Join(r.errs...); err != nil {
		return nil, &SettingsError{err}
	}
	return r.s, nil
}

// A resolver works through the layers.
type resolver struct {
	o     Options
	s     *Settings
	conf  *appsettings.Config
	app   appsettings.NCacheConfiguration
	cache *ncconf.Cache // nil: there is no client.ncconf
	errs  []error
}

func (r *resolver) fail(err error) {
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

// take keeps problems for the log and errors for the caller.
func (r *resolver) take(p diag.Problems) {
	r.fail(p.Err())
	for _, problem := range p {
		if problem.Severity != diag.Error {
			r.s.Problems = append(r.s.Problems, problem)
		}
	}
}

// ncache reads the section NCacheConfiguration with o laid over it.
func (r *resolver) ncache() {
	var overrides []appsettings.Entry
	lay := func(name, value string, keys ...string) {
		for _, key := range keys {
			if value != "" {
				overrides = append(overrides, appsettings.Entry{
					Key: appsettings.SectionName + ":" + key, Value: value, Origin: diag.Origin{Source: r.o.origin(name)},
				})
			}
		}
	}
	lay("cache", r.o.CacheName, "CacheName")
	lay("app", r.o.ApplicationID, "ApplicationID", "EventKey")
	lay("user", r.o.UserID, "UserID")
	lay("password", r.o.Password, "Password")
	var problems diag.Problems
	r.conf, problems = appsettings.Load(appsettings.Options{Path: r.o.Config, NoFiles: !r.o.UseFiles, Environ: r.o.Environ, Overrides: overrides})
	r.take(problems)
	if r.conf == nil {
		return
	}
	r.app, problems = r.conf.NCache()
	if r.app.CacheName == "" || r.app.Application() == "" {
		r.fail(r.noName())
	}
	r.take(problems)
	s := r.s
	s.cache, s.application, s.user, s.password = r.app.CacheName, r.app.Application(), r.app.UserID, r.app.Password
	s.row("cache", s.cache, r.from("CacheName"))
	s.row("app", s.application, cmp.Or(r.set("EventKey"), r.from("ApplicationID")))
	s.row("user", s.user, r.from("UserID"))
	s.row("password", fmt.Sprint(s.password), r.from("Password"))
	r.connectionRows()
}

// noName returns ErrNoName with the remedy for a program that sets Options only. Other
// callers read files or the environment, and the problems name those.
func (r *resolver) noName() error {
	if r.o.UseFiles || r.o.Environ != nil {
		return ErrNoName
	}
	return fmt.Errorf("%w: set CacheName and ApplicationID of Options, or UseFiles to read them from appsettings.json", ErrNoName)
}

// from says where a key of NCacheConfiguration was set.
func (r *resolver) from(key string) string { return cmp.Or(r.set(key), "default") }

func (r *resolver) set(key string) string {
	if e, ok := r.conf.Lookup(appsettings.SectionName + ":" + key); ok && !e.Null {
		return e.Origin.String()
	}
	return ""
}

// clientConf reads the cache's part of client.ncconf.
func (r *resolver) clientConf() {
	places, required := []string{r.o.NCConf}, true
	if r.o.NCConf == "" {
		if !r.o.UseFiles {
			r.s.row("ncconf", "", "not looked for: UseFiles is not set")
			return
		}
		if len(r.o.Bootstrap) > 0 || len(r.app.ConnectionOptions.ServerList) > 0 {
			r.s.row("ncconf", "", "not looked for: seeds are given")
			return
		}
		places, required = usualPlaces(), false
	}
	elsewhere := len(r.o.Bootstrap) > 0 || len(r.app.ConnectionOptions.ServerList) > 0
	cache, looks, problems := ncconf.Find(places, r.s.cache, ncconf.Options{ServersElsewhere: elsewhere, Environment: r.o.Environ != nil})
	if !required && !anyThere(looks) {
		r.s.row("ncconf", "", "not there: "+strings.Join(places, ", "))
		return
	}
	r.take(problems)
	r.cache = cache
	if cache != nil {
		r.s.row("ncconf", cache.Origin.Source, cmp.Or(map[bool]string{true: r.o.origin("ncconf")}[required], "found"))
		for _, row := range cache.Rows() {
			r.s.row("ncconf "+row.Name, row.Value, row.Origin.String())
		}
		r.mapCache(cache)
	}
}

// usualPlaces are where NCache looks for its client.ncconf.
func usualPlaces() []string {
	work, err := os.Getwd()
	if err != nil {
		work = ""
	}
	exe, err := os.Executable()
	if err != nil {
		exe = ""
	}
	return ncconf.Places(work, filepath.Dir(exe), "")
}

func anyThere(looks []ncconf.Look) bool {
	for _, l := range looks {
		if l.Result != "not there" {
			return true
		}
	}
	return false
}

// users reads who is let in.
func (r *resolver) users() {
	s, path := r.s, r.o.Users
	s.row("users", path, orDefault(path, r.o.origin("users")))
	if path == "" {
		return
	}
	if text := SecretFileProblem(path); text != "" {
		r.warn(diag.Origin{Source: r.o.origin("users")}, text)
	}
	s.usersFile = &usersFile{path: path, cache: s.cache}
	var err error
	s.users, _, err = s.usersFile.changed()
	r.fail(err)
}

// addresses sets the addresses at which peers reach this node.
func (r *resolver) addresses() {
	s := r.s
	if r.o.dialOnly {
		s.row("listen", "", "a publisher listens nowhere")
		s.name = cmp.Or(r.o.Name, "publisher")
		s.row("name", s.name, orDefault(r.o.Name, r.o.origin("name")))
		return
	}
	listen, origin := given(r.o.Listen), r.o.origin("listen")
	if len(listen) == 0 {
		var text string
		text, origin = r.defaultListen()
		listen = []string{text}
	}
	for _, text := range listen {
		addrs, err := parseListen(text)
		if err != nil {
			r.fail(fmt.Errorf("listen (%s): %w", origin, err))
		}
		r.checkAnonymous(addrs, origin)
		s.listen = append(s.listen, addrs...)
	}
	s.row("listen", strings.Join(listen, ", "), origin)
	advertise := given(r.o.Advertise)
	for _, text := range advertise {
		seed, err := discovery.ParseSeed(text)
		if err != nil {
			r.fail(fmt.Errorf("advertise (%s): %w", r.o.origin("advertise"), err))
			continue
		}
		s.advertise = append(s.advertise, seed.Addrs...)
	}
	s.row("advertise", strings.Join(advertise, ", "), orDefault(strings.Join(advertise, ""), r.o.origin("advertise")))
	s.row("allow-anonymous", strconv.FormatBool(r.o.AllowAnonymous), orDefault(strings.TrimPrefix(strconv.FormatBool(r.o.AllowAnonymous), "false"), r.o.origin("allow-anonymous")))
	unadmitted := r.o.Unadmitted.WithDefaults()
	s.row("admission-timeout", cmp.Or(r.o.AdmissionTimeout, mesh.DefaultAdmissionTimeout).String(), r.o.origin("admission-timeout"))
	s.row("unadmitted", strconv.Itoa(unadmitted.Total), r.o.origin("unadmitted"))
	s.row("unadmitted-per-address", strconv.Itoa(unadmitted.Address), r.o.origin("unadmitted-per-address"))
	r.name(listen[0])
}

// defaultListen returns the address to listen on if none is given: that of
// client.ncconf or appsettings.json, else all addresses of both families if there is a
// password, else loopback.
func (r *resolver) defaultListen() (listen, origin string) {
	port, host, origin := ncconf.DefaultPort, "127.0.0.1", "default: loopback, since there is no password"
	if r.s.password != "" {
		host, origin = "", "default"
	}
	if c := r.cache; c != nil {
		port = c.Port.Value
		if !c.Port.Origin.IsDefault() {
			origin = c.Port.Origin.String()
		}
		if r.usable(c.LocalIP) {
			host, origin = c.LocalIP.Value.String(), c.LocalIP.Origin.String()
		}
	}
	if ip := r.app.ConnectionOptions.ClientBindIP; ip != "" {
		host, origin = ip, r.from("ConnectionOptions:ClientBindIP")
	}
	return joinHostPort(host, port), origin
}

// seeds gathers where other nodes may be.
func (r *resolver) seeds() {
	s := r.s
	for _, text := range r.o.Bootstrap {
		seed, err := discovery.ParseSeed(text)
		if err != nil {
			r.fail(fmt.Errorf("bootstrap (%s): %w", r.o.origin("bootstrap"), err))
			continue
		}
		s.seeds = append(s.seeds, seed)
		s.row("seed", seed.String(), r.o.origin("bootstrap"))
	}
	listed, err := discovery.ListSeeds(r.app.ConnectionOptions.ServerList)
	r.fail(err)
	for _, seed := range listed {
		s.row("seed", seed.String(), seed.Origin.String())
	}
	if r.cache != nil && len(listed) == 0 {
		listed, err = discovery.CacheSeeds(r.cache)
		r.fail(err)
		for _, seed := range listed {
			s.row("seed", seed.String(), seed.Origin.String())
		}
	}
	s.seeds = append(s.seeds, listed...)
	s.listed = listed
	if r.cache != nil {
		s.policy = discovery.CachePolicy(r.cache)
		s.mapping, err = discovery.NewMapping(r.cache.EndPoints)
		r.fail(err)
		s.groupTimeout = r.cache.ClientRequestTimeout.Value
	}
	s.policy = s.policy.With(r.app.ConnectionOptions)
	r.mapOptions()
}

// rest adds the rows of what only o sets.
func (r *resolver) rest() {
	s := r.s
	s.row("config", strings.Join(r.conf.Sources(), ", "), orDefault(r.o.Config, r.o.origin("config")))
	r.listener("http", r.o.HTTP)
	r.listener("admin", r.o.Admin)
	r.web()
	r.doors()
	s.row("channel-prefix", r.o.ChannelPrefix, orDefault(r.o.ChannelPrefix, r.o.origin("channel-prefix")))
	r.drain()
	r.window()
	r.joining()
	r.health()
	r.sizes()
	r.hubLimits()
	for _, h := range r.o.Hubs {
		s.row("hub", strings.TrimSuffix(h.Path+" "+h.Name, " "), r.o.origin("hub"))
	}
	r.further()
}

// joining adds the rows of how the node joins the mesh.
func (r *resolver) joining() {
	if r.o.JoinTimeout < 0 {
		r.fail(fmt.Errorf("join-timeout (%s): %v is negative; 0 means the default, %v", r.o.origin("join-timeout"), r.o.JoinTimeout, mesh.DefaultJoinTimeout))
	}
	timeout := cmp.Or(r.o.JoinTimeout, mesh.DefaultJoinTimeout)
	r.s.row("join-timeout", timeout.String(), r.o.origin("join-timeout"))
	r.s.row("ready-when-refused", strconv.FormatBool(r.o.ReadyWhenRefused), r.o.origin("ready-when-refused"))
}

// hubLimits adds the rows of the limits of hubs that are set.
func (r *resolver) hubLimits() {
	if r.o.Development {
		r.s.row("development", "true", r.o.origin("development"))
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"max-groups", r.o.SignalR.MaxGroups}, {"max-group-name", r.o.SignalR.MaxGroupName}, {"max-group-bytes", r.o.SignalR.MaxGroupBytes},
		{"max-client-results", r.o.SignalR.MaxClientResults}, {"max-negotiations", r.o.SignalR.MaxNegotiations},
		{"max-negotiations-per-address", r.o.SignalR.MaxNegotiationsPerAddress},
	} {
		if n.value != 0 {
			r.s.row(n.name, strconv.Itoa(n.value), r.o.origin(n.name))
		}
	}
}

// window adds the rows of the replay window.
func (r *resolver) window() {
	if r.o.ReplayAge < 0 || r.o.ReplayBytes < 0 {
		r.fail(fmt.Errorf("replay-age %v and replay-bytes %d must not be negative; 0 means the default", r.o.ReplayAge, r.o.ReplayBytes))
	}
	if r.o.ReplayAge > 0 {
		r.s.row("replay-age", r.o.ReplayAge.String(), r.o.origin("replay-age"))
	}
	if r.o.ReplayBytes > 0 {
		r.s.row("replay-bytes", strconv.Itoa(r.o.ReplayBytes), r.o.origin("replay-bytes"))
	}
}

// orDefault is origin if value is set.
func orDefault(value, origin string) string {
	if value == "" {
		return "default"
	}
	return origin
}
