package alert_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"cutline/internal/alert"
	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/track"
)

// party is people who cross side by side: each its own track, 5 m and 3 s from the one before.
type party struct {
	book    *alert.Book
	tracks  []*track.Track
	follows []*alert.Follow
	out     []record.Event
}

func newParty(n int, sensors ...string) *party {
	p := &party{book: book()}
	for i := range n {
		tr := seen(sensors...)
		tr.ID = "p-" + strconv.Itoa(i)
		tr.Root = tr.ID
		for k := range tr.Evidence {
			tr.Evidence[k].EventTime = after(8 + float64(i)) // nothing has seen two of them at once yet
		}
		c := crossing(1)
		c.Time = start.Add(time.Duration(3*i) * time.Second)
		c.Position.Lon += geo.Degrees(.00007 * float64(i)) // 5 m
		f := new(alert.Follow)
		p.out = p.book.Cross(after(12+3*float64(i)), tr, f, c, p.out)
		p.tracks, p.follows = append(p.tracks, tr), append(p.follows, f)
	}
	return p
}

// scan shows those named to one sensor at one time.
func (p *party) scan(s float64, sensor string, who ...int) {
	for _, i := range who {
		tr := p.tracks[i]
		tr.EventTime = after(s)
		for k := range tr.Evidence {
			if tr.Evidence[k].Sensor == sensor {
				tr.Evidence[k].EventTime = after(s)
			}
		}
		p.out = p.book.Track(after(s+1), tr, p.follows[i], 1, p.out)
	}
}

// alerts are the changes of alerts, by id.
func (p *party) alerts() map[string][]*record.AlertEvent {
	all := map[string][]*record.AlertEvent{}
	for _, e := range p.out {
		if e.Alert != nil {
			all[e.Alert.ID] = append(all[e.Alert.ID], e.Alert)
		}
	}
	return all
}

func (p *party) last(t *testing.T) *record.AlertEvent {
	t.Helper()
	if n := len(p.alerts()); n != 1 {
		t.Fatalf("%d alerts", n)
	}
	for _, all := range p.alerts() {
		return all[len(all)-1]
	}
	return nil
}

func TestCross_companionsAreOneAlertWithACount(t *testing.T) {
	p := newParty(3, "twr-01", "twr-02")
	for s := 30.0; s < 36; s += 2 {
		p.scan(s, "twr-01", 0, 1, 2)
	}
	a := p.last(t)
	if a.Count != 3 || !slices.Equal(a.Tracks, []string{"p-0", "p-1", "p-2"}) || !a.Time.Equal(start) {
		t.Errorf("got %+v", a)
	}
	if want := "3 people crossed US>CA"; a.Text[:len(want)] != want {
		t.Errorf("text %q", a.Text)
	}
	crossings := 0
	for _, e := range p.out {
		if e.Crossing != nil {
			crossings++
		}
	}
	if crossings != 3 {
		t.Errorf("%d crossings are told", crossings)
	}
}

func TestCross_twoTracksOfOneTargetCountOnce(t *testing.T) {
	p := newParty(2, "twr-01", "twr-02")
	for s := 30.0; s < 60; s += 4 { // a target gives one return to a scan, now to the one track, now to the other
		p.scan(s, "twr-01", 0)
		p.scan(s+.5, "twr-02", 1)
		p.scan(s+2, "twr-01", 1)
		p.scan(s+2.5, "twr-02", 0)
	}
	if a := p.last(t); a.Count != 1 || len(a.Tracks) != 2 {
		t.Errorf("count %d of %v", a.Count, a.Tracks)
	}
}

func TestCross_aDoubleOfOneOfTwoDoesNotMakeThemThree(t *testing.T) {
	p := newParty(3, "twr-01", "twr-02")
	for s := 30.0; s < 60; s += 4 {
		p.scan(s, "twr-01", 0, 1)
		p.scan(s+2, "twr-01", 0, 2) // 2 is 1, seen by turns
	}
	if a := p.last(t); a.Count != 2 {
		t.Errorf("count %d", a.Count)
	}
}

func TestCross_whoCrossesElsewhereLaterOrBackHasAnAlertOfTheirOwn(t *testing.T) {
	for name, change := range map[string]func(tr *track.Track) (lon float64, s time.Duration, direction string){
		"40 m away": func(*track.Track) (float64, time.Duration, string) { return .00055, 0, "US>CA" },
		"16 s late": func(*track.Track) (float64, time.Duration, string) { return 0, 16 * time.Second, "US>CA" },
		"back":      func(*track.Track) (float64, time.Duration, string) { return 0, 0, "CA>US" },
		"an animal": func(tr *track.Track) (float64, time.Duration, string) {
			tr.Class = detection.Classes{detection.Animal: 1}
			return 0, 0, "US>CA"
		},
	} {
		b := book()
		var f, g alert.Follow
		raise(t, b, seen("twr-01", "twr-02"), &f)
		tr := seen("twr-01", "twr-02")
		tr.ID, tr.Root = "t-8", "t-8"
		c := crossing(1)
		lon, late, direction := change(tr)
		c.Position.Lon, c.Time, c.Direction = c.Position.Lon+geo.Degrees(lon), c.Time.Add(late), direction
		if out := b.Cross(after(13), tr, &g, c, nil); len(out) != 2 || out[1].Alert.Change != "new" {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

func TestMerge_companionsThatAreOneTargetCountOnce(t *testing.T) {
	p := newParty(2, "twr-01", "twr-02")
	p.scan(30, "twr-01", 0, 1)
	p.scan(32, "twr-01", 0, 1)
	if n := p.last(t).Count; n != 2 {
		t.Fatalf("count %d", n)
	}
	p.out = p.book.Merge(after(40), p.tracks[0], p.follows[0], p.follows[1], "p-1", p.out)
	if a := p.last(t); a.Count != 1 || len(p.follows[1].Alerts) != 0 {
		t.Errorf("count %d", a.Count)
	}
}

func TestTrack_aGroupIsOverWhenTheLastOfItIsLost(t *testing.T) {
	p := newParty(2, "twr-01", "twr-02")
	for i, want := range []string{"unacknowledged", "returned"} {
		p.tracks[i].Status = track.Lost
		p.scan(60, "twr-01", i)
		if a := p.last(t); a.State != want {
			t.Errorf("after %d: %s", i, a.State)
		}
	}
}

func TestTrack_oneOfOursLeavesTheGroupAndTheRestStays(t *testing.T) {
	p := newParty(2, "twr-01", "twr-02")
	p.scan(30, "twr-01", 0, 1)
	p.scan(32, "twr-01", 0, 1)
	p.tracks[0].Friendly = true
	p.scan(34, "twr-01", 0)
	if a := p.last(t); a.Count != 1 || a.Change != "update" {
		t.Fatalf("got %+v", a)
	}
	p.tracks[1].Friendly = true
	p.scan(36, "twr-01", 1)
	if a := p.last(t); a.Change != "end" {
		t.Errorf("got %+v", a)
	}
}

// TestCount_isWhatTheTrackHasShownForLong: fusion counts the returns of each look, and clutter is one now and then.
func TestCount_isWhatTheTrackHasShownForLong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		shows func(look int) int // of 30 before the crossing and 60 after it, 2 s apart
		want  int
	}{
		"alone":                          {func(int) int { return 1 }, 1},
		"clutter now and then":           {func(k int) int { return map[bool]int{true: 3, false: 1}[k%10 == 9] }, 1},
		"two, of whom one is often lost": {func(k int) int { return 1 + k%3/2 }, 2},
		"four":                           {func(int) int { return 4 }, 4},
		"more than it counts":            {func(int) int { return 20 }, 8},
		"the third late to be seen":      {func(k int) int { return map[bool]int{true: 3, false: 2}[k > 25] }, 3},
		"whom it meets far behind":       {func(k int) int { return map[bool]int{true: 6, false: 1}[k > 55] }, 1},
	} {
		b, tr := book(), seen("twr-01", "twr-02")
		var f alert.Follow
		count := 0
		step := func(k int, do func(now time.Time) []record.Event) {
			tr.EventTime = start.Add(time.Duration(2*(k-30)) * time.Second)
			tr.Last, tr.Count = tr.EventTime, tc.shows(k)
			for _, e := range do(tr.EventTime.Add(time.Second)) {
				if e.Alert != nil {
					count = e.Alert.Count
				}
			}
		}
		track := func(now time.Time) []record.Event { return b.Track(now, tr, &f, 1, nil) }
		for k := range 90 {
			if k == 30 {
				step(k, func(now time.Time) []record.Event { return b.Cross(now, tr, &f, crossing(1), nil) })
			} else {
				step(k, track)
			}
		}
		if count != tc.want {
			t.Errorf("%s: %d, want %d", name, count, tc.want)
		}
	}
}
