package fusion

import (
	"math"

	"cutline/internal/detection"
	"cutline/internal/track"
)

const (
	hostFar   = 300.0 // m, from the sensor: beyond, nothing reflects a sensor's own ray strongly enough to be heard again
	hostReach = 15.0  // m, from the middle of a target to the ends of its hull: half of what a large lorry or a ferry is long
)

// A ship or a lorry near a radar is a mirror: a quay anywhere around is seen once more, in the mirror's direction and at the length of
// the bent way. Mariners call it an indirect echo (Bole, Dineley, Wall 2005, "Radar and ARPA manual", ch. 3). A mirror that moves takes
// its echoes along: each keeps its angle to it and goes round the radar, hundreds of metres off, as fast as a boat, so it does not stand.
//
// So of a track that begins behind a target that is near the radar, on the line to its hull, two stories more are told: it goes like an
// agile walker in the frame that turns with the target as this radar sees it, or in the one that doesn't turn. It is an echo as long as
// the turning frame explains its places better, and its own filter not much better than that. Who walks behind somebody on the same
// line goes alike in both, and is none. Neither is what is seen from another mast or by a camera, nor what is left when the target is gone.
type echo struct {
	Host   uint64 // serial of the target
	At     int64  // event time of the stories, ns
	View   thread // of the target, by the mast's own returns of it: what others call its middle is another part of it
	Turned brief  // from the sensor, to the right and ahead of View
	Plain  brief

	TurnedLog, PlainLog float32 // nats above the track's own filter
}

// is says that the stories are of an echo; evidence, nats, is what a mover needs against it.
func (x *echo) is(evidence float64) bool {
	return x != nil && x.TurnedLog > x.PlainLog && float64(x.TurnedLog) > -evidence
}

// echoOf begins the stories of a new track, begun with p; nil where there is nothing that it could be an echo by. Of two such targets the
// older one counts: if they are one, that one stays.
func (t *Tracker) echoOf(e *entry, p *plot) *echo {
	l, w := &e.Look, &t.work
	if !t.sites[e.Sensor].angular() || !l.Placed || p.Kind != detection.Position && !p.polar() {
		return nil
	}
	r := math.Hypot(p.E-l.E, p.N-l.N)
	az := math.Atan2(p.E-l.E, p.N-l.N)
	far := min(hostFar, r/2)
	w.found = t.grid.along(w.found[:0], l.E, l.N, az, 0, far)
	for _, tr := range w.found {
		view := tr.from(l, e.Time)
		d := math.Hypot(tr.State[0]-l.E, tr.State[2]-l.N)
		if !tr.Proven || tr.Status == track.Lost || d > far || d*math.Abs(off(view.Az, az)) > hostReach+2*tr.sigma() {
			continue
		}
		x := &echo{Host: tr.Serial, At: e.Time, View: view}
		t.sight(x, e, tr)
		plain := p.place()
		turned := plain.turned(l, x.View.Az)
		x.Turned, x.Plain = setOut(&turned, t.cfg.PriorSpeed[0]), setOut(&plain, t.cfg.PriorSpeed[0])
		return x
	}
	return nil
}

// from is how tr goes round l.
func (tr *target) from(l *look, at int64) thread {
	dt := float64(at-tr.At) / second
	de, dn := tr.State[0]+dt*tr.State[1]-l.E, tr.State[2]+dt*tr.State[3]-l.N
	r2 := max(de*de+dn*dn, 1)
	return thread{
		At: at, Az: math.Atan2(de, dn), AA: across(de, dn, tr.Cov[0], tr.Cov[2], tr.Cov[10]) / r2,
		Rate: (tr.State[1]*dn - tr.State[3]*de) / r2, RR: square(turnPrior),
	}
}

// across is the variance of a place at (e, n), across the line to it.
func across(e, n, ee, en, nn float64) float64 {
	return (ee*n*n - 2*en*e*n + nn*e*e) / max(e*e+n*n, 1)
}

// sight takes what the scan sees of the host into its view.
func (t *Tracker) sight(x *echo, e *entry, host *target) {
	w := &t.work
	for j := range e.Plots {
		k := w.taken[j]
		if k < 0 || w.rows[w.pairs[k].row] != host {
			continue
		}
		p := e.Plots[j].place()
		de, dn := p.E-e.Look.E, p.N-e.Look.N
		r2 := max(de*de+dn*dn, 1)
		p.Z[0], p.R[0][0] = math.Atan2(de, dn), across(de, dn, p.C.EE, p.C.EN, p.C.NN)/r2
		x.View.take(&p, off(p.Z[0], x.View.Az))
	}
}

// reflect takes a place of tr, which is tentative, into the stories of its echo, if it has such.
func (t *Tracker) reflect(tr *target, e *entry, p *plot) {
	x := tr.Echo
	if x == nil {
		return
	}
	host := t.bySerial(x.Host)
	if host == nil || tr.Proven || !t.alone(tr, e.Sensor) {
		tr.Echo = nil
		return
	}
	dt := float64(e.Time-x.At) / second
	x.At = e.Time
	x.View.turn(e.Time)
	t.sight(x, e, host)
	plain := p.place()
	turned := plain.turned(&e.Look, x.View.Az)
	own := tr.F.foresees(&plain, &e.Look)
	var none considered
	x.TurnedLog += float32(x.Turned.walk(&turned, &e.Look, &none, dt, t.cfg.Noise[1]) - own)
	x.PlainLog += float32(x.Plain.walk(&plain, &e.Look, &none, dt, t.cfg.Noise[1]) - own)
}

// alone says that whoever has seen tr stands where this sensor stands, and has no other eyes.
func (t *Tracker) alone(tr *target, sensor int) bool {
	a := &t.sites[sensor]
	for i := range tr.Sources {
		if b := &t.sites[tr.Sources[i].Sensor]; b.mast != a.mast || b.camera != a.camera {
			return false
		}
	}
	return true
}

// place is p as a mere place.
func (p *plot) place() plot {
	q := plot{Time: p.Time, Kind: detection.Position, Dim: 2, Count: 1, E: p.E, N: p.N, C: p.C}
	q.setPosition()
	return q
}

// turned is the place p as it lies from l: to the right of and ahead on an azimuth.
func (p *plot) turned(l *look, azimuth float64) plot {
	sin, cos := math.Sincos(azimuth)
	de, dn, c := p.E-l.E, p.N-l.N, &p.C
	q := plot{Time: p.Time, E: de*cos - dn*sin, N: de*sin + dn*cos, C: detection.Covariance{
		EE: c.EE*cos*cos - 2*c.EN*sin*cos + c.NN*sin*sin,
		EN: (c.EE-c.NN)*sin*cos + c.EN*(cos*cos-sin*sin),
		NN: c.EE*sin*sin + 2*c.EN*sin*cos + c.NN*cos*cos,
	}}
	return q.place()
}
