// Package result is what a simulation found out: plain values, so that whoever
// runs one and whoever shows one need not know each other.
//
// Units are in the names: what ends in MS is milliseconds, in Seconds seconds, in
// Bytes bytes. Times are virtual and count from the beginning of the load, so
// what happened while the mesh formed has a negative time. Every slice has an order
// that depends on the scenario and its seed only, and in core mode so has every
// value but WallSeconds and PeakMemoryBytes: the same scenario gives the same JSON.
package result
