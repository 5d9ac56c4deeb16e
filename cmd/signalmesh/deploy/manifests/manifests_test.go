package manifests

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder is the manual's.
const folder = "../../../../docs/kubernetes"

// read returns the files of a set, by name.
func read(t *testing.T, set string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, set, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no manifests of the set %s: %v", set, err)
	}
	files := map[string]string{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = string(data)
	}
	return files
}

// check checks a set against the schemas, and against the rules.
func check(t *testing.T, files map[string]string) (err error) {
	t.Helper()
	schema, newErr := NewSchema()
	if newErr != nil {
		t.Fatal(newErr)
	}
	var set Set
	for name, file := range files {
		if wrong := schema.Check([]byte(file)); wrong != nil {
			err = errors.Join(err, errors.New(name+": "+wrong.Error()))
			continue
		}
		if wrong := set.Add([]byte(file)); wrong != nil {
			err = errors.Join(err, wrong)
		}
	}
	if err != nil {
		return err
	}
	return set.Check()
}

func TestTheManifestsAreRight(t *testing.T) {
	for _, set := range []string{"hubs", "sidecar"} {
		if err := check(t, read(t, set)); err != nil {
			t.Errorf("%s: %v", set, err)
		}
	}
}

// Each change makes a right set wrong, in a way that the check must find.
func TestWrongManifestsAreFound(t *testing.T) {
	for _, c := range []struct{ name, set, file, old, new, want string }{
		{"unknown field", "hubs", "deployment.yaml", "resources:", "resurces:", "unknown field"},
		{"wrong type", "hubs", "deployment.yaml", "replicas: 3", "replicas: three", "replicas"},
		{"missing field", "hubs", "deployment.yaml", "  selector:\n    matchLabels:\n      app: chat\n", "", "selector"},
		{"no image", "hubs", "deployment.yaml", "image: registry.example.net/signalmesh:1", "imagePullPolicy: Always", "it has no image"},
		{"second document", "hubs", "services.yaml", "publishNotReadyAddresses:", "publishNotReadyAdresses:", "document 2"},
		{"unknown kind", "hubs", "poddisruptionbudget.yaml", "policy/v1", "policy/v2", "poddisruptionbudget.yaml"},
		{"wrong name", "sidecar", "poddisruptionbudget.yaml", "name: chat", "name: Chat_1", "Chat_1"},
		{"duplicate key", "sidecar", "deployment.yaml", "  replicas: 3", "  replicas: 3\n  replicas: 4", "replicas"},
		{"other labels", "hubs", "poddisruptionbudget.yaml", "matchLabels:\n      app: chat", "matchLabels:\n      app: chatt", "no PodDisruptionBudget"},
		{"other port", "hubs", "services.yaml", "targetPort: http", "targetPort: web", "no container has the port web"},
		{"short time", "hubs", "deployment.yaml", "terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 43", "not longer than --drain-timeout"},
		{"no address until ready", "sidecar", "services.yaml", "publishNotReadyAddresses: true", "publishNotReadyAddresses: false", "before they are ready"},
		{"IPv4", "sidecar", "deployment.yaml", "--redis=localhost:6379", "--redis=127.0.0.1:6379", "127.0.0.1 does not exist"},
		{"other seed", "hubs", "deployment.yaml", "--bootstrap=chat-peers:9800", "--bootstrap=chat:9800", "headless Service"},
		{"probe of no port", "hubs", "deployment.yaml", "path: /readyz\n              port: admin", "path: /readyz\n              port: amdin", "amdin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := read(t, c.set)
			if !strings.Contains(files[c.file], c.old) {
				t.Fatalf("%s does not have %q", c.file, c.old)
			}
			files[c.file] = strings.Replace(files[c.file], c.old, c.new, 1)
			err := check(t, files)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
