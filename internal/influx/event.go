package influx

import (
	"hash/crc32"

	"cutline/internal/detection"
	"cutline/internal/record"
)

// event appends the line of one event of the picture. An event whose own part is missing has no line.
func (e *encoder) event(b *batch, ev *record.Event) {
	switch {
	case ev.Track != nil:
		trackLine(b, ev.Sector, ev.Track)
	case ev.Crossing != nil:
		crossingLine(b, ev.Sector, ev.Crossing)
	case ev.Alert != nil:
		alertLine(b, ev.Sector, ev.Alert)
	case ev.Sensor != nil:
		sensorLine(b, ev.Sector, ev.Sensor)
	case ev.Coverage != nil:
		coverageLine(b, ev.Sector, ev.Coverage)
	case ev.Reject != nil:
		rejectLine(b, ev.Sector, ev.Reject)
	default:
		return
	}
	content := crc32.Checksum(b.buf[b.start:], castagnoli)
	e.finish(b, ev.Time, content, 0, content)
}

func trackLine(b *batch, sector string, t *record.TrackEvent) {
	b.begin("track")
	b.tag("class", bestClass(t.Class))
	b.tag("sector", sector)
	b.tag("status", t.Status)
	b.fields()
	b.text("id", t.ID)
	b.float("lat", t.Lat, placeDecimals)
	b.float("lon", t.Lon, placeDecimals)
	b.float("speed_mps", t.SpeedMPS, valueDecimals)
	b.float("course_deg", t.CourseDeg, valueDecimals)
	b.float("existence", t.Existence, valueDecimals)
	b.texts("sensors", t.Sensors)
	b.mark("friendly", t.Friendly)
	b.mark("simulated", t.Simulated)
}

// bestClass is the most probable class by name; of equals, the first in the order of the classes, whatever the map's.
func bestClass(probability map[string]float64) string {
	best := detection.UnknownClass.String()
	for _, name := range detection.ClassNames() {
		if probability[name] > probability[best] {
			best = name
		}
	}
	return best
}

func crossingLine(b *batch, sector string, c *record.CrossingEvent) {
	b.begin("crossing")
	b.tag("direction", c.Direction)
	b.tag("level", c.Level)
	b.tag("sector", sector)
	b.fields()
	b.text("id", c.ID)
	b.text("track", c.Track)
	b.float("lat", c.Lat, placeDecimals)
	b.float("lon", c.Lon, placeDecimals)
	b.float("confidence", c.Confidence, valueDecimals)
	b.float("time_sigma_s", c.TimeSigmaS, valueDecimals)
	b.float("place_sigma_m", c.PlaceSigmaM, valueDecimals)
	b.texts("groups", c.Groups)
	b.mark("friendly", c.Friendly)
	b.mark("simulated", c.Simulated)
}

func alertLine(b *batch, sector string, a *record.AlertEvent) {
	b.begin("alert")
	b.tag("kind", a.Kind)
	b.tag("level", a.Level)
	b.tag("priority", a.Priority)
	b.tag("sector", sector)
	b.tag("state", a.State)
	b.fields()
	b.text("id", a.ID)
	b.text("change", a.Change)
	if a.Lat != 0 || a.Lon != 0 { // a sensor's or the journal's alert has no place
		b.float("lat", a.Lat, placeDecimals)
		b.float("lon", a.Lon, placeDecimals)
	}
	b.text("direction", a.Direction)
	b.count("count", int64(a.Count))
	b.text("class", a.Class)
	b.float("confidence", a.Confidence, valueDecimals)
	b.texts("tracks", a.Tracks)
	b.count("evidence", int64(len(a.Evidence)))
	b.text("sensor", a.Sensor)
	b.text("rule", a.Rule)
	b.text("text", a.Text)
	b.text("acked_by", a.AckedBy)
	b.mark("simulated", a.Simulated)
}

func sensorLine(b *batch, sector string, s *record.SensorEvent) {
	b.begin("sensor")
	b.tag("sector", sector)
	b.tag("sensor", s.ID)
	b.fields()
	b.text("state", s.State)
	b.float("rate", s.RateHz, valueDecimals)
	b.float("latency_ms", s.LatencyMS, valueDecimals)
	b.float("clock_offset_ms", s.ClockOffsetMS, valueDecimals)
	b.float("bias_azimuth_deg", s.Bias.AzimuthDeg, valueDecimals)
	b.float("bias_range_m", s.Bias.RangeM, valueDecimals)
	b.float("bias_east_m", s.Bias.EastM, valueDecimals)
	b.float("bias_north_m", s.Bias.NorthM, valueDecimals)
	b.float("bias_clock_s", s.Bias.ClockS, valueDecimals)
	if s.BatteryPct != nil {
		b.float("battery_pct", *s.BatteryPct, valueDecimals)
	}
	b.texts("faults", s.Faults)
	b.count("rejects", int64(s.Rejects)) //nolint:gosec // never near 2^63
	b.count("late", int64(s.Late))       //nolint:gosec // never near 2^63
	if s.LateUsed > 0 {
		b.count("late_used", int64(s.LateUsed)) //nolint:gosec // never near 2^63
	}
}

func coverageLine(b *batch, sector string, c *record.CoverageEvent) {
	watched := 0
	for i := range c.Cells {
		if len(c.Cells[i].Sensors) > 0 {
			watched++
		}
	}
	b.begin("coverage")
	b.tag("sector", sector)
	b.fields()
	b.float("watched_fraction", c.WatchedFraction, valueDecimals)
	b.count("cells", int64(len(c.Cells)))
	b.count("watched_cells", int64(watched))
}

// rejectLine: one point a reject, to be counted. What came from outside is in fields: a sender that makes up topics must not make
// up series.
func rejectLine(b *batch, sector string, r *record.RejectEvent) {
	b.begin("reject")
	b.tag("sector", sector)
	b.tag("sensor", r.Sensor)
	b.fields()
	b.count("count", 1)
	b.text("topic", r.Topic)
	b.text("path", r.Path)
	b.text("reason", r.Reason)
}
