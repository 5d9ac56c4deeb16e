package admission_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

// said are the bytes of a whole exchange, as seeds.
func said(f *testing.F) (initiator, responder []byte) {
	g := gate(f, "hub", "s3cret")
	o := meet(g, g, between, between)
	require.NoError(f, errors.Join(o.initiatorErr, o.responderErr))
	return o.wire.there.all.Bytes(), o.wire.back.all.Bytes()
}

// Whatever a peer says without the password, nobody is admitted, and no more is
// read and written than an exchange needs.
func FuzzMessages(f *testing.F) {
	initiator, responder := said(f)
	f.Add(initiator)
	f.Add(responder)
	f.Add([]byte{0, 3, 4, 1, 3})
	f.Add([]byte{0, 3, 4, 2, 1, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		g := gate(t, "hub", "s3cret")
		respond := func(rw io.ReadWriter, c admission.Channel) (admission.Admitted, error) { return g.Respond(rw, c, nil) }
		for _, side := range []func(io.ReadWriter, admission.Channel) (admission.Admitted, error){g.Initiate, respond} {
			in, out := bytes.NewReader(b), &bytes.Buffer{}
			who, err := side(end{in, out}, between)
			require.Error(t, err)
			require.Empty(t, who.User)
			require.NotEmpty(t, err.Error())
			require.Less(t, out.Len(), 4*admission.MaxMessage)
			require.LessOrEqual(t, len(b)-in.Len(), 5*(admission.MaxMessage+2))
		}
	})
}
