//go:build linux

package main

// A source is what one life of a server publishes to one channel: numbers from 1.
// It is not safe for concurrent use; a Ledger guards it.
type source struct {
	begun    uint64 // numbers handed to the server
	accepted uint64 // the highest that it took without an error
	answered uint64 // how many it answered, either way
	refused  map[uint64]struct{}
	killed   bool // its life ended by force: what it had taken may have died with it
	accounts map[life]*account
}

func newSource() *source {
	return &source{refused: map[uint64]struct{}{}, accounts: map[life]*account{}}
}

// end is the highest number that every receiver must have. Of a life that ended by
// force it is what one of those that live on has: what one holds, all must get.
func (s *source) end() uint64 {
	if !s.killed {
		return s.accepted
	}
	var last uint64
	for _, a := range s.accounts {
		if !a.ended {
			last = max(last, a.last)
		}
	}
	return last
}

// pending is how many numbers were not answered yet.
func (s *source) pending() uint64 { return s.begun - s.answered }

// owed is how many numbers a has not been delivered although it must have been.
func (s *source) owed(a *account) (n int) {
	for number := range a.missing {
		if _, refused := s.refused[number]; !refused {
			n++
		}
	}
	if a.ended { // it is not there any more to get the rest
		return n
	}
	for number := a.last + 1; number <= s.end(); number++ {
		if _, refused := s.refused[number]; !refused {
			n++
		}
	}
	return n
}

// An account is what one client got of one source. It begins with the number
// above floor: with the first that came, or the first published after both servers
// knew each other, whichever is lower.
type account struct {
	floor   uint64
	last    uint64              // the highest number that came
	missing map[uint64]struct{} // below last
	ended   bool                // the client's server is no more

	delivered, duplicates, disordered int
}

func openAccount(floor uint64) *account {
	return &account{floor: floor, last: floor, missing: map[uint64]struct{}{}}
}

// take notes that a number came.
func (a *account) take(number uint64) {
	_, late := a.missing[number]
	switch {
	case number <= a.floor: // published before the account began
	case number > a.last:
		for n := a.last + 1; n < number; n++ {
			a.missing[n] = struct{}{}
		}
		a.last = number
		a.delivered++
	case late:
		delete(a.missing, number)
		a.delivered++
		a.disordered++
	default:
		a.duplicates++
	}
}
