package node

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/node/bridge"
	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/node/exchange"
	"github.com/signalmesh/signalmesh/node/listener"
)

// An application is one that the node is a member of: its own, to which the hubs
// belong, or another that has a Redis endpoint here. All of them use one mesh.Mesh, each
// with a topic of its own. From the mesh upwards there are the topic, the bridge to
// the old Redis, the exchange between those who share it, and the door.
type application struct {
	name string
	addr string // of the door; empty: none

	topic    *mesh.Topic
	bridge   *bridge.Bridge
	exchange *exchange.Exchange
	door     *door.Door // nil: none
}

// applications are the node's own and the others.
func (n *Node) applications() []*application {
	if n.own == nil { // it is not open yet
		return nil
	}
	return append([]*application{n.own}, n.others...)
}

// openApplications joins the others, and opens all up to the exchange.
func (n *Node) openApplications() error {
	own := &application{name: n.settings.application, addr: n.o.Redis, topic: n.topic}
	if err := n.openApplication(own); err != nil {
		return err
	}
	n.own = own
	for _, d := range n.o.RedisFor {
		if d.Application == own.name {
			own.addr = d.Addr // Resolve has seen to it that there is no other
			continue
		}
		topic, err := n.mesh.Join(d.Application)
		if err != nil {
			return err
		}
		a := &application{name: d.Application, addr: d.Addr, topic: topic}
		if err := n.openApplication(a); err != nil {
			return err
		}
		n.others = append(n.others, a)
	}
	return nil
}

func (n *Node) openApplication(a *application) (err error) {
	a.bridge, err = bridge.New(bridge.Options{
		Plane: a.topic, Redis: n.o.RedisBridge, Application: n.settings.cache + "/" + a.name,
		Logger: n.log.With("application", a.name), Metrics: n.metricsOf(a.name),
	})
	if err != nil {
		return err
	}
	n.opened(a.bridge.Close)
	if a.exchange, err = exchange.New(a.bridge); err != nil {
		return err
	}
	n.opened(a.exchange.Close)
	return nil
}

// metricsOf is where the metrics of one application are registered.
func (n *Node) metricsOf(application string) prometheus.Registerer {
	return prometheus.WrapRegistererWith(prometheus.Labels{"application": application}, n.o.Metrics)
}

func (a *application) redisAddr() string {
	if a.door == nil {
		return ""
	}
	addr := a.door.Addr()
	if addr.Network() == "unix" {
		return listener.UnixPrefix + addr.String()
	}
	return addr.String()
}

// An ApplicationStatus is one of the other applications as it is shown on the admin
// listener.
type ApplicationStatus struct {
	Application string         `json:"application"`
	Redis       string         `json:"redis"` // address of its door
	Servers     int            `json:"servers"`
	HubNames    []HubName      `json:"hubNames"`
	Bridge      *bridge.Status `json:"bridge,omitempty"`
}

func (n *Node) otherStatus() []ApplicationStatus {
	list := []ApplicationStatus{}
	for _, a := range n.others {
		list = append(list, ApplicationStatus{
			Application: a.name, Redis: a.redisAddr(), Servers: a.topic.Alive(), HubNames: n.fullNames(a), Bridge: a.bridgeStatus(),
		})
	}
	return list
}

// bridgeStatus is nil if the node was given no old Redis.
func (a *application) bridgeStatus() *bridge.Status {
	s := a.bridge.Status()
	if s.State == bridge.Off {
		return nil
	}
	return &s
}

// endpoints checks what Options say of the encryption, the password and the limits of
// Redis endpoints.
func (r *resolver) endpoints(any bool) {
	s, o := r.s, r.o
	s.redisPassword = appsettings.Secret(o.RedisPassword)
	s.row("redis-password", fmt.Sprint(s.redisPassword), orDefault(o.RedisPassword, o.origin("redis-password")))
	s.row("redis-tls-cert", o.RedisTLSCert, orDefault(o.RedisTLSCert, o.origin("redis-tls-cert")))
	s.row("redis-tls-key", o.RedisTLSKey, orDefault(o.RedisTLSKey, o.origin("redis-tls-key")))
	if (o.RedisTLSCert == "") != (o.RedisTLSKey == "") {
		r.fail(errors.New("redis-tls-cert and redis-tls-key belong together; set both, or neither"))
	}
	if !any && (o.RedisPassword != "" || o.RedisTLSCert != "") {
		r.fail(errors.New("a password or a certificate for the Redis endpoint, but no endpoint; set redis to its host:port"))
	}
	limits := o.RedisLimits.WithDefaults()
	s.row("redis-auth-timeout", limits.Timeout.String(), o.origin("redis-auth-timeout"))
	s.row("redis-unauthenticated", strconv.Itoa(limits.Total), o.origin("redis-unauthenticated"))
	s.row("redis-unauthenticated-per-address", strconv.Itoa(limits.PerAddress), o.origin("redis-unauthenticated-per-address"))
}

// doors checks what Options say of Redis endpoints and the old Redis.
func (r *resolver) doors() {
	s, origin := r.s, r.o.origin("redis")
	r.listener("redis", r.o.Redis)
	addrs := map[string]string{}
	if r.o.Redis != "" {
		addrs[s.application] = r.o.Redis
	}
	for _, d := range r.o.RedisFor {
		switch other, twice := addrs[d.Application]; {
		case d.Application == "" || d.Addr == "":
			r.fail(fmt.Errorf("redis (%s): %q=%q lacks an address or an application; give host:port=application", origin, d.Addr, d.Application))
		case twice:
			r.fail(fmt.Errorf("redis (%s): application %q has two doors, %s and %s; remove one", origin, d.Application, other, d.Addr))
		}
		r.checkListener("redis", d.Addr)
		addrs[d.Application] = d.Addr
		s.row("redis", d.Addr+"="+d.Application, origin)
	}
	r.endpoints(len(addrs) > 0)
	if r.o.RedisBridge == "" {
		s.row("redis-bridge", "", "default")
		return
	}
	origin = r.o.origin("redis-bridge")
	r.bridgeTemplate(origin)
	address, err := bridge.ParseURL(r.o.RedisBridge)
	if err != nil {
		r.fail(fmt.Errorf("redis-bridge (%s): %w", origin, err))
		return
	}
	s.row("redis-bridge", address.String(), origin) // without its password
}
