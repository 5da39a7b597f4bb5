package fusion

import (
	"math"

	"cutline/internal/detection"
	"cutline/internal/track"
)

const (
	companySpread = 4.0   // m², of two returns of which nobody can say that they are two targets
	companyGate   = 4.0   // two sigmas
	partySpread   = 225.0 // m², of companions about the one that leads
	herdSpread    = 6.0   // extents, of two in a wide herd: each lies about the middle, which makes 2, at 3.5 sigmas for 2
	partySway     = .5    // m²/s², each has a step of his own
	partySpeed    = 0.8   // m/s, by which they may differ at a time
	countMore     = .4    // of a higher number of returns in the smoothed one
	countLess     = .03   // of a lower one: each companion is missed now and then
)

// company finds, for each plot that no track has taken, another one of the scan that it can not be told apart from: they are
// companions, who begin no track of their own but are counted.
func (t *Tracker) company(e *entry) {
	w := &t.work
	w.hosted = zeros(w.hosted, len(e.Plots))
	if t.sites[e.Sensor].many {
		return
	}
	w.onlyRows(len(e.Plots))
	for j := range e.Plots {
		if w.taken[j] >= 0 {
			continue
		}
		for i := range e.Plots {
			if i == j || w.hosted[i] || w.taken[i] < 0 && i > j {
				continue
			}
			same := w.sameTrack(i, j)
			if same {
				t.spread(w.rows[w.only[j]], e, &e.Plots[j])
			}
			if same || e.Plots[i].besides(&e.Plots[j]) {
				e.Plots[i].Count++
				w.hosted[j] = true
				break
			}
		}
	}
}

// besides says that p and q may come of two who walk side by side.
func (p *plot) besides(q *plot) bool {
	if !p.alike(q) {
		return false
	}
	return two(p.C.EE+q.C.EE+companySpread, p.C.EN+q.C.EN, p.C.NN+q.C.NN+companySpread, p.E-q.E, p.N-q.N) < companyGate
}

// sameTrack says that plot j is in the gate of the track that plot i was given to, and of no other.
func (w *work) sameTrack(i, j int) bool {
	return w.taken[i] >= 0 && w.pairs[w.taken[i]].row == w.only[j]
}

// onlyRows gives, for each plot, the row of the one track in whose gate it is: −1 of none, −2 of several.
func (w *work) onlyRows(plots int) {
	w.only = filled(w.only, plots, -1)
	for i := range w.pairs {
		switch p := &w.pairs[i]; w.only[p.plot] {
		case -1:
			w.only[p.plot] = p.row
		case p.row:
		default:
			w.only[p.plot] = -2
		}
	}
}

// count takes the number of returns of one look into tr's.
func (tr *target) count(returns int) {
	share := float32(countLess)
	if float32(returns) > tr.Few {
		share = countMore
	}
	tr.Few += share * (float32(returns) - tr.Few)
}

// own is how many targets are in the returns of tr itself.
func (tr *target) own() int { return max(1, int(math.Round(float64(tr.Few)))) }

// counts says that tr is somebody by himself: a sensor saw him that gets one return of each. One that gets many sees the bow and the stern
// of a ship as well as two boats.
func (t *Tracker) counts(tr *target) bool {
	for i := range tr.Sources {
		if !t.sites[tr.Sources[i].Sensor].many {
			return true
		}
	}
	return false
}

// party adds up who goes with whom, once a second: a tentative track that keeps to an older one is a companion, or a part of it, and
// waits until they part. So five who walk together, or a ship of thirty metres, are one track, and nobody is lost when they go five ways.
func (t *Tracker) party() {
	w := &t.work
	w.found = w.found[:0]
	for _, young := range w.young {
		lead := t.bySerial(young.Lead)
		if lead == nil || young.Status != track.Tentative {
			continue
		}
		young.Leader = lead.ID
		if young.Hits >= t.cfg.ConfirmHits && t.counts(young) {
			if lead.With == 0 {
				w.found, lead.Spread = append(w.found, lead), detection.Covariance{}
			}
			lead.With += int32(young.own()) //nolint:gosec // of a few
			de, dn := young.State[0]-lead.State[0], young.State[2]-lead.State[2]
			lead.Spread = plus(lead.Spread, detection.Covariance{EE: de * de, EN: de * dn, NN: dn * dn})
		}
	}
	for _, lead := range w.found {
		lead.Count += int(lead.With)
		lead.Spread = plus(scaled(lead.Spread, 1/float64(lead.Count)), lead.Extent.round())
	}
}
