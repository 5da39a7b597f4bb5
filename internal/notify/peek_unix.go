//go:build unix

package notify

import (
	"net"
	"syscall"
)

// heard says whether the kernel holds something of the far side's that nobody has read: data, or its end. A Read with a short deadline
// does not: on a busy machine the deadline may be over before it has looked, and what is written to a closed connection is lost.
func heard(conn net.Conn) bool {
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = t.NetConn() // what is below TLS
	}
	c, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return true // Read says why
	}
	some := false
	err = raw.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK)
		some = err == nil || err != syscall.EAGAIN && err != syscall.EINTR
		return true // it does not wait
	})
	return some || err != nil
}
