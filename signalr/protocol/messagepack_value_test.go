package protocol_test

import (
	"errors"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// packed returns v as a MessagePack argument.
func packed(t testing.TB, v any) protocol.Raw {
	t.Helper()
	frame, err := protocol.MessagePack().Append(nil, protocol.StreamItem{InvocationID: "1", Item: v})
	require.NoError(t, err)
	m, err := readOne(t, protocol.MessagePack(), frame)
	require.NoError(t, err)
	return m.(protocol.StreamItem).Item.(protocol.Raw)
}

func TestMessagePackValuesAreThoseOfDotNet(t *testing.T) {
	when := time.Date(2002, 4, 1, 10, 20, 15, 0, time.UTC)
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, "C0"},
		{false, "C2"},
		{127, "7F"},
		{128, "CC 80"},
		{[]int{255, 256, 65536}, "93 CC FF CD 01 00 CE 00 01 00 00"},
		{int64(1 << 40), "CF 00 00 01 00 00 00 00 00"},
		{[]int16{-1, -32, -33, -129}, "94 FF E0 D0 DF D1 FF 7F"},
		{-70000, "D2 FF FE EE 90"},
		{uint64(math.MaxUint64), "CF FF FF FF FF FF FF FF FF"},
		{1.5, "CB 3F F8 00 00 00 00 00 00"},
		{float32(1.5), "CA 3F C0 00 00"},
		{"é", "A2 C3 A9"},
		{[]byte{1, 2}, "C4 02 01 02"},
		{[][]byte{{1}}, "91 C4 01 01"},
		{[]string{"a"}, "91 A1 61"},
		{map[string]any{"b": nil, "a": int8(1)}, "82 A1 61 01 A1 62 C0"},
		{time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), "D6 FF 38 6D 43 80"},
		{when, "D6 FF 3C A8 34 5F"},
		{[]time.Time{when}, "91 D6 FF 3C A8 34 5F"},
		{[]time.Time{when.Add(1)}, "91 D7 FF 00 00 00 04 3C A8 34 5F"},
		{when.Add(1), "D7 FF 00 00 00 04 3C A8 34 5F"},
		{time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), "C7 0C FF 00 00 00 00 FF FF FF FF ED 30 08 80"},
		{struct {
			UserID string
			Named  int `json:"named,omitempty"`
			Short  int `msgpack:"s" json:"no"`
		}{"u", 0, 2}, "82 A6 55 73 65 72 49 44 A1 75 A1 73 02"},
		{protocol.Raw{0x93, 1, 2, 3}, "93 01 02 03"},
		{protocol.Raw(nil), "C0"},
	} {
		assert.Equal(t, protocol.Raw(fromHex(t, c.want)), packed(t, c.v), "%T %v", c.v, c.v)
	}
}

func TestMessagePackValuesComeBack(t *testing.T) {
	type item struct {
		Name string
		When time.Time
		Data []byte
		Next *item
		More map[string]item
		Of   []item
		Any  any
	}
	when := time.Date(2024, 2, 29, 1, 2, 3, 4000, time.UTC)
	v := item{
		Name: "n", When: when, Data: []byte{0, 255}, Next: &item{Name: "next", When: when},
		More: map[string]item{"k": {Name: "more", When: when}}, Of: []item{{Name: "of", When: when}},
		Any: map[string]any{"t": when, "i": int64(7), "s": "text", "f": 1.5, "b": []byte{1}, "l": []any{nil, true}},
	}
	var back item
	require.NoError(t, protocol.MessagePack().Bind(packed(t, v), &back))
	assert.Equal(t, v, back)

	for _, when := range []time.Time{
		when,                              // 8 bytes
		time.Unix(1_700_000_000, 0).UTC(), // 4 bytes
		time.Date(2600, 1, 1, 0, 0, 0, 1, time.UTC), // 12 bytes
	} {
		var direct time.Time
		require.NoError(t, protocol.MessagePack().Bind(packed(t, when), &direct))
		assert.True(t, when.Equal(direct), "%v came back as %v", when, direct)
	}
	var f float64
	require.NoError(t, protocol.MessagePack().Bind(protocol.Raw{7}, &f), "JavaScript sends 7.0 as an integer")
	assert.InDelta(t, 7, f, 0)
	var b byte
	require.Error(t, protocol.MessagePack().Bind(packed(t, 300), &b))
	var u uint
	require.Error(t, protocol.MessagePack().Bind(packed(t, -1), &u))
}

// A level describes itself as text.
type level int

func (level) MarshalText() ([]byte, error) { return []byte("high"), nil }

func (l *level) UnmarshalText(text []byte) error {
	if string(text) != "high" {
		return errors.New("no such level")
	}
	*l = 7
	return nil
}

func TestMessagePackTypesDescribeThemselvesAsTextOrInBinary(t *testing.T) {
	addr := netip.MustParseAddr("10.0.0.1")
	assert.Equal(t, protocol.Raw("\xa810.0.0.1"), packed(t, addr))
	for _, raw := range []protocol.Raw{packed(t, addr), protocol.Raw("\xc4\x04\x0a\x00\x00\x01")} {
		var back netip.Addr
		require.NoError(t, protocol.MessagePack().Bind(raw, &back))
		assert.Equal(t, addr, back)
	}
	assert.Equal(t, protocol.Raw("\xc4\x02ok"), packed(t, inBinary{}))
	assert.Equal(t, protocol.Raw("\x91\xa4high"), packed(t, []level{7}))
	for _, raw := range []protocol.Raw{protocol.Raw("\x91\xa4high"), {0x91, 7}} {
		var back []level
		require.NoError(t, protocol.MessagePack().Bind(raw, &back))
		assert.Equal(t, []level{7}, back, "by name or by number")
	}
	require.Error(t, protocol.MessagePack().Bind(protocol.Raw("\xa3low"), new(level)))
	assert.Equal(t, protocol.Raw("\x91\xc7\x0c\xff\x00\x00\x00\x00\xff\xff\xff\xf1\x88\x6e\x09\x00"), packed(t, []time.Time{{}}))
}

// inBinary describes itself in binary only.
type inBinary struct{}

func (inBinary) MarshalBinary() ([]byte, error) { return []byte("ok"), nil }

func TestMessagePackKeysMatchExactlyThenWithoutCase(t *testing.T) {
	type point struct {
		X, Y int
		Sub  *point            `json:"sub"`
		By   map[string]*point `msgpack:"by"`
	}
	for name, v := range map[string]any{
		"exact":      map[string]any{"X": 1, "Y": 2},
		"other case": map[string]any{"x": 1, "y": 2},
		"both":       map[string]any{"X": 1, "x": 9, "Y": 2, "extra": []int{1}},
	} {
		var got point
		require.NoError(t, protocol.MessagePack().Bind(packed(t, v), &got), name)
		assert.Equal(t, point{X: 1, Y: 2}, got, name)
	}
	nested := map[string]any{"SUB": map[string]any{"x": 1}, "By": map[string]any{"Key": map[string]any{"y": 2}}}
	var got []point
	require.NoError(t, protocol.MessagePack().Bind(packed(t, []any{nested}), &got))
	assert.Equal(t, []point{{Sub: &point{X: 1}, By: map[string]*point{"Key": {Y: 2}}}}, got)
}
