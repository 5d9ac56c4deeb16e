//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const roleApp = "app"

// An AppLoad is what one app does at its door, or at Redis.
type AppLoad struct {
	Address, Password string
	Index, Apps       int
	Rate              int // messages a second; zero: as fast as they are answered
	// Of every ShareEvery messages one goes to all apps, and the others to the app
	// itself, as a server's do whose groups have members there only.
	ShareEvery      int
	Begin, From     int64 // when to publish, and to measure, in nanoseconds
	To              int64
	Size, Unsettled int // bytes; how many messages may wait for their answers
}

// An AppResult is what an app saw between From and To.
type AppResult struct {
	Published, Heard uint64
	Latency          Counts // from when a message was due, or written, until it was heard
}

// runApp is a server that scales out over Redis: one connection on which it publishes,
// and one for what it is subscribed to. Its load is its argument.
func runApp(args []string, _ io.Reader, out io.Writer) error {
	var l AppLoad
	if len(args) != 1 {
		return errors.New("one argument is wanted, the load")
	}
	if err := json.Unmarshal([]byte(args[0]), &l); err != nil {
		return err
	}
	a := &appRun{AppLoad: l, slots: make(chan struct{}, l.Unsettled), unanswered: make(chan struct{})}
	r, err := a.run()
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}

type appRun struct {
	AppLoad
	slots            chan struct{} // taken by what waits for an answer
	unanswered       chan struct{} // closed when there are no more answers
	published, heard atomic.Uint64
	latency          histogram
}

// channels have names of one length, so that all messages have, too.
func (a *appRun) own() string     { return fmt.Sprintf("MyApp.Hubs.ChatHub:group:%06d", a.Index) }
func (*appRun) everybody() string { return "MyApp.Hubs.ChatHub:group:shared" }

func (a *appRun) run() (r AppResult, err error) {
	sub, err := a.dial()
	if err != nil {
		return r, err
	}
	defer sub.Close()
	pub, err := a.dial()
	if err != nil {
		return r, err
	}
	defer pub.Close()
	in := bufio.NewReaderSize(sub, 64<<10)
	for _, c := range []string{a.own(), a.everybody()} {
		if _, err := sub.Write(redisCommand("SUBSCRIBE", c)); err != nil {
			return r, err
		}
		if _, err := io.CopyN(io.Discard, in, int64(len("*3\r\n$9\r\nsubscribe\r\n$")+2+2+len(c)+2+len(":1\r\n"))); err != nil {
			return r, err
		}
	}
	var work sync.WaitGroup
	work.Go(func() { a.hear(in) })
	work.Go(func() { a.settle(bufio.NewReaderSize(pub, 64<<10)) })
	err = a.publish(pub)
	for _, c := range []net.Conn{pub, sub} { // what comes later does not count
		_ = c.SetReadDeadline(time.Now())
	}
	work.Wait()
	return AppResult{a.published.Load(), a.heard.Load(), a.latency.counts()}, err
}

func (a *appRun) dial() (net.Conn, error) {
	c, err := net.Dial("tcp", a.Address)
	if err != nil || a.Password == "" {
		return c, err
	}
	reply := make([]byte, len("+OK\r\n"))
	_, err = c.Write(redisCommand("AUTH", a.Password))
	if err == nil {
		_, err = io.ReadFull(c, reply)
	}
	if err == nil && string(reply) != "+OK\r\n" {
		err = fmt.Errorf("AUTH is answered %q", reply)
	}
	return c, err
}

// publish publishes until To: what is due, or what there is room for, in one write.
func (a *appRun) publish(to net.Conn) error {
	own := redisCommand("PUBLISH", a.own(), string(make([]byte, a.Size)))
	all := redisCommand("PUBLISH", a.everybody(), string(make([]byte, a.Size)))
	interval := time.Duration(0)
	if a.Rate > 0 {
		interval = time.Second / time.Duration(a.Rate)
	}
	time.Sleep(time.Until(time.Unix(0, a.Begin)))
	var buf []byte
	for n := 0; now() < a.To; n++ {
		at := now()
		if interval > 0 {
			at = a.Begin + int64(n)*int64(interval)
			time.Sleep(time.Until(time.Unix(0, at)))
		}
		if len(a.slots) == cap(a.slots) || interval > 0 || len(buf) > 32<<10 {
			if _, err := to.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		select {
		case a.slots <- struct{}{}:
		case <-a.unanswered:
			return errors.New("PUBLISH is not answered any more")
		}
		command := own
		if n%a.ShareEvery == 0 {
			command = all
		}
		buf = append(buf, command...)
		binary.LittleEndian.PutUint64(buf[len(buf)-a.Size-2:], uint64(at))
		if interval > 0 {
			if _, err := to.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := to.Write(buf)
	return err
}

// settle reads what PUBLISH is answered, until the connection's deadline.
func (a *appRun) settle(in *bufio.Reader) {
	for {
		if _, err := in.ReadSlice('\n'); err != nil {
			close(a.unanswered)
			return
		}
		if at := now(); at >= a.From && at < a.To {
			a.published.Add(1)
		}
		<-a.slots
	}
}

// hear reads messages, until the deadline.
func (a *appRun) hear(in *bufio.Reader) {
	size := len(redisCommand("message", a.own(), string(make([]byte, a.Size))))
	frame := make([]byte, size)
	for {
		if _, err := io.ReadFull(in, frame); err != nil {
			return
		}
		at := now()
		if at >= a.From && at < a.To {
			a.heard.Add(1)
			a.latency.add(time.Duration(at - int64(binary.LittleEndian.Uint64(frame[size-a.Size-2:]))))
		}
	}
}

// redisCommand is a command, and a message has the same form.
func redisCommand(args ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.Bytes()
}
