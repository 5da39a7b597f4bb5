package simulator

import (
	"math"

	"cutline/internal/geo"
)

// cueSpec lets an aircraft be sent after things: who comes near the line within its reach is looked at for a while, and then it
// flies back to the beginning of its racetrack.
type cueSpec struct {
	Within float64  `yaml:"within_m"` // of the line
	Reach  float64  `yaml:"reach_m"`  // from the aircraft
	Dwell  duration `yaml:"dwell"`
	Rest   duration `yaml:"rest"` // before it is sent after the same one again
}

// errand is what an aircraft does when it is not on its racetrack.
type errand struct {
	on     bool
	target int             // that it is sent after; −1 on the way back
	until  float64         // when it is called back
	at     geo.ENU         // where it is
	course float64         // radians in the plane
	hard   bool            // it turns hard, and sees nothing
	seen   map[int]float64 // when each target may be looked at again
}

// arrived is how near an aircraft comes to the beginning of its racetrack before it flies it again, in turn radii.
const arrived = 0.5

// pose is where the aircraft is at t, its course, and whether it turns: on its racetrack or sent.
func (a *aircraft) pose(t float64) (p geo.ENU, course float64, turning bool) {
	cues := &a.spec.Aircraft.Cues
	if cues.Reach == 0 {
		return a.fly(t)
	}
	if !a.errand.on {
		p, course, turning = a.fly(t)
		if !turning && a.sent(t, p) {
			a.errand.on, a.errand.at, a.errand.course = true, p, course
			a.errand.until = t + cues.Dwell.seconds()
		}
		return p, course, turning
	}
	a.pursue(t)
	return a.errand.at, a.errand.course, a.errand.hard
}

// sent picks the target to be sent after: the nearest to the line of those that are not ours and in reach.
func (a *aircraft) sent(t float64, at geo.ENU) bool {
	cues := &a.spec.Aircraft.Cues
	best := cues.Within
	a.errand.target = -1
	for _, b := range a.run.see(t) {
		if a.run.targets[b.target].friendly || b.enu.Sub(at).Range() > cues.Reach || a.errand.seen[b.target] > t {
			continue
		}
		if off := math.Abs(a.run.line.distance(b.enu.E, b.enu.N)); off < best {
			best, a.errand.target = off, b.target
		}
	}
	if a.errand.target < 0 {
		return false
	}
	a.errand.seen[a.errand.target] = t + cues.Dwell.seconds() + cues.Rest.seconds()
	return true
}

// pursue flies on for the time since the last look, at most as tight as its turn radius. When it is back where its racetrack begins,
// it flies that on.
func (a *aircraft) pursue(t float64) {
	e := &a.errand
	goal := a.from
	if e.target >= 0 {
		if w := &a.run.targets[e.target].walk; t < e.until && w.present(t) {
			goal.E, goal.N = w.position(t)
		} else {
			e.target = -1
		}
	}
	step := a.spec.Aircraft.Speed * (t - a.seen)
	if rel := goal.Sub(e.at); e.target < 0 && rel.Range() < max(step, arrived*a.spec.Aircraft.TurnRadius) {
		e.on = false
		a.phase = -a.spec.Aircraft.Speed * t // from on, so that fly(t) is at from now
		e.at, e.course, e.hard = a.fly(t)
		return
	}
	most := step / a.spec.Aircraft.TurnRadius
	want := float64(geo.WrapPi(goal.Sub(e.at).Bearing() - geo.Radians(e.course)))
	turn := max(-most, min(most, want))
	e.hard = math.Abs(turn) > most/2
	e.course += turn
	sin, cos := math.Sincos(e.course)
	e.at.E += step * sin
	e.at.N += step * cos
}
