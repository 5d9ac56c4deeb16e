package report

import (
	"encoding/xml"
	"fmt"
	"os"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// The elements of a JUnit file, as build servers read them.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes a JUnit file with a suite for each run: a test for the promises, for the
// account, for each check of the simulation and for each expectation of the scenario.
func WriteJUnit(file string, runs []result.Result) error {
	var all junitSuites
	for _, r := range runs {
		all.Suites = append(all.Suites, suiteOf(r))
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("make %s: %w", file, err)
	}
	if err := os.WriteFile(file, append([]byte(xml.Header), append(text, '\n')...), 0o644); err != nil {
		return fmt.Errorf("--junit: %w; choose a file that can be written", err)
	}
	return nil
}

func suiteOf(r result.Result) junitSuite {
	s := junitSuite{Name: printable(fmt.Sprintf("%s seed %d", name(r), r.Seed)), Time: fmt.Sprintf("%.3f", r.WallSeconds)}
	add := func(name string, ok bool, why string) {
		c := junitCase{Name: printable(name), Class: printable("sim." + r.Scenario)}
		if !ok {
			c.Failure = &junitFailure{printable(why), "again: " + printable(r.Command)}
			s.Failures++
		}
		s.Cases = append(s.Cases, c)
	}
	why := ""
	if len(r.Broken) > 0 {
		why = r.Broken[0]
	}
	add("promises of the mesh", len(r.Broken) == 0, why)
	add("account of messages", len(r.Account) > 0 && r.Balances(), "the account of messages does not balance")
	add("the simulation checked itself", len(r.Checks) > 0, "there is no check")
	for _, c := range r.Checks {
		add("check: "+c.Name, c.OK, fmt.Sprintf("set %s, measured %s", with(c.Set, c.Unit), with(c.Measured, c.Unit)))
	}
	for _, e := range r.Expected {
		add("expect: "+e.Name+" "+bound(e), e.OK, Expected(e))
	}
	s.Tests = len(s.Cases)
	return s
}

// Expected returns an expectation and its measured figure as text: "delivery p99 of at most 50 ms, measured 80 ms".
func Expected(e result.Expectation) string {
	return fmt.Sprintf("%s of %s, measured %s", e.Figure, bound(e), measuredOf(e))
}
