package door

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// A Census is what can be seen of the clients of a door, at one moment.
type Census struct {
	At      time.Time `json:"at"`
	Clients []Client  `json:"clients"`
}

// A Client is one connection.
type Client struct {
	ID            int64     `json:"id"`
	Addr          string    `json:"addr"`
	Name          string    `json:"name,omitempty"`
	Library       string    `json:"library,omitempty"`
	Since         time.Time `json:"since"`
	Heard         time.Time `json:"heard"` // its last command
	Subscriptions int       `json:"subscriptions"`
	Hubs          []HubSeen `json:"hubs"`
}

// A HubSeen is a hub of an ASP.NET Core server, by what that subscribes to. Which
// connection is in which group is not to be seen.
type HubSeen struct {
	Hub         string   `json:"hub"`              // with the channel prefix
	Server      string   `json:"server,omitempty"` // as it calls itself
	Connections int      `json:"connections"`
	Users       []string `json:"users"`  // with a connection; the first thousand
	Groups      []string `json:"groups"` // with a member; the first thousand
	UserCount   int      `json:"userCount"`
	GroupCount  int      `json:"groupCount"`
}

// maxSeen is how many names a Census lists for each hub.
const maxSeen = 1000

// Census says what can be seen at present.
func (d *Door) Census() Census {
	census := Census{At: time.Now(), Clients: []Client{}}
	for _, c := range d.connections() {
		census.Clients = append(census.Clients, c.census())
	}
	return census
}

func (c *conn) census() Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	client := Client{
		ID: c.id, Addr: c.nc.RemoteAddr().String(), Name: c.name, Library: strings.TrimSpace(c.library[0] + " " + c.library[1]),
		Since: c.opened, Heard: time.Unix(0, max(c.heard.Load(), c.opened.UnixNano())), Subscriptions: len(c.subs), Hubs: []HubSeen{},
	}
	hubs := map[string]*HubSeen{}
	for n := range c.subs {
		if n.Kind == exchange.Channel {
			see(hubs, n.Text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(hubs)) {
		h := hubs[name]
		h.UserCount, h.GroupCount = len(h.Users), len(h.Groups)
		h.Users, h.Groups = first(h.Users), first(h.Groups)
		client.Hubs = append(client.Hubs, *h)
	}
	return client
}

// see notes what a channel says about a hub. Names of hubs hold no colon, but the
// prefix may: the earliest of the words that SignalR uses counts.
func see(hubs map[string]*HubSeen, channel string) {
	at, kind := -1, ""
	for _, word := range []string{":connection:", ":user:", ":group:", ":internal:ack:"} {
		if i := strings.Index(channel, word); i > 0 && (at < 0 || i < at) {
			at, kind = i, word
		}
	}
	if at < 0 {
		return
	}
	name, rest := channel[:at], channel[at+len(kind):]
	h := hubs[name]
	if h == nil {
		h = &HubSeen{Hub: name}
		hubs[name] = h
	}
	switch kind {
	case ":connection:":
		h.Connections++
	case ":user:":
		h.Users = append(h.Users, rest)
	case ":group:":
		h.Groups = append(h.Groups, rest)
	default:
		h.Server = rest
	}
}

// first are the first names, sorted.
func first(names []string) []string {
	slices.Sort(names)
	return append([]string{}, names[:min(len(names), maxSeen)]...)
}
