package core

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"
)

// ListedPrefix begins the names of channels that are listed: those whose names a
// publisher has to know to decide what to publish to them. An index of them is kept.
const ListedPrefix = "\x00\x00"

// BroadcastSuffix ends the name of the channel of the messages for all connections of a
// hub. Every server that has the hub subscribes to it. An index of these channels is kept.
const BroadcastSuffix = ":all"

// A listing is the set of listed channels that members want.
type listing struct {
	names      map[string]struct{}
	version    atomic.Uint64
	broadcasts map[string]struct{} // the channels with BroadcastSuffix
}

func (l *listing) add(channel string) {
	if strings.HasSuffix(channel, BroadcastSuffix) {
		if l.broadcasts == nil {
			l.broadcasts = map[string]struct{}{}
		}
		l.broadcasts[channel] = struct{}{}
	}
	if !strings.HasPrefix(channel, ListedPrefix) {
		return
	}
	if l.names == nil {
		l.names = map[string]struct{}{}
	}
	l.names[channel] = struct{}{}
	l.version.Add(1)
}

func (l *listing) remove(channel string) {
	delete(l.broadcasts, channel)
	if strings.HasPrefix(channel, ListedPrefix) {
		delete(l.names, channel)
		l.version.Add(1)
	}
}

// Listed returns the listed channels that members want, and the version of that
// list.
func (n *Node) Listed() (channels []string, version uint64) {
	return slices.Collect(maps.Keys(n.listing.names)), n.listing.version.Load()
}

// ListedVersion changes with what Listed returns. Unlike all else it may be called
// at any time.
func (n *Node) ListedVersion() uint64 { return n.listing.version.Load() }

// Broadcasts returns the channels with BroadcastSuffix that members want, and the members
// that want each. Members that are gone are left out.
func (n *Node) Broadcasts() map[string][]Peer {
	found := map[string][]Peer{}
	for channel := range n.listing.broadcasts {
		for _, m := range n.interest[channel] {
			if m.state != Gone {
				found[channel] = append(found[channel], m.peer)
			}
		}
	}
	return found
}

// Channels returns every channel that a member wants.
func (n *Node) Channels() []string { return slices.Collect(maps.Keys(n.interest)) }
