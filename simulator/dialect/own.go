package dialect

import (
	"math"
	"slices"
	"strconv"
)

// owntracks writes the location of a telephone. Time is rounded down to the second; the accuracy, which holds 68 % of fixes, the height and
// the speed in km/h are whole numbers.
func owntracks(sensor string, l *Look) [][]byte {
	var all [][]byte
	for _, s := range l.seen() {
		if s.Position == nil {
			continue
		}
		o := new(object).put("_type", "location").put("topic", "owntracks/"+sensor+"/phone").put("tid", sensor[max(0, len(sensor)-2):]).
			put("tst", l.Time.Unix()).put("lat", s.Position.Lat).put("lon", s.Position.Lon).put("alt", math.Round(s.Position.Alt)).
			put("acc", math.Ceil(s.Error.East*1.51)).put("vel", math.Round(s.Velocity.Speed*3.6)).
			put("cog", wrapped(math.Round(s.Velocity.Course), 360))
		all = append(all, o.raw())
	}
	return all
}

// readsb writes an aircraft.json. Heights are feet, speeds 0.1 kn, courses 0.01°; of an error the category of navigation accuracy is left.
func readsb(_ string, l *Look) [][]byte {
	aircraft := []any{}
	for _, s := range l.seen() {
		if s.Position == nil {
			continue
		}
		const foot, knot = 0.3048, 1852.0 / 3600
		category := "A1"
		switch {
		case s.isA("drone"):
			category = "B6"
		case s.isA("vehicle"):
			category = "C1"
		}
		aircraft = append(aircraft, new(object).put("hex", strconv.FormatUint(0xc00000|number(s.Track)&0x3ffff, 16)).
			put("type", "adsb_icao").put("flight", s.Track).put("category", category).
			put("lat", s.Position.Lat).put("lon", s.Position.Lon).put("alt_geom", math.Round(s.Position.Alt/foot/25)*25).
			put("gs", round(s.Velocity.Speed/knot, 10)).put("track", wrapped(round(s.Velocity.Course, 100), 360)).
			put("nac_p", accuracy(s.Error.East)).put("seen_pos", 0).raw())
	}
	if len(aircraft) == 0 {
		return nil
	}
	now := float64(l.Time.UnixMilli()) / 1000
	return [][]byte{new(object).put("now", now).put("messages", len(aircraft)).put("aircraft", aircraft).raw()}
}

// remoteID writes the messages of each drone as OpenDroneID receivers publish them. Time is tenths of a second of the hour, speeds are
// 0.25 m/s, courses whole degrees, heights half metres; of an error a category is left.
func remoteID(_ string, l *Look) [][]byte {
	var all [][]byte
	for _, s := range l.seen() {
		if s.Position == nil {
			continue
		}
		hour := l.Time.UTC()
		tenths := (hour.Minute()*60+hour.Second())*10 + hour.Nanosecond()/1e8
		basic := new(object).put("id", "1581F"+s.Track).put("id_type", "Serial Number (ANSI/CTA-2063-A)").put("ua_type", 2)
		where := new(object).put("latitude", s.Position.Lat).put("longitude", s.Position.Lon).
			put("geodetic_altitude", round(s.Position.Alt, 2)).put("speed", round(s.Velocity.Speed, 4)).
			put("direction", wrapped(math.Round(s.Velocity.Course), 360)).put("status", 2).
			put("horiz_acc", accuracy(s.Error.East)).put("timestamp", tenths)
		all = append(all, new(object).put("Basic ID", basic.raw()).put("Location/Vector Message", where.raw()).raw())
	}
	return all
}

// accuracy is the category of a radius that holds 95 % (DO-260B table 2-71, and the same numbers in ASTM F3411 table 7), of 1 σ of an axis.
func accuracy(sigma float64) int {
	radius := []float64{18520, 7408, 3704, 1852, 926, 555.6, 185.2, 92.6, 30, 10, 3}
	for i, r := range slices.Backward(radius) {
		if sigma*2.45 <= r {
			return i + 1
		}
	}
	return 0
}

// round keeps so many parts of one.
func round(x, parts float64) float64 { return math.Round(x*parts) / parts }
