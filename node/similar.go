package node

import "github.com/signalmesh/signalmesh/discovery/similar"

// ClosestName returns the known name that a mistyped name probably means, or "" if none
// is similar. Letter case does not count.
func ClosestName(name string, known []string) string { return similar.Closest(name, known) }
