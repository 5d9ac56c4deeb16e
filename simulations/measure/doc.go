// Package measure compares what the simulations predict with what real processes do: each
// case runs in core mode, in stack mode, and as processes in network namespaces on this
// machine, with the same load and the same faults.
package measure
