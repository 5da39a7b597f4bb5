//go:build !linux

package journal

import "math"

// freeBytes is not known here: max_bytes alone keeps the disk from filling up.
func freeBytes(string) (Bytes, error) { return math.MaxInt64, nil }
