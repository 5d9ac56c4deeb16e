package protocol_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

type base struct {
	ID int `msgpack:",key=0"`
}

// A keyedPoint is a [MessagePackObject] with [Key(0)], [Key(1)] and [Key(3)] in .NET.
type keyedPoint struct {
	base
	Name string      `json:"name" msgpack:"name,omitempty,key=1"`
	Next *keyedPoint `json:"next,omitempty" msgpack:",key=3"`
	Here string      `json:"-" msgpack:"-"`
}

func TestStructsWithKeysAreArraysInMessagePack(t *testing.T) {
	p := protocol.MessagePack()
	v := keyedPoint{base: base{7}, Name: "x", Next: &keyedPoint{base: base{8}}}
	raw := protocol.Raw(fromHex(t, "94 07 A1 78 C0 94 08 A0 C0 C0"))
	assert.Equal(t, raw, packed(t, v))
	var back keyedPoint
	require.NoError(t, p.Bind(raw, &back))
	assert.Equal(t, v, back)
	assert.JSONEq(t, `{"id":7,"name":"x","next":{"id":8,"name":""}}`, string(encoded(t, protocol.JSON(), v)))

	back.Name = "forgotten"
	require.NoError(t, p.Bind(protocol.Raw(fromHex(t, "91 09")), &back))
	assert.Equal(t, keyedPoint{base: base{9}}, back, "missing elements are zero")
	require.NoError(t, p.Bind(protocol.Raw(fromHex(t, "95 09 A1 78 01 C0 93 01 02 03")), &back))
	assert.Equal(t, keyedPoint{base: base{9}, Name: "x"}, back, "further ones are skipped")
	strict := protocol.Values{RefuseUnknown: true}.MessagePack()
	require.ErrorContains(t, strict.Bind(protocol.Raw(fromHex(t, "95 09 A1 78 01 C0 00")), &back), "no field with key 4")
	require.NoError(t, p.Bind(packed(t, map[string]any{"ID": 3, "name": "map"}), &back))
	assert.Equal(t, keyedPoint{base: base{3}, Name: "map"}, keyedPoint{base: back.base, Name: back.Name}, "a map is taken too")

	require.ErrorContains(t, p.Bind(protocol.Raw(fromHex(t, "91 A1 78")), &back), "field ID")
	require.ErrorContains(t, p.Bind(protocol.Raw(fromHex(t, "91 C0")), &back), "null is no value")
	require.Error(t, p.Bind(protocol.Raw(fromHex(t, "91 01")), new(struct{ X int })), "without keys there is no order")
}

func TestBadKeysAreErrors(t *testing.T) {
	for want, v := range map[string]any{
		"fields A and B have the same key 0": struct {
			A int `msgpack:",key=0"`
			B int `msgpack:",key=0"`
		}{},
		`field B has no key, but others have; add msgpack:",key=1"`: struct {
			A int `msgpack:",key=0"`
			B int
		}{},
		`field A has key "1024"`: struct {
			A int `msgpack:",key=1024"`
		}{},
		`field A has key "-1"`: struct {
			A int `msgpack:",key=-1"`
		}{},
	} {
		_, err := protocol.MessagePack().Append(nil, protocol.StreamItem{InvocationID: "1", Item: v})
		require.ErrorContains(t, err, want)
	}
	require.ErrorContains(t, protocol.MessagePack().Bind(protocol.Raw(fromHex(t, "91 01")), new(struct {
		A int `msgpack:",key=0"`
		B int
	})), "field B has no key")
}

func TestAnyTakesWhatMessagePackHas(t *testing.T) {
	for hex, want := range map[string]any{
		"82 01 A1 61 02 A1 62":             map[int64]any{1: "a", 2: "b"},
		"82 FF C0 00 80":                   map[int64]any{-1: nil, 0: map[string]any{}},
		"82 01 A1 61 A1 78 02":             map[any]any{int64(1): "a", "x": int64(2)},
		"82 A1 78 02 01 A1 61":             map[any]any{int64(1): "a", "x": int64(2)},
		"82 C2 01 C3 02":                   map[any]any{false: int64(1), true: int64(2)},
		"81 CF FF FF FF FF FF FF FF FF 00": map[any]any{uint64(math.MaxUint64): int64(0)},
		"81 CA 3F C0 00 00 00":             map[any]any{float32(1.5): int64(0)},
		"CA 3D CC CC CD":                   float32(0.1),
		"CB 3F B9 99 99 99 99 99 9A":       0.1,
	} {
		raw := protocol.Raw(fromHex(t, hex))
		var v, again any
		require.NoError(t, protocol.MessagePack().Bind(raw, &v), hex)
		assert.Equal(t, want, v, hex)
		require.NoError(t, protocol.MessagePack().Bind(packed(t, v), &again))
		assert.Equal(t, want, again)
	}
	for _, hex := range []string{"81 C0 01", "81 90 01", "81 80 01", "81 C4 01 00 01", "81 CA 7F C0 00 00 01", "82 01 02 90 01"} {
		require.ErrorContains(t, protocol.MessagePack().Bind(protocol.Raw(fromHex(t, hex)), new(any)), "key", hex)
	}
	assert.JSONEq(t, `{"1":"a","x":2}`, string(encoded(t, protocol.JSON(), map[any]any{int64(1): "a", "x": int64(2)})))
	assert.Equal(t, "0.1", string(encoded(t, protocol.JSON(), float32(0.1))), "not 0.10000000149011612")
}
