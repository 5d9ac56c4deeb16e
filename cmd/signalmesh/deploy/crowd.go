//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	// connectLimit is how long the clients may take to connect.
	connectLimit = time.Minute
	// settleLimit is how long the clients may take to be connected again and up to date.
	// It is longer than the first four attempts of the library (0, 2, 10 and 30 s).
	settleLimit = time.Minute
)

// A crowd is the process that runs the clients and the publisher; see clients.mjs.
type crowd struct {
	process *process
	in      io.WriteCloser
	answers chan []byte // lines of output; closed at its end
}

// newCrowd starts the process. script is the path of clients.mjs.
func newCrowd(folder, script string) (*crowd, error) {
	command := exec.Command("node", script)
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, write := io.Pipe()
	command.Stdout = write
	c := &crowd{in: in, answers: make(chan []byte, 1)}
	if c.process, err = startProcess("the clients", filepath.Join(folder, "clients.log"), command); err != nil {
		return nil, err
	}
	go func() { // until the process ends
		<-c.process.ended
		write.Close()
	}()
	go func() { // until the output ends
		defer close(c.answers)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			c.answers <- append([]byte(nil), lines.Bytes()...)
		}
		out.CloseWithError(lines.Err())
	}()
	return c, nil
}

// do sends a command and decodes the answer into result.
func (c *crowd) do(ctx context.Context, limit time.Duration, command map[string]any, result any) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return errors.Join(err, c.process.over())
	}
	select {
	case answer, ok := <-c.answers:
		if !ok {
			<-c.process.ended
			return c.process.over()
		}
		var failure struct{ Error string }
		if err := json.Unmarshal(answer, &failure); err != nil {
			return fmt.Errorf("answer of the clients: %w", err)
		}
		if failure.Error != "" {
			return fmt.Errorf("clients: %s: %s", command["do"], failure.Error)
		}
		return json.Unmarshal(answer, result)
	case <-ctx.Done():
		return fmt.Errorf("clients: %s: %w", command["do"], ctx.Err())
	}
}

// connect connects the same number of clients through each balancer, and the publisher
// to a server.
func (c *crowd) connect(ctx context.Context, publisher *server, balancers []*balancer, clients, rate int) error {
	var urls []map[string]string
	for _, b := range balancers {
		urls = append(urls, map[string]string{"name": b.name, "url": "http://" + b.addr + "/chat"})
	}
	return c.do(ctx, connectLimit, map[string]any{
		"do": "connect", "publisher": "http://" + publisher.http + "/chat", "balancers": urls, "clients": clients, "rate": rate,
	}, &struct{}{})
}

// begin starts all accounts anew.
func (c *crowd) begin(ctx context.Context) error {
	return c.do(ctx, connectLimit, map[string]any{"do": "begin"}, &struct{}{})
}

// settle waits until every client is connected and has the newest message, and returns
// the accounts.
func (c *crowd) settle(ctx context.Context) (a accounts, err error) {
	return a, c.do(ctx, settleLimit+10*time.Second, map[string]any{"do": "settle", "ms": settleLimit.Milliseconds()}, &a)
}

// close ends the process.
func (c *crowd) close() {
	c.in.Close()
	c.process.kill()
	for range c.answers { // until the reader has ended
	}
}
