package ncconf

import (
	"strconv"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// An EndPoint says that the server which knows itself by the private address is
// to be dialled at the public one, because of a NAT between.
type EndPoint struct {
	PrivateHost string
	PrivatePort int
	PublicHost  string
	PublicPort  int
	Origin      diag.Origin
}

// Private is the address a server knows itself by, as host:port with IPv6 in
// brackets.
func (p EndPoint) Private() string { return hostPort(p.PrivateHost, p.PrivatePort) }

// Public is the address to dial; see Private.
func (p EndPoint) Public() string { return hostPort(p.PublicHost, p.PublicPort) }

// String tells what is dialled in place of what.
func (p EndPoint) String() string { return p.Private() + " at " + p.Public() }

// readEndPoints reads <server-end-point>. NCache skips a malformed entry without
// a word; we skip it with one.
func readEndPoints(r *report, cache *element, o Options) []EndPoint {
	var out []EndPoint
	for _, group := range cache.all("server-end-point") {
		g := newSection(r, group, o)
		for _, e := range group.all("end-point") {
			if v, ok := readEndPoint(r, e, o); ok {
				out = append(out, v)
			}
		}
		g.done("end-point")
	}
	return out
}

func readEndPoint(r *report, e *element, o Options) (EndPoint, bool) {
	s := newSection(r, e, o)
	v := EndPoint{Origin: e.at}
	ok := true
	host := func(name string, to *string) {
		h, port, err := ParseHost(s.word(s.take(name)).Value)
		ok = ok && err == nil && port == 0
		*to = h
	}
	port := func(name string, to *int) {
		n, err := strconv.ParseUint(s.word(s.take(name)).Value, 10, 16)
		*to = int(n)
		ok = ok && err == nil && n > 0
	}
	host("private-ip", &v.PrivateHost)
	port("private-port", &v.PrivatePort)
	host("public-ip", &v.PublicHost)
	port("public-port", &v.PublicPort)
	s.done()
	if !ok {
		r.element(diag.Warning, e, "<end-point> is ignored: it needs private-ip, private-port, public-ip and public-port, "+
			"addresses without ports and ports from 1 to 65535")
	}
	return v, ok
}
