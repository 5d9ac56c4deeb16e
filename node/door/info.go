package door

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/node/door/resp"
	"github.com/signalmesh/signalmesh/node/exchange"
)

// pretended is the version of Redis that clients are told: it decides what they dare
// to send.
const pretended = "7.0.15"

// role is what INFO tells. A door that is being drained is no master, so that
// clients that know another one move there.
func (d *Door) role() string {
	if d.draining.Load() {
		return "slave"
	}
	return "master"
}

// helloRole is what HELLO tells.
func (d *Door) helloRole() string {
	if d.draining.Load() {
		return "replica"
	}
	return "master"
}

// info replies with the sections asked for, or all.
func (c *conn) info(args [][]byte) {
	var wanted []string
	for _, a := range args {
		wanted = append(wanted, strings.ToLower(string(a)))
	}
	for _, all := range []string{"all", "default", "everything"} {
		if slices.Contains(wanted, all) {
			wanted = nil
		}
	}
	var b strings.Builder
	for _, section := range c.door.sections() {
		if len(wanted) > 0 && !slices.Contains(wanted, strings.ToLower(section.name)) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		fmt.Fprintf(&b, "# %s\r\n", section.name)
		for _, row := range section.rows {
			fmt.Fprintf(&b, "%s:%v\r\n", row.key, row.value)
		}
	}
	c.reply(func(dst []byte) []byte { return resp.AppendText(dst, c.version, b.String()) })
}

type infoSection struct {
	name string
	rows []infoRow
}

type infoRow struct {
	key   string
	value any
}

func (d *Door) sections() []infoSection {
	up := time.Since(d.started)
	replication := []infoRow{{"role", d.role()}, {"connected_slaves", 0}, {"master_replid", d.runID}, {"master_repl_offset", 0}}
	if d.draining.Load() {
		replication = slices.Insert(replication, 1, infoRow{"master_host", ""}, infoRow{"master_port", 0}, infoRow{"master_link_status", "down"})
	}
	list := []infoSection{
		{"Server", []infoRow{
			{"redis_version", pretended}, {"redis_mode", "standalone"}, {"run_id", d.runID}, {"server_name", "signalmesh"},
			{"signalmesh_application", d.o.Application}, {"signalmesh_server", d.o.Exchange.Self()},
			{"uptime_in_seconds", int(up.Seconds())}, {"uptime_in_days", int(up.Hours() / 24)},
		}},
		{"Clients", []infoRow{{"connected_clients", len(d.connections())}, {"maxclients", d.o.MaxClients}}},
		{"Persistence", []infoRow{{"loading", 0}}},
		{"Stats", []infoRow{
			{"total_connections_received", d.lastID.Load()}, {"total_commands_processed", d.metrics.commands.Load()},
			{"pubsub_channels", len(d.o.Exchange.Names(exchange.Channel))}, {"pubsub_patterns", len(d.o.Exchange.Names(exchange.Pattern))},
		}},
		{"Replication", replication},
		{"Cluster", []infoRow{{"cluster_enabled", 0}}},
		{"Keyspace", nil},
	}
	if d.o.Facts == nil {
		return list
	}
	section := infoSection{name: "Signalmesh"}
	for _, f := range d.o.Facts() {
		section.rows = append(section.rows, infoRow{f.Key, oneLine.Replace(f.Value)})
	}
	return append(list, section)
}

// oneLine makes text fit in a row.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ")

// settings are what CONFIG GET knows.
var settings = map[string]string{
	"databases": strconv.Itoa(databases), "timeout": "0", "replica-read-only": "yes", "slave-read-only": "yes",
	"appendonly": "no", "save": "", "maxmemory": "0", "notify-keyspace-events": "",
}

// config replies with the settings that match.
func (c *conn) config(args [][]byte) {
	if subcommand(args[0]) != "get" || len(args) < 2 {
		c.unknownSubcommand("CONFIG", args[0], "get")
		return
	}
	found := map[string]string{}
	for name, value := range settings {
		for _, pattern := range args[1:] {
			if exchange.Match(strings.ToLower(string(pattern)), name) {
				found[name] = value
			}
		}
	}
	c.reply(func(b []byte) []byte {
		b = resp.AppendMap(b, c.version, len(found))
		for name, value := range found {
			b = resp.AppendBulk(resp.AppendBulk(b, name), value)
		}
		return b
	})
}

// connections are those that are open, by age.
func (d *Door) connections() []*conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]*conn, 0, len(d.conns))
	for c := range d.conns {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *conn) int { return cmp.Compare(a.id, b.id) })
	return list
}
