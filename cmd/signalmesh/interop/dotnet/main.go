// Command dotnet tests signalmesh with ASP.NET Core and with Microsoft's .NET clients:
//
//	dotnet redis      ASP.NET Core servers at Redis endpoints of nodes
//	dotnet clients    Microsoft's .NET clients at hubs in Go
//	dotnet bench      ASP.NET Core servers on the mesh and on redis-server, measured
//	dotnet churn      both in one application, under faults, with many clients
//
// "redis" builds the C# program in the folder app with three versions of
// StackExchange.Redis, runs its scenarios at nodes and at redis-server, and requires equal
// outcomes, step by step. "clients" builds the program in the folder clients with three
// versions of the client, runs its scenario at the Go program in the folder hub and at
// servers of ASP.NET Core, and requires the differences that docs/compatibility.md lists. "churn" sends numbered
// messages while nodes are killed, stopped and cut off; CLIENTS=n says to how many clients.
//
// It needs the .NET SDK (dotnet), redis-server, and a Go toolchain, and is run from the
// root of the repository. Without dotnet it reports that and succeeds.
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

// limit bounds the whole run.
const limit = 10 * time.Minute

// A version is one of StackExchange.Redis, with the version of .NET that it is built for.
type version struct{ redis, net string }

// versions are the one that Microsoft's package brings, and the newest of its lines.
var versions = []version{{"2.7.27", "8.0"}, {"2.13.23", "10.0"}, {"3.4.35", "10.0"}}

// tests are the tests by name. They build their programs in a folder.
var tests = map[string]func(ctx context.Context, dir string) error{"redis": testRedis, "clients": testClients, "churn": testChurn, "bench": runBench}

func main() {
	if len(os.Args) != 2 || tests[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: dotnet redis|clients|churn|bench")
		os.Exit(2)
	}
	name := os.Args[1]
	if _, err := exec.LookPath("dotnet"); err != nil {
		fmt.Printf("%s: NOT RUN: dotnet is not on the PATH; install the .NET SDK 10\n", target(name))
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	dir, err := filepath.Abs(filepath.Join("build", "dotnet"))
	if err == nil {
		err = tests[name](ctx, dir)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: FAILED: %v\n", target(name), err)
		os.Exit(1)
	}
}

// target returns the name of a test in the Makefile.
func target(name string) string {
	if name == "bench" {
		return "bench-dotnet"
	}
	return "test-dotnet-" + name
}

// testRedis builds everything, and runs the scenarios with each version.
func testRedis(ctx context.Context, dir string) error {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return fmt.Errorf("the outcomes are compared with redis-server: install it: %w", err)
	}
	program := filepath.Join(dir, "signalmesh")
	if err := goBuild(ctx, program, "./cmd/signalmesh"); err != nil {
		return err
	}
	sdk, err := exec.CommandContext(ctx, "dotnet", "--version").Output()
	if err != nil {
		return fmt.Errorf("dotnet --version: %w", err)
	}
	var list []*test
	for _, v := range versions {
		if v.net == "10.0" && len(strings.SplitN(string(sdk), ".", 2)[0]) < 2 {
			fmt.Printf("test-dotnet-redis: NOT RUN: StackExchange.Redis %s: it is tested with the .NET SDK 10; this is %s", v.redis, sdk)
			continue
		}
		app := filepath.Join(dir, v.redis, "bin", "interop.dll")
		if err := buildApp(ctx, v, filepath.Join(dir, v.redis)); err != nil {
			return err
		}
		sample := filepath.Join(dir, v.redis, "sample", "RedisSample.dll")
		if err := buildSample(ctx, v, filepath.Join(dir, v.redis)); err != nil {
			return err
		}
		list = append(list, &test{ctx: ctx, version: v, program: program, app: app, sample: sample})
	}
	failed := make([]error, len(list))
	var running sync.WaitGroup
	for i, t := range list {
		running.Go(func() { failed[i] = t.report() })
	}
	running.Wait()
	return errors.Join(failed...)
}

// report runs the scenarios with one version, and prints the result.
func (t *test) report() error {
	started := time.Now()
	err := t.run()
	t.close()
	if err != nil {
		return fmt.Errorf("StackExchange.Redis %s: %w", t.version.redis, err)
	}
	fmt.Printf("test-dotnet-redis: ok: StackExchange.Redis %s with .NET %s: %d steps, equal to redis-server where both have them, in %v\n",
		t.version.redis, t.version.net, t.steps, time.Since(started).Round(time.Second))
	return nil
}

// buildSample builds the sample of the documentation with one version of StackExchange.Redis.
func buildSample(ctx context.Context, v version, to string) error {
	targets, err := filepath.Abs(filepath.Join("cmd", "signalmesh", "interop", "dotnet", "app", "sample.targets"))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "dotnet", "build", "-v", "q", "-nologo", "-p:NetVersion="+v.net, "-p:RedisVersion="+v.redis, "-p:BeforeTargetFrameworkInferenceTargets="+targets,
		"-p:BaseIntermediateOutputPath="+to+"/obj-sample/", "-o", filepath.Join(to, "sample"), "RedisSample.csproj")
	cmd.Dir = filepath.Join("docs", "aspnetcore-redis")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the sample of the documentation with StackExchange.Redis %s: %w\n%s", v.redis, err, out)
	}
	return nil
}

// buildApp builds the C# program with one version of StackExchange.Redis.
func buildApp(ctx context.Context, v version, to string) error {
	if err := dotnetBuild(ctx, "app", "App.csproj", to, "-p:RedisVersion="+v.redis, "-p:NetVersion="+v.net); err != nil {
		return fmt.Errorf("StackExchange.Redis %s: %w", v.redis, err)
	}
	return nil
}

// dotnetBuild builds a project in a folder next to this program.
func dotnetBuild(ctx context.Context, folder, project, to string, properties ...string) error {
	args := append([]string{"build", "-v", "q", "-nologo", "-p:BaseIntermediateOutputPath=" + to + "/obj/", "-o", filepath.Join(to, "bin"), project}, properties...)
	cmd := exec.CommandContext(ctx, "dotnet", args...)
	cmd.Dir = filepath.Join("cmd", "signalmesh", "interop", "dotnet", folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", project, err, out)
	}
	return nil
}

// goBuild builds a Go program.
func goBuild(ctx context.Context, to, folder string) error {
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", to, folder).CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", folder, err, out)
	}
	return nil
}
