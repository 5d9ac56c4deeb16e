package node

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

const (
	// hubNamesAfter is how long two names must differ until that is reported: servers that
	// start subscribe for one hub after another.
	hubNamesAfter = 2 * time.Second
	// maxHubNames bounds the mismatches that are remembered, and the names in Status.
	maxHubNames = 256
)

// A hubServer is a server with the full names of those of its hubs that are known.
type hubServer struct {
	name string
	here bool // its hubs are those of this process
	hubs map[string]struct{}
}

// A hubMismatch is two hubs with the same class name and different full names. Neither of
// their servers has the hub of the other.
type hubMismatch struct {
	hub, server       string
	here              bool // hub is one of this process
	other, otherOwner string
}

// String returns the fault and the remedy.
func (m hubMismatch) String() string {
	own := "this one"
	if !m.here {
		own = "server " + m.server + " at this node"
	}
	return fmt.Sprintf("server %s has the hub %s, and %s %s: they do not reach each other, because their full names differ; "+
		"give the class the same namespace and all servers the same ChannelPrefix; a hub in Go needs the full name of the class (HubOptions.Name, --hub path=Full.Name)",
		m.otherOwner, m.other, own, m.hub)
}

// class returns what the full name of a hub has in common with other names that may be
// meant to be the same hub: the class without its namespace, its letter case and the
// ending Hub.
func class(hub string) string {
	name := strings.ToLower(hub[strings.LastIndexAny(hub, ".:+")+1:])
	return cmp.Or(strings.TrimSuffix(name, "hub"), name)
}

// doubtful returns the full names that share their class with another full name.
func doubtful(servers []hubServer) map[string]struct{} {
	byClass := map[string]string{}
	found := map[string]struct{}{}
	for _, s := range servers {
		for hub := range s.hubs {
			key := class(hub)
			if first, known := byClass[key]; !known {
				byClass[key] = hub
			} else if first != hub {
				found[first], found[hub] = struct{}{}, struct{}{}
			}
		}
	}
	return found
}

// mismatches compares each server at this node with the other servers: those that follow
// it in local, and all that are remote. It returns the first maxHubNames mismatches. The
// sets of hubs are changed.
func mismatches(local, remote []hubServer) (found []hubMismatch) {
	all := slices.Concat(local, remote)
	names := doubtful(all)
	if len(names) == 0 {
		return nil
	}
	for _, s := range all { // few remain
		maps.DeleteFunc(s.hubs, func(hub string, _ struct{}) bool { _, ok := names[hub]; return !ok })
	}
	for i, s := range local {
		for _, other := range all[i+1:] {
			if found = append(found, s.against(other)...); len(found) >= maxHubNames {
				return found[:maxHubNames]
			}
		}
	}
	return found
}

// against returns the mismatches of two servers, sorted, and maxHubNames of them at most.
func (s hubServer) against(other hubServer) (found []hubMismatch) {
	for _, hub := range slices.Sorted(maps.Keys(s.hubs)) {
		if _, both := other.hubs[hub]; both {
			continue
		}
		for _, another := range slices.Sorted(maps.Keys(other.hubs)) {
			if len(found) == maxHubNames {
				return found
			}
			if _, both := s.hubs[another]; !both && class(hub) == class(another) {
				found = append(found, hubMismatch{hub: hub, server: s.name, here: s.here, other: another, otherOwner: other.name})
			}
		}
	}
	return found
}

// hubServers returns the servers of an application whose hubs are known: those at this
// node, of which the hubs in this process are the first, and the others.
func (n *Node) hubServers(a *application) (local, remote []hubServer) {
	if own := n.hubNames(a); len(own) > 0 {
		local = append(local, hubServer{name: n.Name(), here: true, hubs: own})
	}
	if a.door != nil {
		for name, hubs := range a.door.Hubs() {
			local = append(local, hubServer{name: name, hubs: setOf(hubs)})
		}
	}
	slices.SortFunc(local, func(x, y hubServer) int {
		if x.here != y.here {
			return map[bool]int{true: -1, false: 1}[x.here]
		}
		return cmp.Compare(x.name, y.name)
	})
	return local, remoteHubs(a)
}

// hubNames returns the full names of the hubs in this process, with the channel prefix.
func (n *Node) hubNames(a *application) map[string]struct{} {
	names := map[string]struct{}{}
	if n.hubs != nil && a == n.own {
		for _, h := range n.o.Hubs {
			names[n.o.ChannelPrefix+n.hubs.Hub(h.Path).Name()] = struct{}{}
		}
	}
	return names
}

// remoteHubs returns the other servers that have hubs, sorted by name.
func remoteHubs(a *application) (servers []hubServer) {
	byPeer := map[string]map[string]struct{}{}
	for channel, peers := range a.topic.Broadcasts() {
		hub, ok := protocol.HubOf(channel)
		if !ok {
			continue
		}
		for _, p := range peers {
			if byPeer[p] == nil {
				byPeer[p] = map[string]struct{}{}
			}
			byPeer[p][hub] = struct{}{}
		}
	}
	if len(byPeer) == 0 {
		return nil
	}
	for _, m := range a.topic.Members() {
		if hubs := byPeer[m.Peer]; hubs != nil {
			servers = append(servers, hubServer{name: m.Name, hubs: hubs})
		}
	}
	slices.SortStableFunc(servers, func(x, y hubServer) int { return cmp.Compare(x.name, y.name) })
	return servers
}

func setOf(names []string) map[string]struct{} {
	set := make(map[string]struct{}, len(names))
	for _, name := range names {
		set[name] = struct{}{}
	}
	return set
}

// A HubName is the full name of a hub, with the prefix of the channels in front. A server
// in .NET has a hub from its first client on.
type HubName struct {
	Name    string   `json:"name"`
	Servers []string `json:"servers"` // that have the hub, by name
}

// fullNames returns the hubs of an application, sorted, and the first maxHubNames of them.
func (n *Node) fullNames(a *application) []HubName {
	servers := map[string][]string{}
	local, remote := n.hubServers(a)
	for _, s := range slices.Concat(local, remote) {
		for hub := range s.hubs {
			servers[hub] = append(servers[hub], s.name)
		}
	}
	list := []HubName{}
	for _, hub := range slices.Sorted(maps.Keys(servers)) {
		if len(list) < maxHubNames {
			list = append(list, HubName{Name: hub, Servers: servers[hub]})
		}
	}
	return list
}

// hubWatch reports hubs whose full names differ. Its methods are not called concurrently.
type hubWatch struct {
	log   *slog.Logger
	found prometheus.Counter
	since map[hubMismatch]time.Time // when it was seen first; the zero time: it was reported
}

// openHubNames starts to compare the names of hubs.
func (n *Node) openHubNames() error {
	found := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "signalmesh_node_hub_name_mismatches_total",
		Help: "Pairs of servers that have a hub of the same class name under different full names.",
	})
	if err := n.register(found); err != nil {
		return err
	}
	w := &hubWatch{log: n.log, found: found, since: map[hubMismatch]time.Time{}}
	n.alerts.add(&condition{name: "hub-names", text: func(now time.Time) string {
		var list []hubMismatch
		for _, a := range n.applications() {
			list = append(list, mismatches(n.hubServers(a))...)
		}
		return w.look(list, now)
	}})
	return nil
}

// look takes the present mismatches, and logs and counts each that has lasted. It returns
// the text of the alert; "" if there is none.
func (w *hubWatch) look(present []hubMismatch, now time.Time) (text string) {
	maps.DeleteFunc(w.since, func(m hubMismatch, _ time.Time) bool { return !slices.Contains(present, m) })
	lasting := 0
	for _, m := range present {
		since, known := w.since[m]
		switch {
		case !known && len(w.since) < maxHubNames:
			w.since[m] = now
			continue
		case !known || !since.IsZero() && now.Sub(since) < hubNamesAfter:
			continue
		case !since.IsZero():
			w.since[m] = time.Time{}
			w.found.Inc()
			w.log.Warn(m.String(), "hub", m.hub, "server", m.otherOwner, "other_hub", m.other)
		}
		if lasting++; lasting == 1 {
			text = m.String()
		}
	}
	if lasting > 1 {
		text += fmt.Sprintf(" (and %d more)", lasting-1)
	}
	return text
}
