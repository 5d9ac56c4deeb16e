//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// takeProfiles profiles one server of a saturated mesh, and prints where its time
// goes.
func (s settings) takeProfiles(ctx context.Context, stdout io.Writer) (err error) {
	if err := os.MkdirAll(s.profile, 0o755); err != nil {
		return err
	}
	f, err := startFleet(ctx, contestantMesh, s.servers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	path := filepath.Join(s.profile, contestantMesh)
	r, err := f.run(ctx, trial{
		publishers: f.all(), subscribers: f.all(), size: s.size, atATime: saturatorsOf(s.size),
		warm: s.warm, measured: 4 * s.measured, profile: path,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "saturated, %d servers, %d bytes: %.0f messages a second and server, %.1f µs of CPU for each, %.2f cores used by other programs\n",
		s.servers, s.size, r.PerServer, micros(r.CPU), r.Others)
	for _, view := range [][]string{{"-top", "-cum", "-nodecount=40", path + ".cpu.pprof"}, {"-top", "-sample_index=alloc_space", "-nodecount=15", path + ".allocs.pprof"}} {
		top := exec.CommandContext(ctx, "go", append([]string{"tool", "pprof"}, view...)...)
		top.Stdout, top.Stderr = stdout, os.Stderr
		if err := top.Run(); err != nil {
			return fmt.Errorf("show the profile: %w", err)
		}
	}
	return nil
}
