package admission_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

func TestNodesWithTheSameCredentialsAdmitEachOther(t *testing.T) {
	g := gate(t, "hub", "s3cret")
	o := meet(g, g, between, between)
	require.NoError(t, o.initiatorErr)
	require.NoError(t, o.responderErr)
	for _, who := range []admission.Admitted{o.initiator, o.responder} {
		assert.Equal(t, "hub", who.User)
		assert.True(t, who.Allows("chat"))
		assert.True(t, g.Valid(who))
	}
}

func TestNodesWithoutCredentialsAdmitEachOther(t *testing.T) {
	a, b := open(t, admission.Options{}), open(t, admission.Options{Cache: "DEMO"})
	o := meet(a, b, between, between)
	require.NoError(t, o.initiatorErr)
	require.NoError(t, o.responderErr)
	assert.True(t, o.initiator.Allows("chat"))
	assert.True(t, a.Valid(o.initiator))
}

func TestEachSideHasItsOwnCredentialsAndItsOwnUsers(t *testing.T) {
	shop := open(t, admission.Options{UserID: "shop", Password: "p1", Users: []admission.User{
		{Name: "chat", Verifier: verifier(t, "chat", "p2"), Applications: []string{"chat", "news"}},
	}})
	chat := open(t, admission.Options{UserID: "chat", Password: "p2", Users: []admission.User{
		{Name: "shop", Verifier: verifier(t, "shop", "p1"), Applications: []string{"shop"}},
	}})
	o := meet(shop, chat, between, between)
	require.NoError(t, o.initiatorErr)
	require.NoError(t, o.responderErr)
	assert.Equal(t, "chat", o.initiator.User)
	assert.Equal(t, "shop", o.responder.User)
	assert.True(t, o.initiator.Allows("news"))
	assert.False(t, o.initiator.Allows("shop"))
	assert.True(t, o.responder.Allows("shop"))
	assert.False(t, o.responder.Allows("chat"))
	assert.False(t, shop.Valid(o.responder), "shop is not in its own list")
}

func TestARefusalTellsBothSidesWhy(t *testing.T) {
	hub, guess := gate(t, "hub", "s3cret"), gate(t, "hub", "guess")
	anonymous := open(t, admission.Options{})
	elsewhere := open(t, admission.Options{Cache: "other"})
	stranger := open(t, admission.Options{UserID: "hubb", Password: "s3cret", Users: []admission.User{{Name: "hub", Verifier: verifier(t, "hub", "s3cret")}}})
	for name, c := range map[string]struct {
		a, b                 *admission.Gate
		reason               admission.Reason
		initiator, responder string
	}{
		"other cache": {anonymous, elsewhere, admission.WrongCache,
			`refused us: it serves cache "other", not "demo"; check the cache name`, `refused: it serves cache "demo", not "other"; check the cache name`},
		"wrong password": {guess, hub, admission.WrongCredentials,
			"refused us: unknown user or wrong password", `refused: wrong password of user "hub"`},
		"unknown user": {stranger, hub, admission.WrongCredentials,
			"refused us: unknown user or wrong password", `refused: unknown user "hubb"`},
		"no credentials": {anonymous, hub, admission.WrongCredentials,
			"refused us: it needs user and password, and this node has none; set UserID and Password", "refused: it has no user and password, and this node has"},
		"needless credentials": {hub, anonymous, admission.WrongCredentials,
			"refused us: it has no user and password, and this node has", "refused: it needs user and password, and this node has none"},
	} {
		t.Run(name, func(t *testing.T) {
			o := meet(c.a, c.b, between, between)
			for _, err := range []error{o.initiatorErr, o.responderErr} {
				var r *admission.Refusal
				require.ErrorAs(t, err, &r)
				assert.ErrorIs(t, err, admission.ErrRefused)
				assert.Equal(t, c.reason, r.Reason)
			}
			assert.ErrorContains(t, o.initiatorErr, c.initiator)
			assert.ErrorContains(t, o.responderErr, c.responder)
		})
	}
}

func TestAResponderThatCannotProveItselfIsRefused(t *testing.T) {
	// It knows the initiator, even its verifier, but its own user is nobody there.
	a := gate(t, "hub", "s3cret")
	b := open(t, admission.Options{UserID: "thief", Password: "p3", Users: []admission.User{{Name: "hub", Verifier: verifier(t, "hub", "s3cret")}}})
	o := meet(a, b, between, between)
	assert.ErrorContains(t, o.initiatorErr, `refused: unknown user "thief"`)
	assert.ErrorContains(t, o.responderErr, "refused us: unknown user or wrong password")
}

func TestAnotherVersionIsNamed(t *testing.T) {
	w := newWire()
	_, err := w.there.Write([]byte{0, 3, 1, 7, 9})
	require.NoError(t, err)
	_, err = gate(t, "hub", "s3cret").Respond(w.responder(), between, nil)
	assert.EqualError(t, err, "refused: it speaks version 7 of the admission exchange, this node 1; run the same release of signalmesh on both")
	w = newWire()
	_, err = w.back.Write([]byte{0, 3, 4, 7, 1})
	require.NoError(t, err)
	_, err = gate(t, "hub", "s3cret").Initiate(w.initiator(), between)
	assert.EqualError(t, err, "refused us: it speaks version 7 of the admission exchange, this node 1; run the same release of signalmesh on both")
}

func TestTwoPasswordsOfAUserAreValidAtOnce(t *testing.T) {
	old, fresh := gate(t, "hub", "old"), gate(t, "hub", "new")
	both := []admission.User{{Name: "hub", Verifier: verifier(t, "hub", "old")}, {Name: "hub", Verifier: verifier(t, "hub", "new")}}
	turned := open(t, admission.Options{UserID: "hub", Password: "new", Users: both})
	waiting := open(t, admission.Options{UserID: "hub", Password: "old", Users: both})
	for _, pair := range [][2]*admission.Gate{{turned, waiting}, {waiting, turned}, {turned, turned}, {turned, fresh}, {old, waiting}} {
		o := meet(pair[0], pair[1], between, between)
		require.NoError(t, errors.Join(o.initiatorErr, o.responderErr))
	}
	o := meet(waiting, turned, between, between)
	require.NoError(t, turned.Accept(both[1:]))
	assert.False(t, turned.Valid(o.responder), "admitted by a password that is no more")
	assert.True(t, waiting.Valid(o.initiator))
	o = meet(waiting, turned, between, between)
	assert.ErrorIs(t, o.responderErr, admission.ErrRefused)
}

func TestWrongOptionsAreNamed(t *testing.T) {
	v := verifier(t, "hub", "s3cret")
	for text, o := range map[string]admission.Options{
		"cache name":                        {},
		"set UserID":                        {Cache: "demo", Password: "x"},
		"set Password":                      {Cache: "demo", UserID: "hub"},
		"no credentials to prove":           {Cache: "demo", Users: []admission.User{{Name: "hub", Verifier: v}}},
		"made for another cache or user":    {Cache: "demo", UserID: "hub", Password: "x", Users: []admission.User{{Name: "other", Verifier: v}}},
		"more than 2 passwords":             {Cache: "demo", UserID: "hub", Password: "x", Users: []admission.User{{Name: "hub", Verifier: v}, {Name: "hub", Verifier: v}, {Name: "hub", Verifier: v}}},
		"name different applications":       {Cache: "demo", UserID: "hub", Password: "x", Users: []admission.User{{Name: "hub", Verifier: v}, {Name: "hub", Verifier: v, Applications: []string{"a"}}}},
		"a password and a verifier":         {Cache: "demo", UserID: "hub", Password: "x", Users: []admission.User{{Name: "hub", Verifier: v, Password: "y"}}},
		"no application":                    {Cache: "demo", UserID: "hub", Password: "x", Users: []admission.User{{Name: "hub", Verifier: v, Applications: []string{}}}},
		"characters that RFC 4013 does not": {Cache: "demo", UserID: "hub", Password: "s3cret\x00"},
	} {
		_, err := admission.New(o)
		assert.ErrorContains(t, err, text)
		assert.NotContains(t, fmt.Sprint(err), "s3cret")
	}
	assert.Error(t, open(t, admission.Options{}).Accept(nil))
}

func TestSecretsDoNotShowThemselves(t *testing.T) {
	v := verifier(t, "hub", "s3cret")
	u := admission.User{Name: "hub", Password: "s3cret", Verifier: v}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		shown := fmt.Sprintf(verb, u) + fmt.Sprintf(verb, v) + fmt.Sprintf(verb, []any{u, v})
		assert.NotContains(t, shown, "s3cret")
		assert.NotContains(t, shown, v.Text()[30:60])
	}
}

// BenchmarkExchange is both sides of one exchange, without a network.
func BenchmarkExchange(b *testing.B) {
	g := gate(b, "hub", "s3cret")
	b.ReportAllocs()
	for b.Loop() {
		o := meet(g, g, between, between)
		if o.initiatorErr != nil || o.responderErr != nil {
			b.Fatal(o.initiatorErr, o.responderErr)
		}
	}
}

// BenchmarkNewVerifier is what a node pays once, at its start.
func BenchmarkNewVerifier(b *testing.B) {
	for b.Loop() {
		if _, err := admission.NewVerifier("demo", "hub", "s3cret"); err != nil {
			b.Fatal(err)
		}
	}
}
