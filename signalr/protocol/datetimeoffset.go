package protocol

import (
	"fmt"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// maxOffset is the largest offset from UTC, in minutes, that .NET's DateTimeOffset
// can have in either direction.
const maxOffset = 14 * 60

// offsetZones has a location for each offset, from -maxOffset to maxOffset minutes.
// The identity of the location marks a time as a DateTimeOffset.
var offsetZones = func() (zones [2*maxOffset + 1]*time.Location) {
	for i := range zones {
		zones[i] = time.FixedZone("", (i-maxOffset)*60)
	}
	return zones
}()

// OffsetZone returns the location for times that MessagePack clients receive as a
// .NET DateTimeOffset with an offset of that many minutes from UTC. Offsets beyond
// 14 hours are reduced to 14 hours. A DateTimeOffset that a MessagePack client sends
// is a time in such a location. In JSON the location is an ordinary one.
func OffsetZone(minutes int) *time.Location {
	return offsetZones[min(max(minutes, -maxOffset), maxOffset)+maxOffset]
}

// DateTimeOffsets are Converters that send every time.Time as a .NET DateTimeOffset
// in MessagePack, with the offset of its location, rounded down to minutes. Without
// them only times in an [OffsetZone] are sent so, and all others as a .NET DateTime.
func DateTimeOffsets() []Converter {
	return []Converter{ConvertMessagePack(
		func(t time.Time) (time.Time, error) {
			_, seconds := t.Zone()
			return t.In(OffsetZone(seconds / 60)), nil
		},
		func(t time.Time) (time.Time, error) { return t, nil },
	)}
}

// appendTime appends a timestamp, or a DateTimeOffset for a time in an [OffsetZone]:
// an array of the local clock, as a timestamp, and the offset in minutes.
func appendTime(dst []byte, t time.Time) []byte {
	_, seconds := t.Zone()
	if t.Location() != OffsetZone(seconds/60) {
		return msgp.AppendTimeExt(dst, t)
	}
	dst = msgp.AppendTimeExt(msgp.AppendArrayHeader(dst, 2), t.Add(time.Duration(seconds)*time.Second))
	return appendInt(dst, int64(seconds/60))
}

// bindDateTimeOffset reads what appendTime writes for a time in an [OffsetZone].
func bindDateTimeOffset(b []byte) (time.Time, []byte, error) {
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	if err == nil && n != 2 {
		err = fmt.Errorf("a time is an array of 2 elements (timestamp and offset in minutes), not of %d", n)
	}
	if err != nil {
		return time.Time{}, b, err
	}
	clock, b, err := bindTimestamp(b)
	if err != nil {
		return time.Time{}, b, err
	}
	minutes, b, err := msgp.ReadInt64Bytes(b)
	if err == nil && (minutes < -maxOffset || minutes > maxOffset) {
		err = fmt.Errorf("offset of %d minutes from UTC is beyond 14 hours", minutes)
	}
	if err != nil {
		return time.Time{}, b, err
	}
	return clock.Add(-time.Duration(minutes) * time.Minute).In(OffsetZone(int(minutes))), b, nil
}
