//go:build linux

package main

import (
	"context"
	"encoding/json"
	"io"
)

// What processes of whole servers are.
const (
	roleServer  = "server"
	roleClients = "clients"
)

// What they can be told to do: the first two are for servers, the others for clients.
const (
	opMeet = "meet" // to wait until so many servers have met
	opRest = "rest" // to collect garbage, and give what is free to the system
	opCome = "come" // to connect, all at once
	opPlay = "play" // to begin a load
	opEnd  = "end"  // it, when all has arrived
)

// A Come has clients connect to the servers at Addresses, in turn.
type Come struct {
	Addresses []string
	Count     int
}

// A Came is how that went.
type Came struct {
	Ready Counts // from the beginning until a client is ready, for each
	Last  int64  // when the last one was, in nanoseconds
	Again int    // attempts that failed and were made again
	Why   string // the first of them did
}

// A Play is a load that clients put on the servers. Times are in nanoseconds.
type Play struct {
	Number     uint32 // tells its messages from those of others
	Broadcast  bool   // else it is echo
	Rate       float64
	AtATime    int   // how many are out at a time, if there is no Rate
	Senders    []int // servers whose clients send
	Doomed     int   // server that will be killed, whose clients do not count; -1 is none
	Begin, End int64
	From, To   int64 // the window that is measured, if there is a Rate; else all is
}

// An End ends a play.
type End struct {
	// Windows are those in which the latency of echo is wanted, by when it was due.
	Windows [][2]int64
	// Back is how many clients lost their server and are to be awaited.
	Back int
}

// A Played is what came of a play.
type Played struct {
	Sent    int    // broadcasts, or calls
	Refused int    // sending failed, or the server said that it did
	Window  uint64 // broadcasts that arrived in the window, counted at each client, or calls answered in it
	Until   int64  // when the last of them was
	Missing int    // what had not come lateAfter the last that did, counted at each client
	// From when it was due until it was there, of what was due in the window, or in
	// each of those that End names. Empty if there is no Rate.
	Latency []Counts
	Moved   int    // clients that lost their server
	Back    int    // of them, those that are ready at another
	Again   int    // attempts of theirs that failed and were made again
	Why     string // the first of them did
	Last    int64  // when the last one was back
}

// obey carries out commands one after the other until there are no more, and then
// ends the context of the one that runs.
func obey(in io.Reader, out io.Writer, first Reply, do func(context.Context, Command) (Reply, error)) error {
	ctx, cancel := context.WithCancel(context.Background())
	commands := make(chan Command)
	go func() { // ends with in, and so with the harness
		defer cancel()
		decoder := json.NewDecoder(in)
		for {
			var c Command
			if decoder.Decode(&c) != nil {
				return
			}
			select {
			case commands <- c:
			case <-ctx.Done():
				return
			}
		}
	}()
	encoder := json.NewEncoder(out)
	if err := encoder.Encode(first); err != nil {
		return err
	}
	for {
		select {
		case c := <-commands:
			r, err := do(ctx, c)
			if r.ID = c.ID; err != nil {
				r.Error = err.Error()
			}
			if err := encoder.Encode(r); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}
