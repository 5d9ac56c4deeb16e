//go:build linux

package loadtest_test

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// A process is a server in a process of its own.
type process struct {
	t       testing.TB
	address string
	input   io.WriteCloser
	answers *json.Decoder
}

// startProcess starts a server that ends with the test.
func startProcess(t testing.TB) *process {
	program, err := os.Executable()
	require.NoError(t, err)
	command := exec.Command(program)
	command.Env = append(os.Environ(), serverVariable+"=1")
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	require.NoError(t, err)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		input.Close()
		command.Wait()
	})
	p := &process{t: t, input: input, answers: json.NewDecoder(output)}
	var g greeting
	require.NoError(t, p.answers.Decode(&g))
	p.address = g.Address
	return p
}

// ask asks the server what it takes: askUsage or askLeast.
func (p *process) ask(question string) (u usage) {
	_, err := io.WriteString(p.input, question+"\n")
	require.NoError(p.t, err)
	require.NoError(p.t, p.answers.Decode(&u))
	return u
}
