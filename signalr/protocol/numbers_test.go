package protocol

import (
	"encoding/json"
	"math"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tinylib/msgp/msgp"
)

func TestNumbersInAnyKeepTheirValue(t *testing.T) {
	for text, want := range map[string]any{
		"0": 0.0, "-0": math.Copysign(0, -1), "5": 5.0, "-17": -17.0, "0.1": 0.1, "1e2": 100.0, "2.50": 2.5,
		"9007199254740992": 9007199254740992.0, "9007199254740993": int64(9007199254740993), "-9007199254740993": int64(-9007199254740993),
		"1234567890123456789": int64(1234567890123456789), "12345678901234567890": uint64(12345678901234567890),
		"9223372036854775808": uint64(9223372036854775808), "18446744073709551616": json.Number("18446744073709551616"), "123456789012345678901234567890": json.Number("123456789012345678901234567890"),
		"1.00000000000000000001": json.Number("1.00000000000000000001"), "79228162514264337593543950335": json.Number("79228162514264337593543950335"),
		"0.1234567890123456789": json.Number("0.1234567890123456789"), "1e400": json.Number("1e400"), "1e-400": json.Number("1e-400"),
		"1e23": 1e23, "0e99999999999999999999": 0.0, "0.0e5": 0.0,
	} {
		var v any
		require.NoError(t, JSON().Bind(Raw(text), &v), text)
		assert.Equal(t, want, v, text)
		if f, ok := want.(float64); ok && f == 0 {
			assert.Equal(t, math.Signbit(f), math.Signbit(v.(float64)), text)
		}
	}
}

func TestValuesInAnyAreThoseOfEncodingJSON(t *testing.T) {
	for _, text := range []string{
		`{"a":[1,"x",true,false,null,{}],"b":{"\u0041\n":[]}}`, `[]`, `[[],[[]]]`, `"\ud83d\ude00"`, `null`, ` [ 1 , { "a" : 2 } ] `, `{"a":1,"a":2}`,
	} {
		var got, want any
		require.NoError(t, JSON().Bind(Raw(text), &got), text)
		require.NoError(t, json.Unmarshal([]byte(text), &want), text)
		assert.Equal(t, want, got, text)
	}
}

// relayed reads a value of one protocol into any and writes it in another.
func relayed(t *testing.T, from, to Protocol, value Raw) Raw {
	var v any
	require.NoError(t, from.Bind(value, &v))
	frame, err := to.Append(nil, Completion{InvocationID: "1", HasResult: true, Result: v})
	require.NoError(t, err)
	body, _, err := to.Split(frame, 0)
	require.NoError(t, err)
	m, err := to.Parse(body)
	require.NoError(t, err)
	return m.(Completion).Result.(Raw)
}

func TestNumbersAreRelayedUnchanged(t *testing.T) {
	for _, text := range []string{
		"9007199254740993", "12345678901234567890", "-9223372036854775808", "123456789012345678901234567890",
		"0.1234567890123456789012345", `{"id":1234567890123456789,"list":[18446744073709551615,1.10000000000000000000000001]}`,
	} {
		assert.Equal(t, text, string(relayed(t, JSON(), JSON(), Raw(text))))
	}
	for _, n := range []uint64{1<<53 + 1, 1<<63 + 1, math.MaxUint64} {
		raw := Raw(msgp.AppendUint64(nil, n))
		var there uint64
		require.NoError(t, JSON().Bind(relayed(t, MessagePack(), JSON(), raw), &there))
		assert.Equal(t, n, there)
		require.NoError(t, MessagePack().Bind(relayed(t, JSON(), MessagePack(), relayed(t, MessagePack(), JSON(), raw)), &there))
		assert.Equal(t, n, there)
	}
}

func TestJSONNumbersAreNumbersInMessagePack(t *testing.T) {
	for text, want := range map[json.Number]Raw{
		"7": msgp.AppendInt64(nil, 7), "18446744073709551615": msgp.AppendUint64(nil, math.MaxUint64), "0.5": msgp.AppendFloat64(nil, 0.5), "": msgp.AppendInt64(nil, 0)[:0],
	} {
		raw, err := MessagePack().(messagePack).appendMessagePackValue(nil, text)
		require.NoError(t, err)
		if text != "" {
			assert.Equal(t, want, Raw(raw), text)
		}
		var back json.Number
		require.NoError(t, MessagePack().Bind(raw, &back))
		if text != "" {
			assert.Equal(t, text, back)
		}
	}
	_, err := MessagePack().(messagePack).appendMessagePackValue(nil, json.Number("x"))
	assert.ErrorContains(t, err, `json.Number "x" is not a number`)
}

func TestMessagePackNumbersThatDoNotFitAreRefused(t *testing.T) {
	var u uint64
	assert.NoError(t, MessagePack().Bind(Raw(msgp.AppendUint64(nil, 1<<63+1)), &u))
	assert.Equal(t, uint64(1<<63+1), u)
	var n int64
	assert.NoError(t, MessagePack().Bind(Raw(msgp.AppendInt64(nil, -1<<63)), &n))
	assert.Equal(t, int64(-1<<63), n)
	for _, raw := range []Raw{msgp.AppendFloat64(nil, -1), msgp.AppendFloat64(nil, 1.5), msgp.AppendInt64(nil, -1), msgp.AppendFloat64(nil, 1<<64)} {
		assert.Error(t, MessagePack().Bind(raw, &u))
	}
	assert.Error(t, MessagePack().Bind(Raw(msgp.AppendUint64(nil, 1<<63)), &n))
	assert.Error(t, MessagePack().Bind(Raw(msgp.AppendFloat64(nil, -1<<63-2048)), &n))
}

func TestErrorsOfTypesThatDecodeThemselvesAreTold(t *testing.T) {
	var a netip.Addr
	assert.Error(t, MessagePack().Bind(Raw("\xa3bad"), &a))
	assert.Error(t, MessagePack().Bind(Raw("\xc4\x03bad"), &a))
	var v any
	assert.Error(t, MessagePack().Bind(Raw{0xdc, 0x00}, &v))
}
