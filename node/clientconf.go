package node

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

// mapCache takes over from client.ncconf what is no seed and no dialling.
func (r *resolver) mapCache(c *ncconf.Cache) {
	if c.Credentials != nil && r.s.user == "" && r.s.password == "" {
		r.s.user, r.s.password = c.Credentials.UserID, appsettings.Secret(c.Credentials.Password)
		r.s.row("user", r.s.user, c.Credentials.Origin.String())
		r.s.row("password", fmt.Sprint(r.s.password), c.Credentials.Origin.String())
	}
	if c.ClientLogs.Value {
		level := meshLevels[c.LogLevel.Value]
		r.s.meshLevel = &level
	}
	for _, s := range []struct {
		name   string
		origin diag.Origin
	}{
		{"command-retries", c.CommandRetries.Origin},
		{"command-retry-interval", c.CommandRetryInterval.Origin},
	} {
		if !s.origin.IsDefault() {
			r.notice(s.origin, s.name+" is not needed: the mesh sends again by itself what a server has not acknowledged")
		}
	}
	if c.KeepAlive.Value {
		r.notice(c.KeepAlive.Origin, "enable-keep-alive is not needed: servers hear each other twice a second in any case")
	}
}

// mapOptions takes over from NCacheConfiguration:ConnectionOptions what does not belong
// to dialling. It wins over client.ncconf.
func (r *resolver) mapOptions() {
	o := r.app.ConnectionOptions
	if o.ClientRequestTimeOut != nil {
		r.s.groupTimeout = time.Duration(*o.ClientRequestTimeOut) * time.Second
	}
	if o.EnableClientLogs != nil {
		r.s.meshLevel = nil
		if level, ok := meshLevels[cmp.Or(o.LogLevel, "info")]; ok && *o.EnableClientLogs {
			r.s.meshLevel = &level
		}
	}
}

// meshLevels are the log levels of NCache.
var meshLevels = map[string]slog.Level{"error": slog.LevelError, "info": slog.LevelInfo, "debug": slog.LevelDebug}

// connectionRows adds the rows of NCacheConfiguration:ConnectionOptions. The servers are
// rows of the seeds.
func (r *resolver) connectionRows() {
	section := r.conf.Section(appsettings.SectionName).Section("ConnectionOptions")
	for _, name := range appsettings.OptionNames() {
		if e, ok := section.Lookup(name); ok && !e.Null {
			r.s.row("ConnectionOptions:"+name, e.Shown(), e.Origin.String())
		}
	}
}

func (r *resolver) notice(at diag.Origin, message string) {
	r.s.Problems = append(r.s.Problems, diag.Problem{Severity: diag.Notice, At: at, Message: message})
}

func (r *resolver) warn(at diag.Origin, message string) {
	r.s.Problems = append(r.s.Problems, diag.Problem{Severity: diag.Warning, At: at, Message: message})
}

// usable tells whether local-server-ip is an address of this machine. A file that
// was copied from another one must not keep the node from starting.
func (r *resolver) usable(ip ncconf.Setting[netip.Addr]) bool {
	if !ip.Value.IsValid() {
		return false
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return true // unknown; listening will tell
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.Contains(ip.Value.AsSlice()) && (n.IP.IsLoopback() || n.IP.Equal(ip.Value.AsSlice())) {
			return true
		}
	}
	r.s.Problems = append(r.s.Problems, diag.Problem{
		Severity: diag.Warning, At: ip.Origin,
		Message: fmt.Sprintf("local-server-ip=%q is no address of this machine; ignored", ip.Value),
	})
	return false
}
