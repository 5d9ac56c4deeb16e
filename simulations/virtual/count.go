package virtual

// count notes what a host sends, while the load runs.
func (h *host) count(w *world, bytes, messages int) {
	w.sent += uint64(bytes)
	h.SentBytes += w.counted(bytes)
	h.SentMessages += w.counted(messages)
}

// acknowledge counts TCP's own acknowledgements of some bytes: a packet for each segment.
func (h *host) acknowledge(w *world, from *host, bytes int) {
	acks := (bytes + segment - 1) / segment * segmentHeader
	h.count(w, acks, 0)
	from.ReceivedBytes += w.counted(acks)
}

// counted is v while the load runs, else 0.
func (w *world) counted(v int) uint64 {
	if w.now < w.begin || w.now > w.begin+w.s.Duration.D() {
		return 0
	}
	return uint64(v)
}
