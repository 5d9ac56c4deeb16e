package signalr

import "time"

// farewellTime is how long a server that closes may take to tell the others what
// waits to be told.
const farewellTime = time.Second

// abandonQuestions refuses what other servers wait for. Those of this mesh notice
// that a server left; one of ASP.NET Core would wait for ever.
func (s *Server) abandonQuestions() {
	for _, h := range s.hubs {
		for id, q := range h.questions.abandon() {
			h.later(q.server, q.connection, func() {
				q.answer(s.protocols[0], failedAnswer(id, disconnectedElsewhere))
			})
		}
	}
}

// sayFarewell waits until the commands that are queued have run.
func (s *Server) sayFarewell() {
	if !s.obeying {
		return
	}
	end := time.NewTimer(farewellTime)
	defer end.Stop()
	for _, queue := range s.commands.queues {
		ran := make(chan struct{})
		select {
		case queue <- func() { close(ran) }:
		case <-end.C:
			return
		case <-s.ctx.Done():
			return
		}
		select {
		case <-ran:
		case <-end.C:
			return
		case <-s.ctx.Done():
			return
		}
	}
}

// abandon forgets all that other servers ask, and returns that by ID.
func (qs *questions) abandon() map[string]*question {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	forgotten := make(map[string]*question)
	for id, q := range qs.waiting {
		if q.server != "" {
			qs.leave(id, q)
			forgotten[id] = q
		}
	}
	return forgotten
}
