package signalr

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
)

func TestHandshakesAreRefusedInTheWordsOfDotNet(t *testing.T) {
	s := start(t, options(newTestHub()))
	for _, test := range []struct{ name, send, want string }{
		{"unknown protocol", `{"protocol":"xml","version":1}`, "The protocol 'xml' is not supported."},
		{"version", `{"protocol":"json","version":3}`, "The server does not support version 3 of the 'json' protocol."},
		{"not JSON", `hello`, "An unexpected error occurred during connection handshake."},
		{"no protocol", `{"version":1}`, "An unexpected error occurred during connection handshake."},
		{"version of wrong type", `{"protocol":"json","version":"1"}`, "An unexpected error occurred during connection handshake."},
		{"too large", `{"protocol":"` + strings.Repeat("x", maxHandshakeSize), "Handshake was canceled."},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := s.dial("/hub", protocol.JSON())
			go c.ws.WriteMessage(websocket.TextMessage, []byte(test.send+"\x1e")) // may not be read to its end
			f := c.frame()
			assert.Equal(t, websocket.TextMessage, f.kind)
			assert.Equal(t, `{"error":"`+test.want+`"}`+"\x1e", string(f.data))
			f = c.frame()
			assert.True(t, websocket.IsCloseError(f.err, websocket.CloseNormalClosure), "%v: no Close message", f.err)
		})
	}
}

func TestHandshakeDetailsNeedLeave(t *testing.T) {
	o := options(newTestHub())
	o.DetailedErrors = true
	c := start(t, o).dial("/hub", protocol.JSON())
	c.sendText("[]\x1e")
	assert.Contains(t, string(c.frame().data), "An unexpected error occurred during connection handshake. InvalidDataException: ")
}

func TestHandshakeIsAnsweredInTheFormatOfItsProtocol(t *testing.T) {
	s := start(t, options(newTestHub()))
	for _, test := range []struct {
		send string
		kind int
	}{
		{`{"protocol":"json","version":1}`, websocket.TextMessage},
		{`{"version":0,"protocol":"JSON","more":[1]}`, websocket.TextMessage},
		{`{"protocol":"json","version":2}`, websocket.TextMessage},
		{`{"protocol":"messagepack","version":1}`, websocket.BinaryMessage},
	} {
		c := s.dial("/hub", nil)
		c.sendText(test.send[:9])
		c.sendText(test.send[9:] + "\x1e")
		f := c.frame()
		assert.Equal(t, test.kind, f.kind, test.send)
		assert.Equal(t, "{}\x1e", string(f.data), test.send)
	}
}

func TestMessagesMayComeWithTheHandshake(t *testing.T) {
	for _, test := range []struct{ send, want string }{
		{`{"protocol":"json","version":1}` + "\x1e" + `{"type":1,"invocationId":"1","target":"Echo","arguments":["x"]}` + "\x1e", `"result":"x"`},
		{`{"protocol":"messagepack","version":1}` + "\x1e\x0d\x95\x01\x80\xa1\x30\xa4Echo\x91\xa1x", "\x03\xa1x"},
	} {
		c := start(t, options(newTestHub())).dial("/hub", nil)
		c.sendText(test.send)
		got := ""
		for !strings.Contains(got, test.want) {
			f := c.frame()
			if !assert.NoError(t, f.err) {
				return
			}
			got += string(f.data)
		}
	}
}

func TestHandshakeTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		begin := time.Now()
		c := s.dial("/hub", protocol.JSON())
		c.sendText(`{"protocol":"json"`)
		f := c.frame()
		assert.Equal(t, websocket.TextMessage, f.kind)
		assert.Equal(t, `{"error":"Handshake was canceled."}`+"\x1e", string(f.data))
		assert.Equal(t, websocket.CloseNormalClosure, c.closed())
		assert.InDelta(t, 15, time.Since(begin).Seconds(), 1.1)
		synctest.Wait()
		assert.Empty(t, hub.connected)
		assert.Empty(t, hub.disconnected)
	})
}
