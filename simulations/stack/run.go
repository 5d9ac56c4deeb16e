package stack

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// childEnv tells a process that it is a child of Run.
const childEnv = "SIGNALMESH_SIM_STACK_CHILD"

// maxLine bounds a line that a child writes, in bytes: a result of thousands of
// nodes.
const maxLine = 256 << 20

// A line is what a child writes: one of these.
type line struct {
	Progress *result.Progress `json:"progress,omitempty"`
	Result   *result.Result   `json:"result,omitempty"`
	Error    string           `json:"error,omitempty"`
}

// Run runs a scenario, with defaults for missing values, in a child process, which ends with ctx. progress is
// told about once a virtual second; nil means nobody. It takes as long as the computing of
// all nodes takes on this machine.
func Run(ctx context.Context, s scenario.Scenario, progress func(result.Progress)) (result.Result, error) {
	s, err := s.Complete()
	if err == nil {
		err = supported(&s)
	}
	if err != nil {
		return result.Result{}, err
	}
	input, err := json.Marshal(s)
	if err != nil {
		return result.Result{}, fmt.Errorf("tell the child the scenario: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return result.Result{}, fmt.Errorf("find this program: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var complaint bytes.Buffer
	child := exec.CommandContext(ctx, self)
	child.Env = append(os.Environ(), childEnv+"=1")
	child.Stderr = &complaint
	hold, err := child.StdinPipe() // its end is that of the child
	if err != nil {
		return result.Result{}, fmt.Errorf("tell the child the scenario: %w", err)
	}
	output, err := child.StdoutPipe()
	if err != nil {
		return result.Result{}, fmt.Errorf("hear the child: %w", err)
	}
	begun := time.Now()
	if err := child.Start(); err != nil {
		return result.Result{}, fmt.Errorf("start the child: %w", err)
	}
	_, _ = hold.Write(input) // if it fails, the child has failed and says why
	r, err := listen(output, begun, progress)
	ended := ctx.Err()
	cancel() // it has said what there is to say
	_ = child.Wait()
	switch {
	case err == nil:
		r.WallSeconds = time.Since(begun).Seconds()
		return r, nil
	case ended != nil:
		return r, fmt.Errorf("the simulation was ended: %w", ended)
	case errors.Is(err, io.EOF):
		return r, fmt.Errorf("the simulating child failed: %s", firstLines(complaint.String(), 20))
	}
	return r, err
}

// listen takes what a child writes, until its result.
func listen(output io.Reader, begun time.Time, progress func(result.Progress)) (result.Result, error) {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return result.Result{}, fmt.Errorf("the child said %.100q: %w", lines.Text(), err)
		}
		switch {
		case l.Error != "":
			return result.Result{}, errors.New(l.Error)
		case l.Result != nil:
			return *l.Result, nil
		case l.Progress != nil && progress != nil:
			l.Progress.Wall = time.Since(begun)
			progress(*l.Progress)
		}
	}
	return result.Result{}, errors.Join(lines.Err(), io.EOF)
}

func firstLines(text string, n int) string {
	lines := strings.SplitN(strings.TrimSpace(text), "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}
