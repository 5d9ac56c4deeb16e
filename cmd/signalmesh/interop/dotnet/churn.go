package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// churnClients is how many clients stay connected during the churn test, by default.
const churnClients = 1000

// faultTime is how long a fault lasts, and how long a part without a fault takes.
const faultTime = 2 * time.Second

// A churn is one run with numbered messages. Its servers are numbered.
type churn struct {
	*test
	load  *process
	kinds []string // of the servers
}

// testChurn sends numbered messages to many clients at ASP.NET Core servers and a Go hub on
// one mesh while nodes are killed, stopped and cut off, and at ASP.NET Core servers on
// redis-server. It reports lost messages, and requires what is promised.
func testChurn(ctx context.Context, dir string) error {
	clients, err := number("CLIENTS", churnClients)
	if err != nil {
		return err
	}
	t, programs, err := buildAll(ctx, dir)
	if err != nil {
		return err
	}
	for _, run := range []struct {
		name string
		run  func(c *churn, client string, clients int) error
	}{{"redis-server", (*churn).onRedis}, {"the mesh", (*churn).onMesh}} {
		c := &churn{test: &test{ctx: ctx, version: t.version, program: t.program, app: t.app}}
		err := run.run(c, programs[1], clients)
		c.close()
		if err != nil {
			return fmt.Errorf("on %s: %w", run.name, err)
		}
	}
	return nil
}

// startServer starts one server of ASP.NET Core.
func (c *churn) startServer(configuration string) (string, error) {
	p, err := c.start("dotnet", c.app, "scenario", configuration)
	if err != nil {
		return "", err
	}
	if err := p.await(c.ctx, "ready: "); err != nil {
		return "", err
	}
	c.kinds = append(c.kinds, "ASP.NET Core")
	return p.urls()[0], nil
}

// begin starts the clients, and waits until all receive messages of all senders.
func (c *churn) begin(client string, clients int, urls []string) error {
	p, err := c.start("dotnet", append([]string{client, "churn", strconv.Itoa(clients)}, urls...)...)
	if err != nil {
		return err
	}
	c.load = p
	return p.awaitFor(c.ctx, "phase calm\n", 1, time.Minute)
}

// phase begins a phase, or waits until every client receives messages of every sender in
// the same phase.
func (c *churn) phase(name string) error {
	line := fmt.Sprintf("phase %s\n", name)
	n := strings.Count(c.load.String(), line)
	if _, err := fmt.Fprintln(c.load.in, name); err != nil {
		return fmt.Errorf("phase %s: %w\n%s", name, err, c.load)
	}
	return c.load.awaitFor(c.ctx, line, n+1, 40*time.Second)
}

// fault makes a fault in a phase with its name, waits for the recovery, and then for a
// part without a fault.
func (c *churn) fault(name string, do func() error) error {
	if err := c.phase(name); err != nil {
		return err
	}
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := c.phase(name); err != nil {
		return err
	}
	if err := c.phase("calm"); err != nil {
		return err
	}
	c.pause()
	return nil
}

// pause lets the load run.
func (c *churn) pause() {
	select {
	case <-time.After(faultTime):
	case <-c.ctx.Done():
	}
}

// onRedis runs the load on redis-server, which is killed once.
func (c *churn) onRedis(client string, clients int) error {
	redis, err := c.startRedis()
	if err != nil {
		return err
	}
	killed := c.processes[len(c.processes)-1]
	var urls []string
	for range scenarioServers {
		url, err := c.startServer(redis + ",abortConnect=false")
		if err != nil {
			return err
		}
		urls = append(urls, url)
	}
	if err := c.begin(client, clients, urls); err != nil {
		return err
	}
	c.pause()
	err = c.fault("kill", func() error {
		killed.kill()
		c.pause()
		return c.startRedisAt(redis)
	})
	if err != nil {
		return err
	}
	return c.finish("redis-server", nil)
}

// onMesh runs the load at three servers of ASP.NET Core with a node each, and a Go hub.
func (c *churn) onMesh(client string, clients int) error {
	nodes, err := c.startNodes(scenarioServers)
	if err != nil {
		return err
	}
	wire, err := newWire(nodes[2].redis)
	if err != nil {
		return err
	}
	defer wire.Close()
	doors := []string{nodes[0].redis + "," + nodes[2].redis, nodes[1].redis + "," + nodes[2].redis, wire.addr()}
	var urls []string
	for _, d := range doors {
		url, err := c.startServer(d + ",abortConnect=false")
		if err != nil {
			return err
		}
		urls = append(urls, url)
	}
	hub, err := c.startGoHub(nodes)
	if err != nil {
		return err
	}
	c.kinds = append(c.kinds, "Go")
	if err := c.begin(client, clients, append(urls, hub)); err != nil {
		return err
	}
	c.pause()
	return c.faults(nodes, wire)
}

// faults cuts one server off its node, and stops and kills the nodes of the others.
func (c *churn) faults(nodes []*node, wire *wire) error {
	err := c.fault("cut", func() error {
		wire.cut()
		c.pause()
		wire.mend()
		return nil
	})
	if err != nil {
		return err
	}
	err = c.fault("stop", func() error {
		if err := nodes[1].cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		select {
		case <-nodes[1].ended:
		case <-time.After(2 * patience):
			return fmt.Errorf("the node did not stop:\n%s", nodes[1])
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = c.fault("kill", func() error {
		nodes[0].kill()
		c.pause()
		return nil
	})
	if err != nil {
		return err
	}
	return c.finish("the mesh", map[string]int{"cut": 2, "stop": 1, "kill": 0})
}
