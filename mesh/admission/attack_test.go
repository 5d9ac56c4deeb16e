package admission_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

// send writes a message as an attacker makes it.
func send(t testing.TB, w io.Writer, kind byte, text string) {
	b := binary.BigEndian.AppendUint16(nil, uint16(1+len(text)))
	_, err := w.Write(append(append(b, kind), text...))
	require.NoError(t, err)
}

// receive reads a message.
func receive(t testing.TB, r io.Reader) (kind byte, text string) {
	var head [3]byte
	_, err := io.ReadFull(r, head[:])
	require.NoError(t, err)
	b := make([]byte, binary.BigEndian.Uint16(head[:])-1)
	_, err = io.ReadFull(r, b)
	require.NoError(t, err)
	return head[2], string(b)
}

const (
	hello = 1
	scram = 2
)

const helloDemo = "\x01\x00demo"

// responding runs g as the responder of an attacker's connection.
func responding(g *admission.Gate, w *wire, c admission.Channel) (wait func() error) {
	return inBackground(func() error {
		defer w.back.close()
		_, err := g.Respond(w.responder(), c, nil)
		return err
	})
}

func initiating(g *admission.Gate, w *wire, c admission.Channel) (wait func() error) {
	return inBackground(func() error {
		defer w.there.close()
		_, err := g.Initiate(w.initiator(), c)
		return err
	})
}

func inBackground(f func() error) (wait func() error) {
	var err error
	var work sync.WaitGroup
	work.Go(func() { err = f() })
	return func() error {
		work.Wait()
		return err
	}
}

func TestAManInTheMiddleGainsNothing(t *testing.T) {
	// He has a secured connection with each, under his own peer ID, and passes every
	// message on.
	g := gate(t, "hub", "s3cret")
	o := meet(g, g, admission.Channel{Initiator: "peer A", Responder: "man"}, admission.Channel{Initiator: "man", Responder: "peer B"})
	assert.ErrorIs(t, o.initiatorErr, admission.ErrRefused)
	assert.ErrorIs(t, o.responderErr, admission.ErrRefused)
}

func TestOneEndOfTheBindingIsNotEnough(t *testing.T) {
	g := gate(t, "hub", "s3cret")
	for _, seen := range []admission.Channel{
		{Initiator: "peer A", Responder: "other"}, {Initiator: "other", Responder: "peer B"},
		{Initiator: "peer B", Responder: "peer A"}, {Initiator: "peer Apeer", Responder: " B"},
	} {
		o := meet(g, g, between, seen)
		assert.ErrorIs(t, o.responderErr, admission.ErrRefused, seen)
	}
}

func TestAReplayGainsNothing(t *testing.T) {
	g := gate(t, "hub", "s3cret")
	recorded := meet(g, g, between, between).wire
	w := newWire()
	_, err := w.there.Write(recorded.there.all.Bytes())
	require.NoError(t, err)
	_, err = g.Respond(w.responder(), between, nil)
	assert.ErrorIs(t, err, admission.ErrRefused, "of the initiator's part")
	w = newWire()
	_, err = w.back.Write(recorded.back.all.Bytes())
	require.NoError(t, err)
	_, err = g.Initiate(w.initiator(), between)
	assert.ErrorIs(t, err, admission.ErrProtocol, "of the responder's part")
}

func TestAReflectionGainsNothing(t *testing.T) {
	g := gate(t, "hub", "s3cret")
	w := newWire()
	_, err := g.Initiate(end{w.there, w.there}, between) // it hears itself
	assert.ErrorIs(t, err, admission.ErrProtocol)

	// The attacker has the node dial him, and lets it prove itself to itself.
	dialled, dialling := newWire(), newWire()
	answer := responding(g, dialled, admission.Channel{Initiator: "man", Responder: "node"})
	call := initiating(g, dialling, admission.Channel{Initiator: "node", Responder: "man"})
	receive(t, dialling.there) // its hello
	send(t, dialled.there, hello, helloDemo)
	_, first := receive(t, dialling.there)
	send(t, dialled.there, scram, first)
	_, challenge := receive(t, dialled.back)
	send(t, dialling.back, scram, challenge)
	_, proof := receive(t, dialling.there)
	send(t, dialled.there, scram, proof)
	assert.ErrorIs(t, answer(), admission.ErrRefused)
	dialling.back.close()
	assert.Error(t, call())
}

func TestTheServersOwnNonceIsNoProof(t *testing.T) {
	w := newWire()
	answer := responding(gate(t, "hub", "s3cret"), w, between)
	send(t, w.there, hello, helloDemo)
	send(t, w.there, scram, "p=tls-exporter,,n=hub,r=mine")
	_, challenge := receive(t, w.back)
	send(t, w.there, scram, challenge)
	assert.ErrorIs(t, answer(), admission.ErrRefused)
}

func TestAClientThatDoesNotBindIsNotHeard(t *testing.T) {
	for _, first := range []string{"n,,n=hub,r=mine", "y,,n=hub,r=mine", "p=tls-unique,,n=hub,r=mine", "p=tls-exporter,a=root,n=hub,r=mine", "p=tls-exporter,,m=x,n=hub,r=mine", "", "\x00"} {
		w := newWire()
		send(t, w.there, hello, helloDemo)
		send(t, w.there, scram, first)
		_, err := gate(t, "hub", "s3cret").Respond(w.responder(), between, nil)
		assert.ErrorIs(t, err, admission.ErrProtocol, first)
	}
}

func TestAServerCannotChooseSaltOrIterations(t *testing.T) {
	// Fewer iterations, or a salt of his own, would make a proof he can guess from;
	// more would keep the client busy.
	g := gate(t, "hub", "s3cret")
	verifier := strings.SplitN(verifier(t, "hub", "s3cret").Text(), "$", 3)[1]
	_, salt, _ := strings.Cut(verifier, ":")
	for _, end := range []string{
		",s=" + salt + ",i=1", ",s=" + salt + ",i=4096", ",s=" + salt + ",i=199999", ",s=" + salt + ",i=1000000000", ",s=" + salt + ",i=0200000",
		",s=" + base64.StdEncoding.EncodeToString([]byte("salt of another")) + ",i=200000", ",s=,i=200000", ",m=x,s=" + salt + ",i=200000", "",
	} {
		w := newWire()
		call := initiating(g, w, between)
		receive(t, w.there)
		_, first := receive(t, w.there)
		start := time.Now()
		send(t, w.back, scram, first[strings.Index(first, "r="):]+"more"+end)
		assert.ErrorIs(t, call(), admission.ErrProtocol, end)
		assert.Less(t, time.Since(start), 5*time.Second)
	}
	w := newWire()
	call := initiating(g, w, between)
	receive(t, w.there)
	send(t, w.back, scram, "r=another,s="+salt+",i=200000")
	assert.ErrorIs(t, call(), admission.ErrProtocol, "a nonce that does not follow the client's")
}

func TestAServerWithoutTheVerifierIsRefused(t *testing.T) {
	g := gate(t, "hub", "s3cret")
	_, salt, _ := strings.Cut(strings.SplitN(verifier(t, "hub", "s3cret").Text(), "$", 3)[1], ":")
	for _, signature := range []string{"v=" + base64.StdEncoding.EncodeToString(make([]byte, 32)), "v=", "e=other-error", "", "v=?"} {
		w := newWire()
		call := initiating(g, w, between)
		receive(t, w.there)
		_, first := receive(t, w.there)
		send(t, w.back, scram, first[strings.Index(first, "r="):]+"more,s="+salt+",i=200000")
		receive(t, w.there)
		send(t, w.back, scram, signature)
		assert.ErrorIs(t, call(), admission.ErrRefused, signature)
	}
}

func TestAnAnonymousServerDoesNotFoolANodeWithCredentials(t *testing.T) {
	w := newWire()
	call := initiating(gate(t, "hub", "s3cret"), w, between)
	send(t, w.back, 3, "")
	assert.ErrorContains(t, call(), "it has no user and password")
}

// asked returns what a responder says to a guess for a user, without what is random.
func asked(t *testing.T, user string) string {
	w := newWire()
	g := open(t, admission.Options{UserID: user, Password: "guess", Users: []admission.User{{Name: "hub", Verifier: verifier(t, "hub", "s3cret")}}})
	o := meet(g, gate(t, "hub", "s3cret"), between, between)
	require.ErrorIs(t, o.responderErr, admission.ErrRefused)
	said := o.wire.back.all.String()
	w.there.close()
	said = regexp.MustCompile(`r=[^,]*`).ReplaceAllString(said, "r=…")
	return regexp.MustCompile(`s=[^,]*`).ReplaceAllStringFunc(said, func(s string) string { return fmt.Sprint(len(s)) })
}

func TestAnUnknownUserIsAnsweredLikeAKnownOne(t *testing.T) {
	known := asked(t, "hub")
	assert.Equal(t, known, asked(t, "nobody"))
	assert.Equal(t, known, asked(t, "who=?,ever"))
	w := newWire()
	for range 2 { // the salt of nobody does not change from one try to the next
		send(t, w.there, hello, helloDemo)
		send(t, w.there, scram, "p=tls-exporter,,n=nobody,r=mine")
		w.there.close()
		_, _ = gate(t, "hub", "s3cret").Respond(w.responder(), between, nil)
		w = &wire{newStream(), w.back}
	}
	_, first := receive(t, w.back)
	_, second := receive(t, w.back)
	assert.Equal(t, first[strings.Index(first, ",s="):], second[strings.Index(second, ",s="):])
	assert.NotEqual(t, first, second, "its nonce does")
}

func TestNoSecretIsOnTheWire(t *testing.T) {
	g := gate(t, "hub", "s3cret")
	o := meet(g, g, between, between)
	require.NoError(t, o.initiatorErr)
	wire := append(o.wire.there.all.Bytes(), o.wire.back.all.Bytes()...)
	// What the base64 fields hold is looked at too.
	for _, field := range regexp.MustCompile(`[A-Za-z0-9+/]{20,}=*`).FindAll(wire, -1) {
		if b, err := base64.StdEncoding.DecodeString(string(field)); err == nil {
			wire = append(wire, b...)
		}
	}
	text := verifier(t, "hub", "s3cret").Text()
	salted, _, _ := strings.Cut(strings.SplitN(text, ":", 2)[1], "$")
	salt, err := base64.StdEncoding.DecodeString(salted)
	require.NoError(t, err)
	saltedPassword, err := pbkdf2.Key(sha256.New, "s3cret", salt, admission.Iterations, 32)
	require.NoError(t, err)
	mac := func(label string) []byte {
		h := hmac.New(sha256.New, saltedPassword)
		h.Write([]byte(label))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	require.Contains(t, text, base64.StdEncoding.EncodeToString(stored[:]), "this test knows how keys are derived")
	for name, secret := range map[string][]byte{
		"password": []byte("s3cret"), "salted password": saltedPassword, "ClientKey": mac("Client Key"), "StoredKey": stored[:], "ServerKey": mac("Server Key"),
	} {
		for _, form := range []string{string(secret), base64.StdEncoding.EncodeToString(secret), base64.RawURLEncoding.EncodeToString(secret), hex.EncodeToString(secret)} {
			assert.NotContains(t, string(wire), form, name)
		}
	}
}

func TestAResponderTellsAStrangerNothingOfItsUser(t *testing.T) {
	w := newWire()
	send(t, w.there, hello, helloDemo)
	send(t, w.there, scram, "p=tls-exporter,,n=somebody,r=mine")
	send(t, w.there, scram, "c=AAAA,r=mine,p=AAAA")
	_, err := gate(t, "hub", "s3cret").Respond(w.responder(), between, nil)
	require.ErrorIs(t, err, admission.ErrRefused)
	assert.NotContains(t, w.back.all.String(), "hub")
}

func TestMessagesAreBounded(t *testing.T) {
	g := gate(t, "hub", "s3cret")
	for name, b := range map[string][]byte{
		"giant":      {0xff, 0xff, 1},
		"just over":  {4, 1, 1},
		"empty":      {0, 0},
		"wrong kind": {0, 2, 9, 0},
		"long name":  append([]byte{1, 3, 1, 1, 0}, bytes.Repeat([]byte{'x'}, 256)...),
		"no hello":   {0, 1, 1},
		"odd flag":   {0, 3, 1, 1, 2},
	} {
		_, err := g.Respond(end{io.MultiReader(bytes.NewReader(b), iotest.ErrReader(io.ErrUnexpectedEOF)), io.Discard}, between, nil)
		assert.ErrorIs(t, err, admission.ErrProtocol, name)
		if name != "wrong kind" && name != "giant" && name != "just over" && name != "empty" {
			continue
		}
		_, err = g.Initiate(end{bytes.NewReader(b), io.Discard}, between)
		assert.ErrorIs(t, err, admission.ErrProtocol, name)
	}
}

// An endless peer sends one byte for ever.
type endless struct {
	b    byte
	read int
}

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = e.b
	}
	e.read += len(b)
	return len(b), nil
}

func TestAnEndlessPeerIsSoonGivenUp(t *testing.T) {
	for b := range 256 {
		e := &endless{b: byte(b)}
		_, err := gate(t, "hub", "s3cret").Respond(end{e, io.Discard}, between, nil)
		require.Error(t, err)
		_, err = gate(t, "hub", "s3cret").Initiate(end{e, io.Discard}, between)
		require.Error(t, err)
		require.Less(t, e.read, 8*admission.MaxMessage)
	}
}
