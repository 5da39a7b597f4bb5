package influxd

import "syscall"

// ownGroup keeps the terminal's Ctrl-C from the child: the parent wants to ask it once more, then stops it itself. A parent that
// is killed takes the child with it.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
