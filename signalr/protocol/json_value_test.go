package protocol_test

import (
	"encoding/json"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

type inner struct {
	UserID  string
	HTMLTag *int `json:",omitempty"`
}

type embedded struct {
	Shared string
	Hidden int
}

type outer struct {
	embedded
	*inner
	ID       int
	Tagged   string `json:"Tagged_Name"`
	Skipped  string `json:"-"`
	Hidden   bool
	Data     []byte
	Inner    inner
	List     []inner
	ByName   map[string]inner
	Any      any
	Zero     time.Time `json:"zero,omitzero"`
	Quoted   int64     `json:",string"`
	unseen   int
	Duration time.Duration
}

// jsonOf returns v as a JSON argument.
func jsonOf(t testing.TB, v any) string {
	t.Helper()
	frame, err := protocol.JSON().Append(nil, protocol.StreamItem{InvocationID: "1", Item: v})
	require.NoError(t, err)
	m, err := readOne(t, protocol.JSON(), frame)
	require.NoError(t, err)
	return string(m.(protocol.StreamItem).Item.(protocol.Raw))
}

func TestJSONValuesAreThoseOfDotNet(t *testing.T) {
	when := time.Date(2002, 4, 1, 10, 20, 15, 0, time.UTC)
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, `null`},
		{true, `true`},
		{-5, `-5`},
		{uint8(200), `200`},
		{int64(math.MinInt64), `-9223372036854775808`},
		{uint64(math.MaxUint64), `18446744073709551615`},
		{42.0, `42`},
		{float32(0.1), `0.1`},
		{1e300, `1e+300`},
		{"<a href='x'>&é\u2028\"\\\n\x01\xff", `"<a href='x'>&é\u2028\"\\\n\u0001` + "\ufffd" + `"`},
		{[]byte("hi!"), `"aGkh"`},
		{[]byte(nil), `null`},
		{when, `"2002-04-01T10:20:15Z"`},
		{when.Add(5 * time.Millisecond), `"2002-04-01T10:20:15.005Z"`},
		{[]string(nil), `null`},
		{[]any{}, `[]`},
		{[2]int{1, 2}, `[1,2]`},
		{map[string]int{"KeepMe": 1, "B": 2}, `{"B":2,"KeepMe":1}`},
		{map[int]bool{7: true}, `{"7":true}`},
		{map[netip.Addr]int{netip.MustParseAddr("::1"): 1}, `{"::1":1}`},
		{netip.MustParseAddr("10.0.0.1"), `"10.0.0.1"`},
		{json.RawMessage(`{"A": "<"}`), `{"A":"<"}`},
		{json.Number("12.50"), `12.50`},
		{protocol.Raw(`{"As":"it is"}`), `{"As":"it is"}`},
		{protocol.Raw(nil), `null`},
		{[]any{protocol.Raw("1"), &when, (*int)(nil)}, `[1,"2002-04-01T10:20:15Z",null]`},
		{struct{ ID, URLValue, UserName, X string }{}, `{"id":"","urlValue":"","userName":"","x":""}`},
	} {
		assert.Equal(t, c.want, jsonOf(t, c.v), "%T", c.v)
	}
}

func TestJSONStructsAreCamelCaseAndComeBack(t *testing.T) {
	one := 1
	v := outer{
		embedded: embedded{Shared: "s", Hidden: 3}, ID: 7, Tagged: "t", Skipped: "no", Hidden: true,
		Data: []byte{1, 2}, Inner: inner{UserID: "u", HTMLTag: &one}, List: []inner{{UserID: "l"}},
		ByName: map[string]inner{"Key": {UserID: "m"}}, Any: inner{UserID: "a"}, Quoted: 5, unseen: 1,
		Duration: time.Second,
	}
	text := jsonOf(t, v)
	assert.Equal(t, `{"shared":"s","id":7,"Tagged_Name":"t","hidden":true,"data":"AQI=",`+
		`"inner":{"userID":"u","htmlTag":1},"list":[{"userID":"l"}],"byName":{"Key":{"userID":"m"}},`+
		`"any":{"userID":"a"},"quoted":"5","duration":1000000000}`, text)

	var back outer
	require.NoError(t, protocol.JSON().Bind(protocol.Raw(text), &back))
	v.Skipped, v.unseen, v.embedded.Hidden, v.Any = "", 0, 0, map[string]any{"userID": "a"}
	assert.Equal(t, v, back)
}

func TestJSONPromotesFieldsOfEmbeddedPointers(t *testing.T) {
	type Base struct{ A int }
	type derived struct {
		*Base
		B int
	}
	assert.Equal(t, `{"b":2}`, jsonOf(t, derived{B: 2}))
	assert.Equal(t, `{"a":1,"b":2}`, jsonOf(t, derived{Base: &Base{A: 1}, B: 2}))
}

func TestJSONBindIgnoresCase(t *testing.T) {
	for _, text := range []string{`{"userID":"u"}`, `{"UserID":"u"}`, `{"USERID":"u","extra":[1]}`} {
		var v inner
		require.NoError(t, protocol.JSON().Bind(protocol.Raw(text), &v))
		assert.Equal(t, "u", v.UserID, text)
	}
}

func TestValuesThatCannotBeWrittenAreErrorsAndLeaveNothing(t *testing.T) {
	type node struct{ Next *node }
	loop := &node{}
	loop.Next = loop
	list := make([]any, 1)
	list[0] = list
	for name, v := range map[string]any{
		"func": func() {}, "NaN": math.NaN(), "infinite float32": float32(math.Inf(1)), "loop": loop,
		"list in itself": list, "chan": make(chan int), "struct key": map[struct{}]int{{}: 1},
		"field": struct{ F func() }{},
	} {
		out, err := protocol.JSON().Append([]byte("x"), protocol.Invocation{Target: "T", Arguments: []any{1, v}})
		assert.ErrorContains(t, err, `argument 2 of "T"`, name)
		assert.Equal(t, "x", string(out), name)
	}
	_, err := protocol.MessagePack().Append(nil, protocol.Invocation{Target: "T", Arguments: []any{loop}})
	require.ErrorContains(t, err, `argument 1 of "T"`)
	for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
		_, err := p.Append(nil, nil)
		require.Error(t, err)
	}
}

func TestBindNamesTheWantedType(t *testing.T) {
	for p, raw := range map[protocol.Protocol]protocol.Raw{
		protocol.JSON():        protocol.Raw(`"text"`),
		protocol.MessagePack(): protocol.Raw("\xa4text"),
	} {
		for _, dst := range []any{new(int), new(bool), new([]int), new(inner), new(map[string]int), new(time.Time)} {
			err := p.Bind(raw, dst)
			var bind *protocol.BindError
			if assert.ErrorAs(t, err, &bind, "%s %T", p.Name(), dst) {
				assert.ErrorContains(t, err, bind.Type.String())
			}
		}
		var s string
		require.NoError(t, p.Bind(raw, &s))
		assert.Equal(t, "text", s)
		var same protocol.Raw
		require.NoError(t, p.Bind(raw, &same))
		assert.Equal(t, raw, same)
	}
	require.Error(t, protocol.JSON().Bind(protocol.Raw("5"), new(string)))
	require.Error(t, protocol.MessagePack().Bind(protocol.Raw{5}, new(string)))
	require.Error(t, protocol.MessagePack().Bind(protocol.Raw{0xc3}, new(string)))
}
