package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// processKind is the variable that makes the test program something else: "node", the
// program itself, or "app", a server at a Redis door.
const processKind = "TEST_PROCESS_IS"

func TestMain(m *testing.M) {
	switch os.Getenv(processKind) {
	case "node":
		main()
	case "app":
		runApp(os.Args[1], os.Args[2])
	default:
		goleak.VerifyTestMain(m)
	}
}
