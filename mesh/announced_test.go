package mesh

import (
	"fmt"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/assert"
)

func TestAnnouncedApplicationsAreBounded(t *testing.T) {
	a := newAnnounced()
	a.note("p", "shop", true)
	a.note("p", "chat", true)
	a.note("p", "chat", true)
	assert.Equal(t, []string{"chat", "shop"}, a.of("p"))
	a.note("p", "shop", false)
	a.note("p", "never", false)
	assert.Equal(t, []string{"chat"}, a.of("p"))
	a.note("p", "chat", false)
	assert.Empty(t, a.peers)
	a.note("p", strings.Repeat("x", maxAnnouncedName+1), true)
	assert.Empty(t, a.peers)
	for i := range 3 * maxAnnounced {
		a.note("p", fmt.Sprint(i), true)
	}
	assert.Len(t, a.of("p"), maxAnnounced)
	for i := range 2 * maxAnnouncers {
		a.note(peer.ID(fmt.Sprint(i)), "chat", true)
	}
	assert.Len(t, a.peers, maxAnnouncers)
}
