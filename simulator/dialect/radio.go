package dialect

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
)

// chirpstack writes the uplink of a ground sensor as ChirpStack v4 publishes it behind a codec. How sure the sensor is, is lost.
func chirpstack(sensor string, l *Look) [][]byte {
	if l.Detections != nil {
		return nil // a ground sensor has no sweeps
	}
	eui := fmt.Sprintf("%016x", number(sensor))
	device := new(object).put("applicationName", "ugs").put("deviceName", sensor).put("devEui", eui)
	seen := new(object).put("seismicEvent", true)
	return [][]byte{new(object).put("deduplicationId", uuid(sensor+l.ID+l.Time.String())).
		put("time", l.Time.UTC().Format("2006-01-02T15:04:05.000000000+00:00")).put("deviceInfo", device.raw()).put("fPort", 10).
		put("data", base64.StdEncoding.EncodeToString([]byte{1})).put("object", seen.raw()).raw()}
}

// meshtastic writes the position of a radio as its gateway publishes it. Time is rounded down to the second; there is no velocity, no
// error, and, since heights there count from the sea, which the simulator does not know, no height.
func meshtastic(sensor string, l *Look) (all [][]byte) {
	radio, packet := uint32(number(sensor)), uint32(number(sensor+l.Time.String())) //nolint:gosec // any numbers
	for _, s := range l.seen() {
		if s.Position == nil {
			continue
		}
		where := new(object).put("latitude_i", math.Round(s.Position.Lat*1e7)).put("longitude_i", math.Round(s.Position.Lon*1e7)).
			put("time", l.Time.Unix()).put("precision_bits", 32)
		message := new(object).put("from", radio).put("id", packet).put("sender", fmt.Sprintf("!%08x", radio)).
			put("timestamp", l.Time.Unix()).put("type", "position").put("payload", where.raw())
		all = append(all, message.raw())
	}
	return all
}

// cot writes the event of a patrol in XML, marked as an exercise. Errors are decimetres.
func cot(sensor string, l *Look) (all [][]byte) {
	const form = "2006-01-02T15:04:05.000Z"
	for _, s := range l.seen() {
		if s.Position == nil {
			continue
		}
		kind := "a-f-G-U-C-I"
		if s.isA("vehicle") {
			kind = "a-f-G-E-V"
		}
		at, stale := l.Time.UTC().Format(form), l.Time.UTC().Add(fresh).Format(form)
		var b strings.Builder
		fmt.Fprintf(&b, `<event version="2.0" uid="%s" type="%s" how="m-g" opex="s-simulator" time="%s" start="%s" stale="%s">`,
			sensor, kind, at, at, stale)
		fmt.Fprintf(&b, `<point lat="%.7f" lon="%.7f" hae="%.1f" ce="%.1f" le="9999999.0"/>`,
			s.Position.Lat, s.Position.Lon, s.Position.Alt, s.Error.East)
		fmt.Fprintf(&b, `<detail><contact callsign="%s"/><track speed="%.2f" course="%.3f"/></detail></event>`,
			sensor, s.Velocity.Speed, s.Velocity.Course)
		all = append(all, []byte(b.String()))
	}
	return all
}
