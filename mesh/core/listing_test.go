package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestBroadcastsNameTheMembersThatWantThem(t *testing.T) {
	w := newWorld(t, 3)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	w.subscribe(a, "Own:all")
	w.subscribe(b, "Chat:all")
	w.subscribe(b, "Chat:group:x")
	w.subscribe(c, "Chat:all")
	w.subscribe(c, "News:all")
	found := a.Broadcasts()
	assert.ElementsMatch(t, []Peer{b.peer, c.peer}, found["Chat:all"])
	assert.Equal(t, []Peer{c.peer}, found["News:all"])
	assert.Len(t, found, 2)
	c.Unsubscribe(w.now, "News:all")
	w.settle()
	assert.Len(t, a.Broadcasts(), 1)
	w.kill(b)
	w.run(20 * time.Second) // it is gone then
	assert.Equal(t, map[string][]Peer{"Chat:all": {c.peer}}, a.Broadcasts())
}
