//go:build linux

// Command bench compares the mesh with what it replaces, on this machine: the same
// servers with the same load on one backplane after the other, in turns (A B C A B C
// …), so that whatever else the machine does hits all of them alike.
//
//	bench                     everything, some fifteen minutes
//	bench -quick              everything, once and briefly: two minutes
//	bench -run saturated      figures whose names match
//	bench -record FILE        put the tables into the manual, too
//	bench -profile DIR        profiles of one saturated mesh server instead
//
// The contestants are the mesh; Redis, if redis-server is installed; NATS, if make has
// put its server beside this program; memory, which is
// several servers in one process, as a floor; and raw TCP and TLS connections, as what
// this machine can do at most. The mesh and Redis are also compared as whole servers
// with clients. Results go to build/bench: results.json and index.html.
// docs/benchmarks.md says how it is done, and how to read it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && roles[os.Args[1]] != nil {
		if err := roles[os.Args[1]](os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintf(os.Stderr, "bench %s: %v\n", os.Args[1], err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills at once, and the servers with it
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// roles are what a process of the benchmark can be besides the harness.
var roles = map[string]func(args []string, in io.Reader, out io.Writer) error{
	"node": runNode, roleServer: runServer, roleClients: runClients, roleDoor: runDoor, roleApp: runApp,
}

// settings are the command line.
type settings struct {
	servers        int
	rounds         int
	warm, measured time.Duration
	contestants    []string
	clients        []int // of whole servers, in lives of their own
	match          *regexp.Regexp
	quick          bool
	out, record    string
	profile        string
	size           int
}

// run is the program: 0 is a clean end, 1 a failure, 2 a wrong command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	do := s.compare
	if s.profile != "" {
		do = s.takeProfiles
	}
	if err := do(ctx, stdout); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.servers, "servers", 3, "how many servers, from 3 to 16, each in a process of its own")
	flags.IntVar(&s.rounds, "rounds", 5, "how often each figure is taken of each contestant")
	flags.DurationVar(&s.warm, "warm", 500*time.Millisecond, "how long each load runs before it is measured")
	flags.DurationVar(&s.measured, "measure", 1300*time.Millisecond, "how long it is measured")
	contestants := flags.String("contestants", "mesh,redis,nats,memory,tls,tcp", "who takes part")
	flags.Func("clients", "how many clients whole servers have, such as 1000,5000, which it is without -quick", s.parseClients)
	match := flags.String("run", "", "take only figures whose names match this regular expression")
	flags.BoolVar(&s.quick, "quick", false, "short and few rounds: a look, not a figure")
	flags.StringVar(&s.out, "out", filepath.Join("build", "bench"), "where results.json and index.html go")
	flags.StringVar(&s.record, "record", "", "put the tables into this file, between its marks")
	flags.StringVar(&s.profile, "profile", "", "take profiles of a saturated mesh server into this folder instead")
	flags.IntVar(&s.size, "size", 256, "payload under -profile, from 32 bytes to 1 MiB")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.quick {
		s.rounds, s.warm, s.measured = 1, 100*time.Millisecond, 250*time.Millisecond
	}
	s.completeClients()
	s.contestants = strings.Split(*contestants, ",")
	if s.match, err = regexp.Compile(*match); err != nil {
		return s, err
	}
	if s.servers < 3 || s.servers > 16 || s.rounds < 1 || s.warm < 0 || s.measured < 100*time.Millisecond || s.size < 32 || s.size > 1<<20 || flags.NArg() > 0 {
		return s, errors.New("-servers is from 3 to 16, -rounds at least 1, -measure at least 100ms, -size from 32 to 1048576, and nothing follows the flags")
	}
	return s, nil
}

// compare runs everything and tells it.
func (s settings) compare(ctx context.Context, stdout io.Writer) (err error) {
	report := Report{Machine: machine(), Begun: time.Now(), Settings: s.String()}
	if report.Redis = redisVersion(); report.Redis == "" && slices.Contains(s.contestants, contestantRedis) {
		s.leaveOut(contestantRedis, "Redis: there is no redis-server here; install it from the system's packages", &report, stdout)
	}
	if report.NATS = natsVersion(); report.NATS == "" && slices.Contains(s.contestants, contestantNATS) {
		s.leaveOut(contestantNATS, "NATS: there is no nats-server beside this program; make bench builds it if its modules can be fetched", &report, stdout)
	}
	if report.Rows, err = s.takeFigures(ctx, stdout); err != nil {
		return err
	}
	if err := s.whole(ctx, stdout, &report); err != nil {
		return err
	}
	if s.match.MatchString(bystandersName) {
		if report.Bystanders, err = s.bystanders(ctx, stdout); err != nil {
			return err
		}
	}
	if s.match.MatchString(faultsName) {
		if report.Faults, err = s.faults(ctx, stdout); err != nil {
			return err
		}
	}
	if s.match.MatchString(doorsName) {
		if report.Doors, err = s.doors(ctx, stdout); err != nil {
			return err
		}
	}
	report.finish()
	report.print(stdout)
	if err := report.write(s.out); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	fmt.Fprintf(stdout, "\n%s\n%s\n", filepath.Join(s.out, "results.json"), filepath.Join(s.out, "index.html"))
	if s.record != "" {
		if err := report.record(s.record); err != nil {
			return fmt.Errorf("record the tables: %w", err)
		}
	}
	return nil
}

// leaveOut takes a contestant out, and says why.
func (s *settings) leaveOut(contestant, why string, report *Report, stdout io.Writer) {
	s.contestants = slices.DeleteFunc(s.contestants, func(c string) bool { return c == contestant })
	report.LeftOut = append(report.LeftOut, why)
	fmt.Fprintln(stdout, "left out:", why)
}

// String tells how it is measured, for who reads the results.
func (s settings) String() string {
	return fmt.Sprintf("%d servers; %d rounds, in turns; each load runs %v before it is measured for %v", s.servers, s.rounds, s.warm, s.measured)
}

// takeFigures takes every figure of every contestant, in turns.
func (s settings) takeFigures(ctx context.Context, stdout io.Writer) (rows []Row, err error) {
	figures := s.figures()
	if len(figures) == 0 {
		return nil, nil
	}
	fleets := map[string]*fleet{}
	defer func() {
		for _, f := range fleets {
			err = errors.Join(err, f.close())
		}
	}()
	for _, c := range s.contestants {
		if fleets[c], err = startFleet(ctx, c, s.servers); err != nil {
			delete(fleets, c)
			return nil, err
		}
	}
	for _, figure := range figures {
		fmt.Fprintf(stdout, "%s …\n", figure.name)
		results := map[string][]Result{}
		for range s.rounds {
			for _, c := range s.contestants {
				if slices.Contains(figure.without, c) {
					continue
				}
				r, err := figure.run(ctx, fleets[c])
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", figure.name, c, err)
				}
				results[c] = append(results[c], r)
			}
		}
		for _, c := range s.contestants {
			if len(results[c]) > 0 {
				rows = append(rows, rowOf(figure, c, results[c]))
			}
		}
	}
	return rows, nil
}
