//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// wholeServers is how many whole servers there are, and doomed the one that is killed.
const (
	wholeServers = 3
	doomed       = 2
)

// A wholeFleet is one contestant as users have it: servers, each in a process of its
// own, what they need besides, and two processes of clients.
type wholeFleet struct {
	redis     *redis // nil: they need none
	servers   []*process
	crowd     *process // the many
	witnesses *process // a few on the servers that live, who see how the others fare
	plays     uint32
	lost      Usage // of servers that were killed
}

func startWholeFleet(ctx context.Context, contestant string) (_ *wholeFleet, err error) {
	f := new(wholeFleet)
	defer func() {
		if err != nil {
			err = fmt.Errorf("start whole servers on %s: %w", contestant, err)
			f.close()
		}
	}()
	args := []string{"-contestant", contestant}
	if contestant == contestantRedis {
		if f.redis, err = startRedis(ctx); err != nil {
			return nil, err
		}
		args = append(args, "-redis", f.redis.address)
	}
	for i := range wholeServers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		mine := args
		if i > 0 {
			mine = append(mine[:len(mine):len(mine)], "-seed", f.servers[0].peer)
		}
		p, err := startRole(roleServer, mine...)
		if err != nil {
			return nil, err
		}
		f.servers = append(f.servers, p)
	}
	for _, p := range []**process{&f.crowd, &f.witnesses} {
		if *p, err = startRole(roleClients); err != nil {
			return nil, err
		}
	}
	return f, f.all(ctx, Command{Op: opMeet, Servers: wholeServers})
}

// all has all servers carry out a command.
func (f *wholeFleet) all(ctx context.Context, c Command) error {
	return each(f.servers, func(_ int, p *process) error {
		_, err := p.ask(ctx, c)
		return err
	})
}

func (f *wholeFleet) addresses() (all []string) {
	for _, p := range f.servers {
		all = append(all, p.address)
	}
	return all
}

// serverPids are the processes that a user would run, Redis included.
func (f *wholeFleet) serverPids() (pids []int) {
	for _, p := range f.servers {
		pids = append(pids, p.pid())
	}
	if f.redis != nil {
		pids = append(pids, f.redis.cmd.Process.Pid)
	}
	return pids
}

// killServer kills the server that is doomed.
func (f *wholeFleet) killServer() error {
	u, err := usageOf(f.servers[doomed].pid())
	f.lost = u
	f.servers[doomed].kill()
	f.servers = f.servers[:doomed]
	return err
}

// A meter is what servers, clients and the machine had used at a time.
type meter struct {
	at               time.Time
	servers, clients Usage
	busy             time.Duration
}

// readAt reads the meter at a time, at once if that has passed.
func (f *wholeFleet) readAt(ctx context.Context, at int64) (m meter, err error) {
	if err := pause(ctx, at); err != nil {
		return m, err
	}
	m.at = time.Now()
	m.busy, err = machineBusy()
	sum := func(pids []int) (sum Usage) {
		for _, pid := range pids {
			u, failed := usageOf(pid)
			err = errors.Join(err, failed)
			sum = sum.plus(u)
		}
		return sum
	}
	m.servers, m.clients = sum(f.serverPids()).plus(f.lost), sum([]int{f.crowd.pid(), f.witnesses.pid()})
	return m, err
}

// since is what servers used since another reading, and how many cores other programs.
func (m meter) since(o meter) (servers time.Duration, others float64) {
	servers = m.servers.CPU - o.servers.CPU
	ours := servers + m.clients.CPU - o.clients.CPU
	return servers, max(0, (m.busy-o.busy-ours).Seconds()/m.at.Sub(o.at).Seconds())
}

// resident is the memory of the servers in bytes, when they have tidied up.
func (f *wholeFleet) resident(ctx context.Context) (sum int, err error) {
	for range 2 {
		if err := f.all(ctx, Command{Op: opRest}); err != nil {
			return 0, err
		}
	}
	for _, pid := range f.serverPids() {
		n, err := residentOf(pid)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// residentOf is how many bytes of memory a process has.
func residentOf(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "\nVmRSS:")
	line, _, _ := strings.Cut(rest, " kB\n")
	kilobytes, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return 0, fmt.Errorf("read VmRSS of process %d: %w", pid, err)
	}
	return kilobytes << 10, nil
}

// close ends all processes at once: what they had to tell they have told.
func (f *wholeFleet) close() {
	for _, p := range append([]*process{f.crowd, f.witnesses}, f.servers...) {
		if p != nil {
			p.kill()
		}
	}
	if f.redis != nil && f.redis.cmd != nil && f.redis.cmd.Process != nil {
		f.redis.kill()
	}
}
