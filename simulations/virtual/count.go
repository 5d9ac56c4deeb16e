package virtual

// count notes small packets that a host sends together with others.
func (h *host) count(w *world, bytes, messages int) {
	h.owe(bytes)
	h.SentMessages += w.counted(messages)
}

// counted is v while the load runs, else 0.
func (w *world) counted(v int) uint64 {
	if w.now < w.begin || w.now > w.begin+w.s.Duration.D() {
		return 0
	}
	return uint64(v)
}

// traffic counts bytes that go from one host to another, by their regions.
func (w *world) traffic(from, to *host, bytes int) {
	w.between[from.region*len(w.s.Regions)+to.region] += float64(bytes)
}
