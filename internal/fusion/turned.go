package fusion

import (
	"math"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

const (
	voteBins   = 129                // of votes, the middle one is 0
	voteWidth  = .1 * math.Pi / 180 // rad, of a bin
	voteReach  = 3                  // bins on both sides that count with one
	voteLasts  = 60.0               // s
	voteGap    = .9                 // s, between two looks of a sensor that vote
	voteWhole  = 2.0                // s: looks that follow each other faster have less of a vote
	votePlots  = 24                 // of a look, so that a shower costs no more than a crowd
	votesNeed  = 12.0               // that turn a mast
	votesBears = 2.0                // times as many of bearings: they have no range to go by
	voteSurely = 1.5                // times as many as for where it stands, and for any other direction
	turnedFar  = 4.0                // σ of what its bias was thought to be
	turnedVar  = 3e-5               // rad², (0.3°)²: of the bias after a turn
	rangeSlack = 15.0               // m, of how far others' tracks and this sensor's survey are off
	rateSlack  = .5                 // m/s
)

// votes are a sensor's returns by how far they lie, in azimuth, from where others see something at that range: a mast that is turned
// sees everything beside its place, and by the same angle. It is the Hough transform of registration. The gate would never let such returns
// teach the registry, and each target would be two tracks.
type votes struct {
	At   int64 // event time of the last, ns
	Here float32
	Bins [voteBins]float32
}

// vote takes a look, after its plots have found their tracks.
func (t *Tracker) vote(e *entry) {
	st := &t.states[e.Sensor]
	v, slot := &st.Votes, t.registry.slots[e.Sensor]
	dt := float64(e.Time-v.At) / second
	if slot < 0 || !t.sites[e.Sensor].angular() || len(e.Plots) == 0 || dt < voteGap {
		return
	}
	keep := float32(math.Exp(-dt / voteLasts))
	weight := float32(min(dt, voteWhole) / voteWhole)
	v.At, v.Here = e.Time, v.Here*keep
	for i := range v.Bins {
		v.Bins[i] *= keep
	}
	for j := range e.Plots[:min(len(e.Plots), votePlots)] {
		// In its place is also what was given to no track since it lies in the gates of two.
		k := t.work.taken[j]
		if k < 0 && t.work.gated[j] || k >= 0 && t.others(t.work.rows[t.work.pairs[k].row], e) {
			v.Here += weight
			continue
		}
		t.ballot(e, &e.Plots[j], weight)
	}
	need := float32(votesNeed)
	if st.Bears {
		need *= votesBears
	}
	t.turn(e.Sensor, slot, need)
}

// others says that a track that is sure is just being seen by another sensor.
func (t *Tracker) others(tr *target, e *entry) bool {
	if !tr.Proven {
		return false
	}
	for i := range tr.Sources {
		if s := &tr.Sources[i]; s.Sensor != e.Sensor && !t.sites[s.Sensor].trips && float64(e.Time-s.Hit) < othersFresh {
			return true
		}
	}
	return false
}

// ballot gives a vote to each angle that would bring p onto what others see, and this sensor does not.
func (t *Tracker) ballot(e *entry, p *plot, weight float32) {
	if p.Kind != detection.Bearing && p.Kind != detection.Polar {
		return
	}
	w, l := &t.work, &e.Look
	const widest = voteBins / 2 * voteWidth
	if p.Kind == detection.Bearing {
		w.found = t.grid.along(w.found[:0], l.E, l.N, p.Z[0], widest, l.length())
	} else {
		w.found = t.grid.near(w.found[:0], p.E, p.N, p.Z[0]*widest)
	}
	for _, tr := range w.found {
		if i := tr.sourceOf(e.Sensor); i >= 0 && float64(e.Time-tr.Sources[i].Hit) < othersFresh || !t.others(tr, e) {
			continue
		}
		de, dn := tr.State[0]+p.Lag*tr.State[1]-l.E, tr.State[2]+p.Lag*tr.State[3]-l.N
		r := math.Hypot(de, dn)
		if p.Kind == detection.Polar && math.Abs(p.Z[0]-r) > rangeSlack+3*math.Sqrt(p.R[0][0]) {
			continue
		}
		if p.Dim == 3 && math.Abs(p.Z[2]-(de*tr.State[1]+dn*tr.State[3])/r) > rateSlack+3*math.Sqrt(p.R[2][2]) {
			continue
		}
		measured := p.Z[0]
		if p.Kind == detection.Polar {
			measured = p.Z[1]
		}
		off := float64(geo.WrapPi(geo.Radians(measured - math.Atan2(de, dn))))
		if k := voteBins/2 + int(math.Round(off/voteWidth)); k >= 0 && k < voteBins {
			t.states[e.Sensor].Votes.Bins[k] += weight
		}
	}
}

// turn corrects a sensor whose votes are clear, and forgets what it shared with others: that was learnt before.
func (t *Tracker) turn(sensor, slot int, need float32) {
	v := &t.states[sensor].Votes
	best, most := 0, float32(0)
	for k := range v.Bins {
		if n := v.around(k); n > most {
			best, most = k, n
		}
	}
	rival := v.Here
	for k := range v.Bins {
		if k < best-2*voteReach || k > best+2*voteReach {
			rival = max(rival, v.around(k))
		}
	}
	if most < need || most < voteSurely*rival {
		return
	}
	sum, mean := 0.0, 0.0
	for k := max(best-voteReach, 0); k <= min(best+voteReach, voteBins-1); k++ {
		sum += float64(v.Bins[k])
		mean += float64(v.Bins[k]) * float64(k-voteBins/2) * voteWidth
	}
	r := &t.registry
	n, i := len(r.X), values*slot+azimuth
	if by := mean / sum; math.Abs(by) > turnedFar*math.Sqrt(r.P[i*n+i]) {
		r.X[i] += by
		for j := range n {
			r.P[i*n+j], r.P[j*n+i] = 0, 0
		}
		r.prior[i] = max(r.prior[i], turnedVar)
		r.P[i*n+i] = r.prior[i]
	}
	*v = votes{At: v.At}
}

// around sums the votes for a bin and its neighbours.
func (v *votes) around(k int) (n float32) {
	for i := max(k-voteReach, 0); i <= min(k+voteReach, voteBins-1); i++ {
		n += v.Bins[i]
	}
	return n
}
