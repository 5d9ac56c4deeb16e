package door

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// moving returns an output that is not written yet, with messages 0 to 2 for a
// subscription, and the client's end of its connection.
func moving(t *testing.T) (*output, *subscription, net.Conn) {
	t.Helper()
	client, server := net.Pipe()
	t.Cleanup(func() { _ = client.Close() })
	require.NoError(t, client.SetDeadline(time.Now().Add(10*time.Second)))
	o := newOutput(server, server, 1<<20, 1<<20)
	s := &subscription{name: exchange.Name{Kind: exchange.Channel, Text: "c"}, out: o}
	for _, p := range numbered(0, 3) {
		s.Deliver(p.m)
	}
	return o, s, client
}

// A client that is moved to another endpoint receives the messages that wait for it. Later
// ones are kept.
func TestAMovedClientReceivesWhatWaits(t *testing.T) {
	o, s, client := moving(t)
	o.keepLater()
	s.Deliver(numbered(3, 4)[0].m)
	go o.write()
	want := "$1\r\nc\r\n$1\r\n0\r\n$1\r\nc\r\n$1\r\n1\r\n$1\r\nc\r\n$1\r\n2\r\n"
	text := make([]byte, len(want))
	_, err := io.ReadFull(client, text)
	require.NoError(t, err)
	assert.Equal(t, want, string(text))
	require.NoError(t, client.Close())
	assert.Equal(t, []string{"3"}, texts(o.lost.take(s)))
}

// Messages that cannot be written to a client that is moved are kept, in order.
func TestAMovedClientThatIsGoneMayComeBack(t *testing.T) {
	o, s, client := moving(t)
	o.keepLater()
	s.Deliver(numbered(3, 4)[0].m)
	require.NoError(t, client.Close())
	done := make(chan struct{})
	go func() { defer close(done); o.write() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		require.Fail(t, "the writer does not end")
	}
	assert.Equal(t, []string{"0", "1", "2", "3"}, texts(o.lost.take(s)))
}
