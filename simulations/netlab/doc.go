// Package netlab makes hosts with network namespaces of their own, and a wire between them
// that cuts, delays and loses packets. Real processes run on them: those of the fault tests,
// and those that the simulations are compared with. It needs Linux, root, ip(8) and
// /dev/net/tun.
package netlab
