// Package netlab makes hosts, each in a separate network namespace, and a wire between them
// that cuts, delays and loses packets. Real processes run on them: those of the fault tests,
// and those that the simulations are compared with. It needs Linux, root, ip(8) and
// /dev/net/tun.
package netlab
