package discovery

import (
	"context"
	"errors"

	"github.com/multiformats/go-multiaddr"
)

// dialBalanced dials a load balancer until an answer brings no new peer, two dials in
// a row fail, or most dials were made. This node's own answer is one of those that
// can repeat. It returns the first peer, or why there is none; a refusal counts more
// than another error.
func (r *runner) dialBalanced(ctx context.Context, addr multiaddr.Multiaddr, most int) (string, error) {
	var first string
	var last error
	met := map[string]bool{}
	for failed := 0; most > 0 && failed < 2 && ctx.Err() == nil; most-- {
		peer, err := r.dial(ctx, addr)
		self := errors.Is(err, ErrSelf)
		if err != nil && !self {
			failed++
			if !errors.Is(last, ErrRefused) || errors.Is(err, ErrRefused) {
				last = err
			}
			continue
		}
		failed = 0
		if self {
			peer = "" // no peer ID is empty
		}
		if met[peer] {
			break
		}
		met[peer] = true
		if first == "" {
			first = peer
		}
	}
	switch {
	case first != "":
		return first, nil
	case last != nil:
		return "", last
	}
	return "", errors.New("only this node answered")
}
