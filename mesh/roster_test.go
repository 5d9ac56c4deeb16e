package mesh

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
)

func absenceOf(id core.Peer, name string, heard time.Duration) *absence {
	return &absence{peer: id, record: &frame.Member{Name: name}, heard: heard}
}

func TestAServerThatStartsAgainTakesItsPlace(t *testing.T) {
	r := newRoster(time.Hour)
	r.alive(0, "a1", "web-1")
	require.Equal(t, failedMissing, r.gone(absenceOf("a1", "web-1", 5*time.Second)))
	assert.Equal(t, failedBefore, r.gone(absenceOf("a1", "web-1", 5*time.Second)), "told again")
	require.Len(t, r.absent, 1)
	r.alive(20*time.Second, "b", "web-2")
	assert.Len(t, r.absent, 1)
	a := r.alive(30*time.Second, "a2", "web-1")
	require.NotNil(t, a)
	assert.Equal(t, core.Peer("a1"), a.peer)
	assert.Empty(t, r.absent)
}

func TestAServerThatStartsAgainBeforeItIsMissed(t *testing.T) {
	r := newRoster(time.Hour)
	r.alive(0, "a1", "web-1")
	r.suspect("a1")
	r.alive(6*time.Second, "a2", "web-1")
	assert.False(t, r.namesake("a2", "web-1"), "the old one is suspect already")
	assert.Equal(t, failedReplaced, r.gone(absenceOf("a1", "web-1", 5*time.Second)))
	assert.Empty(t, r.absent)
	assert.Equal(t, failedMissing, func() failure { r.alive(0, "a3", "web-1"); return r.gone(absenceOf("a3", "web-1", 5*time.Second)) }(), "each takes one place")
}

func TestServersWithTheSameNameAreCounted(t *testing.T) {
	r := newRoster(time.Hour)
	for _, id := range []core.Peer{"a", "b", "c"} {
		r.alive(0, id, "host")
	}
	assert.True(t, r.namesake("a", "host"))
	r.gone(absenceOf("a", "host", 5*time.Second))
	r.gone(absenceOf("b", "host", 6*time.Second))
	require.Len(t, r.absent, 2, "c was there all the time")
	r.suspect("c")
	r.alive(8*time.Second, "c", "host")
	assert.Len(t, r.absent, 2, "c is back and takes nobody's place")
	r.alive(9*time.Second, "d", "host")
	require.Len(t, r.absent, 1)
	assert.Equal(t, core.Peer("b"), r.absent[0].peer)
	r.alive(10*time.Second, "b", "host")
	assert.Empty(t, r.absent)
}

func TestServersWithoutANameTakeNobodysPlace(t *testing.T) {
	r := newRoster(time.Hour)
	r.alive(0, "a", "")
	r.gone(absenceOf("a", "", 0))
	r.alive(time.Second, "b", "")
	assert.Len(t, r.absent, 1)
	assert.False(t, r.namesake("c", ""))
}

func TestWhoSaysGoodbyeIsNotMissed(t *testing.T) {
	r := newRoster(time.Hour)
	for _, id := range []core.Peer{"a", "b", "c"} {
		r.alive(0, id, "web-"+string(id))
	}
	r.left("a", true)
	assert.Empty(t, r.absent)
	r.gone(absenceOf("b", "web-b", 0))
	r.left("b", false)
	assert.Len(t, r.absent, 1, "the mesh has forgotten it, the operator has not")
	r.left("b", true)
	assert.Empty(t, r.absent, "its goodbye was late")
}

func TestAbsencesEnd(t *testing.T) {
	r := newRoster(time.Minute)
	for i := range 3 {
		id := core.Peer(fmt.Sprint(i))
		r.alive(0, id, "web-"+string(id))
		r.gone(absenceOf(id, "web-"+string(id), time.Duration(i)*time.Second))
	}
	assert.Empty(t, r.expire(time.Minute-1))
	expired := r.expire(time.Minute + time.Second)
	require.Len(t, expired, 2)
	assert.Equal(t, "web-0", expired[0].record.Name)
	assert.Len(t, r.absent, 1)
}

func TestTheListOfAbsencesIsBounded(t *testing.T) {
	r := newRoster(time.Hour)
	for i := range 2 * maxAbsences {
		id := core.Peer(fmt.Sprint(i))
		r.alive(0, id, "web-"+string(id))
		r.gone(absenceOf(id, "web-"+string(id), 0))
	}
	require.Len(t, r.absent, maxAbsences)
	assert.Equal(t, fmt.Sprint("web-", maxAbsences), r.absent[0].record.Name, "the first are dropped")
	assert.Empty(t, r.present)
}
