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
// several times, in rounds; what is found and ended is counted over all of them.
type tally struct {
	changed chan struct{} // holds a token when there is something new to see

	// Guarded by controls.mu.
	missing      map[int32]int // replies that a round waits for, by its ID; negative: not known yet how many
	complete     bool          // a round has all its replies
	found, ended int
}

func newControls() *controls { return &controls{tallies: make(map[int32]*tally)} }

func newTally() *tally {
	return &tally{changed: make(chan struct{}, 1), missing: make(map[int32]int)}
}

// begin begins a round of t, and returns the ID to send it with.
func (cs *controls) begin(t *tally) (id int32) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.last++
	cs.tallies[cs.last] = t
	t.missing[cs.last] = 0
	return cs.last
}

// sent says how many servers were sent a round. Some may have replied already.
func (cs *controls) sent(t *tally, id int32, servers int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	t.missing[id] += servers
	t.complete = t.complete || t.missing[id] <= 0
}

// end ends the waiting for replies.
func (cs *controls) end(t *tally) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for id := range t.missing {
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
	t.missing[r.ID]--
	t.complete = t.complete || t.missing[r.ID] == 0
	t.found += int(r.Found)
	t.ended += int(r.Ended)
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// read tells whether a round is complete, and what was found and ended.
func (cs *controls) read(t *tally) (complete bool, found, ended int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return t.complete, t.found, t.ended
}
