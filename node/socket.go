package node

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// unixPrefix is how the address of a unix socket begins.
const unixPrefix = "unix:"

// listenUnix listens at a unix socket, to which the user and the group of this process
// may connect. It replaces a socket that a process left behind, and no other file. what
// names the listener as the operator knows it.
func listenUnix(what, path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if errors.Is(err, syscall.EADDRINUSE) {
		if err = removeStale(path); err == nil {
			l, err = net.Listen("unix", path)
		}
	}
	if err == nil {
		if err = os.Chmod(path, 0o660); err != nil {
			err = errors.Join(err, l.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s%s (%s): %w; give a path of at most 100 bytes, in a folder that exists and that this process may write to", unixPrefix, path, what, err)
	}
	return l, nil
}

// removeStale removes a socket at which no process listens.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return errors.New("the path is that of a file that is not a socket")
	}
	nc, err := net.Dial("unix", path)
	if err == nil {
		return errors.Join(errors.New("another process listens there"), nc.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}
