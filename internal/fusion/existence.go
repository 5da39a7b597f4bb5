package fusion

import "math"

const (
	gateProbability = .99
	startVisible    = .95
	hideRate        = .01   // per second: something comes between a target and one sensor
	showRate        = .05   // per second: and goes
	vanishRate      = .0025 // per second: a target stops, or goes where nobody sees it
	appearRate      = .05   // per second: and comes back
	stopsAt         = 2.0   // m/s: who is faster brakes for longer than a look lasts
	leastExistence  = 1e-6
	mostNats        = 10.0 // no single look says more than e¹⁰
	mostEvidence    = 20.0
	tempered        = 1.0 // s: looks that follow each other faster are not independent
	leastTemper     = .01 // of looks at the same time
)

// relax moves a visibility toward its mean; hide and show are rates per second.
func relax(v, dt, hide, show float64) float64 {
	mean := show / (hide + show)
	return mean + (v-mean)*math.Exp(-(hide+show)*dt)
}

// vanishing is the rate at which a target of that speed is hidden from everybody, per second. A walker stops between two looks; a car is
// seen to brake, so one that is gone has gone.
func vanishing(speed float64) float64 { return vanishRate * math.Exp(-square(speed/stopsAt)) }

// look takes one look of a sensor into existence and visibility: a detection with likelihood ratio N/λ, or, with ratio 0, a miss. It
// returns ln of how much likelier the look was with the target than without.
//
// Musicki, Evans, Stankovic 1994, "Integrated probabilistic data association", IEEE T-AC 39(6), eq. 16 and 17, with the assigned
// detection alone: δ = Pd·Pg − Pd·N/λ, r⁺ = (1−δ)r/(1−δr). The target is there and hidden with probability r(1−v), and then
// the look says nothing: v is the visibility of Brekke, Hem, Tokle 2021, "Multitarget tracking with multiple models and
// visibility", IEEE OJ-SP 2. Without it five misses behind a hedge end a track of an hour.
//
// Here v is a product: nothing hides the target from everybody (who stands still is no mover to any radar), and nothing hides it from
// this mast (a hedge, or a ship, between the two). Bayes' rule moves both, so that a mast that sees the target makes the misses of another
// one that one's own matter, and the misses of all the target's. What hides it from a mast hides it from each of its sensors: five
// misses of a radar and five of the lidar beside it are no ten.
func (tr *target) look(own *view, pd, logRatio, temper float64) float64 {
	seen := 1 - pd*gateProbability + pd*math.Exp(min(logRatio, mostNats))
	seen = math.Exp(temper * math.Log(seen)) // consecutive frames: likelihood^temper
	all, v, r := tr.Visible, float64(own.P), tr.Existence
	like := seen*all*v + 1 - all*v
	tr.Visible = all * (seen*v + 1 - v) / like
	own.P = float32(v * (seen*all + 1 - all) / like)
	r = like * r / (like*r + 1 - r)
	tr.Existence = min(max(r, leastExistence), 1-leastExistence)
	nats := math.Log(like)
	tr.Score = min(tr.Score+nats, mostEvidence)
	return nats
}

// A view is a mast's on a track: the probability that nothing stands between them, where its sensors cover it.
type view struct {
	At   int64 // event time of P, ns
	P    float32
	Mast int32
}

// viewOf is the mast's view on tr now. It is good until the next call.
func (tr *target) viewOf(mast int) *view {
	for i := range tr.Views {
		if v := &tr.Views[i]; int(v.Mast) == mast {
			if tr.At > v.At {
				v.P, v.At = float32(relax(float64(v.P), float64(tr.At-v.At)/second, hideRate, showRate)), tr.At
			}
			return v
		}
	}
	tr.Views = append(grown(tr.Views), view{tr.At, startVisible, int32(mast)}) //nolint:gosec // of sensors
	return &tr.Views[len(tr.Views)-1]
}

// temper is the exponent of a look that comes ns after the sensor's last one. Ten frames of a second make the same mistake: they are
// worth what one is, to existence and to the filter.
func temper(ns int64) float64 {
	return min(max(float64(ns)/second/tempered, leastTemper), 1)
}

// missSweep counts the misses of a complete look from e.From to e.Time, which came so many ns after the sensor's last one.
func (t *Tracker) missSweep(e *entry, since int64) {
	if s := &t.sites[e.Sensor]; s.cooperative || s.trips || !e.Look.Sees {
		return
	}
	t.miss(e.Sensor, &e.Look, e.Time, e.From, e.From, temper(since))
}

// missPeriods counts the misses of sensors that send no empty scans: once a period, while the sensor is heard, for each
// track in view that it has not detected within one and a half. A sensor that has sent a complete sweep counts by its sweeps.
func (t *Tracker) missPeriods(now int64) {
	t.work.scan++ // who was spared in the last scan was so by its sensor alone
	for i := range t.sites {
		s, st := &t.sites[i], &t.states[i]
		if s.period == 0 || st.Sweeps || s.cooperative || s.trips || !st.Look.Sees {
			continue
		}
		if now < st.NextMiss || now-st.Heard > s.silence() {
			continue
		}
		st.NextMiss = now + max(s.period, beat)
		t.miss(i, &st.Look, now, now-s.period+1, now-s.period*3/2, 1)
	}
}

// miss counts a miss of a sensor, at the time at, for each track in its view that began before the time begun and that the sensor has not
// detected from the time hit on. A camera's bearings may not be of a track that is not proven, so it misses none either, unless it lays
// them on the ground there: a second of frames would end each before a radar's next turn.
func (t *Tracker) miss(sensor int, l *look, at, begun, hit int64, temper float64) {
	st := &t.states[sensor]
	for i, spot := range t.spots {
		if !l.reaches(spot.e, spot.n) || !l.sees(spot.e, spot.n) { // reaches alone is quick, and leaves out the most
			continue
		}
		tr := t.tracks[i]
		if tr.spared == t.work.scan || tr.Begun >= begun {
			continue
		}
		if st.Bears && !tr.Proven && !(st.Lays && t.sites[sensor].laysAt(l, spot.e, spot.n)) {
			continue
		}
		own := tr.sourceOf(sensor)
		if own >= 0 && tr.Sources[own].Hit >= hit {
			continue
		}
		t.stand(tr, sensor, l, at, temper)
		nats := tr.look(tr.viewOf(t.sites[sensor].mast), t.sites[sensor].pd, math.Inf(-1), temper)
		if own >= 0 {
			tr.Sources[own].Looked = at
			tr.Evidence[own].LogLikelihood = max(tr.Evidence[own].LogLikelihood+nats, -mostEvidence)
		}
	}
}
