//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"sync"
	"time"
)

// A Command is a line that the harness writes to a node.
type Command struct {
	ID     int
	Op     string
	Server int // which of the process'
	Load   Load
	// Of connect:
	Addresses []string
	Servers   int
	// Of prepare: whether the server is subscribed. Of join: how many times.
	Subscribe bool
	Times     int
	// Of cut: for how long, and whether connections end with it.
	Lasting time.Duration
	Sever   bool
	// Of profile: the files are Path.cpu.pprof and Path.allocs.pprof.
	Path string
	// Of whole servers and their clients.
	Come *Come `json:",omitempty"`
	Play *Play `json:",omitempty"`
	End  *End  `json:",omitempty"`
}

// What a node can be told to do.
const (
	opConnect = "connect"
	opPrepare = "prepare" // to count what comes, and to subscribe
	opPublish = "publish"
	opCount   = "count" // what has come so far
	opFinish  = "finish"
	opJoin    = "join"
	opAnswer  = "answer" // others' joins, until the node ends
	opProfile = "profile"
	opCut     = "cut" // the server off from everything
)

// A Reply is a line that a node writes for each Command, and one at its start.
type Reply struct {
	ID      int
	Error   string
	Address string // at its start
	Sent    Sent
	Arrived Arrived
	Joins   Joins
	// Of whole servers and their clients.
	Peer   string  `json:",omitempty"`
	Came   *Came   `json:",omitempty"`
	Played *Played `json:",omitempty"`
}

// An Arrived is what a server has of a trial.
type Arrived struct {
	BySender   []uint64
	Window     uint64
	Last       int64 // when the last one arrived, in nanoseconds
	Latency    Counts
	Gaps, Lost uint64
}

// runNode is a process with servers. It ends when in does, and so with the harness.
func runNode(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("node", flag.ContinueOnError)
	contestant := flags.String("contestant", "", "which backplane")
	broker := flags.String("broker", "", "address of the Redis or NATS server")
	first := flags.Int("first", 0, "number of the first server")
	count := flags.Int("servers", 1, "how many servers are in this process")
	cabled := flags.Bool("cable", false, "connect the servers of mesh and Redis by a cable that can be cut")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var c *cable
	if *cabled {
		c = newCable()
		defer c.Close()
	}
	o, err := openPlanes(*contestant, *broker, *count, c)
	if err != nil {
		return err
	}
	n := &node{opened: o, cable: c, out: json.NewEncoder(out)}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	for i, p := range o.planes {
		s, err := newServer(*first+i, p)
		if err != nil {
			return err
		}
		n.servers = append(n.servers, s)
	}
	if err := n.reply(Reply{Address: o.address}); err != nil {
		return err
	}
	n.obey(json.NewDecoder(in))
	return n.close()
}

// A node carries out commands.
type node struct {
	opened
	servers []*server
	cable   *cable // nil: it cannot be cut
	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup

	mu  sync.Mutex // guards out
	out *json.Encoder
}

func (n *node) reply(r Reply) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.out.Encode(r)
}

// obey carries out commands, each in a goroutine, until there are no more.
func (n *node) obey(in *json.Decoder) {
	for {
		var c Command
		if in.Decode(&c) != nil {
			return
		}
		n.work.Go(func() {
			r, err := n.do(c)
			if r.ID = c.ID; err != nil {
				r.Error = err.Error()
			}
			_ = n.reply(r) // if the harness is gone, in ends too
		})
	}
}

func (n *node) close() (err error) {
	n.cancel()
	for _, p := range n.planes {
		err = errors.Join(err, p.Close())
	}
	n.work.Wait()
	return errors.Join(err, n.opened.close())
}

func (n *node) do(c Command) (r Reply, err error) {
	if c.Server < 0 || c.Server >= len(n.servers) {
		return r, fmt.Errorf("no server %d here", c.Server)
	}
	s := n.servers[c.Server]
	switch c.Op {
	case opConnect:
		ctx, cancel := context.WithTimeout(n.ctx, 3*patience)
		defer cancel()
		return r, n.connect(ctx, c.Addresses, c.Servers)
	case opPrepare:
		return r, s.prepare(c.Load, c.Subscribe)
	case opPublish:
		r.Sent = s.publish(c.Load)
	case opCount:
		r.Arrived = s.arrived(false)
	case opFinish:
		r.Arrived = s.arrived(true)
		s.plane.Unsubscribe(c.Load.Channel)
	case opJoin:
		r.Joins, err = s.join(c.Times)
	case opAnswer:
		n.work.Go(func() { s.answer(n.ctx) })
		ctx, cancel := context.WithTimeout(n.ctx, patience)
		defer cancel()
		return r, s.plane.Subscribe(ctx, askChannel)
	case opCut:
		if n.cable == nil {
			return r, errors.New("there is no cable to cut")
		}
		err = n.cable.cut(n.ctx, c.Lasting, c.Sever)
	case opProfile:
		err = profile(c.Path, time.Until(time.Unix(0, c.Load.End)))
	default:
		err = fmt.Errorf("nothing is called %q", c.Op)
	}
	return r, err
}

// arrived is what the server has of the trial, with latencies if it is over.
func (s *server) arrived(over bool) Arrived {
	t := s.tally.Load()
	a := Arrived{Window: t.window.Load(), Last: t.last.Load(), Gaps: t.gaps.Load(), Lost: t.lost.Load(), BySender: make([]uint64, maxServers)}
	for i := range t.received {
		a.BySender[i] = t.received[i].Load()
	}
	if over {
		a.Latency = t.latency.counts()
	}
	return a
}

// profile writes what this process does for so long, and all it has allocated.
func profile(path string, d time.Duration) (err error) {
	cpu, err := os.Create(path + ".cpu.pprof")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cpu.Close()) }()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	time.Sleep(d)
	pprof.StopCPUProfile()
	allocs, err := os.Create(path + ".allocs.pprof")
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(allocs, 0), allocs.Close())
}
