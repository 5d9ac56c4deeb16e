// Package scenario is what a simulation is told: the network, the nodes in it, what
// they say to each other, and what goes wrong when.
//
// Parse reads a scenario file, which is YAML; see docs/simulations.md for every key.
// Builtin has the ones that come with the program. A Scenario that Parse or Builtin
// returned is complete: its defaults are filled in and it makes sense.
package scenario
