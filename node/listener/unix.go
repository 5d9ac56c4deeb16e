package listener

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// socketMode lets the owner and the group of a unix socket connect to it.
const socketMode = 0o660

var (
	errInUse    = errors.New("another process listens there; stop it or choose another path")
	errNoSocket = errors.New("there is a file that is not a socket; choose another path, or remove it")
)

// openUnix opens a unix socket. One that a process has left behind is removed.
func openUnix(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if errors.Is(err, syscall.EADDRINUSE) {
		if err := removeStale(path); err != nil {
			return nil, err
		}
		l, err = net.Listen("unix", path)
	}
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, socketMode); err != nil {
		return nil, errors.Join(fmt.Errorf("set its permissions: %w", err), l.Close())
	}
	return l, nil
}

// removeStale removes a socket at which no process listens. It removes no other file.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return errNoSocket
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		return errors.Join(errInUse, conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("cannot tell whether a process listens there: %w", err)
	}
	return os.Remove(path)
}
