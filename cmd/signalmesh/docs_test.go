package main

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryFlagIsInTheOperationsManual(t *testing.T) {
	manual, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	cmd := newNodeCommand()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		assert.Contains(t, string(manual), "`--"+f.Name, "flag")
		assert.Contains(t, string(manual), "`SIGNALMESH_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))+"`", "its twin")
	})
}

// A workload is as much of a Kubernetes manifest as has arguments.
type workload struct {
	Spec struct {
		Template struct {
			Spec struct {
				Containers     []container `yaml:"containers"`
				InitContainers []container `yaml:"initContainers"`
			} `yaml:"spec"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

type container struct {
	Name string   `yaml:"name"`
	Args []string `yaml:"args"`
}

func TestTheArgumentsInTheManifestsAreFlags(t *testing.T) {
	for _, path := range []string{"hubs/deployment.yaml", "sidecar/deployment.yaml"} {
		data, err := os.ReadFile("../../docs/kubernetes/" + path)
		require.NoError(t, err)
		var w workload
		require.NoError(t, yaml.Unmarshal(data, &w))
		found := false
		for _, c := range append(w.Spec.Template.Spec.InitContainers, w.Spec.Template.Spec.Containers...) {
			if c.Name != "signalmesh" {
				continue
			}
			found = true
			assert.NotEmpty(t, c.Args)
			assert.NoError(t, newNodeCommand().ParseFlags(c.Args), path)
		}
		assert.True(t, found, "%s has no container signalmesh", path)
	}
}
