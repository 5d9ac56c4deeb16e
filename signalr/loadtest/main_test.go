//go:build linux

package loadtest_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// serverVariable, when set, makes the test binary the server that is measured.
const serverVariable = "SIGNALMESH_LOADTEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) != "" {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}
