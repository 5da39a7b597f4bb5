package dialect

import (
	"fmt"
	"math"
	"strings"
)

// ais writes a position report of class A (message 1, ITU-R M.1371-5 annex 8 table 47) for each ship, as NMEA 0183 sentences with the
// receiver's time in a tag block. Time is rounded down to the second, places to 1/10,000 minute (19 cm), speeds to 0.1 kn, courses to
// 0.1°. There is no room for an error but "better than 10 m", and none for a mark that it is simulated.
func ais(sensor string, l *Look) [][]byte {
	var all strings.Builder
	tag := fmt.Sprintf("s:%s,c:%d", sensor, l.Time.Unix())
	for i, s := range l.seen() {
		if s.Position == nil {
			continue
		}
		if i > 0 {
			all.WriteString("\r\n")
		}
		vdm := "AIVDM,1,1,,A," + report(&s, l.Time.Second()) + ",0"
		fmt.Fprintf(&all, "\\%s*%02X\\!%s*%02X", tag, checksum(tag), vdm, checksum(vdm))
	}
	if all.Len() == 0 {
		return nil
	}
	return [][]byte{[]byte(all.String())}
}

// report is the armoured payload of message 1.
func report(s *Seen, second int) string {
	const knot, minute = 1852.0 / 3600, 600_000.0 // 1/10,000 minute
	var b sixbits
	accurate := uint64(0)
	if s.Error.East > 0 && s.Error.East <= 10/2.45 { // 95 % within 10 m
		accurate = 1
	}
	b.add(1, 6)                                                           // message 1
	b.add(0, 2)                                                           // not repeated
	b.add(mmsi(s.Track), 30)                                              //
	b.add(0, 4)                                                           // under way
	b.add(0x80, 8)                                                        // no rate of turn
	b.add(uint64(min(1022, math.Round(s.Velocity.Speed/knot*10))), 10)    //
	b.add(accurate, 1)                                                    //
	b.add(uint64(int64(math.Round(s.Position.Lon*minute)))&(1<<28-1), 28) //nolint:gosec // two's complement
	b.add(uint64(int64(math.Round(s.Position.Lat*minute)))&(1<<27-1), 27) //nolint:gosec // two's complement
	b.add(uint64(wrapped(math.Round(s.Velocity.Course*10), 3600)), 12)    //
	b.add(uint64(wrapped(math.Round(s.Velocity.Course), 360)), 9)         // the heading, for want of another
	b.add(uint64(second), 6)                                              //nolint:gosec // 0 to 59
	b.add(0, 2+3+1+19)                                                    // manoeuvre, spare, RAIM, radio state
	return b.String()
}

// mmsi is nine digits that no country has given out.
func mmsi(name string) uint64 { return 999_000_000 + number(name)%1_000_000 }

// sixbits are bits, six to a letter.
type sixbits struct {
	letters strings.Builder
	value   uint64
	bits    int
}

func (s *sixbits) add(v uint64, bits int) {
	for i := bits - 1; i >= 0; i-- {
		s.value = s.value<<1 | v>>i&1
		if s.bits++; s.bits == 6 {
			letter := byte(s.value) + '0' //nolint:gosec // six bits
			if letter > 'W' {
				letter += 8
			}
			s.letters.WriteByte(letter)
			s.value, s.bits = 0, 0
		}
	}
}

// String is the letters so far; 168 bits are 28 of them.
func (s *sixbits) String() string { return s.letters.String() }

func checksum(text string) (sum byte) {
	for i := range len(text) {
		sum ^= text[i]
	}
	return sum
}
