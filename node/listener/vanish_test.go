package listener_test

import (
	"fmt"
	"net"
	"os"
)

// vanishing is the variable that makes this program a client which connects to the
// address in it, sends a byte, and waits.
const vanishing = "SIGNALMESH_TEST_VANISH"

func vanish(addr string) {
	c, err := net.Dial("tcp", addr)
	if err == nil {
		_, err = c.Write([]byte{1})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = c.Read(make([]byte, 1)) // until the test ends this process
	os.Exit(0)
}
