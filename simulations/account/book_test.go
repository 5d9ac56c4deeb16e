package account

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/load"
	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

func open(t *testing.T) *Book {
	s, err := scenario.Scenario{Name: "test"}.Complete()
	require.NoError(t, err)
	b := New(&s, func() time.Duration { return 0 })
	for node := range 3 {
		require.Equal(t, node, b.Started(node))
	}
	return b
}

func publish(b *Book, id uint64, by int, to ...int) {
	b.Published(load.Message{ID: id, At: time.Duration(id) * time.Second, Class: scenario.Broadcast, Size: 10}, by, to, to)
}

func deliver(b *Book, id uint64, to, from int, took time.Duration) {
	b.Delivered(Delivery{ID: id, To: to, From: from, At: time.Duration(id)*time.Second + took, Road: Direct})
}

func total(r result.Result) result.Account { return r.Account[len(r.Account)-1] }

func TestWhatArrivesBalances(t *testing.T) {
	b := open(t)
	publish(b, 1, 0, 1, 2)
	deliver(b, 1, 1, 0, time.Millisecond)
	deliver(b, 1, 2, 0, 2*time.Second)
	r := b.Settle()
	assert.Equal(t, result.Account{Class: "total", Published: 1, Offered: 2, Delivered: 2, Late: 1}, total(r))
	assert.Empty(t, r.Broken)
	assert.InDelta(t, 1, r.Latency.P50MS, 0.01)
	assert.InDelta(t, 2000, r.Latency.MaxMS, 0.01)
}

func TestWhatIsMissingIsExplainedOrBreaksAPromise(t *testing.T) {
	b := open(t)
	for id := range uint64(4) {
		publish(b, id+1, 0, 1, 2)
	}
	b.Lost(1, 0, 1)
	b.Away(1, 0, 0, 2)
	b.Ended(2, false)
	r := b.Settle()
	assert.Equal(t, result.Account{
		Class: "total", Published: 4, Offered: 8, ReportedLost: 1, Waiting: 2, Ended: 4, Unaccounted: 1,
	}, total(r))
	require.NotEmpty(t, r.Broken)
	assert.Contains(t, r.Broken[0], "message 4 of node-1 for node-2")
}

func TestDuplicatesAndDisorderAreToldApart(t *testing.T) {
	b := open(t)
	publish(b, 1, 0, 1)
	publish(b, 2, 0, 1)
	deliver(b, 2, 1, 0, 0)
	deliver(b, 1, 1, 0, 0)
	deliver(b, 1, 1, 0, 0)
	r := b.Settle()
	assert.EqualValues(t, 1, total(r).Disorder)
	assert.EqualValues(t, 1, total(r).Duplicates)
	assert.Len(t, r.Broken, 2)
}

func TestADistributionKeepsItsPercentiles(t *testing.T) {
	var h histogram
	for i := range 1000 {
		h.add(time.Duration(i+1) * time.Millisecond)
	}
	l := h.latency()
	assert.InEpsilon(t, 500, l.P50MS, 0.01)
	assert.InEpsilon(t, 990, l.P99MS, 0.01)
	assert.LessOrEqual(t, len(l.CDF), points)
	assert.InDelta(t, 1, l.CDF[len(l.CDF)-1].Share, 0)
	for i := range l.CDF[1:] {
		assert.Less(t, l.CDF[i].MS, l.CDF[i+1].MS)
	}
}

func TestBucketsFollowEachOther(t *testing.T) {
	last := -1
	for v := range uint64(100_000) {
		i := bucketOf(v)
		require.True(t, i == last || i == last+1, v)
		require.GreaterOrEqual(t, upper(i), time.Duration(v))
		last = i
	}
}

func TestOrderIsPromisedWithinAnApplication(t *testing.T) {
	b := open(t)
	for id, app := range []int{0, 1, 0} {
		b.Published(load.Message{ID: uint64(id + 1), App: app, Class: scenario.Broadcast, Size: 10}, 0, []int{1}, []int{1})
	}
	deliver(b, 2, 1, 0, time.Second)
	deliver(b, 1, 1, 0, time.Second)
	deliver(b, 3, 1, 0, time.Second)
	r := b.Settle()
	assert.Empty(t, r.Broken)
	assert.Zero(t, total(r).Disorder)

	b = open(t)
	publish(b, 1, 0, 1)
	publish(b, 2, 0, 1)
	deliver(b, 2, 1, 0, time.Second)
	deliver(b, 1, 1, 0, time.Second)
	assert.EqualValues(t, 1, total(b.Settle()).Disorder)
}
