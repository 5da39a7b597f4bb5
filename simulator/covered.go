package simulator

import (
	"cutline/internal/geo"
)

// seenFor is how long before and after a crossing a sensor must have been able to see the target, in seconds, for the truth to call
// the crossing covered: who missed that one had every chance.
const seenFor = 5.0

// watcher is a sensor that looks at its whole coverage all the time: a radar or a ground sensor. A camera and an aircraft are elsewhere
// most of the time, so they alone do not cover a crossing.
type watcher struct {
	spec  sensorSpec
	mast  mast
	since map[int]float64 // since when each target that it reaches has been in reach
}

func (r *Run) watchers() (all []watcher) {
	for _, spec := range r.scenario.sensors(r.line) {
		if (spec.Kind == "radar" || spec.Kind == "ground") && spec.Pose != nil {
			all = append(all, watcher{spec: spec, mast: newMast(r, &spec)})
		}
	}
	return all
}

// covered says whether one working sensor could see the target all the time around its crossing: in reach, not hidden, and itself
// neither silent nor stuck. Whether it did, with its probability of detection and its blind speeds, is another matter.
func (w *witness) covered(g *target, c *crossing) bool {
	for i := range w.watchers {
		if w.watchers[i].sees(w.run, g, c.at) {
			return true
		}
	}
	return false
}

func (w *watcher) sees(r *Run, g *target, at float64) bool {
	half := r.clock.delay(seenFor)
	for k := -1.0; k <= 1; k += 0.2 {
		if t := at + k*half; g.walk.present(t) && !w.reaches(r, g, t) {
			return false
		}
	}
	return true
}

// reaches says whether the sensor works at t and has the target in reach and sight.
func (w *watcher) reaches(r *Run, g *target, t float64) bool {
	if !w.spec.works(t) || w.spec.Kind == "ground" && g.height > 0 {
		return false
	}
	r.places = g.walkers(r.places[:0], t)
	at := middle(r.places)
	b := body{class: g.class, enu: at, height: g.height}
	b.lla = r.frame.Surface(at.E, at.N, geo.Metres(r.scenario.Ground+g.height))
	_, ok := w.mast.sight(&b)
	return ok
}

// watched says whether one sensor has had target i within reach, second by second, for twice seenFor up to now: long enough to be followed.
// It is asked once a second.
func (w *witness) watched(i int, t float64) bool {
	r, g, long := w.run, &w.run.targets[i], w.run.clock.delay(2*seenFor)
	covered := false
	for k := range w.watchers {
		s := &w.watchers[k]
		if s.since == nil {
			s.since = map[int]float64{}
		}
		if !s.reaches(r, g, t) {
			delete(s.since, i)
			continue
		}
		from, ok := s.since[i]
		if !ok {
			from = t
			s.since[i] = t
		}
		covered = covered || t-from >= long
	}
	return covered
}

// works says whether what the sensor sends at t tells of what it sees.
func (d *sensorSpec) works(t float64) bool {
	for i := range d.Faults {
		if f := &d.Faults[i]; f.active(t) && f.Kind != "turned" && f.Kind != "restart" {
			return false
		}
	}
	return true
}
