package mesh

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

func TestKnockingDoesNotFillTheLog(t *testing.T) {
	var log strings.Builder
	r := newRefusals(slog.New(slog.NewTextHandler(&log, nil)))
	refused := &admission.Refusal{Reason: admission.WrongCache, Theirs: "other", Ours: "demo"}
	for range 1000 {
		r.count(refused)
		r.log("10.0.0.2:9800", "10.0.0.2", refused)
	}
	assert.Equal(t, 1, strings.Count(log.String(), "\n"))
	assert.EqualValues(t, 1000, r.counted(admission.WrongCache))
	for i := range 10 * maxRefusals {
		r.log("somewhere", fmt.Sprint(i), refused)
	}
	assert.Len(t, r.told, maxRefusals)
	assert.True(t, r.news(refusal{who: "10.0.0.2", reason: admission.WrongCache}, time.Now().Add(refusalsEvery)), "a while later")
	assert.Len(t, r.told, 1, "what is long ago is forgotten")
}

func TestWhoIsKeptOutIsNotAdmitted(t *testing.T) {
	home, _ := openAs(t, "hub")
	member, _ := openAs(t, "hub")
	home.guard.ban(member.host.ID())
	_, err := member.Dial(t.Context(), home.Addrs()[0])
	if err == nil { // it may be done before home hangs up
		awaitCutOff(t, member, home)
	}
	home.secure.admitted.mu.Lock()
	defer home.secure.admitted.mu.Unlock()
	require.Empty(t, home.secure.admitted.peers)
}
