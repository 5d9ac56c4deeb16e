package exchange

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
)

// A Kind is a way to subscribe.
type Kind uint8

// The ways to subscribe, as Redis has them.
const (
	Channel Kind = iota // to one channel
	Pattern             // to all channels that match a glob
	Shard               // to one channel of those that SPUBLISH reaches
)

// A Name is what is subscribed to.
type Name struct {
	Kind Kind
	Text string
}

// How names are written on the backplane, which is never empty: a channel as it is,
// unless it begins with a zero byte; all else begins with one.
const (
	reserved      = "\x00"
	patternPrefix = "\x00\x00" // listed by the backplane: core.ListedPrefix
	shardPrefix   = "\x00s"
	channelPrefix = "\x00c" // of a channel whose own name is empty or begins with a zero byte
	levelPrefix   = "\x00+" // then the level, a colon, and the name
	absentPrefix  = "\x00-" // the same, for subscribers that are absent
	nothing       = "\x00?" // nobody subscribes to it
)

// Wire is the name as the backplane knows it.
func (n Name) Wire() string {
	switch {
	case n.Kind == Pattern:
		return patternPrefix + n.Text
	case n.Kind == Shard:
		return shardPrefix + n.Text
	case n.Text == "" || strings.HasPrefix(n.Text, reserved):
		return channelPrefix + n.Text
	}
	return n.Text
}

// ParseWire is the name that Wire wrote. ok is false for anything else, such as a
// level.
func ParseWire(wire string) (n Name, ok bool) {
	if !strings.HasPrefix(wire, reserved) {
		return Name{Channel, wire}, true
	}
	for kind, prefix := range map[Kind]string{Pattern: patternPrefix, Shard: shardPrefix, Channel: channelPrefix} {
		if text, ok := strings.CutPrefix(wire, prefix); ok {
			return Name{kind, text}, true
		}
	}
	return Name{}, false
}

// level is what the k-th subscriber of a name subscribes to, from 1.
func level(wire string, k int) string {
	if k == 1 {
		return wire
	}
	return levelPrefix + strconv.Itoa(k) + ":" + wire
}

// absentLevel returns the channel for the k-th absent subscriber of a name, from 1.
func absentLevel(wire string, k int) string { return absentPrefix + strconv.Itoa(k) + ":" + wire }

// parseAbsent is the name that absentLevel wrote for the first level. ok is false for
// anything else.
func parseAbsent(wire string) (n Name, ok bool) {
	text, ok := strings.CutPrefix(wire, absentPrefix+"1:")
	if !ok {
		return Name{}, false
	}
	return ParseWire(text)
}

var errMatched = errors.New("exchange: a copy for a pattern does not begin with its channel")

// AppendMatched appends what is published to a pattern: the channel, and the data.
func AppendMatched(dst []byte, channel string, data []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(channel)))
	return append(append(dst, channel...), data...)
}

// ParseMatched reads what AppendMatched wrote. Data is a part of b.
func ParseMatched(b []byte) (channel string, data []byte, err error) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return "", nil, errMatched
	}
	b = b[n:]
	return string(b[:length]), b[length:], nil
}
