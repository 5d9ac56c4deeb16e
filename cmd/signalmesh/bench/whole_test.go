//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// Few clients live through everything: they come, hear and call, and lose a server.
func TestWholeServersLiveTheirLives(t *testing.T) {
	out, manual := t.TempDir(), filepath.Join(t.TempDir(), "manual.md")
	require.NoError(t, os.WriteFile(manual, []byte(tablesBegin+"\n"+tablesEnd+"\n"), 0o644))
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{
		"-rounds", "1", "-warm", "20ms", "-measure", "100ms", "-clients", "12", "-run", "whole servers", "-out", out, "-record", manual,
	}, &stdout, &stderr)
	require.Zero(t, code, stderr.String())

	results, err := os.ReadFile(filepath.Join(out, "results.json"))
	require.NoError(t, err)
	var report Report
	require.NoError(t, json.Unmarshal(results, &report))
	require.Len(t, report.Whole, len(figuresOfLife(12))*len(wholeContestants))
	for _, row := range report.Whole {
		for _, a := range row.Aspects {
			switch {
			case a.Count:
				assert.Zero(t, a.Total, "%s, %s: %s", row.Figure, row.Contestant, a.Name)
			case strings.Contains(row.Figure, "memory"): // of so few it is noise
			case strings.Contains(row.Figure, "at 100/s") && strings.Contains(a.Name, "/s"): // on a busy machine all may come after so short a window
			default:
				assert.Positive(t, a.Median, "%s, %s: %s", row.Figure, row.Contestant, a.Name)
			}
		}
	}
	recorded, err := os.ReadFile(manual)
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(out, "index.html"))
	require.NoError(t, err)
	for _, name := range figuresOfLife(12) {
		assert.Contains(t, string(recorded), "**"+name+" (rounds: 1)**")
		assert.Contains(t, string(page), ": "+name+"</figcaption>")
	}
}

// A stopper is a place to print to that ends the program at a word.
type stopper struct {
	word string
	stop context.CancelFunc
}

func (s stopper) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(s.word)) {
		s.stop()
	}
	return len(p), nil
}

// TestMain looks for what is left.
func TestWholeServersEndWhenInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var stderr bytes.Buffer
	code := run(ctx, []string{"-quick", "-run", "whole servers", "-clients", "12", "-out", t.TempDir()}, stopper{"mesh, 12 clients", stop}, &stderr)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr.String(), context.Canceled.Error())
}

// A fleet ends at once, whatever its processes are doing.
func TestWholeServersEndUnderLoad(t *testing.T) {
	f, err := startWholeFleet(t.Context(), contestantMesh)
	require.NoError(t, err)
	defer f.close()
	_, err = f.crowd.ask(t.Context(), Command{Op: opCome, Come: &Come{Addresses: f.addresses(), Count: 6}})
	require.NoError(t, err)
	endless := Play{Number: 1, Broadcast: true, AtATime: 3, Senders: []int{0, 1, 2}, Doomed: -1, End: now() + int64(time.Hour)}
	_, err = f.crowd.ask(t.Context(), Command{Op: opPlay, Play: &endless})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := f.crowd.ask(ctx, Command{Op: opEnd, End: new(End)})
		ended <- err
	}()
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
	pids := append(f.serverPids(), f.crowd.pid(), f.witnesses.pid())
	f.close()
	for _, pid := range pids {
		assert.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	}
}

func TestProcessesObeyUntilNobodyCommands(t *testing.T) {
	in, commands := io.Pipe()
	replies, out := io.Pipe()
	ended := make(chan error, 1)
	begun := make(chan struct{})
	go func() {
		ended <- obey(in, out, Reply{Address: "here"}, func(ctx context.Context, c Command) (Reply, error) {
			if c.Op == "answer" {
				return Reply{}, nil
			}
			close(begun)
			<-ctx.Done()
			return Reply{}, ctx.Err()
		})
	}()
	read, write := json.NewDecoder(replies), json.NewEncoder(commands)
	var r Reply
	require.NoError(t, read.Decode(&r))
	assert.Equal(t, "here", r.Address)
	require.NoError(t, write.Encode(Command{ID: 7, Op: "answer"}))
	require.NoError(t, read.Decode(&r))
	assert.Equal(t, 7, r.ID)
	require.NoError(t, write.Encode(Command{ID: 8, Op: "wait"}))
	<-begun
	require.NoError(t, commands.Close())
	require.NoError(t, read.Decode(&r))
	assert.Equal(t, context.Canceled.Error(), r.Error)
	require.NoError(t, <-ended)
}

func TestClientsRefuseWhatTheyAreNotToldRightly(t *testing.T) {
	c := &crowd{protocol: protocol.JSON()}
	c.play.Store(new(running))
	for _, command := range []Command{{Op: "dance"}, {Op: opCome}, {Op: opPlay}, {Op: opEnd}, {Op: opEnd, End: new(End)}} {
		_, err := c.do(t.Context(), command)
		assert.Error(t, err, command.Op)
	}
}

func TestClientsOfALostServerGoToAllOthersAlike(t *testing.T) {
	c := &crowd{addresses: []string{"a", "b", "c"}}
	var went [wholeServers]int
	for i := range 30 {
		if home := i % wholeServers; home == doomed {
			went[(&visitor{crowd: c, index: i, home: home}).elsewhere()]++
		}
	}
	assert.Equal(t, [wholeServers]int{5, 5, 0}, went)
}

// The first reason why a client did not get in is what the server said.
func TestClientsTellWhyTheyAreRefused(t *testing.T) {
	upgrader := websocket.Upgrader{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		for range 2 { // the handshake and the first call; else closing cuts the answer off
			_, _, _ = ws.ReadMessage()
		}
		_ = ws.WriteMessage(websocket.TextMessage, []byte(`{"error":"full"}`+"\x1e")) // the test sees it fail
	}))
	defer server.Close()
	c := &crowd{protocol: protocol.JSON(), addresses: []string{server.Listener.Addr().String()}}
	v := &visitor{crowd: c}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	assert.ErrorContains(t, v.connect(ctx, c.addresses[0]), `{"error":"full"}`)
}

func TestMarksTellPlaysApart(t *testing.T) {
	r := &running{Play: Play{Number: 3}, senders: make([]*visitor, 2)}
	slot, due, ok := r.marked("3 1 1763860000000000000 ....")
	assert.True(t, ok)
	assert.Equal(t, 1, slot)
	assert.Equal(t, int64(1763860000000000000), due)
	for _, text := range []string{"", "first", "2 1 5 .", "3 2 5 .", "3 -1 5 .", "3 x 5 .", "3 1 x .", "3 1 5", "-3 1 5 .", "99999999999 1 5 ."} {
		_, _, ok := r.marked(text)
		assert.False(t, ok, text)
	}
}

// What arrives of a broadcast is counted at the clients that count, and the next goes
// out when it was the last.
func TestABroadcastIsOutUntilAllHaveIt(t *testing.T) {
	c := &crowd{protocol: protocol.JSON()}
	for i := range 3 {
		c.visitors = append(c.visitors, &visitor{crowd: c, index: i, home: i})
	}
	r := newRunning(c, Play{Number: 1, Broadcast: true, AtATime: 1, Senders: []int{0}, Doomed: 2, End: now() - 1})
	r.sent.Add(1)
	hear := func(i int) {
		r.heard(c.visitors[i], protocol.Invocation{Target: "hear", Arguments: []any{protocol.Raw(`"1 0 5 ...."`)}})
	}
	assert.Equal(t, 2, r.missing())
	hear(0)
	hear(2) // will be killed: does not count
	assert.Equal(t, 1, r.missing())
	assert.EqualValues(t, 1, r.slots[0].arrived.Load())
	hear(1)
	assert.Zero(t, r.missing())
	assert.Zero(t, r.slots[0].arrived.Load())
	p := r.played(End{})
	assert.EqualValues(t, 2, p.Window)
	assert.Equal(t, 1, p.Sent, "it is over")
}

func TestAnswersAreSortedIntoWindowsByWhenTheyWereDue(t *testing.T) {
	r := &running{Play: Play{Number: 1, Rate: 1, To: 1 << 62}, senders: make([]*visitor, 1)}
	begin := now()
	for _, mark := range []int64{begin - 10, begin, begin + 10} {
		r.answered(nil, protocol.Completion{InvocationID: fmt.Sprintf("1 0 %d ", mark)})
	}
	p := r.played(End{Windows: [][2]int64{{begin - 10, begin}, {begin, begin + 20}, {begin + 20, begin + 30}}})
	var counts []uint64
	for _, c := range p.Latency {
		var n uint64
		for _, k := range c {
			n += k
		}
		counts = append(counts, n)
	}
	assert.Equal(t, []uint64{1, 2, 0}, counts)
}

func TestRowsOfWholeServersGatherRounds(t *testing.T) {
	round := func(rate, missing float64) []Outcome {
		return []Outcome{
			{Figure: "a", Others: 1, Values: []Value{{Name: "rate", V: rate, Plot: true}, {Name: "missing", V: missing, Count: true}}},
			{Figure: "b", Values: []Value{{Name: "ms", V: rate}}},
		}
	}
	rows := wholeRows(map[string][][]Outcome{
		contestantRedis: {round(30, 0)}, contestantMesh: {round(10, 2), round(20, 3)},
	})
	require.Len(t, rows, 4)
	figures := slices.Collect(figuresOf(rows))
	require.Len(t, figures, 2)
	table := wholeTable(figures[0])
	assert.Equal(t, "a (rounds: 2)", table.title)
	assert.Equal(t, []string{"", "rate", "missing", "cores used by others"}, table.head)
	assert.Equal(t, [][]string{{"mesh", "15.0 (10.0–20.0)", "5", "1.00"}, {"redis", "30.0 (30.0–30.0)", "0", "1.00"}}, table.rows)
	plots := wholePlots(figures[0])
	require.Len(t, plots, 1)
	assert.Equal(t, "rate: a", plots[0].Title)
	assert.Len(t, plots[0].Bars, 2)
	assert.Empty(t, wholePlots(figures[1]))
	assert.Empty(t, wholeRows(nil))
}

func TestClientsOfWholeServers(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []int
	}{{nil, []int{1_000, 5_000}}, {[]string{"-quick"}, []int{1_000}}, {[]string{"-quick", "-clients", "7,30"}, []int{7, 30}}} {
		s, err := parse(c.args, io.Discard)
		require.NoError(t, err)
		assert.Equal(t, c.want, s.clients)
	}
	for _, text := range []string{"", "2", "50001", "10,", "many"} {
		_, err := parse([]string{"-clients", text}, io.Discard)
		assert.Error(t, err, text)
		assert.NotErrorIs(t, err, flag.ErrHelp)
	}
	assert.NoError(t, enoughFiles(1))
	assert.ErrorContains(t, enoughFiles(1<<40), "ulimit")
}
