package core

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestARecordWaitsForWhoIsNotGone(t *testing.T) {
	kept := 0
	a, b := newOutflow(&kept), newOutflow(&kept)
	r, later := &record{bytes: []byte("x")}, &record{bytes: []byte("y")}
	a.put(r)
	b.put(r)
	assert.EqualValues(t, 2, r.open)
	b.count(false)
	b.count(false)
	assert.EqualValues(t, 1, r.open, "it waits for b no longer")
	b.put(later)
	assert.EqualValues(t, 0, later.open)
	a.advance(2)
	assert.EqualValues(t, 0, r.open)
	b.count(true)
	assert.EqualValues(t, 1, r.open, "b is back, and lacks it")
	assert.EqualValues(t, 1, later.open)
	b.advance(3)
	assert.Zero(t, r.open+later.open)
	assert.Zero(t, kept)
}
