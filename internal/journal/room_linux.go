package journal

import "syscall"

// freeBytes of the disk that holds dir, for a process without privileges.
func freeBytes(dir string) (Bytes, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return Bytes(s.Bavail) * Bytes(s.Bsize), nil //nolint:gosec // a disk of 8 EiB is far off
}
