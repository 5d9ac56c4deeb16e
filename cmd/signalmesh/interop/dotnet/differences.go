package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// listBegin and listEnd enclose the list of the differences in the documentation.
const (
	listBegin = "<!-- differences: checked by make test-dotnet-clients -->"
	listEnd   = "<!-- /differences -->"
)

// A step is one step of the scenario with one version of the client.
type step struct {
	version string // of the client
	way     string // transport and hub protocol, such as "WebSockets JSON"
	name    string
}

func (s step) String() string { return fmt.Sprintf("client %s, %s, %s", s.version, s.way, s.name) }

// outcomes are those of all steps at one kind of servers.
type outcomes map[step]string

// read adds the lines that the client program has printed.
func (o outcomes) read(version, lines string) error {
	for line := range strings.Lines(lines) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), " | ", 3)
		if len(parts) != 3 {
			return fmt.Errorf("client %s printed %q", version, line)
		}
		// A text in the page cannot contain the quotes of code.
		o[step{version, parts[0], parts[1]}] = strings.ReplaceAll(strings.TrimSpace(parts[2]), "`", "'")
	}
	return nil
}

// A difference is one row of the list.
type difference struct {
	versions, ways []string // empty for all
	name           string   // of the step
	here, there    string   // outcomes of a Go hub and of ASP.NET Core
}

// covers reports whether the row is about a step.
func (d difference) covers(s step) bool {
	if d.name != s.name || len(d.versions) > 0 && !slices.Contains(d.versions, s.version) {
		return false
	}
	return len(d.ways) == 0 || slices.ContainsFunc(d.ways, func(way string) bool {
		return way == s.way || slices.Contains(strings.Fields(s.way), way)
	})
}

// parseDifferences reads the list: rows of versions, ways, step and both outcomes.
func parseDifferences(page string) (list []difference, err error) {
	_, rest, found := strings.Cut(page, listBegin)
	table, _, closed := strings.Cut(rest, listEnd)
	if !found || !closed {
		return nil, fmt.Errorf("the list between %q and %q is missing", listBegin, listEnd)
	}
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| Client ") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), " | ") // "\\|" is no end of a cell
		if len(cells) != 5 {
			return nil, fmt.Errorf("the row %q has %d cells and not 5", line, len(cells))
		}
		for i := range cells {
			cells[i] = strings.ReplaceAll(strings.Trim(strings.TrimSpace(cells[i]), "`"), `\|`, "|")
		}
		list = append(list, difference{names(cells[0]), names(cells[1]), cells[2], cells[3], cells[4]})
	}
	return list, nil
}

// names splits a cell with names, of which "all" is none.
func names(cell string) []string {
	if cell == "all" {
		return nil
	}
	return strings.Split(cell, ", ")
}

// compare requires equal outcomes of all steps but those of the list, and these to differ
// as the list says. It returns how many steps there were.
func compare(here, there outcomes, list []difference) (int, error) {
	var wrong []string
	met := make([]bool, len(list))
	for s := range merged(here, there) {
		h, inHere := here[s]
		t, inThere := there[s]
		row := slices.IndexFunc(list, func(d difference) bool { return d.covers(s) })
		switch {
		case !inHere || !inThere:
			wrong = append(wrong, fmt.Sprintf("%v: run at Go hubs: %v, at ASP.NET Core: %v", s, inHere, inThere))
		case row < 0 && h != t:
			wrong = append(wrong, fmt.Sprintf("%v: a difference that is not listed:\n    Go hub        %s\n    ASP.NET Core  %s", s, h, t))
		case row >= 0 && (h != list[row].here || t != list[row].there):
			wrong = append(wrong, fmt.Sprintf("%v: the listed difference does not occur:\n    Go hub        %s\n    ASP.NET Core  %s", s, h, t))
		}
		if row >= 0 {
			met[row] = true
		}
	}
	for i, d := range list {
		if !met[i] {
			wrong = append(wrong, fmt.Sprintf("the list has %q, and no step is it", d.name))
		}
	}
	if len(wrong) == 0 {
		return len(here), nil
	}
	slices.Sort(wrong)
	return 0, errors.New(strings.Join(wrong, "\n"))
}

// merged returns the steps of both.
func merged(a, b outcomes) map[step]bool {
	all := make(map[step]bool)
	for s := range a {
		all[s] = true
	}
	for s := range b {
		all[s] = true
	}
	return all
}
