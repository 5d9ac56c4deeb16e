package signalr

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

var (
	// errClientGone says that the client ended the connection or was lost.
	errClientGone = errors.New("signalr: client gone")
	// errClientLeft is errClientGone for a client that said so.
	errClientLeft = fmt.Errorf("%w: it closed the connection", errClientGone)
	// errClientSilent is errClientGone for a client that did not answer in time.
	errClientSilent = fmt.Errorf("%w: it did not answer in time", errClientGone)
)

const (
	// batchSize is how many bytes of hub messages share a WebSocket message or an
	// event, at most. A larger hub message has one to itself.
	batchSize = 16 << 10
	// closeTimeout is how long a client has to answer a close frame.
	closeTimeout = 5 * time.Second
)

// newUpgrader returns what makes WebSockets of requests. No sub-protocol and no
// compression is ever negotiated. Write buffers are pooled, so that an idle
// connection has none. Read buffers are small, because each has one at all times;
// what is larger is read past them.
func newUpgrader(o Options) websocket.Upgrader {
	return websocket.Upgrader{
		HandshakeTimeout: o.WriteTimeout,
		ReadBufferSize:   512,
		WriteBufferSize:  batchSize,
		WriteBufferPool:  new(sync.Pool),
		CheckOrigin:      func(*http.Request) bool { return true }, // Server.upgrade has checked it
	}
}

// A webSocket is the WebSockets transport. Incoming frames are a stream of
// bytes, whatever their type and bounds. An outgoing WebSocket message holds
// whole hub messages.
type webSocket struct {
	conn         *websocket.Conn
	writeTimeout time.Duration
	reader       io.Reader // of the message being received; nil between messages
	frameType    int
}

func newWebSocket(conn *websocket.Conn, writeTimeout time.Duration) *webSocket {
	// The answer to a client's close frame is written by close, with a status
	// always: an empty one would reach browsers as 1005.
	conn.SetCloseHandler(func(int, string) error { return nil })
	return &webSocket{conn: conn, writeTimeout: writeTimeout, frameType: websocket.TextMessage}
}

func (w *webSocket) traits() traits { return traits{} }

// receive returns what there is of a WebSocket message.
func (w *webSocket) receive(buf []byte) ([]byte, error) {
	if w.reader == nil {
		_, r, err := w.conn.NextReader()
		if err != nil {
			return buf, receiveError(err)
		}
		w.reader = r
	}
	buf = room(buf)
	n, err := w.reader.Read(buf[len(buf):cap(buf)])
	if err == io.EOF {
		w.reader, err = nil, nil
	}
	if err != nil {
		err = receiveError(err)
	}
	return buf[:len(buf)+n], err
}

// receiveError tells clients that went away from those that break the rules.
func receiveError(err error) error {
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok && closed.Code != websocket.CloseAbnormalClosure {
		return errClientLeft
	} else if ok {
		return errClientGone // without a close frame
	}
	if lost, ok := errors.AsType[net.Error](err); ok {
		if lost.Timeout() { // the one deadline is that of close
			return errClientSilent
		}
		return errClientGone
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, net.ErrClosed) {
		return errClientGone
	}
	return err
}

func (w *webSocket) send(frames [][]byte) error {
	for len(frames) > 0 {
		n := batch(frames)
		if err := w.write(frames[:n]); err != nil {
			return err
		}
		frames = frames[n:]
	}
	return nil
}

// batch returns how many of the frames go together: as many as batchSize has
// room for, but at least one.
func batch(frames [][]byte) int {
	n, size := 1, len(frames[0])
	for n < len(frames) && size+len(frames[n]) <= batchSize {
		size += len(frames[n])
		n++
	}
	return n
}

// write writes frames as one WebSocket message.
func (w *webSocket) write(frames [][]byte) error {
	if err := w.conn.SetWriteDeadline(time.Now().Add(w.writeTimeout)); err != nil {
		return err
	}
	if len(frames) == 1 {
		return w.conn.WriteMessage(w.frameType, frames[0])
	}
	out, err := w.conn.NextWriter(w.frameType)
	if err != nil {
		return err
	}
	for _, frame := range frames {
		if _, err := out.Write(frame); err != nil {
			return err
		}
	}
	return out.Close()
}

func (w *webSocket) setBinary() { w.frameType = websocket.BinaryMessage }

// close writes a close frame and gives the client closeTimeout for its own.
func (w *webSocket) close(failed bool) {
	code := websocket.CloseNormalClosure
	if failed {
		code = websocket.CloseInternalServerErr
	}
	deadline := time.Now().Add(closeTimeout)
	err := w.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), deadline)
	if err == nil {
		err = w.conn.SetReadDeadline(deadline)
	}
	if err != nil {
		w.kill()
	}
}

func (w *webSocket) kill() { w.conn.NetConn().Close() }

// serveWebSocket answers a request for the WebSockets transport. Without an ID
// the client has not negotiated and gets a new connection. Its reader is a
// goroutine of its own, so that what the web server holds for the request is free
// again: two buffers and a stack, which are more than an idle connection takes.
func (s *Server) serveWebSocket(w http.ResponseWriter, r *http.Request, h *Hub, token string) {
	if token == "" && h.transports&WebSockets == 0 {
		transportDisabled(WebSockets).answer(w)
		return
	}
	n := newNegotiated(h)
	if token != "" {
		var no *refusal
		if n, no = s.negotiations.claim(h, token, WebSockets); no == alreadyOpen && n.link != nil {
			s.serveReattach(w, r, n.link)
			return
		} else if no != nil {
			no.answer(w)
			return
		}
	}
	if !s.admit() {
		s.negotiations.unclaim(n)
		notAdmitting(w)
		return
	}
	conn, ok := s.upgrade(w, r, h)
	if !ok {
		s.served.Done()
		s.negotiations.unclaim(n)
		return
	}
	c := newConnection(s, h, n.id, outlasting(r), n.transport(newWebSocket(conn, s.options.WriteTimeout)))
	go func() { // ends with the connection; Close waits for it
		defer s.served.Done()
		defer s.negotiations.remove(n)
		c.serve()
	}()
}
