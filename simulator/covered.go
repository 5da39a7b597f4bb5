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
	spec sensorSpec
	mast mast
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
		t := at + k*half
		if !g.walk.present(t) {
			continue
		}
		if !w.spec.works(t) {
			return false
		}
		e, n := g.walk.position(t)
		b := body{class: g.class, enu: geo.ENU{E: e, N: n}, height: g.height}
		if w.spec.Kind == "ground" && b.height > 0 {
			return false
		}
		b.lla = r.frame.Surface(e, n, geo.Metres(r.scenario.Ground+g.height))
		if _, ok := w.mast.sight(&b); !ok {
			return false
		}
	}
	return true
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
