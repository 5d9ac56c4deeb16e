package report

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// Write writes index.html, results.json and samples.csv to dir, which it makes
// if need be. It needs at least one outcome; with several, the page has a part for
// each. All is made before anything is written, so that a result that cannot be
// shown leaves the files of an earlier run as they are.
func Write(dir string, outcomes ...Outcome) error {
	if len(outcomes) == 0 {
		return errors.New("report: no result to write")
	}
	title := cmp.Or(outcomes[0].Scenario, "Simulation")
	for _, o := range outcomes {
		if o.Scenario != outcomes[0].Scenario {
			title = number(len(outcomes), "scenario", "scenarios")
		}
	}
	return write(dir, title, nil, outcomes)
}

func write(dir, title string, c *comparison, outcomes []Outcome) error {
	var results []result.Result
	for _, o := range outcomes {
		results = append(results, o.runs...)
	}
	files := []struct {
		name string
		make func(io.Writer) error
		data bytes.Buffer
	}{
		{name: "results.json", make: func(w io.Writer) error { return writeJSON(w, results) }},
		{name: "samples.csv", make: func(w io.Writer) error { return writeSamples(w, results) }},
		{name: "index.html", make: func(w io.Writer) error { return writePage(w, title, c, outcomes) }},
	}
	for i := range files {
		if err := files[i].make(&files[i].data); err != nil {
			return fmt.Errorf("make %s: %w", files[i].name, err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for i := range files {
		if err := os.WriteFile(filepath.Join(dir, files[i].name), files[i].data.Bytes(), 0o644); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

// writeJSON writes results as an array, also when there is one only.
func writeJSON(w io.Writer, results []result.Result) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(results)
}

// writeSamples writes a line for each virtual second of each run. The first
// column is the run's place in results.json, from 1. There are numbers only: no
// text of a scenario can pass for a formula in a spreadsheet.
func writeSamples(w io.Writer, results []result.Result) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"run", "second", "published", "delivered", "p99_ms", "lost", "links", "members", "living", "window_bytes", "sent_bytes"}); err != nil {
		return err
	}
	for i, r := range results {
		for _, s := range r.Timeline {
			line := []string{
				strconv.Itoa(i + 1), strconv.Itoa(s.Second), whole(s.Published), whole(s.Delivered), strconv.FormatFloat(s.P99MS, 'f', -1, 64), whole(s.Lost),
				strconv.Itoa(s.Links), strconv.Itoa(s.Members), strconv.Itoa(s.Living), whole(s.WindowBytes), whole(s.SentBytes),
			}
			if err := c.Write(line); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

func whole(n uint64) string { return strconv.FormatUint(n, 10) }
