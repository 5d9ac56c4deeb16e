package similar_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/signalmesh/signalmesh/discovery/similar"
)

func TestClosest(t *testing.T) {
	known := []string{"http", "hub", "listen", "log-level", "log-format"}
	for name, want := range map[string]string{
		"htpp": "http", "HTTP": "http", "lisen": "listen", "listne": "listen", "log-levle": "log-level", "hbu": "hub",
		"colour": "", "": "", "bootstrap": "", strings.Repeat("h", 1000): "",
	} {
		assert.Equal(t, want, similar.Closest(name, known), name)
	}
	assert.Empty(t, similar.Closest("http", nil))
}

func TestSort(t *testing.T) {
	assert.Equal(t, []string{"chatCache", "cash", "demo"}, similar.Sort([]string{"demo", "cash", "chatCache"}, "chatCash"))
}
