// Command dotnet tests ASP.NET Core servers at Redis endpoints of nodes. It builds the C#
// program in the folder app with three versions of StackExchange.Redis, runs its scenarios
// at nodes and at redis-server, and requires equal outcomes, step by step.
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
const limit = 5 * time.Minute

// A version is one of StackExchange.Redis, with the version of .NET that it is built for.
type version struct{ redis, net string }

// versions are the one that Microsoft's package brings, and the newest of its lines.
var versions = []version{{"2.7.27", "8.0"}, {"2.13.23", "10.0"}, {"3.4.35", "10.0"}}

func main() {
	if _, err := exec.LookPath("dotnet"); err != nil {
		fmt.Println("test-dotnet-redis: NOT RUN: dotnet is not on the PATH; install the .NET SDK 10 to test ASP.NET Core servers at the Redis endpoint")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "test-dotnet-redis: FAILED:", err)
		os.Exit(1)
	}
}

// run builds everything, and runs the scenarios with each version.
func run(ctx context.Context) error {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return fmt.Errorf("the outcomes are compared with redis-server: install it: %w", err)
	}
	dir, err := filepath.Abs(filepath.Join("build", "dotnet"))
	if err != nil {
		return err
	}
	program := filepath.Join(dir, "signalmesh")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/signalmesh").CombinedOutput(); err != nil {
		return fmt.Errorf("build signalmesh: %w\n%s", err, out)
	}
	sdk, err := exec.CommandContext(ctx, "dotnet", "--version").Output()
	if err != nil {
		return fmt.Errorf("dotnet --version: %w", err)
	}
	var tests []*test
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
		tests = append(tests, &test{ctx: ctx, version: v, program: program, app: app, sample: sample})
	}
	failed := make([]error, len(tests))
	var running sync.WaitGroup
	for i, t := range tests {
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
	cmd := exec.CommandContext(ctx, "dotnet", "build", "-v", "q", "-nologo", "-p:RedisVersion="+v.redis, "-p:NetVersion="+v.net,
		"-p:BaseIntermediateOutputPath="+to+"/obj/", "-o", filepath.Join(to, "bin"), "App.csproj")
	cmd.Dir = filepath.Join("cmd", "signalmesh", "interop", "dotnet", "app")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the C# program with StackExchange.Redis %s: %w\n%s", v.redis, err, out)
	}
	return nil
}
