package fusion

import (
	"encoding/base32"
	"encoding/binary"
	"hash/fnv"
	"math"
	"time"

	"cutline/internal/detection"
	"cutline/internal/track"
)

// crockford's base 32 has no letters that look like digits.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding) //nolint:gochecknoglobals // fixed

const (
	intervalShare = .2  // of the newest gap in the smoothed interval
	coastGaps     = 3.0 // mean gaps without a detection, then a track coasts:
	coastLeast    = 3.0 // s, at the least: a camera's gap is a tenth of one
	coastMost     = 15. // s, at the most: a target that nobody has seen for so long is where it is thought to be, and not where it is seen
	unseenFrom    = 2.0 // s, without a detection before a second counts as unseen

	heardLately = 30 * beat // a sensor that has sent nothing for longer covers nothing
)

// birth begins a tentative track with a plot that no track has taken.
//
// A bearing begins none: it has no range. A trip does only where no track is near: it is a witness of one, and only alone a reason to
// look out. Of a sensor with many returns, what fell into a track's gate is another return of it.
func (t *Tracker) birth(e *entry, p *plot, gated bool) {
	s := &t.sites[e.Sensor]
	switch {
	case !p.placed(), gated && (p.Kind == detection.Trip || s.many):
		return
	case p.Confidence < t.cfg.WeakConfidence && !s.cooperative:
		return
	}
	tr := t.newTarget()
	tr.ID = t.back.named(t.cfg.Prefix + "-" + s.name(p))
	tr.Root = tr.ID
	tr.Status = track.Tentative
	tr.F, tr.At = start(p, &e.Look, &t.cfg), e.Time
	tr.Begun, tr.First = e.Time, time.Unix(0, e.Time).UTC()
	tr.Pace, tr.Echo = startPace(p), t.echoOf(e, p)
	tr.Existence, tr.Visible, tr.Moving, tr.Class = t.cfg.BirthExistence, startVisible, 1, startClass()
	tr.Score = math.Log(t.cfg.BirthsPerScan / (t.cfg.BirthsPerScan + s.clutter*p.Crowd))
	if s.cooperative {
		tr.Score = mostNats
		tr.Existence = .99 // a transponder says that somebody is there
	}
	begun := tr.F.combined()
	tr.Left = begun.brief()
	tr.State = begun.X // what a bias does depends on where it is
	src, ev := t.source(tr, e.Sensor)
	if s.smooths {
		src.Kept = p.kept()
	}
	src.Dips = p.dips()
	t.weigh(tr, e.Sensor, whole())
	src.note(e, ev, p)
	tr.hit(p, e.Time)
	tr.Extent, tr.Few = newExtent(), float32(p.Count)
	if p.HasClass {
		tr.classify(&p.Class, 1)
	}
	if s.friendly {
		tr.Friend, tr.Friendly = friendVotes, true
	}
	t.settle(tr)
	tr.spared = t.work.scan
	t.touch(tr)
}

// name makes a track's id of the plot that it begins with: who saw it, when, and what was measured. A number that counts tracks would
// do for telling them apart, but then one detection more or less, somewhere, would give other ids to all later tracks, and to
// the alerts that hang on them. Of 60 bits, two are equal once in about a thousand million tracks.
func (s *site) name(p *plot) string {
	h := fnv.New64a()
	var b [8]byte
	put := func(v uint64) {
		binary.LittleEndian.PutUint64(b[:], v)
		_, _ = h.Write(b[:]) // a hash takes everything
	}
	_, _ = h.Write([]byte(s.id))
	put(uint64(p.Time)) //nolint:gosec // any bits will do
	for _, z := range p.Said[:p.Dim] {
		put(math.Float64bits(z))
	}
	return spell(h.Sum64())
}

// spell writes the first 60 bits of a hash.
func spell(hash uint64) string {
	return crockford.EncodeToString(binary.BigEndian.AppendUint64(nil, hash))[:12]
}

// note writes down what the sensor contributed.
func (s *source) note(e *entry, ev *track.Evidence, p *plot) {
	ev.EventTime = time.Unix(0, e.Time).UTC()
	ev.Hits++
	ev.Detection = p.ID
	s.Hit, s.Looked, s.Number, s.Own = e.Time, e.Time, e.Number, p.Own
}

// hit counts a detection.
func (tr *target) hit(p *plot, at int64) {
	if tr.Seen > 0 && at > tr.Seen {
		gap := float64(at-tr.Seen) / second
		if tr.Hits == 1 {
			tr.Interval = gap
		}
		tr.Interval += intervalShare * (gap - tr.Interval)
	}
	tr.Seen, tr.Last, tr.Said, tr.Unseen = at, time.Unix(0, at).UTC(), p.mark(), 0
	tr.Hits++
	tr.Simulated = tr.Simulated || p.Simulated
	if p.HasAlt {
		tr.Alt, tr.HasAlt = p.Alt, true
	}
}

// judge confirms a tentative track that has earned it: likely there, seen often and long enough, not standing still like a tree
// in the wind, and no echo of another.
func (t *Tracker) judge(tr *target) {
	c := &t.cfg
	if tr.Status != track.Tentative || tr.Existence < c.ConfirmExistence || tr.Hits < c.ConfirmHits ||
		tr.Seen-tr.Begun < int64(c.ConfirmAge) || tr.Twin != 0 || t.shadows(tr) {
		return
	}
	// Among ten thousand returns of clutter some lie like a track: the longer odds of the noisier sensor ask for one hit more.
	if tr.Score < math.Log(c.ConfirmExistence/(1-c.ConfirmExistence)) {
		return
	}
	if (tr.Pace.moves() < c.MoverEvidence || tr.Echo.is(c.MoverEvidence)) && !t.vouched(tr, tr.Begun) {
		return
	}
	tr.Status, tr.Proven = track.Confirmed, true
	t.stitch(tr)
}

// stopped asks a confirmed track again whether it moves, now and then: a thicket in the wind passes once in a while, and would be
// followed for hours. Who was seen by something that tells people from trees may stand as long as he likes.
func (t *Tracker) stopped(tr *target, p *plot) {
	if !tr.Proven || !p.placed() || tr.Pace.Looks < stillLooks || p.Time-tr.Pace.Since < stillFor {
		return
	}
	stands := tr.Pace.moves() < stillNats && !t.vouched(tr, tr.Pace.Since)
	tr.Pace = startPace(p)
	if stands {
		t.lose(tr)
		tr.Proven = false // nobody is to carry it on
	}
}

// vouched says that a track need not move to be believed: one of a transponder, or of two groups with a class for it, that have all been
// heard since.
func (t *Tracker) vouched(tr *target, since int64) bool {
	groups := 0
	for i := range tr.Sources {
		if tr.Sources[i].Hit < since {
			continue
		}
		if t.sites[tr.Sources[i].Sensor].cooperative {
			return true
		}
		first := tr.Evidence[i].Hits > 1
		for j := range i {
			first = first && (tr.Evidence[j].Group != tr.Evidence[i].Group || tr.Evidence[j].Hits < 2 || tr.Sources[j].Hit < since)
		}
		if first {
			groups++
		}
	}
	best, p := tr.Class.Best()
	return groups > 1 && p > .8 && best != detection.UnknownClass && best != detection.Clutter
}

// doBeat is the work of time itself, once a second of event time.
func (t *Tracker) doBeat(now int64) {
	t.missPeriods(now)
	t.registry.relax(now)
	t.work.friends = t.work.friends[:0]
	for _, tr := range t.tracks { // one pass: of ten thousand tracks each has to come from far away
		t.ready(tr, now)
		t.age(tr, now)
	}
	t.merge(now)
	t.disown()
	t.party()
	t.forget(now)
	t.suspect(now)
}

// age lets a track coast or go.
func (t *Tracker) age(tr *target, now int64) {
	tr.With, tr.Spread, tr.Count = 0, tr.Extent.round(), tr.own()
	if tr.Friend > 0 {
		t.work.friends = append(t.work.friends, tr)
		tr.fade()
	}
	quiet := float64(now-tr.Seen) / second
	if quiet > unseenFrom && t.covered(tr) {
		tr.Unseen++
	}
	switch {
	case tr.Existence < t.cfg.TentativeExistence,
		tr.Proven && tr.Existence < t.cfg.DeleteExistence && !t.awaits(tr, now),
		tr.sigma() > t.cfg.DeleteSigma,
		float64(tr.Unseen) > t.cfg.DeleteUnseen.Seconds(),
		tr.Status == track.Tentative && quiet > t.cfg.TentativeUnseen.Seconds():
		t.lose(tr)
	case tr.Status == track.Confirmed && quiet > min(max(coastGaps*tr.Interval, coastLeast), coastMost):
		tr.Status = track.Coasting
		t.spots[tr.index].coasts = true
		t.touch(tr)
	}
}

// awaits says that a sensor that follows tr is late: what it has seen meanwhile is still to come, and nobody else may have had tr in view.
func (t *Tracker) awaits(tr *target, now int64) bool {
	for i := range tr.Sources {
		src := &tr.Sources[i]
		s, st := &t.sites[src.Sensor], &t.states[src.Sensor]
		if quiet := now - st.Heard; st.Sweeps && quiet > s.silence() && quiet < longestWait && st.Heard-src.Hit < heardLately {
			return true
		}
	}
	return false
}

func (t *Tracker) lose(tr *target) {
	tr.Status = track.Lost
	t.spots[tr.index].lost = true
	t.work.lost = true
	t.touch(tr)
}

// covered says that a sensor that is heard could see tr.
func (t *Tracker) covered(tr *target) bool {
	for i := range t.sites {
		s, st := &t.sites[i], &t.states[i]
		if !s.cooperative && !s.trips && tr.At-st.Heard < heardLately && st.Look.sees(tr.State[0], tr.State[2]) {
			return true
		}
	}
	return false
}

// forget lets go of ended tracks that are too old to be taken up.
func (t *Tracker) forget(now int64) {
	kept := t.ended[:0]
	for _, tr := range t.ended {
		if now-tr.Seen <= int64(t.cfg.Stitch) {
			kept = append(kept, tr)
		} else {
			t.free = append(t.free, tr)
		}
	}
	clear(t.ended[len(kept):])
	t.ended = kept
}
