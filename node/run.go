package node

import (
	"context"
	"errors"
)

// Run opens a node, calls started with it, and serves until ctx ends. Then it drains
// the node, within Options.DrainTimeout, and closes it. It is for
// programs that need no other web server than Options.HTTP, with their own handlers as
// Options.Static. Handlers can publish through hubs during the drain.
//
// Started may be nil. If it returns an error the node is closed, and Run returns the
// error. Clients that were disconnected at the end of the drain are logged, and
// are not an error.
func Run(ctx context.Context, o Options, started func(*Node) error) error {
	n, err := New(ctx, o)
	if err != nil {
		return err
	}
	if started != nil {
		if err := started(n); err != nil {
			return errors.Join(err, n.Close())
		}
	}
	<-ctx.Done()
	return n.Shutdown(context.WithoutCancel(ctx))
}
