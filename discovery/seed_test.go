package discovery_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery"
)

const id = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"

func TestSeedsAreReadAsOperatorsWriteThem(t *testing.T) {
	for text, want := range map[string][2]string{
		"127.0.0.1:9801":                   {"/ip4/127.0.0.1/tcp/9801", "127.0.0.1:9801"},
		"127.0.0.1":                        {"/ip4/127.0.0.1/tcp/9800", "127.0.0.1:9800"},
		" web01.internal ":                 {"/dns/web01.internal/tcp/9800", "web01.internal:9800"},
		"web01:9900":                       {"/dns/web01/tcp/9900", "web01:9900"},
		"2001:db8::5":                      {"/ip6/2001:db8::5/tcp/9800", "[2001:db8::5]:9800"},
		"[2001:db8::5]:9801":               {"/ip6/2001:db8::5/tcp/9801", "[2001:db8::5]:9801"},
		"fe80::5%eth0":                     {"/ip6zone/eth0/ip6/fe80::5/tcp/9800", "[fe80::5%eth0]:9800"},
		"::ffff:10.0.0.1":                  {"/ip4/10.0.0.1/tcp/9800", "10.0.0.1:9800"},
		"/ip4/10.0.0.1/tcp/9800":           {"/ip4/10.0.0.1/tcp/9800", "10.0.0.1:9800"},
		"/ip4/10.0.0.1/tcp/9800/p2p/" + id: {"/ip4/10.0.0.1/tcp/9800/p2p/" + id, "10.0.0.1:9800"},
		"[10.0.0.1]:9801":                  {"/ip4/10.0.0.1/tcp/9801", "10.0.0.1:9801"},
		"/dns4/web01/tcp/1":                {"/dns4/web01/tcp/1", "web01:1"},
	} {
		t.Run(text, func(t *testing.T) {
			s, err := discovery.ParseSeed(text)
			require.NoError(t, err)
			require.Len(t, s.Addrs, 1)
			assert.Equal(t, want[0], s.Addrs[0].String())
			assert.Equal(t, want[1], s.String())
		})
	}
}

func TestSeedsThatAreMistaken(t *testing.T) {
	for text, want := range map[string]string{
		"":                                `seed "" is empty; write host:port such as 10.0.0.1:9800`,
		"http://web01:5001":               `seed "http://web01:5001" is a URL; write only the host, without "http://" and path`,
		"web01:0":                         `seed "web01:0" has no port from 1 to 65535 behind its colon`,
		"web01:70000":                     `seed "web01:70000" has no port from 1 to 65535 behind its colon`,
		"web01:":                          `seed "web01:" has no port from 1 to 65535 behind its colon`,
		"10.0.0.300":                      `seed "10.0.0.300" is no IPv4 address; expected four numbers from 0 to 255 such as 10.0.0.1`,
		"fd00::5:9800":                    `seed "fd00::5:9800" could be fd00::5 with port 9800, or an address without a port; write [fd00::5]:9800 or [fd00::5:9800]:9800`,
		"0.0.0.0:9800":                    `seed "0.0.0.0:9800" is no address of one machine`,
		"/ip4/10.0.0.1":                   `seed "/ip4/10.0.0.1" has no TCP port; write /ip4/10.0.0.1/tcp/9800`,
		"/ip4/10.0.0.1/":                  `seed "/ip4/10.0.0.1/" has no TCP port; write /ip4/10.0.0.1/tcp/9800`,
		"/ip4/10.0.0.1/tcp/0":             `seed "/ip4/10.0.0.1/tcp/0" has port 0; expected 1 to 65535`,
		"/ip4/10.0.0.1/udp/9800/quic-v1":  `seed "/ip4/10.0.0.1/udp/9800/quic-v1" is a UDP or QUIC address; the mesh speaks TCP: write /tcp/9800 in place of it`,
		"/ip4/10.0.0.1/tcp/9800/ws":       `seed "/ip4/10.0.0.1/tcp/9800/ws" has /ws, which the mesh does not speak; write one such as /ip4/10.0.0.1/tcp/9800`,
		"/tcp/9800/ip4/10.0.0.1":          `seed "/tcp/9800/ip4/10.0.0.1" has its /tcp part in the wrong place; write one such as /ip4/10.0.0.1/tcp/9800`,
		"/ip4/10.0.0.1/p2p/" + id:         `seed "/ip4/10.0.0.1/p2p/` + id + `" has its /p2p part in the wrong place; it comes last, behind /tcp/…`,
		"/ip4/10.0.0.1/ip4/1.2.3.4/tcp/1": `seed "/ip4/10.0.0.1/ip4/1.2.3.4/tcp/1" names two hosts; write one`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := discovery.ParseSeed(text)
			assert.EqualError(t, err, want)
		})
	}
	for _, text := range []string{"/ip4/10.0.0.1/tcp/70000", "/ip4/10.0.0.300/tcp/9800", "/nonsense", "/"} {
		_, err := discovery.ParseSeed(text)
		require.Error(t, err)
		assert.True(t, strings.HasPrefix(err.Error(), `seed "`+text+`" is no multiaddr: `), err)
	}
}

// FuzzParseSeed checks that a seed which was accepted is written as itself: its
// address and its host:port, read again, are the same seed.
func FuzzParseSeed(f *testing.F) {
	for _, s := range []string{"a", "a:1", "[::1]:2", "fe80::1%e", "/ip4/1.2.3.4/tcp/5", "/dns/a/tcp/6/p2p/" + id, "/ip4/1.2.3.4/udp/5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := discovery.ParseSeed(text)
		if err != nil {
			return
		}
		again, err := discovery.ParseSeed(s.Addrs[0].String())
		require.NoError(t, err)
		require.Equal(t, s.String(), again.String())
		require.True(t, s.Addrs[0].Equal(again.Addrs[0]))
	})
}
