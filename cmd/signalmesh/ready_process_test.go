package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

// Processes that start at the same time over the same seeds know each other as soon as
// they are ready.
func TestProcessesThatStartTogetherKnowEachOtherWhenTheyAreReady(t *testing.T) {
	for _, processes := range []int{3, 8} {
		t.Run(fmt.Sprint(processes), func(t *testing.T) {
			seeds := []string{freeAddr(t), freeAddr(t)}
			var logs []*transcript
			for i := range processes {
				listen := "127.0.0.1:0"
				if i < len(seeds) {
					listen = seeds[i]
				}
				cmd, log := startProcess(t, "--listen", listen, "--bootstrap", seeds[0], "--bootstrap", seeds[1])
				require.NoError(t, cmd.Start())
				logs = append(logs, log)
			}
			known := map[string]map[string]bool{} // by peer ID: the peer IDs of live members
			for _, log := range logs {            // in the order in which they were started
				s := statusWhenReady(t, log)
				known[s.Peer] = map[string]bool{}
				for _, m := range s.Members {
					known[s.Peer][m.Peer] = m.State == "alive"
				}
			}
			require.Len(t, known, processes)
			for a := range known {
				for b := range known { // the later of two saw the other one when it was ready
					assert.True(t, a == b || known[a][b] || known[b][a], "%s and %s", a, b)
				}
			}
		})
	}
}

// freeAddr returns an address of which nothing uses the port, which the system picked.
func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func startProcess(t *testing.T, flags ...string) (*exec.Cmd, *transcript) {
	cmd, end := start(t, "node", append([]string{"node", "--admin", "127.0.0.1:0", "--cache", "demo", "--app", "chat"}, flags...)...)
	t.Cleanup(end)
	log := newTranscript()
	cmd.Stderr = log
	return cmd, log
}

// statusWhenReady returns the status of a node right after it said that it was ready.
func statusWhenReady(t *testing.T, log *transcript) (s node.Status) {
	ready := regexp.MustCompile(`ready: .*admin (http://\S+/),`)
	var m []string
	require.Eventually(t, func() bool { m = ready.FindStringSubmatch(log.String()); return m != nil }, killPatience, 5*time.Millisecond, "%s", log)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(m[1] + "api/status")
	require.NoError(t, err)
	defer r.Body.Close()
	require.NoError(t, json.NewDecoder(r.Body).Decode(&s))
	return s
}
