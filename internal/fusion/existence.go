package fusion

import "math"

const (
	gateProbability = .99
	startVisible    = .95
	hideRate        = .01 // per second: a target goes behind something
	showRate        = .05 // per second: and comes out
	leastExistence  = 1e-6
	mostNats        = 10.0 // no single look says more than e¹⁰
	mostEvidence    = 20.0
	tempered        = 1.0 // s: looks that follow each other faster are not independent
	leastTemper     = .2
)

// relax moves the visibility toward its mean.
func relax(v, dt float64) float64 {
	const sum = hideRate + showRate
	const mean = showRate / sum
	return mean + (v-mean)*math.Exp(-sum*dt)
}

// look takes one look of a sensor into existence and visibility: a detection with likelihood ratio N/λ, or, with ratio 0, a miss. It
// returns ln of how much likelier the look was with the target than without.
//
// Musicki, Evans, Stankovic 1994, "Integrated probabilistic data association", IEEE T-AC 39(6), eq. 16 and 17, with the assigned
// detection alone: δ = Pd·Pg − Pd·N/λ, r⁺ = (1−δ)r/(1−δr). The target is there and hidden with probability r(1−v), and then
// the look says nothing: v is the visibility of Brekke, Hem, Tokle 2021, "Multitarget tracking with multiple models and
// visibility", IEEE OJ-SP 2. Without it five misses behind a hedge end a track of an hour.
func (tr *target) look(pd, logRatio, temper float64) float64 {
	seen := 1 - pd*gateProbability + pd*math.Exp(min(logRatio, mostNats))
	seen = math.Exp(temper * math.Log(seen)) // consecutive frames: likelihood^temper
	v, r := tr.Visible, tr.Existence
	like := seen*v + 1 - v
	tr.Visible = seen * v / like
	r = like * r / (like*r + 1 - r)
	tr.Existence = min(max(r, leastExistence), 1-leastExistence)
	nats := math.Log(like)
	tr.Score = min(tr.Score+nats, mostEvidence)
	return nats
}

// temper is the exponent of a look that comes ns after the sensor's last one.
func temper(ns int64) float64 {
	return min(max(float64(ns)/second/tempered, leastTemper), 1)
}

// missed counts a look that should have seen tr.
func (t *Tracker) missed(tr *target, sensor int, at int64, temper float64) {
	nats := tr.look(t.sites[sensor].pd, math.Inf(-1), temper)
	if i := tr.sourceOf(sensor); i >= 0 {
		tr.Sources[i].Looked = at
		tr.Evidence[i].LogLikelihood = max(tr.Evidence[i].LogLikelihood+nats, -mostEvidence)
	}
}

// missSweep counts the misses of a complete look from e.From to e.Time, which came so many ns after the sensor's last one.
func (t *Tracker) missSweep(e *entry, since int64) {
	weight := temper(since)
	s := &t.sites[e.Sensor]
	if s.cooperative || s.trips || !e.Look.Sees {
		return
	}
	for i, at := range t.spots {
		if !e.Look.sees(at.e, at.n) {
			continue
		}
		tr := t.tracks[i]
		if tr.spared == t.work.scan || tr.Begun >= e.From {
			continue
		}
		if i := tr.sourceOf(e.Sensor); i >= 0 && tr.Sources[i].Hit >= e.From {
			continue
		}
		t.missed(tr, e.Sensor, e.Time, weight)
	}
}

// missPeriods counts the misses of sensors that send no empty scans: once a period, while the sensor is heard, for each
// track in view that it has not detected within one and a half. A sensor that has sent a complete sweep counts by its sweeps.
func (t *Tracker) missPeriods(now int64) {
	for i := range t.sites {
		s, st := &t.sites[i], &t.states[i]
		if s.period == 0 || st.Sweeps || s.cooperative || s.trips || !st.Look.Sees {
			continue
		}
		if now < st.NextMiss || now-st.Heard > max(2*s.period, 3*beat) {
			continue
		}
		st.NextMiss = now + max(s.period, beat)
		for k, at := range t.spots {
			tr := t.tracks[k]
			if !st.Look.sees(at.e, at.n) || tr.Begun > now-s.period {
				continue
			}
			if k := tr.sourceOf(i); k < 0 || tr.Sources[k].Hit < now-s.period*3/2 {
				t.missed(tr, i, now, 1)
			}
		}
	}
}
