//go:build linux

package netlab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

const (
	device   = "mesh0" // a host's interface to the others
	logSpace = 256 << 10
)

// A Host is a machine of the test: one OS thread with a network namespace of its
// own, in which a node runs, and with a mount namespace in which the node's log is
// on a small disk. The kernel removes both when the thread and what it started have
// ended, however that comes about, so nothing is left behind.
type Host struct {
	Addr  netip.Addr // on the wire; other hosts know it by this
	calls chan func()
	ended chan struct{}
	tun   *os.File // the other end of device
	Disk  string   // where the small disk is mounted, for this host only
}

// NewHost starts a host. folder is where its disk is mounted; its name is used
// in nobody else's namespace.
func NewHost(addr netip.Addr, folder string) (*Host, error) {
	h := &Host{Addr: addr, calls: make(chan func()), ended: make(chan struct{}), Disk: folder}
	go h.live() // until close
	if err := h.Do(h.setUp); err != nil {
		h.Close()
		return nil, fmt.Errorf("make a host: %w", err)
	}
	return h, nil
}

// live runs what do is given. The thread is never unlocked, so it ends here, and the
// processes that it started with it (see process.start).
func (h *Host) live() {
	defer close(h.ended)
	runtime.LockOSThread()
	for f := range h.calls {
		f()
	}
}

// Do runs f on the host's thread: sockets and processes that f makes are in the
// host's network, and paths that it opens in its file system. They stay there.
func (h *Host) Do(f func() error) error {
	done := make(chan error, 1)
	h.calls <- func() { done <- f() }
	return <-done
}

func (h *Host) setUp() error {
	if err := syscall.Unshare(syscall.CLONE_NEWNET | syscall.CLONE_NEWNS); err != nil {
		return fmt.Errorf("make namespaces: %w; run as root, with CAP_SYS_ADMIN if this is a container", err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to this namespace: %w", err)
	}
	if err := os.MkdirAll(h.Disk, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", h.Disk, "tmpfs", 0, fmt.Sprintf("size=%d", logSpace)); err != nil {
		return fmt.Errorf("mount a tmpfs: %w", err)
	}
	var err error
	if h.tun, err = openTUN(device); err != nil {
		return err
	}
	return h.ip("link set lo up", "addr add "+h.Addr.String()+"/24 dev "+device, "link set "+device+" up")
}

// ip runs commands of ip(8). It is called through do.
func (h *Host) ip(commands ...string) error {
	for _, c := range commands {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", c, err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

// Move replaces the address of the host.
func (h *Host) Move(to netip.Addr) error {
	err := h.Do(func() error {
		return h.ip("addr flush dev "+device, "addr add "+to.String()+"/24 dev "+device)
	})
	h.Addr = to
	return err
}

// Dial connects to a port on the host's loopback, which no fault of the wire
// touches: a client sits beside its server.
func (h *Host) Dial(ctx context.Context, _, port string) (conn net.Conn, err error) {
	_, port, err = net.SplitHostPort(port)
	if err != nil {
		return nil, err
	}
	err = h.Do(func() error { // an IP address, so the socket is made on this thread
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
		return err
	})
	return conn, err
}

// Close ends the host. All processes in it must have ended.
func (h *Host) Close() {
	if h.tun != nil {
		_ = h.tun.Close() // its reader ends
	}
	close(h.calls)
	<-h.ended
}
