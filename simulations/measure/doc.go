// Package measure compares the predictions of the simulations with real processes: each
// case runs in core mode, in stack mode, and as processes in network namespaces on this
// machine, with the same load and the same faults.
package measure
