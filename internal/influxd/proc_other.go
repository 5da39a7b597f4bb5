//go:build !linux

package influxd

import "syscall"

// ownGroup: other systems have no signal of a parent's death, and need not the same fields.
func ownGroup() *syscall.SysProcAttr { return nil }
