package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/node"
)

// The exit statuses of "signalmesh status" for a node that answers.
const (
	statusUnhealthy = 3 // ready, and the mesh is degraded, or isolated although other servers are known
	statusNotReady  = 4 // joining, refused, draining or full
)

// statusFlags are the command line of "signalmesh status".
type statusFlags struct {
	admin string
	json  bool
}

func newStatusCommand() *cobra.Command {
	f := &statusFlags{}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how a node and its mesh are",
		Long: `Show how a node and its mesh are: whether it is ready, its clients, the other
servers and what needs attention. The node is asked at its admin listener.

Exit status:

    0  The node is ready, and the mesh is healthy. This includes a single server
       that knows of no other.
    1  No node answers.
    2  The command line is wrong.
    3  The node is ready. The mesh is degraded or isolated: servers are missing,
       silent or not directly connected.
    4  The node is not ready: it joins the mesh, was refused, drains or is full.`,
		Example: `  signalmesh status                                  the node at ` + defaultAdmin + `
  signalmesh status --admin web-2:9810
  signalmesh status --json | jq '.members[].name'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags(), os.Environ(), &node.Options{}); err != nil {
				return err
			}
			return f.run(cmd)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.admin, "admin", defaultAdmin, "`host:port` or URL of the node's admin listener")
	flags.BoolVar(&f.json, "json", false, "print the answer of /api/status, as JSON")
	return cmd
}

func (f *statusFlags) run(cmd *cobra.Command) error {
	c, err := newAdminClient(f.admin)
	if err != nil {
		return usageError{err}
	}
	var raw json.RawMessage
	code, err := c.ask(cmd.Context(), http.MethodGet, "/api/status", &raw)
	if err != nil {
		return err
	}
	var s node.Status
	if code != http.StatusOK || json.Unmarshal(raw, &s) != nil || s.Peer == "" {
		return c.notAdmin(fmt.Sprint(code))
	}
	out := cmd.OutOrStdout()
	if f.json {
		_, err = fmt.Fprintln(out, strings.TrimSpace(string(raw)))
	} else {
		err = printStatus(out, s)
	}
	if status := healthStatus(s); err == nil && status != statusOK {
		return statusError(status)
	}
	return err
}

// healthStatus returns the exit status for a node.
func healthStatus(s node.Status) int {
	known := len(s.Members) + len(s.Missing) + s.Absent + len(s.Seeds)
	switch health := string(s.Health); {
	case !s.Ready:
		return statusNotReady
	case health == "degraded", health == "isolated" && (known > 0 || s.Expected > 1):
		return statusUnhealthy
	}
	return statusOK
}

// printStatus writes the status for people: facts, what needs attention, other servers.
func printStatus(w io.Writer, s node.Status) error {
	state := "ready"
	if !s.Ready {
		state = "not ready"
	}
	fmt.Fprintf(w, "%s is %s; the mesh is %s\n\n", s.Name, state, s.Why)
	facts := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fact := func(name, format string, args ...any) {
		fmt.Fprintf(facts, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	fact("Application", "%s, cache %s", s.Application, s.Cache)
	fact("Phase", "%s, up %s", s.Phase, shortDuration(time.Duration(s.Seconds*float64(time.Second)).Round(time.Second)))
	fact("Clients", "%s", clients(s))
	for _, path := range s.Hubs {
		fact("Hub", "%s%s", s.URL, path)
	}
	for _, h := range s.HubNames {
		fact("Full name", "%s, on %s", h.Name, count(len(h.Servers), "server"))
	}
	if s.HTTP == "" {
		fact("HTTP", "no listener")
	}
	if s.Redis != "" {
		fact("Redis", "%s", s.Redis)
	}
	for _, a := range s.Others {
		fact("Redis", "%s for application %s, %s", a.Redis, a.Application, count(a.Servers, "other server"))
	}
	if s.Bridge != nil {
		fact("Old Redis", "%v", s.Bridge.State)
	}
	for _, addr := range s.Addrs {
		fact("Peers", "%s", addr)
	}
	fact("Version", "%s", s.Version)
	if err := facts.Flush(); err != nil {
		return err
	}
	if list := attention(s); len(list) > 0 {
		fmt.Fprintf(w, "\nNeeds attention:\n- %s\n", strings.Join(list, "\n- "))
	}
	return printMembers(w, s)
}

// clients describes the connections of clients.
func clients(s node.Status) string {
	text := fmt.Sprint(s.Clients)
	if limit := s.Capacity.ConnectionsLimit; limit > 0 {
		text += fmt.Sprintf(" (%d connections of %d)", s.Capacity.Connections, limit)
	}
	if s.Drain != nil {
		text += "; " + cmp.Or(progress(s.Phase, s.Clients, s.Drain), "drain: "+departures(*s.Drain))
	}
	return text
}

// attention lists what an operator should look at.
func attention(s node.Status) (list []string) {
	list = append(list, s.NotReady...)
	for _, a := range s.Alerts {
		list = append(list, fmt.Sprintf("%s: %s (since %s)", a.Name, a.Text, a.Since.Local().Format(time.DateTime)))
	}
	for _, m := range s.Missing {
		list = append(list, "missing server: "+m.String())
	}
	if more := s.Absent - len(s.Missing); more > 0 {
		list = append(list, fmt.Sprintf("%s missing of %d expected", count(more, "server"), s.Expected))
	}
	return list
}

// printMembers writes a table of the other servers of the application.
func printMembers(w io.Writer, s node.Status) error {
	if len(s.Members) == 0 {
		_, err := fmt.Fprintln(w, "\nNo other server is known.")
		return err
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVER\tSTATE\tCONNECTION\tLAST SEEN\tWAITING\tLOST\tPEER")
	for _, m := range s.Members {
		connection := "none"
		switch {
		case m.Linked:
			connection = "direct"
		case m.Round:
			connection = "relayed"
		}
		state := m.State
		if m.Missing {
			state = "missing"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s ago\t%d\t%d\t…%s\n", m.Name, state, connection,
			m.Silent.Round(100*time.Millisecond), m.Waiting, m.Lost+m.Dropped, m.Peer[max(0, len(m.Peer)-8):])
	}
	return table.Flush()
}
