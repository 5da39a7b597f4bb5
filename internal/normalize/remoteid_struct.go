package normalize

import (
	"bytes"
	"encoding/binary"
	"math"

	"cutline/internal/geo"
)

// The members of ODID_UAS_Data of the OpenDroneID core library that are read, as offsets into the memory of a little-endian
// machine, which is what DroneScout receivers send.
const (
	odidBasic     = 0  // two of 32 bytes: UA type, id type, 21 bytes of text
	odidBasicSize = 32 //
	odidLocation  = 64
	odidValid     = 892 // a byte per message: two Basic IDs, Location, …
	odidSize      = 914
)

// odidStruct reads the struct. It is nil without a word of blame if the drone has not said yet where it is.
func odidStruct(b []byte) (f *airframe, why string) {
	if len(b) < odidSize {
		return nil, "is too short: want the 914 bytes or more of ODID_UAS_Data"
	}
	if b[odidValid+2] == 0 {
		return nil, ""
	}
	f = &airframe{}
	for i := range 2 {
		basic := b[odidBasic+i*odidBasicSize:]
		kind := binary.LittleEndian.Uint32(basic[4:])
		id, _, _ := bytes.Cut(basic[8:8+20], []byte{0})
		const serial, registration = 1, 2 // the others are binary
		if b[odidValid+i] != 0 && (kind == serial || kind == registration && f.id == "") {
			f.id = string(bytes.ToValidUTF8(bytes.TrimSpace(id), []byte("?")))
		}
	}
	l := b[odidLocation:]
	lat, lon := float64At(l, 16), float64At(l, 24)
	switch {
	case !(math.Abs(lat) <= 90 && math.Abs(lon) <= 180): // true for NaN
		return nil, "its location is no place on earth"
	case lat == 0 && lon == 0:
		return nil, "latitude 0 and longitude 0: the receiver has no fix"
	}
	f.place = geo.LLA{Lat: geo.Degrees(lat), Lon: geo.Degrees(lon)}
	if alt := float32At(l, 36); alt > noAltitude && alt < maxAltitude {
		f.altitude, f.hasAlt = geo.Metres(alt), true
	}
	f.sigma = odidRadius(int(binary.LittleEndian.Uint32(l[44:])&0xff)) / radius95
	f.course, f.speed = float32At(l, 4), float32At(l, 8)
	f.moves = f.speed >= 0 && f.speed <= mostSpeed && f.course >= 0 && f.course < noDirection
	return f, ""
}

func float32At(b []byte, i int) float64 {
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
}

func float64At(b []byte, i int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(b[i:]))
}
