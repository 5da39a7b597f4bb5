package influx

import (
	"hash/crc32"
	"time"
)

// stamps gives each point its timestamp: the event's time, with a tie-breaker below its resolution.
//
// InfluxDB keeps one point per series and nanosecond, and most sensors' clocks tick in milliseconds. So a time in whole
// milliseconds gets up to a millisecond added, a finer one up to a microsecond, from the CRC of what the point says. The same
// content gives the same timestamp, whether it is written again after a crash or came again from the broker; the detections of
// one message count on from the first one's, so that they never meet. Two different points of two messages that do meet (one
// pair in a million of one series and millisecond) are told apart by a memory of what was stamped lately, and the later one moves
// on. The memory is gone after a crash: only a pair that meets across a crash is written as one.
type stamps struct {
	lately [][ways]stamped // by the hash of series and time; the newest first, the oldest makes room
}

// stamped is a timestamp that was given: to which series and time, and for what content.
type stamped struct {
	key     uint64
	content uint32
}

const (
	latelyBits = 13 // with four ways 32,768 entries, 0.5 MiB: a second at full rate, and points that meet come closer together
	ways       = 4  // fewer than four would forget a neighbour now and then
	maxMoves   = 64 // a sensor whose clock stands still must not cost more than this per point
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli) //nolint:gochecknoglobals // a fixed table; the processor computes it

func newStamps() *stamps { return &stamps{lately: make([][ways]stamped, 1<<latelyBits)} }

// give returns the timestamp in nanoseconds of a point at t: number k of its message, the first of which has the given content
// CRC. series is the CRC of its measurement and tags, content that of everything it says.
func (s *stamps) give(t int64, first uint32, k int, series, content uint32) int64 {
	if t%int64(time.Millisecond) == 0 {
		t += int64(first % uint32(time.Millisecond))
	} else {
		t -= t % int64(time.Microsecond)
		t += int64(first % uint32(time.Microsecond))
	}
	t += int64(k)
	step := int64(1 + content%1021) // of its own, so that many that meet do not queue up behind each other
	for range maxMoves {
		if s.free(mix(uint64(series)<<32^uint64(t)), content) { //nolint:gosec // bits, not a number
			return t
		}
		t += step
	}
	return t
}

// free says whether the place is nobody else's, and takes it.
func (s *stamps) free(key uint64, content uint32) bool {
	set := &s.lately[key>>(64-latelyBits)]
	for i := range set {
		if set[i].key == key {
			return set[i].content == content
		}
	}
	copy(set[1:], set[:])
	set[0] = stamped{key, content}
	return true
}

// mix spreads the bits of x over the whole word: the finalizer of splitmix64 (Steele, Lea, Flood 2014, "Fast splittable
// pseudorandom number generators").
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
