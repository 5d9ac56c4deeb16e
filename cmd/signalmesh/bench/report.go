//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// busyAbove is how many cores other programs may use on average before the figures
// are called those of a busy machine.
const busyAbove = 0.1

// A Report is everything that was measured.
type Report struct {
	Machine, Settings, Redis, NATS string
	Begun, Ended                   time.Time
	LoadAtEnd                      string
	Others                         float64 // cores that other programs used, on average
	LeftOut                        []string
	Rows                           []Row
	Whole                          []WholeRow
	Bystanders                     []Bystanders
	Faults                         []Fault
	Doors                          []DoorRow
}

// machine says what this machine is.
func machine() string {
	cpu := "unknown processor"
	info, _ := os.ReadFile("/proc/cpuinfo") // without it the processor is unknown
	if _, rest, ok := strings.Cut(string(info), "model name"); ok {
		line, _, _ := strings.Cut(rest, "\n")
		cpu = strings.Trim(line, "\t :")
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%s, %d cores, Linux %s, %s", cpu, runtime.NumCPU(), strings.TrimSpace(string(kernel)), runtime.Version())
}

func (r *Report) finish() {
	r.Ended = time.Now()
	load, _ := os.ReadFile("/proc/loadavg")
	r.LoadAtEnd = strings.Join(strings.Fields(string(load))[:min(3, len(strings.Fields(string(load))))], " ")
	n := float64(len(r.Rows) + len(r.Whole))
	for _, row := range r.Rows {
		r.Others += row.Others / n
	}
	for _, row := range r.Whole {
		r.Others += row.Others / n
	}
}

// quiet tells whether the machine was left alone enough.
func (r *Report) quiet() bool { return r.Others <= busyAbove }

// about tells under what conditions the figures were taken.
func (r *Report) about() []string {
	about := []string{
		fmt.Sprintf("%s, %.0f s. %s.", r.Begun.Format("2 January 2006"), r.Ended.Sub(r.Begun).Seconds(), r.Machine),
		r.Settings + ". Each cell is the median over the rounds, with the least and the most.",
	}
	if r.Redis != "" {
		about = append(about, "redis-server "+r.Redis+" with its default settings, nothing on disk.")
	}
	if r.NATS != "" {
		about = append(about, "nats-server "+r.NATS+" with its default settings.")
	}
	if r.quiet() {
		about = append(about, fmt.Sprintf("Other programs used %.2f cores on average.", r.Others))
	} else {
		about = append(about, fmt.Sprintf("**Taken on a busy machine**: other programs used %.2f of its %d cores on average. Compare columns, not runs.", r.Others, runtime.NumCPU()))
	}
	return append(about, r.LeftOut...)
}

// write writes results.json and index.html.
func (r *Report) write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	results, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "results.json"), results, 0o644); err != nil {
		return err
	}
	return r.writePage(filepath.Join(folder, "index.html"))
}

// Between these lines of the manual are the tables.
const (
	tablesBegin = "<!-- tables: written by make bench RECORD=1 -->"
	tablesEnd   = "<!-- end of tables -->"
)

// record puts the tables into the manual at path, in place of those there.
func (r *Report) record(path string) error {
	manual, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(manual), tablesBegin)
	_, after, ended := strings.Cut(rest, tablesEnd)
	if !begun || !ended {
		return fmt.Errorf("%s has no tables: put the lines %q and %q where they belong", path, tablesBegin, tablesEnd)
	}
	var tables strings.Builder
	fmt.Fprintf(&tables, "%s\n%s\n\n", tablesBegin, strings.Join(r.about(), "\n"))
	for _, t := range r.tables() {
		t.markdown(&tables)
	}
	return os.WriteFile(path, []byte(before+tables.String()+tablesEnd+after), 0o644)
}
