package signalr

import (
	"encoding/json"
	"fmt"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/require"
)

// Linger waits for the test, whatever becomes of the connection.
func (h *testHub) Linger() {
	h.held <- struct{}{}
	<-h.hold
}

// stateful changes options so that clients may have stateful reconnect.
func stateful(o *Options) { o.Hubs[0].StatefulReconnect = true }

// statefulOptions are options with stateful reconnect.
func statefulOptions(hub any) Options {
	o := options(hub)
	stateful(&o)
	return o
}

// statefulToken negotiates stateful reconnect.
func (s *site) statefulToken() string {
	r := s.do(s.t.Context(), "POST", "/hub/negotiate?negotiateVersion=1&useStatefulReconnect=true", nil)
	require.Equal(s.t, 200, r.status)
	var answer struct {
		Token    string `json:"connectionToken"`
		Stateful bool   `json:"useStatefulReconnect"`
	}
	require.NoError(s.t, json.Unmarshal([]byte(r.body), &answer))
	require.True(s.t, answer.Stateful)
	return answer.Token
}

// A roamer is a client with stateful reconnect, whose client is that of its
// present socket.
type roamer struct {
	*client
	site  *site
	token string
}

// roam connects a client with stateful reconnect. Query is added to the URL.
func (s *site) roam(p protocol.Protocol, query string) *roamer {
	r := &roamer{site: s, token: s.statefulToken()}
	r.client = s.dial("/hub?id="+r.token+query, p)
	r.sendText(fmt.Sprintf(`{"protocol":%q,"version":2}`+"\x1e", p.Name()))
	f := r.frame()
	require.NoError(s.t, f.err)
	require.Equal(s.t, "{}\x1e", string(f.data[:3]))
	r.rest = f.data[3:]
	s.awaitOpen()
	return r
}

// cut ends the socket without a close frame.
func (r *roamer) cut() { r.ws.NetConn().Close() }

// comeBack opens another socket. The old one is left as it is.
func (r *roamer) comeBack() {
	last := r.lastID
	r.client = r.site.dial("/hub?id="+r.token, r.protocol)
	r.lastID = last
}

// resumes opens another socket, and expects that the server begins it with number
// n. The client's own next message has number own.
func (r *roamer) resumes(n, own int64) {
	r.comeBack()
	require.Equal(r.t, protocol.Sequence{SequenceID: n}, r.next())
	r.send(protocol.Sequence{SequenceID: own})
}

// upgrade tries to open a WebSocket and returns the answer.
func (s *site) upgrade(path string) reply {
	dialer := websocket.Dialer{NetDialContext: s.listener.dial}
	ws, response, err := dialer.Dial("ws://test"+path, nil)
	if response == nil {
		return reply{err: err}
	}
	if err == nil {
		ws.NetConn().Close()
	}
	body := make([]byte, 100)
	n, _ := response.Body.Read(body)
	response.Body.Close()
	return reply{status: response.StatusCode, header: response.Header, body: string(body[:n])}
}

// text returns the one argument of an invocation.
func (c *client) text(m protocol.Message) (v string) {
	inv, ok := m.(protocol.Invocation)
	require.True(c.t, ok, "%T is no invocation", m)
	require.NoError(c.t, c.protocol.Bind(inv.Arguments[0].(protocol.Raw), &v))
	return v
}
