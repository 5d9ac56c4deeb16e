//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// What the client says, by https://docs.nats.io/reference/reference-protocols/nats-protocol.
// Without echo a server does not get what it published itself, as a backplane promises.
const (
	natsConnect = `CONNECT {"verbose":false,"pedantic":false,"tls_required":false,"echo":false,"lang":"go","version":"0","name":"bench"}` + "\r\n"
	natsPing    = "PING\r\n"
	natsPong    = "PONG\r\n"
)

// natsLargest is the largest payload that is read, in bytes.
const natsLargest = 16 << 20

// appendSubject appends the subject of a channel: one token without wildcards. Each
// channel that is not empty has its own.
func appendSubject(b []byte, channel string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(channel) {
		switch c := channel[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == ':':
			b = append(b, c)
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

func appendPub(b []byte, channel string, data []byte) []byte {
	b = append(appendSubject(append(b, "PUB "...), channel), ' ')
	b = append(strconv.AppendInt(b, int64(len(data)), 10), "\r\n"...)
	return append(append(b, data...), "\r\n"...)
}

func appendSub(b []byte, channel string, id uint64) []byte {
	b = append(appendSubject(append(b, "SUB "...), channel), ' ')
	return append(strconv.AppendUint(b, id, 10), "\r\n"...)
}

func appendUnsub(b []byte, id uint64) []byte {
	return append(strconv.AppendUint(append(b, "UNSUB "...), id, 10), "\r\n"...)
}

// readLine reads a line of at most in's buffer, which is valid until the next read.
func readLine(in *bufio.Reader) (verb, rest []byte, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return nil, nil, err
	}
	verb, rest, _ = bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(" "))
	return verb, rest, nil
}

// readInfo reads the server's first line, and returns how large payloads may be.
func readInfo(in *bufio.Reader) (maxPayload int, err error) {
	verb, rest, err := readLine(in)
	if err != nil {
		return 0, err
	}
	var info struct {
		MaxPayload int `json:"max_payload"`
	}
	if string(verb) != "INFO" {
		return 0, fmt.Errorf("it began with %.16q: is it a NATS server?", verb)
	}
	if err := json.Unmarshal(rest, &info); err != nil {
		return 0, fmt.Errorf("its INFO: %w", err)
	}
	return info.MaxPayload, nil
}

// read deals with what the server says, until it hangs up or says what is wrong.
func (n *natsPlane) read(in *bufio.Reader) error {
	for {
		verb, rest, err := readLine(in)
		if err != nil {
			return fmt.Errorf("NATS hung up: %w", err)
		}
		switch string(verb) {
		case "MSG":
			err = n.message(in, rest)
		case "PING":
			n.say(natsPong)
		case "PONG":
			err = n.confirmed()
		case "INFO": // told again when it changes, which is nothing to us
		case "-ERR":
			err = fmt.Errorf("NATS says %s", rest)
		default:
			err = fmt.Errorf("NATS said %.16q, which is not known", verb)
		}
		if err != nil {
			return err
		}
	}
}

// message reads the payload of a MSG and hands it over.
func (n *natsPlane) message(in *bufio.Reader, line []byte) error {
	id, size, err := parseMsg(line)
	if err != nil {
		return err
	}
	data := make([]byte, size+2)
	if _, err := io.ReadFull(in, data); err != nil {
		return err
	}
	if string(data[size:]) != "\r\n" {
		return fmt.Errorf("NATS sent more than the %d bytes it told", size)
	}
	n.naming.RLock()
	channel, ok := n.names[id]
	n.naming.RUnlock()
	if ok { // else it has been unsubscribed
		n.receiver.Receive("", channel, data[:size:size])
	}
	return nil
}

// parseMsg reads what follows MSG: subject, subscription, perhaps whom to answer, and
// size.
func parseMsg(line []byte) (id uint64, size int, err error) {
	_, rest, _ := bytes.Cut(line, []byte(" "))
	first, last, _ := bytes.Cut(rest, []byte(" "))
	if i := bytes.LastIndexByte(last, ' '); i >= 0 {
		last = last[i+1:]
	}
	if id, err = strconv.ParseUint(string(first), 10, 64); err == nil {
		size, err = strconv.Atoi(string(last))
	}
	if err != nil || size < 0 || size > natsLargest {
		return 0, 0, fmt.Errorf("NATS sent MSG %.64q: no subscription and size up to %d", line, natsLargest)
	}
	return id, size, nil
}

// say has a line written.
func (n *natsPlane) say(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting = append(n.waiting, line...)
	n.arrived.Signal()
}

// confirmed takes a PONG, which is for who asked first.
func (n *natsPlane) confirmed() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.pongs) == 0 {
		return errors.New("NATS sent a PONG that nobody asked for")
	}
	close(n.pongs[0])
	n.pongs = n.pongs[1:]
	return nil
}
