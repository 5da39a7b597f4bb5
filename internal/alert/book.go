package alert

import (
	"slices"
	"time"

	"cutline/internal/border"
	"cutline/internal/record"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// Book holds the open alerts of one sector. It belongs to one goroutine.
type Book struct {
	cfg    Config
	sector string
	marks  []mark
	kinds  map[string]sensor.Kind
	state  State
	votes  []vote // scratch
}

// State is the book's memory, for snapshots.
type State struct {
	Open  []Alert  // in the order in which they were raised
	Given []string // ids of the latest commands
}

// Alert is an open one: as it was told last, and what its next change hangs on.
type Alert struct {
	Told   record.AlertEvent
	Groups []string      // that agree
	Before float64       // probability that the target was on the side it came from
	After  float64       // best one so far that it is on the side it went to
	Gap    time.Duration // of a crossing that nobody looked at
	Gone   time.Time     // receipt time at which its track was lost; zero while it lives
}

// Follow is what alert remembers of one track between its steps. Its owner keeps it beside the track, and in snapshots.
type Follow struct {
	CertainSince time.Time // event time since which its existence is certain; zero if it is not
	Alerts       []string  // ids of the open alerts that hang on it
}

// New makes an empty book. The sensors name what an alert's text refers to.
func New(cfg Config, sector string, sensors []sensor.Definition) *Book {
	b := &Book{cfg: cfg, sector: sector, kinds: make(map[string]sensor.Kind, len(sensors))}
	for _, s := range sensors {
		b.kinds[s.ID] = s.Kind
		if s.HasPose {
			b.marks = append(b.marks, newMark(s))
		}
	}
	return b
}

// State gives the memory to be kept. It shares its slices with the book: encode it before the next step.
func (b *Book) State() State { return b.state }

// Restore takes a memory that State gave.
func (b *Book) Restore(s State) { b.state = s }

// Open says whether an alert of that id is open, that is, whether a command for it will find one.
func (b *Book) Open(id string) bool { return b.find(id) >= 0 }

func (b *Book) find(id string) int {
	return slices.IndexFunc(b.state.Open, func(a Alert) bool { return a.Told.ID == id })
}

// Cross takes in a crossing of t: it appends the crossing and, unless the target is friendly, a new alert.
func (b *Book) Cross(now time.Time, t *track.Track, f *Follow, c *border.Crossing, out []record.Event) []record.Event {
	b.certain(t, f)
	a := Alert{Before: c.Before, After: c.Probability / c.Before}
	if c.Inferred {
		a.Gap = c.Gap
	}
	a.Told = record.AlertEvent{
		ID: id(b.sector, Crossing, t.Root, c.Ordinal), Kind: Crossing, State: Unacknowledged, Change: ChangeNew,
		Time: c.Time, Raised: now, Updated: now,
		Lat: round(float64(c.Position.Lat), 7), Lon: round(float64(c.Position.Lon), 7), Direction: c.Direction,
		Count: 1, Tracks: []string{t.ID}, Simulated: t.Simulated,
	}
	b.weigh(&a, t, f)
	out = append(out, b.crossing(&a, t, c))
	if t.Friendly || b.Open(a.Told.ID) {
		return out
	}
	a.Told.Text = b.text(&a)
	b.state.Open = append(b.state.Open, a)
	f.Alerts = append(f.Alerts, a.Told.ID)
	return append(out, event(b.sector, &a.Told))
}

// crossing tells the crossing itself, under the id of its alert.
func (b *Book) crossing(a *Alert, t *track.Track, c *border.Crossing) record.Event {
	return record.Event{Type: record.CrossingType, Time: c.Time, Sector: b.sector, Crossing: &record.CrossingEvent{
		ID: a.Told.ID, Track: t.ID, Time: c.Time, Lat: a.Told.Lat, Lon: a.Told.Lon, Direction: c.Direction,
		Level: a.Told.Level, Confidence: a.Told.Confidence, Groups: append([]string{}, a.Groups...),
		TimeSigmaS: round(c.TimeSigma.Seconds(), 2), PlaceSigmaM: round(float64(c.PlaceSigma), 1),
		Friendly: t.Friendly, Simulated: t.Simulated,
	}}
}

// Track takes in what has become of a track since its last step. After is the probability by now that it is on the side it
// crossed to last.
func (b *Book) Track(now time.Time, t *track.Track, f *Follow, after float64, out []record.Event) []record.Event {
	b.certain(t, f)
	for i := 0; i < len(f.Alerts); i++ {
		k := b.find(f.Alerts[i])
		if k < 0 { // it has ended
			f.Alerts = slices.Delete(f.Alerts, i, i+1)
			i--
			continue
		}
		a := &b.state.Open[k]
		switch {
		case t.Friendly:
			out = b.end(now, k, "friendly: it is one of our own", out)
			continue
		case t.Status == track.Lost:
			if a.Gone.IsZero() {
				a.Gone = now
			}
			if a.Told.State == Acknowledged {
				out = b.end(now, k, "acknowledged, and its track is lost", out)
			}
			continue
		}
		a.Gone = time.Time{}
		if i == len(f.Alerts)-1 { // after an earlier crossing it has gone back since
			a.After = max(a.After, after)
		}
		if b.weigh(a, t, f) {
			out = b.change(now, a, ChangeUpdate, out)
		}
	}
	return out
}

// Merge moves the alerts of a track to the one that it turned out to be. Two alerts for one crossing, since it was two tracks, become
// one: the later ends as a duplicate.
func (b *Book) Merge(now time.Time, t *track.Track, f, from *Follow, out []record.Event) []record.Event {
	for _, id := range from.Alerts {
		k := b.find(id)
		if k < 0 {
			continue
		}
		moved := &b.state.Open[k]
		if twin := b.twin(moved, f.Alerts); twin != "" {
			out = b.end(now, k, "duplicate: the same target and crossing as "+twin, out)
			continue
		}
		moved.Gone = time.Time{}
		f.Alerts = append(f.Alerts, id)
		if !slices.Contains(moved.Told.Tracks, t.ID) {
			moved.Told.Tracks = append(moved.Told.Tracks, t.ID)
			out = b.change(now, moved, ChangeUpdate, out)
		}
	}
	from.Alerts = nil
	f.Alerts = slices.DeleteFunc(f.Alerts, func(id string) bool { return b.find(id) < 0 })
	slices.SortStableFunc(f.Alerts, func(x, y string) int { // the last is that of the last crossing
		return b.state.Open[b.find(x)].Told.Time.Compare(b.state.Open[b.find(y)].Told.Time)
	})
	return out
}

// Two tracks of one target cross alike within a scan or two of each other.
const twinWithin = 15 * time.Second

func (b *Book) twin(a *Alert, among []string) string {
	for _, id := range among {
		if k := b.find(id); k >= 0 {
			o := &b.state.Open[k].Told
			if o.Direction == a.Told.Direction && o.Time.Sub(a.Told.Time).Abs() <= twinWithin {
				return o.ID
			}
		}
	}
	return ""
}

// Tick ends what has been over for long enough.
func (b *Book) Tick(now time.Time, out []record.Event) []record.Event {
	for k := 0; k < len(b.state.Open); k++ {
		if a := &b.state.Open[k]; !a.Gone.IsZero() && now.Sub(a.Gone) >= b.cfg.EndAfter {
			out = b.end(now, k, "its track is lost, and nobody acknowledged it", out)
			k--
		}
	}
	return out
}

// certain keeps since when the track's existence is certain without a break.
func (b *Book) certain(t *track.Track, f *Follow) {
	if t.Existence < b.cfg.Certain {
		f.CertainSince = time.Time{}
	} else if f.CertainSince.IsZero() {
		f.CertainSince = t.EventTime
	}
}

// change tells an alert again.
func (b *Book) change(now time.Time, a *Alert, change string, out []record.Event) []record.Event {
	a.Told.Change, a.Told.Updated = change, now
	if a.Told.Kind == Crossing {
		a.Told.Text = b.text(a)
	}
	return append(out, event(b.sector, &a.Told))
}

// end tells an alert for the last time, with the rule that ended it, and forgets it.
func (b *Book) end(now time.Time, k int, rule string, out []record.Event) []record.Event {
	a := &b.state.Open[k]
	a.Told.State, a.Told.Rule = Resolved, rule
	out = b.change(now, a, ChangeEnd, out)
	b.state.Open = slices.Delete(b.state.Open, k, k+1)
	return out
}
