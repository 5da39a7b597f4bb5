package dialect

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// sapient writes a status report of each look and a detection report of each detection (BSI Flex 335 v2.0 in its JSON form): ranges and
// bearings in metres and degrees from true north. A camera's status tells where it looks. The standard has no room for a mark that it is
// simulated. A radar that does not track gives each return an object of its own.
func sapient(sensor string, l *Look) [][]byte {
	const system, north = "RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_M", "RANGE_BEARING_DATUM_TRUE"
	at := l.Time.UTC().Format("2006-01-02T15:04:05.000000000Z")
	message := func() *object { return new(object).put("timestamp", at).put("nodeId", uuid(sensor)) }
	status := new(object).put("reportId", ulid(l.Time, sensor+"status")).put("system", "SYSTEM_OK").put("info", "INFO_UNCHANGED").
		put("mode", "Default")
	if v := l.View; v != nil {
		view := new(object).put("azimuth", v.Azimuth).put("horizontalExtent", v.Width).put("range", v.Range).
			put("coordinateSystem", system).put("datum", north)
		status.put("fieldOfView", new(object).put("rangeBearing", view.raw()).raw())
	}
	all := [][]byte{message().put("statusReport", status.raw()).raw()}
	for _, s := range l.seen() {
		if s.Polar == nil {
			continue
		}
		name := sensor + s.Track
		if s.Track == "" {
			name += s.ID
		}
		where := new(object).put("azimuth", s.Polar.Azimuth)
		if s.Polar.Range > 0 {
			where.put("range", s.Polar.Range)
		}
		if s.Error.Azimuth > 0 {
			where.put("azimuthError", s.Error.Azimuth)
		}
		if s.Polar.Elevation != nil {
			where.put("elevation", *s.Polar.Elevation).put("elevationError", s.Error.Elevation)
		}
		where.put("coordinateSystem", system).put("datum", north)
		report := new(object).put("reportId", ulid(l.Time, sensor+s.ID)).put("objectId", ulid(time.Unix(0, 0), name)).
			put("rangeBearing", where.raw())
		if s.Confidence != nil {
			report.put("detectionConfidence", *s.Confidence)
		}
		if classes := sapientClasses(s.classes()); len(classes) > 0 {
			report.put("classification", classes)
		}
		all = append(all, message().put("detectionReport", report.raw()).raw())
	}
	return all
}

// sapientClasses are the words of the standard's taxonomy.
func sapientClasses(of map[string]float64) (all []any) {
	words := map[string]string{
		"person": "Human", "vehicle": "Land Vehicle", "animal": "Animal", "boat": "Sea Vessel", "aircraft": "Air Vehicle", "drone": "Air Vehicle",
	}
	for _, class := range slices.Sorted(maps.Keys(of)) {
		if word := words[class]; word != "" {
			c := new(object).put("type", word).put("confidence", of[class])
			if class == "drone" {
				c.put("subClass", []any{new(object).put("level", 1).put("type", "UAV Rotary Wing").raw()})
			}
			all = append(all, c.raw())
		}
	}
	return all
}

// uuid is a random UUID (version 4) that a name always has.
func uuid(name string) string {
	a, b := number(name), number("uuid "+name)
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&(1<<48-1))
}

// ulid is an identifier of that time that a name always has.
func ulid(t time.Time, name string) string {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	out := make([]byte, 26)
	for i, ms := 9, t.UnixMilli(); i >= 0; i, ms = i-1, ms>>5 {
		out[i] = digits[ms&31]
	}
	for i, k := 10, 0; i < 26; i, k = i+1, k+5 {
		h := number(name)
		if k >= 40 {
			h = number("ulid "+name) >> (k - 40)
		} else {
			h >>= k
		}
		out[i] = digits[h&31]
	}
	return string(out)
}
