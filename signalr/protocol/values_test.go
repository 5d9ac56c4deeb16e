package protocol_test

import (
	"errors"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ugorji/go/codec"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// money has no encoding of its own: its fields are hidden.
type money struct{ cents int64 }

// encoded returns v as p writes it.
func encoded(t testing.TB, p protocol.Protocol, v any) protocol.Raw {
	t.Helper()
	frame, err := p.Append(nil, protocol.StreamItem{InvocationID: "1", Item: v})
	require.NoError(t, err)
	m, err := readOne(t, p, frame)
	require.NoError(t, err)
	return m.(protocol.StreamItem).Item.(protocol.Raw)
}

func inCents(m money) (int64, error) { return m.cents, nil }

func ofCents(cents int64) (money, error) {
	if cents < 0 {
		return money{}, errors.New("debts are refused")
	}
	return money{cents}, nil
}

type bill struct {
	Total money
	Tips  []money
	By    map[string]*money
	Any   any
}

func TestConvertersWorkWhereverTheTypeIs(t *testing.T) {
	v := protocol.Values{Converters: []protocol.Converter{protocol.Convert(inCents, ofCents)}}
	b := bill{Total: money{5}, Tips: []money{{1}, {2}}, By: map[string]*money{"ann": {3}, "bob": nil}, Any: money{4}}
	assert.JSONEq(t, `{"total":5,"tips":[1,2],"by":{"ann":3,"bob":null},"any":4}`, string(encoded(t, v.JSON(), b)))
	for _, p := range []protocol.Protocol{v.JSON(), v.MessagePack()} {
		b.Any = nil
		var back bill
		require.NoError(t, p.Bind(encoded(t, p, b), &back))
		assert.Equal(t, b, back, p.Name())
		var top money
		require.NoError(t, p.Bind(encoded(t, p, money{7}), &top))
		assert.Equal(t, money{7}, top)

		var bind *protocol.BindError
		require.ErrorAs(t, p.Bind(encoded(t, p, []int{-1}), new([]money)), &bind)
		require.ErrorContains(t, bind, "debts are refused")
		require.Error(t, p.Bind(encoded(t, p, "x"), &top))
		require.Error(t, p.Bind(encoded(t, p, nil), &top), "null is no number")
	}
	refusing := protocol.Values{Converters: []protocol.Converter{
		protocol.Convert(func(money) (int, error) { return 0, errors.New("a secret sum") }, func(int) (money, error) { return money{}, nil }),
	}}
	for _, p := range []protocol.Protocol{refusing.JSON(), refusing.MessagePack()} {
		_, err := p.Append(nil, protocol.Completion{InvocationID: "1", HasResult: true, Result: []money{{1}}})
		require.ErrorContains(t, err, "a secret sum")
	}
}

func TestConvertersGoBeforeWhatTypesSayOfThemselves(t *testing.T) {
	v := protocol.Values{Converters: []protocol.Converter{
		protocol.Convert(func(big.Int) (bool, error) { return true, nil }, func(bool) (big.Int, error) { return *big.NewInt(7), nil }),
	}}
	for _, p := range []protocol.Protocol{v.JSON(), v.MessagePack()} {
		raw := encoded(t, p, []*big.Int{big.NewInt(5), nil})
		var truths []*bool
		require.NoError(t, p.Bind(raw, &truths))
		assert.True(t, *truths[0])
		var back []*big.Int
		require.NoError(t, p.Bind(raw, &back))
		assert.Equal(t, []*big.Int{big.NewInt(7), nil}, back)
	}
}

func TestNamesFollowTheNamingOfTheApplication(t *testing.T) {
	type person struct {
		UserID string
		Tagged int `json:"tag"`
	}
	for name, test := range map[string]struct {
		naming func(string) string
		want   string
	}{
		"as declared": {protocol.AsDeclared, `{"UserID":"u","tag":1}`},
		"camel case":  {protocol.CamelCase, `{"userID":"u","tag":1}`},
		"of one's own": {func(field string) string { return "my_" + strings.ToLower(field) },
			`{"my_userid":"u","tag":1}`},
	} {
		v := protocol.Values{Naming: test.naming}
		assert.Equal(t, test.want, string(encoded(t, v.JSON(), person{"u", 1})), name)
		for _, p := range []protocol.Protocol{v.JSON(), v.MessagePack()} {
			var back person
			require.NoError(t, p.Bind(encoded(t, p, person{"u", 1}), &back))
			assert.Equal(t, person{"u", 1}, back)
			var names map[string]any
			require.NoError(t, p.Bind(encoded(t, p, person{"u", 1}), &names))
			assert.Contains(t, names, test.naming("UserID"))
		}
	}
}

func TestUnknownNamesAreSkippedOrRefused(t *testing.T) {
	strict := protocol.Values{RefuseUnknown: true}
	for _, p := range []protocol.Protocol{strict.JSON(), strict.MessagePack()} {
		require.NoError(t, p.Bind(encoded(t, p, map[string]any{"Name": "x"}), new(Loop)))
		require.ErrorContains(t, p.Bind(encoded(t, p, []any{map[string]any{"name": "x", "nmae": 1}}), new([]Loop)), `no field "nmae"`)
	}
}

func TestNullIsNoNumberTruthOrTime(t *testing.T) {
	for _, p := range both {
		null := encoded(t, p, nil)
		for _, dst := range []any{new(int), new(uint8), new(float64), new(bool), new(time.Time), new(time.Duration), new(level)} {
			require.ErrorContains(t, p.Bind(null, dst), "null is no value", "%s %T", p.Name(), dst)
			require.Error(t, p.Bind(encoded(t, p, map[string]any{"int": nil}), &struct {
				Int int `json:"int"`
			}{}))
		}
		text, list, pointer, whatever := "x", []int{1}, new(int), any(1)
		for _, dst := range []any{&text, &list, &pointer, &whatever, &struct{ X int }{}, new(map[string]int)} {
			require.NoError(t, p.Bind(null, dst), "%s %T", p.Name(), dst)
		}
		assert.Empty(t, text)
		assert.Nil(t, list)
		assert.Nil(t, pointer)
		assert.Nil(t, whatever)
	}
}

func TestMessagePackConvertsNothing(t *testing.T) {
	p := protocol.MessagePack()
	for _, c := range []struct{ v, dst any }{
		{[]any{1, 2}, new(struct{ X, Y int })}, {1, new(bool)}, {true, new(int)}, {1.5, new(int)}, {-1, new(uint)},
		{1e300, new(int64)}, {1e300, new(float32)}, {"1", new(int)}, {[]byte("x"), new(string)}, {300, new(int8)},
		{uint64(math.MaxUint64), new(int64)}, {map[string]int{}, new([]int)}, {"2024-01-01", new(time.Time)},
		{map[string]int{"x": 1}, new(map[int]int)}, {1, new(error)},
	} {
		var bind *protocol.BindError
		require.ErrorAs(t, p.Bind(packed(t, c.v), c.dst), &bind, "%T to %T", c.v, c.dst)
	}
	var whole int8
	require.NoError(t, p.Bind(packed(t, -3.0), &whole))
	assert.EqualValues(t, -3, whole)
	for raw, want := range map[string]any{
		"\xcf\xff\xff\xff\xff\xff\xff\xff\xff": uint64(math.MaxUint64),
		"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff": int64(math.MaxInt64),
	} {
		var v any
		require.NoError(t, p.Bind(protocol.Raw(raw), &v))
		assert.Equal(t, want, v)
	}
	require.Error(t, p.Bind(protocol.Raw("\xd4\x07\x00"), new(any)), "an extension nobody knows")
	require.Error(t, p.Bind(protocol.Raw("\xdd\xff\xff\xff\xff"), new([]int64)), "memory grows with what is there")
	require.Error(t, p.Bind(protocol.Raw{1}, nil))
	require.Error(t, p.Bind(protocol.Raw{1}, 5))
}

func TestAnotherCodecReadsTheMessagePackThatIsWritten(t *testing.T) {
	handle := &codec.MsgpackHandle{WriteExt: true}
	handle.SignedInteger, handle.MapType = true, reflect.TypeFor[map[string]any]()
	one := 1
	v := []any{
		outer{ID: 1, Data: []byte{1, 2}, inner: &inner{UserID: "u", HTMLTag: &one}, List: []inner{{UserID: "l"}}},
		map[string]any{"b": []any{nil, true, -5, 1 << 40, 1.5}, "a": map[string]int{}}, [2]string{"x", strings.Repeat("y", 300)},
	}
	var want, got any
	raw := packed(t, v)
	require.NoError(t, codec.NewDecoderBytes(raw, handle).Decode(&want))
	require.NoError(t, protocol.MessagePack().Bind(raw, &got))
	assert.Equal(t, want, got)
}

func TestEmptyIsNotNull(t *testing.T) {
	for _, p := range both {
		for _, v := range []any{[]byte{}, []int{}, map[string]int{}, []any{}} {
			back := reflect.New(reflect.TypeOf(v))
			require.NoError(t, p.Bind(encoded(t, p, v), back.Interface()))
			assert.Equal(t, v, back.Elem().Interface(), p.Name())
		}
	}
}

func TestTimesWithoutZoneAreReadAsUTC(t *testing.T) {
	for text, want := range map[string]time.Time{
		`"2024-02-29T01:02:03"`:            time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC),
		`"2024-02-29T01:02:03.1234567"`:    time.Date(2024, 2, 29, 1, 2, 3, 123456700, time.UTC),
		`"2024-02-29T01:02"`:               time.Date(2024, 2, 29, 1, 2, 0, 0, time.UTC),
		`"2024-02-29"`:                     time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		`"2024-02-29T01:02:03Z"`:           time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC),
		`"2024-02-29T01:02:03.5-05:00"`:    time.Date(2024, 2, 29, 6, 2, 3, 500000000, time.UTC),
		`"2024-02-29T01:02\u003a03+00:0" `: {},
		`"2024-02-30"`:                     {},
		`"today"`:                          {},
		`17`:                               {},
	} {
		var when time.Time
		err := protocol.JSON().Bind(protocol.Raw(text), &when)
		assert.Equal(t, want.IsZero(), err != nil, text)
		assert.True(t, want.Equal(when), "%s is %v", text, when)
	}
}

func TestTimeSpansAreThoseOfDotNet(t *testing.T) {
	v := protocol.Values{Converters: protocol.TimeSpans()}
	for _, c := range []struct {
		d     time.Duration
		text  string
		ticks int64
	}{
		{0, "00:00:00", 0},
		{time.Second, "00:00:01", 1e7},
		{-90 * time.Minute, "-01:30:00", -54e9},
		{26*time.Hour + 5*time.Millisecond, "1.02:00:00.0050000", 26*36e9 + 5e4},
		{math.MaxInt64 / 100 * 100, "106751.23:47:16.8547758", math.MaxInt64 / 100},
	} {
		assert.Equal(t, `"`+c.text+`"`, string(encoded(t, v.JSON(), c.d)))
		assert.Equal(t, packed(t, c.ticks), encoded(t, v.MessagePack(), c.d))
		for _, p := range []protocol.Protocol{v.JSON(), v.MessagePack()} {
			var back time.Duration
			require.NoError(t, p.Bind(encoded(t, p, c.d), &back))
			assert.Equal(t, c.d, back)
		}
	}
	for _, text := range []string{"", "1", "00:00", "24:00:00", "00:60:00", "1:00:00", "00:00:00.", "00:00:00.00000001", "10675200.00:00:00", "10675199.02:48:05.4775808", "99999999.00:00:00", "+00:00:01"} {
		require.Error(t, v.JSON().Bind(encoded(t, v.JSON(), text), new(time.Duration)), text)
	}
}

func TestLongTimeSpansAreTheLongestDuration(t *testing.T) {
	v := protocol.Values{Converters: protocol.TimeSpans()}
	for text, want := range map[string]time.Duration{
		"10675199.02:48:05.4775807":  math.MaxInt64,
		"-10675199.02:48:05.4775808": math.MinInt64,
		"106752.00:00:00":            math.MaxInt64,
		"-106752.00:00:00":           math.MinInt64,
	} {
		var d time.Duration
		require.NoError(t, v.JSON().Bind(encoded(t, v.JSON(), text), &d), text)
		assert.Equal(t, want, d, text)
	}
	for _, extreme := range []int64{math.MaxInt64, math.MinInt64} { // TimeSpan.MaxValue and MinValue
		var d time.Duration
		require.NoError(t, v.MessagePack().Bind(packed(t, extreme), &d))
		assert.Equal(t, time.Duration(extreme), d)
		assert.Equal(t, packed(t, extreme), encoded(t, v.MessagePack(), d))
		require.NoError(t, v.JSON().Bind(encoded(t, v.JSON(), d), &d))
		assert.Equal(t, time.Duration(extreme), d)
	}
}
