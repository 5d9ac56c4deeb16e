//go:build linux

package main

import (
	"context"
	"maps"
)

// A report is what the nodes themselves say they lost, for each pair.
type report struct {
	pairs map[pair]int
	total map[life]int // by receiver; a member that left is in no list any more
}

func newReport() *report { return &report{pairs: map[pair]int{}, total: map[life]int{}} }

// update asks every node that runs.
func (r *report) update(ctx context.Context, f *fleet) error {
	for _, s := range f.servers {
		status, err := s.process.status(ctx)
		if err != nil {
			return err
		}
		total, err := s.process.counter(ctx, "lost_total")
		if err != nil {
			return err
		}
		r.total[s.life] = int(total)
		for _, m := range status.Members {
			if from, known := f.lifeOf(m.Peer); known {
				r.pairs[pair{from, s.life}] = max(r.pairs[pair{from, s.life}], int(m.Lost))
			}
		}
	}
	return nil
}

// A balance is the ledger and the report at one time.
type balance struct {
	sums     map[pair]Sums
	reported map[pair]int
	total    map[life]int
	refused  int
}

// balance takes stock of both, when nothing is on its way.
func (r *report) balance(ctx context.Context, f *fleet) (balance, error) {
	err := r.update(ctx, f)
	return balance{f.ledger.sums(), maps.Clone(r.pairs), maps.Clone(r.total), f.ledger.refused()}, err
}

// A Result is what happened between two balances.
type Result struct {
	Sums
	Reported    int // lost, as the receivers say
	Unaccounted int // neither delivered nor reported
	Refused     int // publishing failed, and the publisher was told
}

// since is what happened from an earlier balance on.
func (b balance) since(o balance) Result {
	r := Result{Refused: b.refused - o.refused}
	unpaid := map[life]int{}  // by receiver: missing, and not reported of that sender
	unnamed := map[life]int{} // by receiver: reported of senders that are in no list
	for to, total := range b.total {
		unnamed[to] = total - o.total[to]
		r.Reported += total - o.total[to]
	}
	for p, sums := range b.sums {
		d := sums.minus(o.sums[p])
		r.Sums = r.plus(d)
		reported := b.reported[p] - o.reported[p]
		unnamed[p.to] -= reported
		unpaid[p.to] += max(0, d.Missing-reported)
	}
	for to, missing := range unpaid {
		r.Unaccounted += max(0, missing-unnamed[to])
	}
	return r
}
