package cot

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// Track is a track as it is at now; stale after life, or at once if it is lost.
func Track(sector string, t *record.TrackEvent, now time.Time, life time.Duration) Event {
	e := newEvent(UID(sector, t.ID), TrackType(t), t.Simulated)
	if t.Status == "lost" {
		life = time.Second
	}
	e.hold(now, life)
	e.QoS = "1-r-c"
	e.at(t.Lat, t.Lon)
	e.Point.CE = radius(t.Cov.EE, t.Cov.EN, t.Cov.NN)
	if t.AltM != nil {
		e.Point.HAE = round(*t.AltM, 1)
	}
	e.Detail = detail{
		Contact: &contact{t.ID}, Track: &motion{course(t.CourseDeg), round(max(0, t.SpeedMPS), 2)}, Precision: &precision{"???"},
		Remarks: trackRemarks(t), Own: &own{ID: t.ID, Kind: "track", State: t.Status, Count: t.Count},
	}
	return e
}

func trackRemarks(t *record.TrackEvent) string {
	var words []string
	for _, class := range slices.Sorted(maps.Keys(t.Class)) {
		if p := t.Class[class]; p >= .1 {
			words = append(words, fmt.Sprintf("%s %.1f", class, p))
		}
	}
	text := strings.Join(words, ", ")
	if len(t.Sensors) > 0 {
		text += ", by " + strings.Join(t.Sensors, " ")
	}
	return strings.TrimPrefix(text, ", ")
}

// TrackType is the CoT type of a track: unknown, of the dimension of its most probable class, until a person says friend.
func TrackType(t *record.TrackEvent) string {
	affiliation := "u"
	if t.Friendly {
		affiliation = "f"
	}
	best, most := "", .5 // below an even chance it is what every track is: something on the ground
	for _, class := range slices.Sorted(maps.Keys(t.Class)) {
		if p := t.Class[class]; p > most {
			best, most = class, p
		}
	}
	switch best {
	case "vehicle":
		return "a-" + affiliation + "-G-E-V"
	case "boat":
		return "a-" + affiliation + "-S"
	case "aircraft":
		return "a-" + affiliation + "-A"
	case "drone":
		return "a-" + affiliation + "-A-M-H-Q"
	}
	return "a-" + affiliation + "-G" // a person too: CoT's infantry would call a walker troops
}

// Sensor is one of ours that stands at a place.
func Sensor(sector string, s *record.SensorEvent, at geo.LLA, kind string, now time.Time, life time.Duration) Event {
	e := newEvent(UID(sector, s.ID), sensorType(kind), false)
	e.How = "m-c"
	e.hold(now, life)
	e.at(float64(at.Lat), float64(at.Lon))
	e.Point.HAE, e.Point.CE = round(float64(at.Alt), 1), 1
	e.Detail = detail{
		Contact: &contact{s.ID}, Remarks: strings.TrimSuffix(kind+" "+s.State+": "+strings.Join(s.Faults, ", "), ": "),
		Own: &own{ID: s.ID, Kind: kind, State: s.State},
	}
	return e
}

func sensorType(kind string) string {
	if kind == "radar" {
		return "a-f-G-E-S-R"
	}
	return "a-f-G-E-S"
}

// Subject is what an alert is about and must be on the map before it: ATAK shows no alert of what it does not know.
type Subject struct{ UID, Type, Callsign string }

// Of gives an event as a subject.
func Of(e *Event) Subject { return Subject{e.UID, e.Type, e.Detail.Contact.Callsign} }

// Alert is an alarm while it stands, and takes it back once it has ended or is out of sight. It holds for life: ATAK's own are stale
// after ten seconds, which nobody could act on.
func Alert(sector string, a *record.AlertEvent, of Subject, now time.Time, life time.Duration) Event {
	e := newEvent(UID(sector, a.ID), "b-a-o-c", a.Simulated)
	e.hold(now, life)
	e.QoS = "9-r-g"
	e.at(a.Lat, a.Lon)
	name := word(of.Callsign)
	e.Detail = detail{
		Links: []link{{UID: of.UID, Type: of.Type, Relation: "p-p"}}, Contact: &contact{of.Callsign + "-Alert"},
		Emergency: &emergency{Type: "Custom", Text: name}, Remarks: alertRemarks(a),
		Own: &own{
			ID: a.ID, Kind: a.Kind, State: a.State, Change: a.Change, Level: a.Level, Priority: a.Priority, Direction: a.Direction, Count: a.Count,
		},
	}
	switch {
	case !Stands(a):
		e.Type, e.Detail.Emergency = "b-a-o-can", &emergency{Cancel: true, Text: name}
	case len(a.Tracks) > 0:
		e.Type, e.Detail.Emergency.Type = "b-a-g", "Geo-fence Breached"
	}
	return e
}

// Stands says whether an alert is to be seen: it has not ended, and nobody has put it out of sight.
func Stands(a *record.AlertEvent) bool {
	return a.Change != "end" && !slices.Contains([]string{"shelved", "suppressed", "out_of_service", "resolved"}, a.State)
}

func alertRemarks(a *record.AlertEvent) string {
	lines := []string{strings.ToUpper(a.Priority) + ": " + a.Text}
	if a.AckedBy != "" {
		lines = append(lines, "acknowledged by "+a.AckedBy)
	}
	if a.Verdict != "" {
		lines = append(lines, "resolved as "+a.Verdict)
	}
	return strings.Join(lines, "\n")
}

// mostVertices of one shape: a datagram of them is well below what UDP carries.
const mostVertices = 100

// Border is a line as drawings, each with so many vertices that a datagram holds it, the last of one the first of the next.
func Border(name string, line []geo.LLA, now time.Time, life time.Duration) []Event {
	var out []Event
	for i := 0; i+1 < len(line); i += mostVertices - 1 {
		part := line[i:min(i+mostVertices, len(line))]
		e := newEvent(fmt.Sprintf("%s.%d", UID("border", name), len(out)), "u-d-f", false)
		e.How = "m-c"
		e.hold(now, life)
		e.at(float64(part[0].Lat), float64(part[0].Lon))
		e.Detail = detail{
			Contact: &contact{name}, StrokeColor: &setting{"-65536"}, // opaque red
			StrokeWeight: &setting{"3.0"}, LabelsOn: &setting{"false"},
		}
		for _, v := range part {
			e.Detail.Links = append(e.Detail.Links, link{Point: fmt.Sprintf("%.7f,%.7f", float64(v.Lat), float64(v.Lon))})
		}
		out = append(out, e)
	}
	return out
}

// Ping asks a TAK server for a sign of life; others overlook it.
func Ping(now time.Time) Event {
	e := newEvent("cutline-ping", "t-x-c-t", false)
	e.How = "m-g"
	e.hold(now, time.Minute)
	e.Detail = detail{Contact: &contact{"cutline"}}
	return e
}
