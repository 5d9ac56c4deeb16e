package stack

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	Child()
	_ = os.Unsetenv(childEnv)
	goleak.VerifyTestMain(m)
}
