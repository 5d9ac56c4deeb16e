package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// compatibility is the page with the list of the differences.
const compatibility = "docs/compatibility.md"

// clientVersions are the versions of Microsoft's .NET client.
var clientVersions = []string{"8", "10", "11"}

// scenarioServers is how many servers the clients use.
const scenarioServers = 3

// testClients runs the scenario of Microsoft's .NET clients at Go hubs and at ASP.NET Core,
// and requires that the outcomes differ as the documentation says.
func testClients(ctx context.Context, dir string) error {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return fmt.Errorf("the servers of ASP.NET Core are compared on redis-server: install it: %w", err)
	}
	page, err := os.ReadFile(compatibility)
	if err != nil {
		return fmt.Errorf("read the list of the differences: %w", err)
	}
	list, err := parseDifferences(string(page))
	if err != nil {
		return fmt.Errorf("%s: %w", compatibility, err)
	}
	t := &test{ctx: ctx, version: versions[1], app: filepath.Join(dir, versions[1].redis, "bin", "interop.dll")}
	defer t.close()
	programs, err := t.buildClients(dir)
	if err != nil {
		return err
	}
	started := time.Now()
	here, there, err := t.runClients(dir, programs)
	if err != nil {
		return err
	}
	steps, err := compare(here, there, list)
	if err != nil {
		return err
	}
	fmt.Printf("test-dotnet-clients: ok: %d steps of Microsoft's .NET clients %s at three Go nodes and three servers of ASP.NET Core: equal, but for the %d differences that %s lists, in %v\n",
		steps, strings.Join(clientVersions, ", "), len(list), compatibility, time.Since(started).Round(time.Second))
	return nil
}

// buildAll builds the node, the servers and the client programs. The test runs the servers
// with the second of the versions.
func buildAll(ctx context.Context, dir string) (t *test, programs []string, err error) {
	t = &test{ctx: ctx, version: versions[1], program: filepath.Join(dir, "signalmesh"), app: filepath.Join(dir, versions[1].redis, "bin", "interop.dll")}
	if err := goBuild(ctx, t.program, "./cmd/signalmesh"); err != nil {
		return nil, nil, err
	}
	programs, err = t.buildClients(dir)
	return t, programs, err
}

// buildClients builds the servers, and the client program with each version.
func (t *test) buildClients(dir string) ([]string, error) {
	if err := goBuild(t.ctx, filepath.Join(dir, "hub"), "./cmd/signalmesh/interop/dotnet/hub"); err != nil {
		return nil, err
	}
	if err := buildApp(t.ctx, t.version, filepath.Join(dir, t.version.redis)); err != nil {
		return nil, err
	}
	var programs []string
	for _, v := range clientVersions {
		to := filepath.Join(dir, "client"+v)
		if err := dotnetBuild(t.ctx, "clients", "Clients.csproj", to, "-p:ClientVersion="+v); err != nil {
			return nil, fmt.Errorf("client %s: %w", v, err)
		}
		programs = append(programs, filepath.Join(to, "bin", "clients.dll"))
	}
	return programs, nil
}

// runClients runs the versions one after the other, at both kinds of servers at the same
// time, and returns the outcomes at Go hubs and at ASP.NET Core.
func (t *test) runClients(dir string, programs []string) (here, there outcomes, err error) {
	hubs, err := t.startHubs(filepath.Join(dir, "hub"))
	if err != nil {
		return nil, nil, err
	}
	servers, err := t.startScenarioServers()
	if err != nil {
		return nil, nil, err
	}
	here, there = make(outcomes), make(outcomes)
	failed := make([]error, 2)
	var running sync.WaitGroup
	for i, side := range []struct {
		urls []string
		to   outcomes
	}{{hubs, here}, {servers, there}} {
		running.Go(func() { failed[i] = t.runVersions(programs, side.urls, side.to) })
	}
	running.Wait()
	return here, there, errors.Join(failed...)
}

// runVersions runs every version of the client at some servers.
func (t *test) runVersions(programs, urls []string, to outcomes) error {
	for i, program := range programs {
		out, err := exec.CommandContext(t.ctx, "dotnet", append([]string{program}, urls...)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("client %s at %v: %w\n%s", clientVersions[i], urls, err, out)
		}
		if err := to.read(clientVersions[i], string(out)); err != nil {
			return err
		}
	}
	return nil
}

// startHubs starts nodes with hubs in Go, and returns their URLs.
func (t *test) startHubs(program string) (urls []string, err error) {
	var peers []string
	for range scenarioServers {
		addr, err := freeAddr()
		if err != nil {
			return nil, err
		}
		args := []string{"-listen", addr}
		for _, p := range peers {
			args = append(args, "-bootstrap", p)
		}
		p, err := t.start(program, args...)
		if err != nil {
			return nil, err
		}
		if err := p.await(t.ctx, "ready: "); err != nil {
			return nil, err
		}
		peers = append(peers, addr)
		urls = append(urls, p.urls()...)
	}
	return urls, nil
}

// startGoHub starts a node with the hub in Go that joins nodes with servers of ASP.NET
// Core, and returns its URL.
func (t *test) startGoHub(nodes []*node) (string, error) {
	addr, err := freeAddr()
	if err != nil {
		return "", err
	}
	args := []string{"-listen", addr, "-channel-prefix", "demo"}
	for _, n := range nodes {
		args = append(args, "-bootstrap", n.peers)
	}
	p, err := t.start(filepath.Join(filepath.Dir(t.program), "hub"), args...)
	if err != nil {
		return "", err
	}
	if err := p.await(t.ctx, "ready: "); err != nil {
		return "", err
	}
	return p.urls()[0], nil
}

// startScenarioServers starts servers of ASP.NET Core on redis-server, and returns their URLs.
func (t *test) startScenarioServers() ([]string, error) {
	redis, err := t.startRedis()
	if err != nil {
		return nil, err
	}
	p, err := t.start("dotnet", t.app, "scenario", redis, redis, redis)
	if err != nil {
		return nil, err
	}
	if err := p.awaitCount(t.ctx, "ready: ", scenarioServers); err != nil {
		return nil, err
	}
	return p.urls(), nil
}

// urls returns the URLs that a process has printed after "ready: ".
func (p *process) urls() (list []string) {
	for line := range strings.Lines(p.String()) {
		if url, ok := strings.CutPrefix(line, "ready: "); ok {
			list = append(list, strings.TrimSpace(url))
		}
	}
	return list
}
