package fusion

import (
	"math"
	"slices"

	"cutline/internal/detection"
	"cutline/internal/track"
)

const (
	voteBins   = 129                // of angles, the middle one is 0
	voteWidth  = .1 * math.Pi / 180 // rad, of a bin
	voteReach  = 5                  // bins on both sides that a vote is for as well
	voteLasts  = 300.0              // s
	voteGap    = .9                 // s, between two looks of a sensor that vote
	voteWhole  = 2.0                // s: looks that follow each other faster have less of a vote
	voteAnew   = 5.0                // m, that a target has gone when its next vote is worth a whole one
	votePlots  = 24                 // of a look, so that a shower costs no more than a crowd
	votesDoubt = .9                 // that make a new track wait: it may be what a turned mast sees of an old one
	votesNeed  = 12.0               // that turn a mast
	votesBears = 2.0                // times as many of bearings: they have no range to go by
	voteSurely = 1.5                // times as many as for any other angle
	turnedFar  = 4.0                // σ of what its bias was thought to be
	turnedVar  = 3e-5               // rad², (0.3°)²: of the bias after a turn
	rangeSlack = 15.0               // m, of how far others' tracks and this sensor's survey are off
	rateSlack  = .5                 // m/s
	imageLasts = 5                  // looks, in which none has voted, until a track is no image any more
)

// votes are a sensor's returns by how far they lie, in azimuth, from where others see something at that range: a mast that is turned
// sees everything beside its place, and by the same angle. It is the Hough transform of registration. The gate would never let such returns
// teach the registry, and each target would be two tracks.
//
// Each bin is Page's test (1954, "Continuous inspection schemes", Biometrika 41) for a mast that has turned by this angle at some
// time: returns at the angle count for it and returns in place against it, and below 0 it begins anew, so that an hour in place does not
// speak against a turn just now.
type votes struct {
	At    int64 // event time of the last, ns
	Since int64 // of the last look before those that speak for a turn
	Bins  [voteBins]float32
}

// vote takes a look, after its plots have found their tracks, and says whether the mast has turned.
func (t *Tracker) vote(e *entry) bool {
	st := &t.states[e.Sensor]
	v, slot := &st.Votes, t.registry.slots[e.Sensor]
	dt := float64(e.Time-v.At) / second
	if slot < 0 || !t.sites[e.Sensor].angular() || len(e.Plots) == 0 || dt < voteGap {
		return false
	}
	keep := float32(math.Exp(-dt / voteLasts))
	weight := float32(min(dt, voteWhole) / voteWhole)
	v.At = e.Time
	for i := range v.Bins {
		v.Bins[i] *= keep
	}
	here := float32(0)
	for j := range e.Plots[:min(len(e.Plots), votePlots)] {
		var tr *target
		if k := t.work.taken[j]; k >= 0 {
			tr = t.work.rows[t.work.pairs[k].row]
		}
		// In its place is also what was given to no track since it lies in the gates of two.
		if tr == nil && t.work.gated[j] || tr != nil && t.others(tr, e) {
			here += weight
		} else if voted, lost := t.ballot(e, &e.Plots[j], dt, weight); tr != nil {
			tr.imagine(voted, lost)
		}
	}
	for i := range v.Bins {
		v.Bins[i] = max(0, v.Bins[i]-here)
	}
	most := slices.Max(v.Bins[:])
	if most == 0 {
		v.Since = e.Time
	}
	need := float32(votesNeed)
	if st.Bears {
		need *= votesBears
	}
	return most >= need && t.turn(e.Sensor, slot)
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

// ballot gives a vote to each angle that would bring p onto what others see, and this sensor does not, and says whether there is any,
// and one because of a track that this sensor has just lost. dt is the time since its last look, s.
func (t *Tracker) ballot(e *entry, p *plot, dt float64, weight float32) (voted, lost bool) {
	if p.Kind != detection.Bearing && p.Kind != detection.Polar {
		return false, false
	}
	w, l := &t.work, &e.Look
	const widest = voteBins / 2 * voteWidth
	if p.Kind == detection.Bearing {
		w.found = t.grid.along(w.found[:0], l.E, l.N, p.Z[0], widest, l.length())
	} else {
		w.found = t.grid.near(w.found[:0], p.E, p.N, p.Z[0]*widest)
	}
	for _, tr := range w.found {
		since := int64(math.MaxInt64)
		if i := tr.sourceOf(e.Sensor); i >= 0 {
			since = e.Time - tr.Sources[i].Hit
		}
		if since <= 0 || !t.others(tr, e) {
			continue
		}
		by, ok := t.beside(tr, e, p)
		if !ok {
			continue
		}
		// That it has just been lost from its place, where this sensor looks, tells more than that it is not there. Who really walks beside it
		// fits at the next look as well: then only the way that it has gone is new.
		just := float64(since) < othersFresh && l.sees(tr.State[0], tr.State[2])
		fresh := weight
		if !just {
			fresh *= float32(min(1, dt*tr.Speed()/voteAnew))
		}
		t.states[e.Sensor].Votes.add(voteBins/2+int(math.Round(by/voteWidth)), fresh)
		voted, lost = true, lost || just
	}
	return voted, lost
}

// beside is by how much p's azimuth is larger than tr's, rad; ok is false if p is not at tr's range, and as fast.
func (t *Tracker) beside(tr *target, e *entry, p *plot) (by float64, ok bool) {
	de, dn := tr.State[0]+p.Lag*tr.State[1]-e.Look.E, tr.State[2]+p.Lag*tr.State[3]-e.Look.N
	r, measured := math.Hypot(de, dn), p.Z[0]
	if p.Kind == detection.Polar {
		measured = p.Z[1]
		if math.Abs(p.Z[0]-r) > rangeSlack+3*math.Sqrt(p.R[0][0]+t.along(tr, e.Sensor, de/r, dn/r)) {
			return 0, false
		}
	}
	if p.Dim == 3 && math.Abs(p.Z[2]-(de*tr.State[1]+dn*tr.State[3])/r) > rateSlack+3*math.Sqrt(p.R[2][2]) {
		return 0, false
	}
	return off(measured, math.Atan2(de, dn)), true
}

// along is the variance, m², of how far tr is from where the sensor would see it, in the direction (e, n).
func (t *Tracker) along(tr *target, sensor int, e, n float64) float64 {
	bias := t.consider(tr, sensor, false)
	c := plus(bias.Spread, detection.Covariance{EE: tr.Cov[0], EN: tr.Cov[2], NN: tr.Cov[10]})
	return c.EE*e*e + 2*c.EN*e*n + c.NN*n*n
}

// add gives votes to bin k and those about it.
func (v *votes) add(k int, votes float32) {
	for i := max(k-voteReach, 0); i <= min(k+voteReach, voteBins-1); i++ {
		v.Bins[i] += votes
	}
}

// turn corrects a sensor whose votes are clear, and forgets what it shared with others: that was learnt before. What it alone has followed
// since then nobody has followed: it was never there.
func (t *Tracker) turn(sensor, slot int) bool {
	v := &t.states[sensor].Votes
	best, rival := 0, float32(0)
	for k := range v.Bins {
		if v.Bins[k] > v.Bins[best] {
			best = k
		}
	}
	sum, mean := 0.0, 0.0
	for k := range v.Bins {
		if k < best-2*voteReach || k > best+2*voteReach {
			rival = max(rival, v.Bins[k])
			continue
		}
		sum += float64(v.Bins[k])
		mean += float64(v.Bins[k]) * float64(k-voteBins/2) * voteWidth
	}
	if v.Bins[best] < voteSurely*rival {
		return false
	}
	r := &t.registry
	n, i := len(r.X), values*slot+azimuth
	by, since := mean/sum, v.Since
	*v = votes{At: v.At}
	if math.Abs(by) <= turnedFar*math.Sqrt(r.P[i*n+i]) {
		return false
	}
	r.X[i] += by
	for j := range n {
		r.P[i*n+j], r.P[j*n+i] = 0, 0
	}
	r.prior[i] = max(r.prior[i], turnedVar)
	r.P[i*n+i] = r.prior[i]
	for _, tr := range t.tracks {
		if tr.Status != track.Lost && tr.Begun > since && len(tr.Sources) == 1 && tr.Sources[0].Sensor == sensor {
			t.lose(tr)
			tr.Proven = false // nobody is to carry it on
		}
	}
	return true
}

// imagine notes whether a return of tr voted, and for a track that the sensor has just lost: tr may be that one.
func (tr *target) imagine(voted, lost bool) {
	switch {
	case lost, voted && tr.Image > 0:
		tr.Image = imageLasts
	case tr.Image > 0:
		tr.Image--
	}
}

// shadows says that tr may be what a mast that has turned sees of a track that it saw before: it waits until this is known.
func (t *Tracker) shadows(tr *target) bool {
	return len(tr.Sources) == 1 && tr.Image > 0 && slices.Max(t.states[tr.Sources[0].Sensor].Votes.Bins[:]) >= votesDoubt
}
