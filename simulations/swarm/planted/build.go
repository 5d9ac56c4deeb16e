package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// core is the package that faults are planted in.
const core = "mesh/core"

// overlay applies a patch to a copy of package core in dir, and writes a file that has the
// go command read the copy. It returns the name of that file. The working directory is
// the root of the module.
func overlay(ctx context.Context, dir, patch string) (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	if patch, err = filepath.Abs(patch); err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(core, "*.go"))
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	if err := os.MkdirAll(filepath.Join(dir, core), 0o755); err != nil {
		return "", err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join(root, file)] = filepath.Join(dir, file)
	}
	apply := exec.CommandContext(ctx, "git", "apply", patch)
	apply.Dir = dir
	apply.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir)) // dir is no repository
	if out, err := apply.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the patch does not apply; make it again for the present code: %s", out)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, text, 0o644)
}

// build builds a hunter with a fault and returns its name.
func build(ctx context.Context, dir, patch string) (string, error) {
	name, err := overlay(ctx, dir, patch)
	if err != nil {
		return "", err
	}
	hunter := filepath.Join(dir, "hunter")
	out, err := exec.CommandContext(ctx, "go", "build", "-overlay", name, "-o", hunter, "./simulations/swarm/planted").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the patched module does not build: %s", out)
	}
	return hunter, nil
}
