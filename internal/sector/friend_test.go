package sector_test

import (
	"slices"
	"strings"
	"testing"

	"cutline/internal/record"
)

// patrolled is what the towers see of a walker and what a telephone says of itself, which goes as the walker at first.
func patrolled(body, phone [][2]float64, dies float64) (inputs []record.Input) {
	scene := func(path [][2]float64) scene {
		return scene{Seconds: 240, Targets: []target{{Class: "person", Speed: 1.4, Path: path, Phone: true}}}
	}
	for _, in := range scene(body).inputs(3) {
		if in.Sensor != "phone" {
			inputs = append(inputs, in)
		}
	}
	for _, in := range scene(phone).inputs(3) {
		if in.Sensor == "phone" && in.Received.Before(after(dies)) {
			in.Scans[0].Detections[0].Track = "patrol-7"
			inputs = append(inputs, in)
		}
	}
	slices.SortStableFunc(inputs, func(a, b record.Input) int { return a.Received.Compare(b.Received) })
	return inputs
}

func TestSector_tellsOnceThatAFriendHasPartedFromItsEmitter(t *testing.T) {
	straight := [][2]float64{{200, -400}, {200, 0}}
	for _, tc := range []struct {
		about       string
		body, phone [][2]float64
		dies        float64
		alerts      []string
		friendly    bool // what the towers see, at the end
	}{
		{"the telephone stays with the body", straight, straight, 999, nil, true},
		{
			"the telephone goes left and the body right",
			[][2]float64{{200, -400}, {200, -260}, {400, -260}},
			[][2]float64{{200, -400}, {200, -260}, {0, -260}},
			999,
			[]string{"new unacknowledged medium"},
			false,
		},
		{"the battery is empty", straight, straight, 120, nil, true},
	} {
		t.Run(tc.about, func(t *testing.T) {
			core := newSector(t, config())
			var alerts []string
			last := map[string]*record.TrackEvent{}
			for _, in := range patrolled(tc.body, tc.phone, tc.dies) {
				for _, e := range core.Step(in, nil) {
					if e.Track != nil {
						last[e.Track.ID] = e.Track
					}
					if a := e.Alert; a != nil && a.Kind == "friend_parted" {
						alerts = append(alerts, a.Change+" "+a.State+" "+a.Priority)
						if a.Sensor != "phone" || !strings.Contains(a.Text, "phone") || a.Lat == 0 {
							t.Errorf("alert of %q at %v: %s", a.Sensor, a.Lat, a.Text)
						}
					}
				}
			}
			if !slices.Equal(alerts, tc.alerts) {
				t.Errorf("alerts %q, want %q", alerts, tc.alerts)
			}
			seen := 0
			for _, tr := range last {
				if tr.Status == "confirmed" && slices.Contains(tr.Sensors, "twr-01") {
					if seen++; tr.Friendly != tc.friendly {
						t.Errorf("%s is friendly %v, want %v", tr.ID, tr.Friendly, tc.friendly)
					}
				}
			}
			if seen != 1 {
				t.Errorf("the towers see %d tracks, want 1", seen)
			}
		})
	}
}
