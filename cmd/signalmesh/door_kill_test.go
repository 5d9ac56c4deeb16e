package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Real processes at Redis doors, killed under load (SIGKILL). What everybody hears of
// everybody is in order and once, whoever dies; what is missing is one piece, where
// the death was.

// killPatience is how long the tests here wait for what has to come.
const killPatience = 30 * time.Second

// startDoors starts three nodes with doors that know each other.
func startDoors(t *testing.T) (doors [3]*nodeProcess) {
	for i := range doors {
		flags := []string{"--redis", "127.0.0.1:0", "--listen", "127.0.0.1:0"}
		if i > 0 {
			flags = append(flags, "--bootstrap", doors[0].peers)
		}
		doors[i] = startNode(t, flags...)
	}
	for _, d := range doors {
		d.awaitOthers(t, 2)
	}
	return doors
}

func TestKillingTheNodeOfADoorUnderLoad(t *testing.T) {
	for name, c := range map[string]struct {
		second  bool // the app knows another door
		restart bool // the node comes back
	}{
		"the app goes to its second door": {second: true},
		"the node comes back":             {restart: true},
	} {
		t.Run(name, func(t *testing.T) {
			doors := startDoors(t)
			endpoints := []string{doors[0].door}
			if c.second {
				endpoints = append(endpoints, doors[1].door)
			}
			apps := []*app{startApp(t, 0, endpoints...), startApp(t, 1, doors[1].door), startApp(t, 2, doors[2].door)}
			publishing := publish(apps)
			for _, a := range apps {
				a.awaitEach(t, apps, 100)
			}
			doors[0].kill(t)
			died := last(apps[0].accepted())
			if c.restart {
				startNode(t, "--redis", doors[0].door, "--listen", "127.0.0.1:0", "--bootstrap", doors[1].peers).awaitOthers(t, 2)
			}
			require.NoError(t, apps[0].server.Connected(patiently(t), 2))
			for _, a := range apps {
				a.awaitMore(t, apps, 100)
			}
			publishing.stop()
			for _, a := range apps {
				a.awaitLast(t, apps)
			}
			for i, to := range apps {
				for j, from := range apps {
					moved := 0 // the last number that it has surely published at the node that died
					if j == 0 {
						moved = died
					}
					lost := hole(t, from.accepted(), to.heardOf(j), moved, fmt.Sprintf("app %d of app %d", i, j))
					if i > 0 && j > 0 {
						assert.Zero(t, lost, "app %d of app %d: neither of them was at the node that died", i, j)
					}
					t.Logf("app %d heard %d of app %d, of %d accepted; %d are lost", i, len(to.heardOf(j)), j, len(from.accepted()), lost)
				}
			}
		})
	}
}

func TestKillingTheAppAtADoorUnderLoad(t *testing.T) {
	doors := startDoors(t)
	other := startApp(t, 1, doors[1].door)
	first := startAppProcess(t, doors[0].door, 1)
	first.awaitAccepted(t) // so it has joined
	publishing := publish([]*app{other})
	first.awaitHeard(t, 200)
	first.kill(t)
	second := startAppProcess(t, doors[0].door, first.last()+1_000_000)
	second.awaitHeard(t, 200)
	publishing.stop()
	second.awaitHeardOf(t, last(other.accepted()))
	accepted := append(first.accepted(), second.stop(t)...)
	other.awaitHeardOf(t, 0, last(accepted))

	lost := hole(t, other.accepted(), append(first.heard(), second.heard()...), 0, "the app of the other")
	replayed := doors[0].metric(t, "signalmesh_door_replayed_messages_total")
	t.Logf("%d accepted; the first life heard %d, the second %d, of which %d it had missed; %d were in the first one's hands when it died",
		len(other.accepted()), len(first.heard()), len(second.heard()), replayed, lost)
	assert.Positive(t, replayed, "what came between its lives")
	assert.Zero(t, hole(t, accepted, other.heardOf(0), 0, "the other of the app"), "what the door has taken arrives, though who gave it died")
}

// hole checks that what was heard is in order, once, and that what was accepted and
// not heard is in one piece, and returns the size of that. What was refused may have
// been heard all the same. What a publisher that moved after number moved had published
// before may come later: others complete what a dead node had begun to tell.
func hole(t *testing.T, accepted, heard []int, moved int, what string) int {
	latest := map[bool]int{} // before it moved, and after
	for _, n := range heard {
		if n == moved+1 && moved > 0 {
			continue // the one under way
		}
		before := n <= moved
		require.Greater(t, n, latest[before], "%s: in order, once", what)
		latest[before] = n
	}
	has := map[int]bool{}
	for _, n := range heard {
		assert.False(t, has[n], "%s: %d comes twice", what, n)
		has[n] = true
	}
	missing := 0
	var pieces [][]int
	for i, n := range accepted {
		if has[n] {
			continue
		}
		missing++
		if i == 0 || has[accepted[i-1]] {
			pieces = append(pieces, []int{n})
		}
		pieces[len(pieces)-1] = append(pieces[len(pieces)-1][:1], n)
	}
	assert.LessOrEqual(t, len(pieces), 1, "%s: what is missing is in one piece, not %v", what, pieces)
	return missing
}

func last(list []int) int { return list[len(list)-1] }

// get reads a page of the node's admin listener.
func (p *nodeProcess) get(path string, take func(*http.Response) error) error {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	r, err := client.Get(p.admin + path)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	return take(r)
}

// awaitOthers waits until the node is linked to n others, and to no more.
func (p *nodeProcess) awaitOthers(t *testing.T, n int) {
	require.Eventually(t, func() bool {
		var status struct {
			Members []struct {
				State  string
				Linked bool
			}
		}
		err := p.get("api/status", func(r *http.Response) error { return json.NewDecoder(r.Body).Decode(&status) })
		alive := 0
		for _, m := range status.Members {
			if m.State == "alive" && m.Linked {
				alive++
			}
		}
		return err == nil && alive == n
	}, killPatience, 20*time.Millisecond)
}

func (p *nodeProcess) metric(t *testing.T, name string) (value int) {
	require.NoError(t, p.get("metrics", func(r *http.Response) error {
		text := newTranscript()
		if err := r.Write(text); err != nil {
			return err
		}
		m := regexp.MustCompile(`(?m)^` + name + `(?:\{.*\})? (\S+)`).FindStringSubmatch(text.String())
		if m == nil {
			return fmt.Errorf("no metric %s", name)
		}
		f, err := strconv.ParseFloat(m[1], 64)
		value = int(f)
		return err
	}))
	return value
}
