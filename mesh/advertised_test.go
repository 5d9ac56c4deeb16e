package mesh

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/assert"
)

func TestPeersAreToldAddressesThatTheyCanReach(t *testing.T) {
	tcp := func(hosts ...string) (list []multiaddr.Multiaddr) {
		for _, h := range hosts {
			list = append(list, multiaddr.StringCast(h+"/tcp/1"))
		}
		return list
	}
	lo4, lo6 := "/ip4/127.0.0.1", "/ip6/::1"
	four, six := "/ip4/10.0.0.1", "/ip6/2001:db8::1"
	local4, local6 := "/ip4/169.254.0.1", "/ip6zone/eth0/ip6/fe80::1"
	for _, c := range []struct{ listening, want []string }{
		{[]string{four, lo4, local4, six, lo6, local6}, []string{four, six}},
		{[]string{lo4, six}, []string{six}},
		{[]string{lo4, local4, lo6, local6}, []string{local4, local6}},
		{[]string{lo4, lo6}, []string{lo4, lo6}},
		{nil, nil},
	} {
		assert.Equal(t, tcp(c.want...), advertised(Options{}, tcp(c.listening...)))
	}
	assert.Equal(t, tcp(six), advertised(Options{Advertise: tcp(six)}, tcp(four)))

	var many []string
	for i := range 9 {
		many = append(many, fmt.Sprintf("/ip4/10.0.0.%d", i+1))
	}
	assert.Len(t, advertised(Options{}, tcp(many...)), 8)
	assert.Equal(t, tcp(append(many[:7:7], six)...), advertised(Options{}, tcp(append(many, six)...)))
	for i := range 9 {
		many = append(many, fmt.Sprintf("/ip6/2001:db8::%d", i+1))
	}
	list := fmt.Sprint(advertised(Options{}, tcp(many...)))
	assert.Equal(t, 4, strings.Count(list, "/ip4/"))
	assert.Equal(t, 4, strings.Count(list, "/ip6/"))
}

func TestAddressesWithoutARouteDoNotHideADeadPeer(t *testing.T) {
	dial := func(errnos ...syscall.Errno) error {
		err := &swarm.DialError{}
		for _, errno := range errnos {
			err.DialErrors = append(err.DialErrors, swarm.TransportError{Cause: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)}})
		}
		return err
	}
	assert.True(t, dead(dial(syscall.ECONNREFUSED, syscall.ENETUNREACH)))
	assert.True(t, dead(dial(syscall.EADDRNOTAVAIL, syscall.ECONNREFUSED, syscall.EAFNOSUPPORT)))
	assert.False(t, dead(dial(syscall.ECONNREFUSED, syscall.ETIMEDOUT)))
	assert.False(t, dead(dial(syscall.ENETUNREACH)), "nothing is known of the peer")
	assert.False(t, dead(dial()))
	assert.False(t, dead(errors.New("another error")))
}
