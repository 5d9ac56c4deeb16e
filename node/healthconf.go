package node

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
)

// name sets the name of the node.
func (r *resolver) name(listen string) {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	r.s.name = cmp.Or(r.o.Name, host, fullAddress(r.o.HTTP), fullAddress(listen))
	r.s.row("name", r.s.name, orDefault(r.o.Name, r.o.origin("name")))
}

// health checks the settings of health and capacity, and adds their rows.
func (r *resolver) health() {
	o := r.o
	if o.ExpectServers < 0 || o.MaxConnections < 0 {
		r.fail(fmt.Errorf("expect-servers %d and max-connections %d must not be negative; 0 means the default", o.ExpectServers, o.MaxConnections))
	}
	if o.ExpectAfter < 0 || o.ForgetAfter < 0 {
		r.fail(fmt.Errorf("ForgetAfter %v and ExpectAfter %v must not be negative; 0 means the default", o.ForgetAfter, o.ExpectAfter))
	}
	if o.ExpectServers > 0 {
		r.s.row("expect-servers", strconv.Itoa(o.ExpectServers), o.origin("expect-servers"))
	}
	if o.ForgetAfter > 0 {
		r.s.row("forget-after", o.ForgetAfter.String(), o.origin("forget-after"))
	}
	if o.MaxConnections > 0 {
		r.s.row("max-connections", strconv.Itoa(o.MaxConnections), o.origin("max-connections"))
	}
}
