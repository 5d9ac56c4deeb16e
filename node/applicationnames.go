package node

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// openApplicationNames adds the alert for a node that is alone in its application while
// servers of the cache are in one of a similar name. The node that dials such a server is
// refused, and logs that; see notMember. This alert is for the node that was dialled.
func (n *Node) openApplicationNames() error {
	n.alerts.watch("application", func() string {
		if n.topic.Alive() > 0 {
			return ""
		}
		return similarApplication(n.settings.application, n.mesh.Strangers(n.settings.application))
	})
	return nil
}

// similarApplication returns the fault and the remedy if one of the applications of other
// servers, by the address of the server, has a name that may be meant to be the same; ""
// otherwise.
func similarApplication(own string, servers map[string][]string) string {
	for _, addr := range slices.Sorted(maps.Keys(servers)) {
		for _, name := range servers[addr] {
			if strings.EqualFold(name, own) || ClosestName(own, []string{name}) != "" {
				return fmt.Sprintf("server %s is in application %q, and this one alone in %q: they do not reach each other; "+
					"give all servers the same application (ApplicationID, EventKey, --app)", addr, name, own)
			}
		}
	}
	return ""
}
