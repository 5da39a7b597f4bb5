package normalize

import "cutline/internal/detection"

var (
	statusKeys = []string{ //nolint:gochecknoglobals // a fixed table
		"time", "state", "battery_pct", "tamper", "faults", "heading_deg", "field_of_view",
	}
	stateWords = []string{"online", "degraded", "offline"} //nolint:gochecknoglobals // a fixed table
)

// nativeStatus reads a cutline/v1 status; nil if it is rejected: half a status could hide the tamper that it was sent for.
func (d *decoder) nativeStatus() *detection.Status {
	var s detection.Status
	if d.peek() != '{' {
		d.wrong(`a status like {"time":"…","state":"online"}`)
	} else {
		d.statusFields(&s)
	}
	if d.end(); d.broken != "" || d.faults > 0 {
		return nil
	}
	d.need(s.State != detection.UnknownState, "state", `"online", "degraded" or "offline"`)
	// The broker sends a will when the sensor is gone, in the words that the sensor left with it: it cannot know the time.
	d.need(!s.EventTime.IsZero() || s.State == detection.Offline, "time", `the time, like "2026-11-24T08:12:03.125Z"`)
	if d.faults > 0 {
		return nil
	}
	return &s
}

func (d *decoder) statusFields(s *detection.Status) {
	for o := d.object(); d.next(&o); {
		switch string(d.key) {
		case "time":
			s.EventTime = d.time()
		case "state":
			s.State = d.state()
		case "battery_pct":
			s.Battery, s.HasBattery = d.number(0, 100, "percent"), true
		case "tamper":
			s.Tamper = d.bool()
		case "faults":
			s.Faults = d.list(maxName)
		case "heading_deg":
			s.Heading, s.HasHeading = d.azimuth(), true
		case "field_of_view":
			s.View, s.HasView = d.view(), true
		default:
			d.unknown(statusKeys)
		}
	}
}

func (d *decoder) state() detection.State {
	word, ok := d.bytes(`"online", "degraded" or "offline"`)
	if !ok {
		return detection.UnknownState
	}
	s, known := detection.ParseState(string(word))
	if !known {
		d.fault(string(d.key), "%s is no state: %s", quote(word), didYouMean(string(word[:min(len(word), maxQuoted)]), stateWords))
	}
	return s
}
