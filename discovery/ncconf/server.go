package ncconf

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// A Server is one <server> of a cache: a seed of the mesh.
type Server struct {
	// Host is an IP address without brackets, with its zone if it has one, or a
	// host name, which is to be resolved at each dial.
	Host string
	// Port is the first port to try, PortRange how many from there on (1 to
	// MaxPortRange; Port+PortRange-1 is at most 65535).
	Port, PortRange int
	// LoadBalancer says that different peers may answer at this address.
	LoadBalancer bool
	Origin       diag.Origin
}

// String is host:port of the first port, as net.JoinHostPort writes it.
func (s Server) String() string { return hostPort(s.Host, s.Port) }

func hostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// readServers reads the <server> elements of a cache in the order of the file.
// Their ports are from the node-wide one on.
func readServers(r *report, cache *element, o Options, port int) []Server {
	var out []Server
	seen := map[string]int{}
	flagged, plain := false, false
	for _, e := range cache.all("server") {
		v, hasFlag, ok := readServer(r, e, o, port)
		if !ok {
			continue
		}
		flagged = flagged || v.LoadBalancer
		plain = plain || hasFlag && !v.LoadBalancer
		key := strings.ToLower(v.String())
		if line, dup := seen[key]; dup {
			r.element(diag.Notice, e, "server %s is listed in line %d already; the repeat is ignored", quote(v.String()), line)
			continue
		}
		seen[key] = v.Origin.Line
		out = append(out, v)
	}
	if flagged && plain {
		r.element(diag.Warning, cache, "%s mixes is-load-balancer true and false; "+
			"the ones marked true are dialled as load balancers whatever their order", tagOf(cache))
	}
	return out
}

// readServer reads one <server>. ok is false if it is to be left out.
func readServer(r *report, e *element, o Options, port int) (v Server, hasFlag, ok bool) {
	s := newSection(r, e, o)
	defer s.done()
	name, own := s.take("name"), s.take("port")
	ports := s.portRange(s.take("port-range"))
	balancer := s.take("is-load-balancer")
	s.known = append(s.known, "priority")
	if a := e.attr("priority"); a != nil {
		s.used[a] = true
		s.attribute(diag.Notice, e, a, "priority is ignored, as NCache does; the order in the file counts")
	}
	v = Server{Port: port, PortRange: ports, LoadBalancer: s.flag(balancer, false).Value, Origin: e.at}
	host := s.word(name).Value
	if host == "" {
		r.element(diag.Warning, e, `<server> without a name is ignored; write <server name="10.0.0.1"/>`)
		return v, false, false
	}
	var err error
	var inName int
	if v.Host, inName, err = ParseHost(host); err != nil {
		s.attribute(diag.Error, e, name, "<server name=%s> %v", quote(host), err)
		return v, false, false
	}
	if !s.ownPort(&v, name, own, inName) {
		return v, false, false
	}
	s.hostNotices(v, name)
	if last := v.Port + v.PortRange - 1; last > 65535 {
		s.element(diag.Warning, e, "ports %d to %d end beyond 65535; the rest is ignored", v.Port, last)
		v.PortRange = 65536 - v.Port
	}
	return v, balancer != nil, true
}

// ownPort gives v the port of its own that NCache does not know.
func (s *section) ownPort(v *Server, name, own *attribute, inName int) bool {
	if own != nil {
		p := s.port(own, v.Port)
		if p.Origin.IsDefault() {
			return false
		}
		if inName != 0 && inName != p.Value {
			s.attribute(diag.Error, s.e, own, "%s and %s name two ports; keep one", name.shown(), own.shown())
			return false
		}
		s.attribute(diag.Notice, s.e, own, "%s is used; NCache ignores it and dials the port of <ncache-server>", own.shown())
		v.Port = p.Value
		return true
	}
	if inName != 0 {
		s.attribute(diag.Notice, s.e, name, "the port of %s is used; NCache never connects to such a name", name.shown())
		v.Port = inName
	}
	return true
}

// hostNotices tells where the mesh treats a name differently from NCache.
func (s *section) hostNotices(v Server, name *attribute) {
	switch {
	case strings.Contains(v.Host, ":"):
		s.attribute(diag.Notice, s.e, name, "%s is dialled; NCache itself connects over IPv4 only", name.shown())
	case strings.EqualFold(v.Host, "localhost"):
		s.attribute(diag.Notice, s.e, name, "%s names each machine that reads this file, not one machine of the mesh", name.shown())
	}
}

func (s *section) portRange(a *attribute) int {
	return s.count(a, 1, MaxPortRange, 1).Value
}

// tagOf names a cache in a message.
func tagOf(e *element) string {
	if id := e.attr("id"); id != nil {
		return fmt.Sprintf("<cache id=%s>", quote(id.value))
	}
	return "<cache> without id"
}
