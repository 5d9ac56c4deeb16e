package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/signalmesh/signalmesh/node"
)

// maxPasswordLine bounds a password read from standard input, in bytes.
const maxPasswordLine = 4 << 10

// password reads the password from its file, else from the terminal, twice if a new
// one is chosen, else from the first line of standard input.
func (f *userFlags) password(cmd *cobra.Command, choose bool) (string, error) {
	if f.passwordFile != "" {
		return node.ReadPassword(f.passwordFile)
	}
	in := cmd.InOrStdin()
	terminal, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(in, maxPasswordLine)).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.Join(errors.New("no password on standard input"), err)
		}
		return line, nil
	}
	password, err := askFor(cmd.ErrOrStderr(), terminal, "Password: ")
	if err != nil || !choose {
		return password, err
	}
	again, err := askFor(cmd.ErrOrStderr(), terminal, "Again: ")
	if err == nil && again != password {
		err = errors.New("the two passwords differ")
	}
	return password, err
}

// askFor reads a line from the terminal without showing it.
func askFor(w io.Writer, terminal *os.File, prompt string) (string, error) {
	fmt.Fprint(w, prompt)
	b, err := term.ReadPassword(int(terminal.Fd()))
	fmt.Fprintln(w)
	return string(b), err
}
