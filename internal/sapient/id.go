package sapient

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// crockford are the digits of base 32 in a ULID: without I, L, O and U, which are misread.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ULID is the id of the thing called name that began at t: 48 bits of milliseconds, and 80 of the name's hash where others have
// chance. The same t and name give the same id.
func ULID(t time.Time, name string) string {
	sum := sha256.Sum256([]byte(name))
	var id [26]byte
	ms := uint64(max(t.UnixMilli(), 0)) & (1<<48 - 1)
	for i := 9; i >= 0; i-- {
		id[i] = crockford[ms&31]
		ms >>= 5
	}
	// Sixteen digits of five bits each, from ten bytes.
	for half := range 2 {
		var bits uint64
		for _, b := range sum[half*5 : half*5+5] {
			bits = bits<<8 | uint64(b)
		}
		for i := 7; i >= 0; i-- {
			id[10+half*8+i] = crockford[bits&31]
			bits >>= 5
		}
	}
	return string(id[:])
}

// UUID is the id of the node called name, in the form of a random one (RFC 9562 §5.4), which is what the standard wants.
func UUID(name string) string {
	sum := sha256.Sum256([]byte(name))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
