//go:build unix

package node_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/node"
)

// change makes a request that changes something.
func change(t *testing.T, method, url string, header ...string) (int, string) {
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	var body map[string]any
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&body))
	return answer.StatusCode, fmt.Sprint(body)
}

func TestOperatorsForgetServersThatFailed(t *testing.T) {
	c := startChild(t)
	_, body := get(t, "http://"+c.admin+"/api/status")
	var failed node.Status
	require.NoError(t, json.Unmarshal([]byte(body), &failed))
	a := open(t, func(o *node.Options) { o.Bootstrap = []string{c.peers} })
	awaitServers(t, a, 1)
	url := "http://" + a.AdminAddr() + "/api/members/" + failed.Name
	code, answer := change(t, http.MethodDelete, url)
	assert.Equal(t, 404, code)
	assert.Contains(t, answer, "server is not missing")

	c.kill(t)
	awaitHealth(t, a, "it is missing", func(c mesh.Condition) bool { return len(c.Missing) == 1 })
	_, page := get(t, "http://"+a.AdminAddr()+"/")
	assert.Contains(t, page, `<span class="state gone">gone</span> since `)
	for _, header := range [][]string{{"Origin", "http://" + a.AdminAddr()}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}} {
		code, answer = change(t, http.MethodDelete, url, header...)
		assert.Equal(t, 403, code)
		assert.Contains(t, answer, "web pages may not change a node")
	}
	code, answer = change(t, http.MethodDelete, url)
	assert.Equal(t, 200, code)
	assert.Equal(t, "map[removed:1]", answer)
	assert.Empty(t, a.Status().Members, "it is not shown any more, though what it was sent is kept for a while")
	assert.Empty(t, a.Topic().Condition().Missing)
}
