package redisbackplane

import "sync"

// maxBatch is how many channels one command names.
const maxBatch = 256

// wants are the channels that this server wants to be subscribed to, and how far
// Redis knows. Callers say what they want; one goroutine, that of the session, takes
// batches and tells Redis.
type wants struct {
	mu       sync.Mutex
	channels map[string]*want
	changed  []string      // channels to look at
	news     chan struct{} // of capacity 1: something changed
}

type want struct {
	wanted bool
	// held: Redis has confirmed the subscription, and its end has not been asked for.
	held      bool
	queued    bool          // in changed
	confirmed chan struct{} // closed when held, made when somebody waits
}

func newWants() *wants {
	return &wants{channels: make(map[string]*want), news: make(chan struct{}, 1)}
}

// set wants channel, or not any more. If it is wanted, the result is closed once
// Redis has confirmed it; nil means that it has.
func (w *wants) set(channel string, wanted bool) (confirmed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.channels[channel]
	if c == nil {
		if !wanted {
			return nil
		}
		c = new(want)
		w.channels[channel] = c
	}
	c.wanted = wanted
	w.queue(channel, c)
	if !wanted || c.held {
		return nil
	}
	if c.confirmed == nil {
		c.confirmed = make(chan struct{})
	}
	return c.confirmed
}

// queue has the session look at a channel, if there is something to do. The caller
// holds mu.
func (w *wants) queue(channel string, c *want) {
	if c.queued || c.wanted == c.held {
		return
	}
	c.queued = true
	w.changed = append(w.changed, channel)
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// next takes a batch of channels to subscribe to and to unsubscribe from. Both are
// empty if there is nothing to do.
func (w *wants) next() (subscribe, unsubscribe []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.changed) > 0 && len(subscribe) < maxBatch && len(unsubscribe) < maxBatch {
		channel := w.changed[0]
		w.changed = w.changed[1:]
		c := w.channels[channel]
		c.queued = false
		switch {
		case c.wanted && !c.held:
			subscribe = append(subscribe, channel)
		case !c.wanted && c.held:
			c.held = false // from now on nobody may rely on it
			unsubscribe = append(unsubscribe, channel)
		case !c.wanted:
			delete(w.channels, channel)
		}
	}
	return subscribe, unsubscribe
}

// subscribedTo notes that Redis confirmed subscriptions.
func (w *wants) subscribedTo(channels []string) {
	w.each(channels, func(c *want) {
		c.held = true
		if c.wanted && c.confirmed != nil {
			close(c.confirmed)
			c.confirmed = nil
		}
	})
}

// unsubscribedFrom notes that Redis confirmed ends of subscriptions.
func (w *wants) unsubscribedFrom(channels []string) {
	w.each(channels, func(c *want) { c.held = false })
}

// each changes channels and looks what is to be done about them next.
func (w *wants) each(channels []string, change func(*want)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, channel := range channels {
		c := w.channels[channel]
		change(c)
		w.queue(channel, c)
		if !c.wanted && !c.held && !c.queued {
			delete(w.channels, channel)
		}
	}
}

// restart forgets what Redis knew: a new session has no subscriptions.
func (w *wants) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed = w.changed[:0]
	for channel, c := range w.channels {
		c.held, c.queued = false, false
		if !c.wanted {
			delete(w.channels, channel)
			continue
		}
		w.queue(channel, c)
	}
}

// subscribed tells whether Redis counts this server as a subscriber of channel.
func (w *wants) subscribed(channel string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.channels[channel]
	return c != nil && c.held
}
