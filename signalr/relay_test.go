package signalr

import (
	"errors"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ofDotNet is a question as a .NET server puts it.
func ofDotNet(t *testing.T, question, returnChannel string) []byte {
	e := protocol.Envelope{InvocationID: question, ReturnChannel: returnChannel}
	for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
		frame, err := p.Append(nil, protocol.Invocation{InvocationID: question, Target: "GetNumber", Arguments: []any{"test"}})
		require.NoError(t, err)
		e.Encodings = append(e.Encodings, protocol.Encoding{Protocol: p.Name(), Frame: frame})
	}
	return protocol.AppendEnvelope(nil, e)
}

// tap attaches a server that is not ours, and returns what it receives.
func tap(t *testing.T, b *bus, channels ...string) (*busNode, <-chan []byte) {
	n, got := b.join(), make(chan []byte, 1<<10)
	_, err := n.Attach(tapped(got))
	require.NoError(t, err)
	for _, channel := range channels {
		require.NoError(t, n.Subscribe(t.Context(), channel))
	}
	return n, got
}

type tapped chan []byte

func (r tapped) Receive(_, _ string, data []byte) { r <- data }
func (tapped) Left(string)                        {}
func (tapped) Gap(string, uint64)                 {}

func TestQuestionsOfDotNetServersAreAnsweredInTheClientsProtocol(t *testing.T) {
	const back, question = "testHub:internal:return:net_1", "AAECAwQFBgcICQoLDA0ODw"
	one, _, nodes := startTwo(t)
	net, got := tap(t, nodes[0].bus, back)
	for p, want := range map[protocol.Protocol]string{
		protocol.JSON():        `{"type":3,"invocationId":"` + question + `","result":10}` + "\x1e",
		protocol.MessagePack(): "\x1c\x95\x03\x80\xb6" + question + "\x03\x0a",
	} {
		c := one.connect("/hub", p)
		idC := id(c)
		channel := protocol.ConnectionChannel("testHub", idC)
		_, err := net.Publish(t.Context(), channel, ofDotNet(t, question, back))
		require.NoError(t, err)
		require.Equal(t, question, c.asked())

		// The same ID again is refused and does not touch what waits.
		_, err = net.Publish(t.Context(), channel, ofDotNet(t, question, back))
		require.NoError(t, err)
		e, err := protocol.ParseReturn(<-got)
		require.NoError(t, err)
		assert.Contains(t, string(e.Frame), "Invocation ID '"+question+"' is already in use.")
		silence(t, c)

		c.reply(question, 10)
		assert.Equal(t, string(protocol.AppendReturn(nil, protocol.Encoding{Protocol: p.Name(), Frame: []byte(want)})), string(<-got))

		_, err = net.Publish(t.Context(), channel, ofDotNet(t, question, back))
		require.NoError(t, err)
		require.Equal(t, question, c.asked())
		c.ws.NetConn().Close()
		e, err = protocol.ParseReturn(<-got)
		require.NoError(t, err)
		assert.Equal(t, `{"type":3,"invocationId":"`+question+`","error":"Connection disconnected."}`+"\x1e", string(e.Frame))
	}
	nothingWaits(t, one)
}

func TestQuestionsGoOutAsDotNetServersReadThem(t *testing.T) {
	one, _, nodes := startTwo(t)
	net, got := tap(t, nodes[0].bus, protocol.ConnectionChannel("testHub", "theirs"))
	done := ask[int](t.Context(), one, "theirs")
	e, err := protocol.ParseEnvelope(<-got)
	require.NoError(t, err)
	assert.Equal(t, "testHub:internal:return:"+nodes[0].name, e.ReturnChannel)
	assert.Regexp(t, "^[A-Za-z0-9+/]{22}$", e.InvocationID)
	assert.Equal(t, `{"type":1,"invocationId":"`+e.InvocationID+`","target":"GetNumber","arguments":["test"]}`+"\x1e", string(e.Frame("json")))
	assert.NotNil(t, e.Frame("messagepack"))
	for _, nonsense := range [][]byte{
		{0xc1},
		protocol.AppendReturn(nil, protocol.Encoding{Protocol: "p1", Frame: []byte{0x2a}}),
		protocol.AppendReturn(nil, protocol.Encoding{Protocol: "json", Frame: []byte("{\"type\":6}\x1e")}),
		protocol.AppendReturn(nil, protocol.Encoding{Protocol: "json", Frame: []byte("{\"type\":3}\x1e")}),
		protocol.AppendReturn(nil, protocol.Encoding{Protocol: "json", Frame: []byte("{")}),
		protocol.AppendReturn(nil, protocol.Encoding{Protocol: "json", Frame: []byte("{\"type\":6}\x1e{}\x1e")}),
		protocol.AppendReturn(nil, protocol.Encoding{Protocol: "messagepack", Frame: []byte("\xff\xff\xff\xff\xff")}),
	} {
		_, err = net.Publish(t.Context(), e.ReturnChannel, nonsense)
		require.NoError(t, err)
	}
	assert.EqualValues(t, 7, testutil.ToFloat64(one.metrics.malformed))
	for _, question := range []string{"unknown", e.InvocationID, e.InvocationID} {
		frame, err := protocol.MessagePack().Append(nil, protocol.Completion{InvocationID: question, HasResult: true, Result: 42})
		require.NoError(t, err)
		_, err = net.Publish(t.Context(), e.ReturnChannel, protocol.AppendReturn(nil, protocol.Encoding{Protocol: "messagepack", Frame: frame}))
		require.NoError(t, err)
	}
	assert.Equal(t, outcome[int]{42, nil}, <-done)
	assert.EqualValues(t, 7, testutil.ToFloat64(one.metrics.malformed), "late answers are no fault")
}

func TestQuestionsWithAStrangeReturnChannelAreDropped(t *testing.T) {
	one, _, nodes := startTwo(t)
	c := one.connect("/hub", protocol.JSON())
	_, err := nodes[1].Publish(t.Context(), protocol.ConnectionChannel("testHub", id(c)), ofDotNet(t, "q", "testHub:all"))
	require.NoError(t, err)
	assert.EqualValues(t, 1, testutil.ToFloat64(one.metrics.malformed))
	silence(t, c)
}

func TestAnswersThatCannotBePassedOnAreErrors(t *testing.T) {
	one, two, nodes := startTwo(t)
	c := two.connect("/hub", protocol.JSON())
	var once sync.Once
	nodes[1].onPublish = func(string) (err error) {
		once.Do(func() { err = errors.New("too large") })
		return err
	}
	done := ask[string](t.Context(), one, id(c))
	c.reply(c.asked(), "large")
	assert.EqualError(t, (<-done).err, "The client's result could not be passed on to the server that asked for it.")
	silence(t, c)
}
