package fusion

import (
	"math"
	"slices"
	"time"

	"cutline/internal/track"
)

// A target is a track with what only the tracker needs of it. Its exported fields are the snapshot. What each beat and each gate ask for
// comes first: of ten thousand tracks each piece of 64 bytes that is touched has to come from far away.
type target struct {
	track.Track
	Serial uint64 // order of creation
	F      imm
	At     int64 // event time of F, ns
	Seen   int64 // of the last detection

	Interval float64 // s, between detections, smoothed
	Unseen   float32 // s, within coverage since Seen
	Moving   float32 // probability that it does not stand (stop.go)
	Visible  float64 // probability that nothing hides the target from everybody
	Friend   float32 // votes for being one of ours
	Few      float32 // returns of one look, smoothed: more than one of companions that are not told apart
	With     int32   // companions that are, but not shown as tracks of their own
	Image    uint8   // above 0: its sensor may see another track there, with a mast that has turned (turned.go)
	Extent   extent  // of what it returns about its middle

	link    link
	index   int32  // in the tracker's list
	row     int32  // in the scan that is worked on
	scan    uint32 // that scan
	spared  uint32 // the scan in which it can not count as missed
	Said    uint32 // the mark of the plot of Seen, which tells it from others of that time
	Proven  bool   // it was confirmed once
	Marked  bool   // as one of ours, by an operator
	Coasts  bool   // which has not been shown, since it had just been shown with a late detection
	touched bool

	Views   []view   // of the masts that could see it
	Sources []source // beside Track.Evidence, one each

	Pace  pace    // does it move?
	Echo  *echo   // or is it another's echo? nil: it is not asked
	Score float64 // nats for there being a target, from the odds of a new one against its first sensor's clutter
	Left  brief   // the belief at Seen: a gap is bridged from there
	Begun int64   // event time of the first detection

	Lead uint64 // serial of the track that it is a companion of
	Kept int64  // when it last was near it

	Twin       uint64 // serial of an older track that seems to be the same target
	TwinSince  int64
	Joined     string // id of the track that was last merged or stitched into this one
	MergedInto uint64
}

// A source is a sensor's part in a track.
type source struct {
	Sensor int
	Own    uint32     // the sensor's own track that it reported last, 0: none
	Kept   kept       // of its reports' errors, what they have in common
	Hit    int64      // event time of its last detection, ns
	Looked int64      // of its last detection or miss
	Number int64      // of the scan of Hit, −1: none
	Share  shareBrief // in the place
	Dips   bool       // it has seen it by an elevation
}

// ready predicts tr to the time at. Existence and visibility fade with it.
func (t *Tracker) ready(tr *target, at int64) {
	if at <= tr.At {
		return
	}
	dt := float64(at-tr.At) / second
	tr.F.predict(dt, float64(tr.Moving), &t.cfg)
	tr.At = at
	tr.Existence *= math.Exp(math.Log(t.cfg.Survival) * dt)
	vanishes := vanishing(tr.Speed())
	tr.Visible = relax(tr.Visible, dt, vanishes, appearRate)
	tr.Moving = float32(relax(float64(tr.Moving), dt, vanishes, appearRate))
	t.settle(tr)
}

// settle brings what others see of tr, and its place in the grid, in line with its filter.
func (t *Tracker) settle(tr *target) {
	m := tr.F.combined()
	tr.State, tr.Cov = m.X, m.P
	at := &t.spots[tr.index]
	at.e, at.n, at.coasts, at.lost = m.X[0], m.X[2], tr.Status == track.Coasting, tr.Status == track.Lost
	tr.EventTime = time.Unix(0, tr.At).UTC()
	// One second on, at the next beat at the latest, tr is put again: P(t+1) ≤ 2·(P + V) + agile noise, whatever the correlation.
	spread := 2*(m.P[0]+m.P[10]+m.P[5]+m.P[15]+tr.Extent.variance()) + t.cfg.FastNoise[1] + tr.Bias.EE + tr.Bias.NN
	// A sensor whose clock is off sees it where it is before or after that, and a slant range is longer by its height at most.
	t.grid.put(tr, (1+t.registry.lag)*math.Hypot(m.X[1], m.X[3])+gateSigmas*math.Sqrt(spread)+t.above(tr))
}

// above is how high tr is over the sector's ground, as it says; 0 if it does not.
func (t *Tracker) above(tr *target) float64 {
	if !tr.HasAlt {
		return 0
	}
	return max(0, float64(tr.Alt-t.frame.Origin().Alt))
}

// sigma is the larger axis of the position's covariance, 1 σ in metres.
func (tr *target) sigma() float64 {
	half, diff := (tr.Cov[0]+tr.Cov[10])/2, (tr.Cov[0]-tr.Cov[10])/2
	return math.Sqrt(half + math.Hypot(diff, tr.Cov[2]))
}

// source finds a sensor's part in tr, or begins one.
func (t *Tracker) source(tr *target, sensor int) (*source, *track.Evidence) {
	if i := tr.sourceOf(sensor); i >= 0 {
		return &tr.Sources[i], &tr.Evidence[i]
	}
	s := &t.sites[sensor]
	tr.Sources = append(grown(tr.Sources), source{Sensor: sensor, Number: -1})
	tr.Evidence = append(grown(tr.Evidence), track.Evidence{Sensor: s.id, Group: s.group})
	n := len(tr.Sources) - 1
	return &tr.Sources[n], &tr.Evidence[n]
}

// grown gives s room for one more, and no more than that: there are thousands of tracks, and most have two or three sensors.
func grown[T any](s []T) []T {
	if len(s) < cap(s) {
		return s
	}
	return append(make([]T, 0, len(s)+1), s...)
}

// sourceOf is the index of a sensor's part in tr, −1 if it has none.
func (tr *target) sourceOf(sensor int) int {
	for i := range tr.Sources {
		if tr.Sources[i].Sensor == sensor {
			return i
		}
	}
	return -1
}

// dippedBy says that the sensor has seen tr by an elevation.
func (tr *target) dippedBy(sensor int) bool {
	i := tr.sourceOf(sensor)
	return i >= 0 && tr.Sources[i].Dips
}

// dipped says that a camera has put tr on the ground.
func (tr *target) dipped() bool {
	return slices.ContainsFunc(tr.Sources, func(s source) bool { return s.Dips })
}

// copy makes tr a copy of o that shares nothing with it that changes, and is in no grid.
func (tr *target) copy(o *target) {
	sources, views, evidence := tr.Sources[:0], tr.Views[:0], tr.Evidence[:0]
	*tr = *o
	if o.Echo != nil {
		echo := *o.Echo
		tr.Echo = &echo
	}
	tr.Sources, tr.Views, tr.Evidence = append(sources, o.Sources...), append(views, o.Views...), append(evidence, o.Evidence...)
	tr.Lineage = slices.Clip(o.Lineage) // who adds to one moves it away
	tr.link, tr.touched = link{}, false
}
