package backplanetest

import (
	"context"
	"slices"
	"strings"
)

// listedPrefix begins the names of channels that package mesh lists.
const listedPrefix = "\x00\x00"

// Announce subscribes to channels, as that of a mesh.Topic. There is nothing to
// wait for.
func (p *Port) Announce(channels ...string) (confirm func(context.Context) error, err error) {
	for _, c := range channels {
		if err := p.memory.subscribe(p, c); err != nil {
			return nil, err
		}
	}
	return func(context.Context) error { return nil }, nil
}

// Channels returns every channel that other ports are subscribed to.
func (p *Port) Channels() []string {
	p.memory.mu.RLock()
	defer p.memory.mu.RUnlock()
	var channels []string
	for name, ports := range p.memory.channels {
		if _, own := ports[p]; len(ports) > 1 || !own {
			channels = append(channels, name)
		}
	}
	return channels
}

// Listed returns those of Channels that begin with two zero bytes, and the version
// of that list.
func (p *Port) Listed() (channels []string, version uint64) {
	version = p.memory.version.Load()
	return slices.DeleteFunc(p.Channels(), func(c string) bool { return !strings.HasPrefix(c, listedPrefix) }), version
}

// ListedVersion changes with what Listed returns.
func (p *Port) ListedVersion() uint64 { return p.memory.version.Load() }
