//go:build linux

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A life is one process of one server: each has its own numbers.
type life struct{ server, number int }

func (l life) String() string { return fmt.Sprintf("node-%d (life %d)", l.server+1, l.number) }

// A channel is one audience of one life of a server.
type channel struct {
	from life
	name string
}

func (c channel) String() string { return fmt.Sprintf("%q of %s", c.name, c.from) }

// text is what number n of the channel says, and parseText reads it.
func (c channel) text(n uint64) string {
	return fmt.Sprintf("%d.%d/%s %d", c.from.server, c.from.number, c.name, n)
}

func parseText(text string) (c channel, n uint64, err error) {
	head, number, ok := strings.Cut(text, " ")
	from, name, named := strings.Cut(head, "/")
	server, of, lived := strings.Cut(from, ".")
	if !ok || !named || !lived {
		return c, 0, fmt.Errorf("%q is nothing that was published", text)
	}
	c.name = name
	if c.from.server, err = strconv.Atoi(server); err == nil {
		c.from.number, err = strconv.Atoi(of)
	}
	if err == nil {
		n, err = strconv.ParseUint(number, 10, 64)
	}
	return c, n, err
}

// A pair is two lives, of which the first publishes and the second receives.
type pair struct{ from, to life }

// Sums are what an account, or many, came to, in messages.
type Sums struct {
	Delivered, Missing, Duplicates, Disordered int
}

// Offered is what had to be delivered.
func (s Sums) Offered() int { return s.Delivered + s.Missing }

func (s Sums) plus(o Sums) Sums {
	return Sums{s.Delivered + o.Delivered, s.Missing + o.Missing, s.Duplicates + o.Duplicates, s.Disordered + o.Disordered}
}

func (s Sums) minus(o Sums) Sums {
	return Sums{s.Delivered - o.Delivered, s.Missing - o.Missing, s.Duplicates - o.Duplicates, s.Disordered - o.Disordered}
}

// A Ledger is the account of all pairs. It may be used concurrently.
type Ledger struct {
	mu       sync.Mutex
	sources  map[channel]*source
	nonsense error // the first message that nobody can have published
}

func newLedger() *Ledger { return &Ledger{sources: map[channel]*source{}} }

// begin draws the next number of a channel.
func (l *Ledger) begin(c channel) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.source(c)
	s.begun++
	return s.begun
}

func (l *Ledger) source(c channel) *source {
	s := l.sources[c]
	if s == nil {
		s = newSource()
		l.sources[c] = s
	}
	return s
}

// answered notes whether the server took a number, or refused it with an error.
func (l *Ledger) answered(c channel, n uint64, taken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.source(c)
	s.answered++
	if taken {
		s.accepted = max(s.accepted, n)
	} else {
		s.refused[n] = struct{}{}
	}
}

// take notes what came to the client of a life.
func (l *Ledger) take(to life, text string) {
	c, n, err := parseText(text)
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.sources[c]
	switch {
	case err == nil && (s == nil || n == 0 || n > s.begun):
		err = fmt.Errorf("%q was never published", text)
		fallthrough
	case err != nil:
		if l.nonsense == nil {
			l.nonsense = err
		}
		return
	case c.from.server == to.server:
		return // no other server was needed
	}
	a := s.accounts[to]
	if a == nil {
		a = openAccount(n - 1)
		s.accounts[to] = a
	}
	a.take(n)
}

// open begins the account of a channel with a life: what is published from now on
// must arrive there.
func (l *Ledger) open(c channel, to life) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.source(c)
	if s.accounts[to] == nil {
		s.accounts[to] = openAccount(s.begun)
	}
}

// end notes that a life is over: by force, or in order.
func (l *Ledger) end(of life, byForce bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, s := range l.sources {
		if c.from == of {
			s.killed = byForce
			s.answered = s.begun // no answer comes any more
		}
		if a := s.accounts[of]; a != nil {
			a.ended = true
		}
	}
}

// sums are what each pair came to so far.
func (l *Ledger) sums() map[pair]Sums {
	l.mu.Lock()
	defer l.mu.Unlock()
	sums := map[pair]Sums{}
	for c, s := range l.sources {
		for to, a := range s.accounts {
			p := pair{c.from, to}
			sums[p] = sums[p].plus(Sums{a.delivered, s.owed(a), a.duplicates, a.disordered})
		}
	}
	return sums
}

// lacking says, for people, who lacks what: the first few of what is owed.
func (l *Ledger) lacking() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for c, s := range l.sources {
		for to, a := range s.accounts {
			if owed := s.owed(a); owed > 0 {
				lines = append(lines, fmt.Sprintf("%s lacks %d of %s: it has come to %d of %d, with %d holes",
					to, owed, c, a.last, s.end(), len(a.missing)))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines[:min(len(lines), 10)], "\n")
}

// refused is how many numbers servers took with an error.
func (l *Ledger) refused() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.sources {
		n += len(s.refused)
	}
	return n
}

// settled tells whether everything published was answered and came to everybody.
func (l *Ledger) settled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.sources {
		if s.pending() > 0 {
			return false
		}
		for _, a := range s.accounts {
			if !a.ended && a.last < s.end() {
				return false
			}
		}
	}
	return true
}

// marks are how far each live source has come.
func (l *Ledger) marks() map[channel]uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	marks := map[channel]uint64{}
	for c, s := range l.sources {
		marks[c] = s.begun
	}
	return marks
}

// beyond tells whether everybody has what was published after the marks, by the
// lives that still publish; in order, so it has what came before or never will.
func (l *Ledger) beyond(marks map[channel]uint64, lives map[life]bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, mark := range marks {
		if !lives[c.from] {
			continue
		}
		for _, a := range l.sources[c].accounts {
			if !a.ended && a.last <= mark {
				return false
			}
		}
	}
	return true
}

// pending is how many numbers of one life were not answered yet.
func (l *Ledger) pending(of life) (n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, s := range l.sources {
		if c.from == of {
			n += s.pending()
		}
	}
	return n
}

// broken says what was received that cannot be.
func (l *Ledger) broken() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.nonsense
}
