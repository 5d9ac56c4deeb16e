//go:build linux

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	sender   = life{server: 0, number: 1}
	receiver = life{server: 1, number: 1}
	another  = life{server: 2, number: 1}
	toAll    = channel{sender, "all"}
)

// publish has the sender publish n messages, all of which its server takes.
func publish(l *Ledger, n int) {
	for range n {
		l.answered(toAll, l.begin(toAll), true)
	}
}

func receive(l *Ledger, to life, numbers ...uint64) {
	for _, n := range numbers {
		l.take(to, toAll.text(n))
	}
}

func TestWhatComesInOrderAndOnceBalances(t *testing.T) {
	l := newLedger()
	l.open(toAll, receiver)
	publish(l, 3)
	assert.False(t, l.settled())
	receive(l, receiver, 1, 2, 3)
	assert.True(t, l.settled())
	assert.Equal(t, Sums{Delivered: 3}, l.sums()[pair{sender, receiver}])
	require.NoError(t, l.broken())
}

func TestHolesAndTheTailAreMissing(t *testing.T) {
	l := newLedger()
	l.open(toAll, receiver)
	publish(l, 6)
	receive(l, receiver, 1, 4)
	assert.Equal(t, Sums{Delivered: 2, Missing: 4}, l.sums()[pair{sender, receiver}])
	assert.Contains(t, l.lacking(), `node-2 (life 1) lacks 4 of "all" of node-1 (life 1)`)
}

func TestDisorderAndDuplicatesAreTold(t *testing.T) {
	l := newLedger()
	l.open(toAll, receiver)
	publish(l, 3)
	receive(l, receiver, 1, 3, 2, 2, 3)
	assert.Equal(t, Sums{Delivered: 3, Duplicates: 2, Disordered: 1}, l.sums()[pair{sender, receiver}])
}

func TestAnAccountBeginsWithTheFirstThatComesOrWhenItIsOpened(t *testing.T) {
	l := newLedger()
	publish(l, 10)
	l.open(toAll, receiver)
	publish(l, 2)
	receive(l, receiver, 9, 10, 11, 12) // 9 and 10 were on their way when it was opened
	receive(l, another, 8, 9, 12)
	assert.Equal(t, Sums{Delivered: 2}, l.sums()[pair{sender, receiver}])
	assert.Equal(t, Sums{Delivered: 3, Missing: 2}, l.sums()[pair{sender, another}])
}

func TestWhatAServerRefusedIsNotOwed(t *testing.T) {
	l := newLedger()
	l.open(toAll, receiver)
	publish(l, 1)
	l.answered(toAll, l.begin(toAll), false)
	publish(l, 1)
	receive(l, receiver, 1, 3)
	assert.Zero(t, l.sums()[pair{sender, receiver}].Missing)
	assert.Equal(t, 1, l.refused())
}

func TestWhatOneHasOfAKilledSenderAllMustHave(t *testing.T) {
	l := newLedger()
	l.open(toAll, receiver)
	l.open(toAll, another)
	publish(l, 5)
	l.begin(toAll) // its answer never comes
	receive(l, receiver, 1, 2, 3, 4)
	receive(l, another, 1, 2)
	l.end(sender, true)
	assert.Zero(t, l.sums()[pair{sender, receiver}].Missing, "5 died with its sender")
	assert.Equal(t, 2, l.sums()[pair{sender, another}].Missing)
}

func TestASenderThatLeavesInOrderTakesNothingWithIt(t *testing.T) {
	l := newLedger()
	l.open(toAll, receiver)
	publish(l, 5)
	receive(l, receiver, 1, 2)
	l.end(sender, false)
	assert.Equal(t, 3, l.sums()[pair{sender, receiver}].Missing)
}

func TestAReceiverThatEndedIsOwedItsHolesOnly(t *testing.T) {
	l := newLedger()
	l.open(toAll, receiver)
	publish(l, 5)
	receive(l, receiver, 1, 3)
	l.end(receiver, true)
	assert.Equal(t, Sums{Delivered: 2, Missing: 1}, l.sums()[pair{sender, receiver}])
	assert.True(t, l.settled())
}

func TestWhatWasNeverPublishedBreaksTheAccount(t *testing.T) {
	for _, text := range []string{"", "0.1/all 7", "0.1/all x", "0.1 1", "x.1/all 1", "9.9/all 1", toAll.text(0)} {
		l := newLedger()
		publish(l, 1)
		l.take(receiver, text)
		assert.Error(t, l.broken(), "%q", text)
	}
}

func TestOnlyALossThatIsReportedIsAccountedFor(t *testing.T) {
	p, q := pair{sender, receiver}, pair{another, receiver}
	before := balance{sums: map[pair]Sums{p: {Delivered: 10}}, reported: map[pair]int{p: 1}, total: map[life]int{receiver: 1}}
	after := balance{
		sums:     map[pair]Sums{p: {Delivered: 20, Missing: 5}, q: {Missing: 4}},
		reported: map[pair]int{p: 4},
		total:    map[life]int{receiver: 6}, // 3 of the sender, and 2 of one that has left
	}
	r := after.since(before)
	assert.Equal(t, 5, r.Reported)
	assert.Equal(t, 4, r.Unaccounted, "2 of the sender and 4 of the other, of which 2 are reported")
	assert.Equal(t, 19, r.Offered())
}
