package fusion

import (
	"cmp"
	"math"
	"slices"

	"cutline/internal/detection"
	"cutline/internal/track"
)

const (
	stitchGate   = 13.28 // chi-square at 99 % for four values
	strangerCost = 27.0  // −2 ln of how densely strangers come: four in two minutes, on 6 km² at the line, at a walker's speeds
	stitchSigma  = 250.0 // m: wider, and the old track fits everything
	stitchNoise  = .1    // m²/s³, of what was not watched: a walker's between quiet and agile
	twinGate     = 4.0
	twinReach    = 60.0 // m
	laidReach    = 300. // m, if one of the two may have been put on the ground by a camera
	hiddenSigma  = 15.0 // m: of a track that coasts, wider than that nothing is known to merge
)

// stitch looks, for a track that was just confirmed, for the one that it carries on: one that coasts or ended before it began, and
// whose prediction meets it. The old track takes over the new one's state, and the new one ends.
func (t *Tracker) stitch(young *target) {
	back := young.F.combined()
	back.predict(float64(young.Begun-young.At)/second, 0)
	var best *target
	least := math.Inf(1)
	weigh := func(old *target) {
		if cost, ok := t.meets(old, young, &back); ok && cost < least {
			best, least = old, cost
		}
	}
	for _, old := range t.ended {
		weigh(old)
	}
	for i, at := range t.spots {
		if at.coasts && !at.lost {
			weigh(t.tracks[i])
		}
	}
	if best == nil {
		return
	}
	if best.Status == track.Lost {
		t.revive(best)
	}
	t.absorb(best, young, true)
}

// meets says whether old, predicted to where young began, may be young, and gives −2 ln of the likelihood but for a constant.
func (t *Tracker) meets(old, young *target, back *mode) (cost float64, ok bool) {
	gap := young.Begun - old.Seen
	if old == young || old.Serial > young.Serial || gap <= 0 || gap > int64(t.cfg.Stitch) || clash(&old.Class, &young.Class) ||
		t.parted(old, young) {
		return 0, false
	}
	ahead := old.Left.mode()
	ahead.predict(float64(gap)/second, stitchNoise)
	if math.Max(ahead.P[0], ahead.P[10]) > stitchSigma*stitchSigma {
		return 0, false
	}
	var d vec
	s := ahead.P
	for i := range 4 {
		d[i] = back.X[i] - ahead.X[i]
	}
	for i := range s {
		s[i] += back.P[i]
	}
	common := t.shared(old, young)
	s[0] += old.Bias.EE + young.Bias.EE - common.EE
	s[2] += old.Bias.EN + young.Bias.EN - common.EN
	s[8] = s[2]
	s[10] += old.Bias.NN + young.Bias.NN - common.NN
	d2, logDet, ok := mahalanobis(&s, &d)
	return d2 + logDet, ok && d2 < stitchGate && d2+logDet < strangerCost
}

// clash says that both are surely something, and not the same.
func clash(a, b *detection.Classes) bool {
	ca, pa := a.Best()
	cb, pb := b.Best()
	return ca != cb && pa > .8 && pb > .8 && ca != detection.UnknownClass && cb != detection.UnknownClass
}

// mahalanobis gives dᵀS⁻¹d and ln det S by Cholesky's factors; false if S is not positive definite.
func mahalanobis(s *mat, d *vec) (d2, logDet float64, ok bool) {
	var l mat
	var y vec
	for r := range 4 {
		for c := range r + 1 {
			sum := s[4*r+c]
			for k := range c {
				sum -= l[4*r+k] * l[4*c+k]
			}
			if r != c {
				l[4*r+c] = sum / l[5*c]
				continue
			}
			if !(sum > 0) {
				return 0, 0, false
			}
			l[5*r] = math.Sqrt(sum)
		}
		y[r] = d[r] //nolint:gosec // r < 4
		for k := range r {
			y[r] -= l[4*r+k] * y[k] //nolint:gosec // k < r < 4
		}
		y[r] /= l[5*r]    //nolint:gosec // r < 4
		d2 += y[r] * y[r] //nolint:gosec // r < 4
		logDet += 2 * math.Log(l[5*r])
	}
	return d2, logDet, true
}

// revive puts an ended track back into the list, at its place by creation.
func (t *Tracker) revive(tr *target) {
	t.ended = slices.DeleteFunc(t.ended, func(o *target) bool { return o == tr })
	i, _ := slices.BinarySearchFunc(t.tracks, tr.Serial, func(o *target, s uint64) int { return cmp.Compare(o.Serial, s) })
	t.tracks = slices.Insert(t.tracks, i, tr)
	t.reindex()
}

// absorb makes one track of two: old keeps its id, root and evidence and gets young's; young ends. The state is young's if take is
// set.
func (t *Tracker) absorb(old, young *target, take bool) {
	if take {
		old.F, old.At, old.Bias, old.Visible, old.Moving = young.F, young.At, young.Bias, young.Visible, young.Moving
		old.Views = append(old.Views[:0], young.Views...)
		old.Interval, old.Left = young.Interval, young.Left
		for i := range old.Sources {
			old.Sources[i].Share = shareBrief{}
		}
	}
	for i := range young.Sources {
		t.inherit(old, &young.Sources[i], &young.Evidence[i], take)
	}
	old.Existence = max(old.Existence, young.Existence)
	old.Hits += young.Hits
	word := .5 // the same sensors spoke to both
	if young.Begun > old.Seen {
		word = 1
	}
	old.heed(&young.Class, word)
	if young.Seen > old.Seen {
		old.Seen, old.Last, old.Said = young.Seen, young.Last, young.Said
	}
	old.Friend = max(old.Friend, young.Friend)
	old.Friendly = old.Friendly || young.Friendly
	old.Parted = old.Parted && !old.Friendly
	old.Simulated = old.Simulated || young.Simulated
	if young.HasAlt {
		old.Alt, old.HasAlt = young.Alt, true
	}
	old.Lineage = append(append(old.Lineage, young.ID), young.Lineage...)
	old.Joined, old.Marked = young.ID, old.Marked || young.Marked
	old.Unseen, old.Proven, old.Status = 0, true, track.Confirmed
	old.Twin, old.TwinSince = 0, 0
	young.MergedInto = old.Serial
	t.settle(old)
	t.lose(young)
	t.touch(old)
}

// inherit adds one sensor's part in the young track to the old one's.
func (t *Tracker) inherit(old *target, from *source, fromEv *track.Evidence, take bool) {
	s, ev := t.source(old, from.Sensor)
	hits, sum := ev.Hits, ev.LogLikelihood
	if hits == 0 || from.Hit >= s.Hit {
		own := s.Share
		*s, *ev = *from, *fromEv
		if !take {
			s.Share = own
		}
	} else if take {
		s.Share = from.Share
	}
	if hits > 0 {
		ev.Hits = hits + fromEv.Hits
		ev.LogLikelihood = min(max(sum+fromEv.LogLikelihood, -mostEvidence), mostEvidence)
	}
}

// merge finds tracks that go together as one target does, and after Config.Merge makes them one.
func (t *Tracker) merge(now int64) {
	w := &t.work
	w.young = w.young[:0]
	reach := t.twinReach()
	for i, at := range t.spots {
		w.found = t.grid.at(w.found[:0], at.e, at.n, reach)
		if len(w.found) < 2 && !at.tied { // the most are alone: they need not be touched
			continue
		}
		young := t.tracks[i]
		if young.Leader = ""; young.Status == track.Lost {
			continue
		}
		var twin *target
		for _, old := range w.found {
			if old.Serial < young.Serial && (twin == nil || old.Serial < twin.Serial) && t.alike(old, young) {
				twin = old
			}
		}
		if twin != nil && t.rivalled(twin, young) {
			twin = nil
		}
		apart := twin != nil && t.seenApart(twin, young)
		switch {
		case twin == nil && young.Lead != 0 && now-young.Kept < int64(t.cfg.Merge):
			// a companion that strays for a moment: not yet one who has gone his own way
		case twin == nil:
			young.Twin, young.Lead = 0, 0
		case young.Twin != twin.Serial:
			young.Twin, young.TwinSince = twin.Serial, now
		case apart && young.Status == track.Tentative:
			young.Lead, young.Kept = twin.Serial, now
		case now-young.TwinSince >= int64(t.cfg.Merge):
			better := young.Status != track.Tentative && young.Cov[0]+young.Cov[10] < twin.Cov[0]+twin.Cov[10]
			t.absorb(twin, young, better)
		}
		t.spots[i] = young.spot()
		if young.Lead != 0 {
			w.young = append(w.young, young)
		}
	}
}

// twinReach is how far from each other two tracks of one target may be.
func (t *Tracker) twinReach() float64 {
	if slices.ContainsFunc(t.sites, func(s site) bool { return s.uneven > 0 }) {
		return laidReach
	}
	return twinReach
}

// rivalled says that another track might as well be one with old, or with young, of whom a camera has put one on the ground: then any of
// them may be the ghost of two others.
func (t *Tracker) rivalled(old, young *target) bool {
	if !old.dipped() && !young.dipped() {
		return false
	}
	return slices.ContainsFunc(t.work.found, func(o *target) bool {
		return o != old && o != young && (t.alike(old, o) && t.seenApart(young, o) || t.alike(o, young) && t.seenApart(old, o))
	})
}

// alike says that two tracks may be one target: proven the older one, near each other and equally fast, and never seen apart by a
// sensor in one look.
func (t *Tracker) alike(old, young *target) bool {
	if !old.Proven || old.Status == track.Lost || clash(&old.Class, &young.Class) || t.parted(old, young) {
		return false
	}
	if old.Status == track.Coasting && old.sigma() > hiddenSigma {
		return false
	}
	most := gate2 // of a camera's own, which goes on as long as it is not the other one's
	if !old.dipped() && !young.dipped() {
		if most = twinGate; math.Hypot(old.State[0]-young.State[0], old.State[2]-young.State[2]) > twinReach {
			return false
		}
	}
	p := old.Cov
	for i := range p {
		p[i] += young.Cov[i]
	}
	// What was learnt of the sensors may be wrong, and then each of them holds a track of its own that teaches nothing: as if nothing was.
	a, b := t.stated(old), t.stated(young)
	common := t.shared(old, young)
	p[0] += a.EE + b.EE - common.EE
	p[2] += a.EN + b.EN - common.EN
	p[8] = p[2]
	p[10] += a.NN + b.NN - common.NN
	var d vec
	for i := range d {
		d[i] = old.State[i] - young.State[i]
	}
	if t.seenApart(old, young) {
		if math.Hypot(d[1], d[3]) > partySpeed+math.Sqrt((p[5]+p[15])/2) {
			return false
		}
		// companions keep their places in the party, and sway about them; a herd's are as far from each other as it is wide
		spread := partySpread + herdSpread*old.Extent.variance()
		p[0], p[10] = p[0]+spread, p[10]+spread
		p[5], p[15] = p[5]+partySway, p[15]+partySway
	}
	place := two(p[0], p[2], p[10], d[0], d[2])
	return place < most && two(p[5], p[7], p[15], d[1], d[3]) < twinGate
}

// seenApart says that one look of a sensor has lately seen both: then they are two, companions at most, or the ends of one hull.
func (t *Tracker) seenApart(old, young *target) bool {
	for i := range young.Sources {
		s := &young.Sources[i]
		k := old.sourceOf(s.Sensor)
		if k >= 0 && old.At-s.Hit < 2*int64(t.cfg.Merge) && sameLook(s, &old.Sources[k]) {
			return true
		}
	}
	return false
}

// sameLook says that both were seen in one scan.
func sameLook(a, b *source) bool {
	return a.Hit == b.Hit || (a.Number >= 0 && a.Number == b.Number)
}

// two is dᵀS⁻¹d of two values.
func two(a, b, c, x, y float64) float64 {
	return (c*x*x - 2*b*x*y + a*y*y) / (a*c - b*b)
}

// bySerial finds a live track, nil if it is gone.
func (t *Tracker) bySerial(serial uint64) *target {
	i, found := slices.BinarySearchFunc(t.tracks, serial, func(o *target, s uint64) int { return cmp.Compare(o.Serial, s) })
	if !found || t.tracks[i].Status == track.Lost {
		return nil
	}
	return t.tracks[i]
}
