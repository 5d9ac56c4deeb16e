package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

func TestDateOnlyTimeOnlyAndCharAreThoseOfDotNet(t *testing.T) {
	date := protocol.DateOf(time.Date(2024, 2, 29, 23, 0, 0, 0, time.FixedZone("", -3600)))
	clock := protocol.TimeOf(time.Date(1, 1, 1, 3, 4, 5, 6_000_700, time.UTC))
	for _, c := range []struct {
		v      any
		text   string
		number int64
	}{
		{date, `"2024-02-29"`, 738944}, {protocol.DateOnly(0), `"0001-01-01"`, 0}, {protocol.DateOnly(3652058), `"9999-12-31"`, 3652058},
		{clock, `"03:04:05.0060007"`, 110450060007}, {protocol.TimeOnly(0), `"00:00:00"`, 0}, {protocol.TimeOnly(863999999999), `"23:59:59.9999999"`, 863999999999},
		{protocol.Char('ß'), `"ß"`, 223}, {protocol.Char('"'), `"\""`, 34}, {protocol.Char(0), `"\u0000"`, 0},
	} {
		assert.Equal(t, c.text, string(encoded(t, protocol.JSON(), c.v)))
		assert.Equal(t, packed(t, c.number), packed(t, c.v), c.text)
	}
	type all struct {
		Date  protocol.DateOnly
		Clock protocol.TimeOnly
		Char  protocol.Char
		None  *protocol.DateOnly
		Some  *protocol.TimeOnly
		Any   fmt.Stringer `json:"-"`
		By    map[protocol.DateOnly][]protocol.Char
	}
	v := all{date, clock, 'x', nil, &clock, date, map[protocol.DateOnly][]protocol.Char{date: {'a', 'b'}}}
	for _, p := range both {
		v.Any = nil
		var back all
		require.NoError(t, p.Bind(encoded(t, p, v), &back))
		assert.Equal(t, v, back, p.Name())
		require.ErrorContains(t, p.Bind(encoded(t, p, nil), new(protocol.DateOnly)), "null is no value")
	}
	assert.Equal(t, packed(t, []int{738944}), packed(t, []fmt.Stringer{date}), "a number in any interface")
	assert.Equal(t, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), date.Time())
	assert.Equal(t, 3*time.Hour+4*time.Minute+5*time.Second+6_000_700, clock.Duration())
}

func TestValuesBeyondDotNetsTypesAreRefused(t *testing.T) {
	for _, v := range []any{protocol.DateOnly(-1), protocol.DateOnly(3652059), protocol.TimeOnly(-1), protocol.TimeOnly(864000000000)} {
		for _, p := range both {
			_, err := p.Append(nil, protocol.StreamItem{InvocationID: "1", Item: []any{v}})
			require.ErrorContains(t, err, "out of range", "%s %T", p.Name(), v)
		}
	}
	for _, c := range []struct {
		text string
		dst  any
	}{
		{`"2024-02-30"`, new(protocol.DateOnly)}, {`"2024-02-29T00:00:00"`, new(protocol.DateOnly)}, {`738944`, new(protocol.DateOnly)}, {`"0000-01-01"`, new(protocol.DateOnly)},
		{`"24:00:00"`, new(protocol.TimeOnly)}, {`"1.00:00:00"`, new(protocol.TimeOnly)}, {`"-00:00:01"`, new(protocol.TimeOnly)}, {`1`, new(protocol.TimeOnly)},
		{`""`, new(protocol.Char)}, {`"ab"`, new(protocol.Char)}, {`"😀"`, new(protocol.Char)}, {`97`, new(protocol.Char)},
	} {
		require.Error(t, protocol.JSON().Bind(protocol.Raw(c.text), c.dst), c.text)
	}
	for _, c := range []struct{ v, dst any }{
		{-1, new(protocol.DateOnly)}, {3652059, new(protocol.DateOnly)}, {"2024-02-29", new(protocol.DateOnly)},
		{-1, new(protocol.TimeOnly)}, {int64(864000000000), new(protocol.TimeOnly)}, {65536, new(protocol.Char)}, {"a", new(protocol.Char)},
	} {
		require.Error(t, protocol.MessagePack().Bind(packed(t, c.v), c.dst), "%v", c.v)
	}
}

func TestTextEnumsTakeNumbersInJSON(t *testing.T) {
	var back []level
	require.NoError(t, protocol.JSON().Bind(protocol.Raw(`["high",7,-1]`), &back))
	assert.Equal(t, []level{7, 7, -1}, back)
	for _, text := range []string{`"low"`, `1.5`, `1e3`, `99999999999999999999`, `true`} {
		require.Error(t, protocol.JSON().Bind(protocol.Raw(text), new(level)), text)
	}
	var byName map[level]int
	require.NoError(t, protocol.JSON().Bind(protocol.Raw(`{"high":1}`), &byName))
	assert.Equal(t, map[level]int{7: 1}, byName)
	var small smallLevel
	require.NoError(t, protocol.JSON().Bind(protocol.Raw(`255`), &small))
	assert.EqualValues(t, 255, small)
	require.Error(t, protocol.JSON().Bind(protocol.Raw(`256`), &small))
	require.Error(t, protocol.JSON().Bind(protocol.Raw(`-1`), &small))
}

// A smallLevel is an enum of one byte.
type smallLevel byte

func (smallLevel) MarshalText() ([]byte, error) { return []byte("small"), nil }

func (*smallLevel) UnmarshalText([]byte) error { return nil }
