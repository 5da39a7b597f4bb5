package score_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/score"
)

// walkers makes n targets 400 m apart, each walking north at 1.4 m/s for some seconds.
func walkers(n, seconds int) []record.Truth {
	f := geo.NewFrame(geo.LLA{Lat: 49, Lon: -97.2})
	var truth []record.Truth
	for s := range seconds + 1 {
		for i := range n {
			p := f.Surface(400*float64(i), 1.4*float64(s), 0)
			truth = append(truth, record.Truth{
				Type: "target", Time: at(float64(s)), Target: fmt.Sprintf("w%d", i), Class: "person", Lat: float64(p.Lat), Lon: float64(p.Lon),
			})
		}
	}
	return truth
}

// tracked makes a confirmed track event of each line of truth; change may alter it, or drop it by false.
func tracked(truth []record.Truth, change func(e *record.Event, second int) bool) []record.Event {
	var events []record.Event
	for _, t := range truth {
		e := record.Event{Type: record.TrackType, Time: t.Time, Track: &record.TrackEvent{
			ID: "t" + t.Target, Status: "confirmed", Lat: t.Lat, Lon: t.Lon, SpeedMPS: 1.4,
		}}
		if change == nil || change(&e, int(t.Time.Sub(start).Seconds())) {
			events = append(events, e)
		}
	}
	return events
}

func TestTracks_truthScoredAsTracksIsPerfect(t *testing.T) {
	truth := walkers(4, 100)
	got := score.Tracks(truth, tracked(truth, nil), score.Defaults())
	same(t, "seconds", got.Seconds, 101)
	near(t, "completeness", got.Completeness, 1, 0)
	near(t, "ambiguity", got.Ambiguity, 1, 0)
	near(t, "spuriousness", got.Spuriousness, 0, 0)
	near(t, "position accuracy", got.PositionAccuracy, 0, 0)
	near(t, "velocity accuracy", got.VelocityAccuracy, 0, 1e-3)
	near(t, "longest segment", got.LongestSegment, 1, 0)
	near(t, "changes", got.NumberChangeRate, 0, 0)
	near(t, "GOSPA", got.GOSPA, 0, 0)
	near(t, "MOTA", got.MOTA, 1, 0)
	near(t, "IDF1", got.IDF1, 1, 0)
	near(t, "IDR", got.IDR, 1, 0)
	same(t, "switches", got.Switches, 0)
}

func TestTracks_whereATargetIsCoveredIsAFigureOfItsOwn(t *testing.T) {
	truth := walkers(2, 100)
	if got := score.Tracks(truth, nil, score.Defaults()); got.CoveredSeconds != 0 || got.CompleteCovered != 1 {
		t.Errorf("nobody says who is covered: %v of %d s", got.CompleteCovered, got.CoveredSeconds)
	}
	for i := range truth { // the second one from its 51st second on
		covered := truth[i].Target == "w1" && truth[i].Time.Sub(start).Seconds() > 50
		truth[i].Covered = &covered
	}
	got := score.Tracks(truth, tracked(truth, func(e *record.Event, second int) bool { return e.Track.ID == "tw1" && second <= 75 }),
		score.Defaults())
	same(t, "covered", got.CoveredSeconds, 50)
	near(t, "completeness", got.Completeness, 77./202, 1e-9) // its last event is shown for a second more
	near(t, "where covered", got.CompleteCovered, 26./50, 1e-9)
}

func TestTracks_aPlantedDefectMovesTheRightFigure(t *testing.T) {
	truth := walkers(2, 100)
	for name, c := range map[string]struct {
		change func(e *record.Event, second int) bool
		check  func(t *testing.T, r score.TrackReport)
	}{
		"a target nobody tracks": {
			func(e *record.Event, _ int) bool { return e.Track.ID != "tw1" },
			func(t *testing.T, r score.TrackReport) {
				near(t, "completeness", r.Completeness, 0.5, 0)
				near(t, "spuriousness", r.Spuriousness, 0, 0)
				near(t, "GOSPA", r.GOSPA, 100/math.Sqrt2, 1e-9)
				near(t, "missed", r.MissedMean, 1, 0)
				near(t, "IDR", r.IDR, 0.5, 0)
			},
		},
		"a ghost": {
			func(e *record.Event, _ int) bool {
				if e.Track.ID == "tw1" {
					e.Track.Lat += 0.01
				}
				return true
			},
			func(t *testing.T, r score.TrackReport) {
				near(t, "completeness", r.Completeness, 0.5, 0)
				near(t, "spuriousness", r.Spuriousness, 0.5, 0)
				near(t, "GOSPA", r.GOSPA, 100, 1e-9)
				near(t, "false", r.FalseMean, 1, 0)
				near(t, "MOTA", r.MOTA, 0, 1e-9)
			},
		},
		"another number halfway": {
			func(e *record.Event, second int) bool {
				if e.Track.ID == "tw1" && second > 50 {
					e.Track.ID = "other"
				}
				return true
			},
			func(t *testing.T, r score.TrackReport) {
				near(t, "completeness", r.Completeness, 1, 0)
				same(t, "switches", r.Switches, 1)
				near(t, "longest segment", r.LongestSegment, (101+52)/202.0, 1e-9) // the old number stays on the screen for a second
				near(t, "changes", r.NumberChangeRate, 1/202.0, 1e-9)
				near(t, "IDF1", r.IDF1, (101+51)/202.0, 0.01)
			},
		},
		"ten metres beside": {
			func(e *record.Event, _ int) bool { e.Track.Lat += 10 / metresPerDegree; return true },
			func(t *testing.T, r score.TrackReport) {
				near(t, "position accuracy", r.PositionAccuracy, 10, 0.01)
				near(t, "MOTP", r.MOTP, 10, 0.01)
				near(t, "GOSPA", r.GOSPA, 10*math.Sqrt2, 0.02)
				near(t, "completeness", r.Completeness, 1, 0)
			},
		},
		"tentative tracks are not shown": {
			func(e *record.Event, _ int) bool { e.Track.Status = "tentative"; return true },
			func(t *testing.T, r score.TrackReport) {
				near(t, "completeness", r.Completeness, 0, 0)
				near(t, "spuriousness", r.Spuriousness, 0, 0)
			},
		},
		"a gap of ten seconds is coasted over": {
			func(_ *record.Event, second int) bool { return second < 40 || second >= 50 },
			func(t *testing.T, r score.TrackReport) {
				near(t, "completeness", r.Completeness, 1, 0)
				near(t, "position accuracy", r.PositionAccuracy, 0, 0.01)
			},
		},
		"a gap of thirty seconds is not": {
			func(_ *record.Event, second int) bool { return second < 40 || second >= 70 },
			func(t *testing.T, r score.TrackReport) {
				near(t, "completeness", r.Completeness, 1-15/101.0, 1e-9)
			},
		},
		"a lost track is gone at once": {
			func(e *record.Event, second int) bool {
				if second == 50 {
					e.Track.Status = "lost"
				}
				return second <= 50
			},
			func(t *testing.T, r score.TrackReport) { near(t, "completeness", r.Completeness, 50/101.0, 1e-9) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.check(t, score.Tracks(truth, tracked(truth, c.change), score.Defaults()))
		})
	}
}

func TestTracks_twoTracksOfOneTargetAreAmbiguous(t *testing.T) {
	truth := walkers(1, 60)
	events := tracked(truth, nil)
	events = append(events, tracked(truth, func(e *record.Event, _ int) bool { e.Track.ID = "twin"; return true })...)
	got := score.Tracks(truth, events, score.Defaults())
	near(t, "ambiguity", got.Ambiguity, 2, 0)
	near(t, "completeness", got.Completeness, 1, 0)
	near(t, "IDF1", got.IDF1, 2*61/(61+122.0), 1e-9)
	same(t, "switches", got.Switches, 0)
}

func TestTracks_aTouchOfTwoSecondsIsNoAssociation(t *testing.T) {
	truth := walkers(1, 60)
	got := score.Tracks(truth, tracked(truth, func(e *record.Event, second int) bool {
		if second != 20 && second != 21 {
			e.Track.Lat += 0.01
		}
		return true
	}), score.Defaults())
	near(t, "completeness", got.Completeness, 0, 0)
}

// gospaByHand tries every assignment.
func gospaByHand(truths, tracks []float64, used []bool, c float64) float64 {
	if len(truths) == 0 {
		rest := 0.0
		for k := range tracks {
			if !used[k] {
				rest += c * c / 2
			}
		}
		return rest
	}
	best := c*c/2 + gospaByHand(truths[1:], tracks, used, c)
	for k := range tracks {
		if d := math.Abs(truths[0] - tracks[k]); !used[k] && d < c {
			used[k] = true
			best = min(best, d*d+gospaByHand(truths[1:], tracks, used, c))
			used[k] = false
		}
	}
	return best
}

func TestTracks_GOSPAEqualsThatOfEveryAssignmentTried(t *testing.T) {
	f := geo.NewFrame(geo.LLA{Lat: 49, Lon: -97.2})
	place := func(n float64) (lat, lon float64) {
		p := f.Surface(0, n, 0)
		return float64(p.Lat), float64(p.Lon)
	}
	rapid.Check(t, func(t *rapid.T) {
		norths := rapid.SliceOfN(rapid.Float64Range(-300, 300), 1, 5)
		a, b := norths.Draw(t, "truths"), rapid.SliceOfN(rapid.Float64Range(-300, 300), 0, 5).Draw(t, "tracks")
		var truth []record.Truth
		var events []record.Event
		for i, n := range a {
			lat, lon := place(n)
			truth = append(truth, record.Truth{Type: "target", Time: start, Target: fmt.Sprint(i), Lat: lat, Lon: lon})
		}
		for i, n := range b {
			lat, lon := place(n)
			events = append(events, record.Event{Time: start, Track: &record.TrackEvent{ID: fmt.Sprint(i), Status: "confirmed", Lat: lat, Lon: lon}})
		}
		want := math.Sqrt(gospaByHand(a, b, make([]bool, len(b)), 100))
		if got := score.Tracks(truth, events, score.Defaults()).GOSPA; math.Abs(got-want) > 1e-3 {
			t.Errorf("GOSPA %v, want %v", got, want)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	truth := walkers(25, 1200)
	events := tracked(truth, nil)
	b.ReportAllocs()
	for b.Loop() {
		score.Of(truth, events, score.Defaults())
	}
}
