// Command aspnet is a server of ASP.NET Core as Redis sees it, for tests of Redis
// doors with official clients on Go servers. It obeys lines of JSON on its input, and
// writes answers and what its clients are sent as such lines to its output. It ends
// with its input.
//
//	aspnet MyApp.Hubs.ChatHub 127.0.0.1:6379 127.0.0.2:6379
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/node/door/aspnettest"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// timeout is how long one operation may take. It is longer than the tests wait.
const timeout = time.Minute

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "aspnet:", err)
		os.Exit(1)
	}
}

// A request is one line of input.
type request struct {
	ID   int      `json:"id"` // that the answer has too
	Op   string   `json:"op"`
	To   string   `json:"to"`   // a connection, group or user
	Text string   `json:"text"` // that is sent, or a group, user or protocol
	But  []string `json:"but"`  // connections that do not get it
}

// A line is one of output: the answer to a request, or what a client was sent.
type line struct {
	ID     int    `json:"id,omitempty"`
	Error  string `json:"error,omitempty"`
	Result any    `json:"result,omitempty"`
	Client string `json:"client,omitempty"`
	Text   string `json:"text,omitempty"`
}

type program struct {
	server  *aspnettest.Server
	work    sync.WaitGroup
	clients map[string]*aspnettest.Client

	mu  sync.Mutex // guards writing
	out *json.Encoder
}

func run(args []string, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if len(args) < 2 {
		return fmt.Errorf("give the full name of a hub, and the addresses of doors")
	}
	s, err := aspnettest.Start(ctx, aspnettest.Options{Hub: args[0], Endpoints: args[1:]})
	if err != nil {
		return err
	}
	p := &program{server: s, clients: map[string]*aspnettest.Client{}, out: json.NewEncoder(out)}
	defer p.work.Wait()
	defer cancel()
	defer s.Close()
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return err
		}
		if r.Op == "invoke" { // it may take long
			p.work.Go(func() { p.answer(ctx, r) })
			continue
		}
		p.answer(ctx, r)
	}
	return s.Faults()
}

func (p *program) answer(ctx context.Context, r request) {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer := line{ID: r.ID}
	var err error
	if answer.Result, err = p.obey(bounded, ctx, r); err != nil {
		answer.Error = err.Error()
	}
	p.write(answer)
}

func (p *program) write(l line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.out.Encode(l) // the test is over: nobody to tell
}

// obey carries out a request. life is that of clients.
func (p *program) obey(ctx, life context.Context, r request) (result any, err error) {
	s := p.server
	const method = "message"
	switch r.Op {
	case "connect":
		codec := map[string]protocol.Protocol{"json": protocol.JSON(), "messagepack": protocol.MessagePack()}[r.Text]
		if codec == nil {
			return nil, fmt.Errorf("no protocol %q", r.Text)
		}
		c, err := s.Connect(ctx, r.To, r.To+"'s user", codec)
		if err == nil {
			p.clients[r.To] = c
			p.work.Go(func() { p.hear(life, c) })
		}
		return nil, err
	case "disconnect":
		s.Disconnect(p.clients[r.To])
	case "all":
		return nil, s.SendAll(ctx, method, r.Text, r.But...)
	case "connection":
		return nil, s.SendConnection(ctx, r.To, method, r.Text)
	case "group":
		return nil, s.SendGroup(ctx, r.To, method, r.Text, r.But...)
	case "user":
		return nil, s.SendUser(ctx, r.To, method, r.Text)
	case "add":
		return nil, s.AddToGroup(ctx, r.To, r.Text)
	case "remove":
		return nil, s.RemoveFromGroup(ctx, r.To, r.Text)
	case "invoke":
		err = s.Invoke(ctx, &result, r.To, r.Text, "a question")
		return result, err
	default:
		return nil, fmt.Errorf("no operation %q", r.Op)
	}
	return nil, nil
}

// hear tells what a client is sent, and answers what it is asked: by the question, or
// if the method is "refuse" by an error.
func (p *program) hear(ctx context.Context, c *aspnettest.Client) {
	for {
		i, err := c.Next(ctx)
		if err != nil {
			return
		}
		text := ""
		if len(i.Arguments) > 0 {
			err = c.Bind(i.Arguments[0], &text)
		}
		switch {
		case err != nil:
		case i.InvocationID == "":
			p.write(line{Client: c.ID, Text: text})
		case i.Target == "refuse":
			err = c.Refuse(i.InvocationID, "not today")
		case i.Target != "silent":
			err = c.Reply(i.InvocationID, text)
		}
		if err != nil {
			p.write(line{Client: c.ID, Error: err.Error()})
		}
	}
}
