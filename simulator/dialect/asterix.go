package dialect

import (
	"encoding/binary"
	"math"
)

// asterix writes a data block of category 048 (EUROCONTROL-SPEC-0149-4) with a primary plot for each return, and one of category 034 with
// the north marker, which a radar sends each turn whether it saw anything or not. Time is in 1/128 s, ranges are in 1/256 nautical mile
// (7.2 m), azimuths in 1/65536 of a turn. I048/020 says that a plot is simulated.
func asterix(sensor string, l *Look) [][]byte {
	source := uint16(number(sensor)) //nolint:gosec // any two bytes
	day := l.Time.UTC()
	since := day.Hour()*3600 + day.Minute()*60 + day.Second()
	ticks := binary.BigEndian.AppendUint32(nil, uint32(since*128+day.Nanosecond()*128/1e9))[1:] //nolint:gosec // below 2^24
	plots := []byte{48, 0, 0}
	for _, s := range l.seen() {
		if s.Polar == nil || s.Polar.Range <= 0 {
			continue
		}
		const mile, primary, simulated = 1852.0, 1 << 5, 1 << 4
		plots = append(plots, 0xf0) // I048/010, 140, 020, 040
		plots = binary.BigEndian.AppendUint16(plots, source)
		plots = append(append(plots, ticks...), primary|simulated)
		plots = binary.BigEndian.AppendUint16(plots, uint16(min(65535, math.Round(s.Polar.Range/mile*256))))
		plots = binary.BigEndian.AppendUint16(plots, uint16(int(math.Round(s.Polar.Azimuth/360*65536))%65536)) //nolint:gosec // below 2^16
	}
	var payload []byte
	if len(plots) > 3 {
		binary.BigEndian.PutUint16(plots[1:], uint16(len(plots))) //nolint:gosec // some hundred plots
		payload = plots
	}
	payload = append(payload, 34, 0, 10, 0xe0) // I034/010, 000, 030
	payload = binary.BigEndian.AppendUint16(payload, source)
	return [][]byte{append(append(payload, 1), ticks...)}
}
