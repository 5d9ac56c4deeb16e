package protocol_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// wire is 2024-02-29 03:04:05+01:00 as Microsoft's .NET client sends it.
const wire = "92 D6 FF 65 DF F4 25 3C"

func TestMessagePackTakesDateTimeOffsets(t *testing.T) {
	p := protocol.MessagePack()
	raw := protocol.Raw(fromHex(t, wire))
	var when time.Time
	require.NoError(t, p.Bind(raw, &when))
	assert.Equal(t, "2024-02-29T03:04:05+01:00", when.Format(time.RFC3339))
	assert.Equal(t, raw, packed(t, when), "it goes back as it came")
	assert.Equal(t, raw, packed(t, &when))
	assert.Equal(t, protocol.Raw(fromHex(t, "D6 FF 65 DF E6 15")), packed(t, when.UTC()), "a DateTime")
	assert.Equal(t, `"2024-02-29T03:04:05+01:00"`, string(encoded(t, protocol.JSON(), when)))

	var v any
	require.NoError(t, p.Bind(raw, &v))
	assert.Equal(t, raw, packed(t, v))

	type event struct {
		At   time.Time
		Ends *time.Time
	}
	var e event
	require.NoError(t, p.Bind(packed(t, map[string]any{"At": raw, "Ends": raw}), &e))
	assert.Equal(t, event{when, &when}, e)
	assert.Equal(t, packed(t, map[string]any{"At": raw, "Ends": raw}), packed(t, e))
}

func TestTimesOfAnOffsetAreDateTimeOffsets(t *testing.T) {
	utc := time.Date(2024, 2, 29, 2, 4, 5, 0, time.UTC)
	assert.Equal(t, protocol.Raw(fromHex(t, wire)), packed(t, utc.In(protocol.OffsetZone(60))))
	for _, minutes := range []int{0, -210, 840, -840} {
		when := utc.In(protocol.OffsetZone(minutes))
		assert.True(t, utc.Equal(when))
		var back time.Time
		require.NoError(t, protocol.MessagePack().Bind(packed(t, when), &back))
		assert.Equal(t, when, back)
		assert.Same(t, protocol.OffsetZone(minutes), back.Location())
	}
	assert.Same(t, protocol.OffsetZone(840), protocol.OffsetZone(900))
	assert.Same(t, protocol.OffsetZone(-840), protocol.OffsetZone(-900))

	all := protocol.Values{Converters: protocol.DateTimeOffsets()}.MessagePack()
	oslo := time.FixedZone("CET", 3600)
	assert.Equal(t, protocol.Raw(fromHex(t, wire)), encoded(t, all, utc.In(oslo)))
	assert.Equal(t, packed(t, utc), packed(t, utc.In(oslo)), "a DateTime without the converter")
	var back time.Time
	require.NoError(t, all.Bind(encoded(t, all, utc.In(oslo)), &back))
	assert.True(t, utc.Equal(back))
	require.NoError(t, all.Bind(packed(t, utc), &back), "a DateTime is taken too")
	assert.True(t, utc.Equal(back))
}

func TestBadDateTimeOffsetsAreRefused(t *testing.T) {
	for _, hex := range []string{
		"90", "91 D6 FF 65 DF F4 25", "93 D6 FF 65 DF F4 25 3C 00", "92 3C 3C", "92 D6 FF 65 DF F4 25 A1 61",
		"92 D6 FF 65 DF F4 25 CD 03 49", "92 D6 FF 65 DF F4 25 D1 FC B7", "92 " + wire + " 3C", "92 D6 FF 65 DF F4 25 C0",
	} {
		require.Error(t, protocol.MessagePack().Bind(protocol.Raw(fromHex(t, hex)), new(time.Time)), hex)
	}
	var far time.Time // the farthest there is, and still no panic
	for _, seconds := range []string{"7F FF FF FF FF FF FF FF", "80 00 00 00 00 00 00 00"} {
		require.NoError(t, protocol.MessagePack().Bind(protocol.Raw(fromHex(t, "92 C7 0C FF 00 00 00 00 "+seconds+" CD 03 48")), &far))
		packed(t, far)
	}
}
