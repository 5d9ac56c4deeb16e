//go:build linux

package netlab

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// Of <linux/if_tun.h>: an interface whose other end is a file, one IP packet for
// each read or write, without a header before it.
const (
	tunSetIff = 0x400454ca
	iffTUN    = 0x0001
	iffNoPI   = 0x1000
)

// openTUN makes an interface in the network namespace of the calling thread. The
// file may be used on any thread.
func openTUN(name string) (*os.File, error) {
	const path = "/dev/net/tun"
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w; the kernel needs CONFIG_TUN, and a container --device=%s", path, err, path)
	}
	var request struct { // struct ifreq
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], name)
	request.flags = iffTUN | iffNoPI
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), tunSetIff, uintptr(unsafe.Pointer(&request))); errno != 0 {
		_ = syscall.Close(fd)
		return nil, fmt.Errorf("make interface %s: %w; it takes CAP_NET_ADMIN: run as root", name, errno)
	}
	return os.NewFile(uintptr(fd), path), nil
}
