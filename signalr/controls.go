package signalr

import (
	"sync"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// controls are the control commands of one hub that wait for replies.
type controls struct {
	mu      sync.Mutex
	last    int32
	tallies map[int32]*tally // by ID of the command
}

// A tally counts the replies to one control command. The command may be sent
// several times, in rounds with an ID each; what is found and ended is counted
// over all of them.
type tally struct {
	changed chan struct{} // holds a token when there is something new to see

	// Guarded by controls.mu.
	rounds       []int32 // the last one is under way
	replies      int     // in that round
	found, ended int
}

func newControls() *controls { return &controls{tallies: make(map[int32]*tally)} }

func newTally() *tally { return &tally{changed: make(chan struct{}, 1)} }

// begin begins a new round of t, and returns the ID to send it with.
func (cs *controls) begin(t *tally) (id int32) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.last++
	cs.tallies[cs.last] = t
	t.rounds = append(t.rounds, cs.last)
	t.replies = 0
	return cs.last
}

// end ends the waiting for replies.
func (cs *controls) end(t *tally) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for _, id := range t.rounds {
		delete(cs.tallies, id)
	}
}

// reply takes a reply. One that nobody waits for has no effect.
func (cs *controls) reply(r protocol.ControlReply) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	t := cs.tallies[r.ID]
	if t == nil {
		return
	}
	if r.ID == cs.current(t) {
		t.replies++
	}
	t.found += int(r.Found)
	t.ended += int(r.Ended)
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// current returns the ID of the round under way. The caller holds mu.
func (cs *controls) current(t *tally) int32 { return t.rounds[len(t.rounds)-1] }

// read returns how many replied in this round, and what was found and ended.
func (cs *controls) read(t *tally) (replies, found, ended int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return t.replies, t.found, t.ended
}
