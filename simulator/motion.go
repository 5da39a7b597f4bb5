package simulator

import (
	"math"
	"math/rand/v2"

	"cutline/internal/geo"
)

// walk is a way through the plane: a position for each whole second since its start, straight in between.
type walk struct {
	start  float64 // second of the scenario; may lie before its beginning
	points []geo.ENU
}

func (w *walk) end() float64 { return w.start + float64(len(w.points)-1) }

func (w *walk) present(t float64) bool { return t >= w.start && t <= w.end() }

// leg is the index of the straight piece at t, and how much of it has been walked.
func (w *walk) leg(t float64) (i int, part float64) {
	at := min(max(t-w.start, 0), float64(len(w.points)-1))
	i = min(int(at), len(w.points)-2)
	return i, at - float64(i)
}

// position at t, metres east and north in the plane; t outside the walk gives its nearer end.
func (w *walk) position(t float64) (e, n float64) {
	i, part := w.leg(t)
	a, b := w.points[i], w.points[i+1]
	return a.E + part*(b.E-a.E), a.N + part*(b.N-a.N)
}

// velocity at t in m/s: each piece takes a second.
func (w *walk) velocity(t float64) geo.ENU {
	i, _ := w.leg(t)
	return w.points[i+1].Sub(w.points[i])
}

// fastest is the greatest speed of the walk, in m/s.
func (w *walk) fastest() (v float64) {
	for i := 1; i < len(w.points); i++ {
		v = max(v, w.points[i].Sub(w.points[i-1]).Range())
	}
	return v
}

// mover makes a walk, second by second: a correlated random walk whose course is drawn towards a goal.
//
//	dθ = −pull·(θ − θ_goal) dt + wobble dW
//
// With no pull it is the correlated random walk of animals (Kareiva and Shigesada 1983, Oecologia 56); with pull, the course's
// error has a standard deviation of wobble/√(2·pull).
type mover struct {
	rnd    *rand.Rand
	points []geo.ENU
	pos    geo.ENU
	course float64 // radians, clockwise from north
	speed  float64 // m/s
	wobble float64 // radians per √s
	pause  pauseSpec
}

// pull draws a course to its goal, per second.
const pull = 0.2

// longest is when a mover gives up, in seconds: no way through the plane takes a day.
const longest = 24 * 3600

func (m *mover) begin(at, goal geo.ENU) {
	m.pos = at
	m.course = float64(goal.Sub(at).Bearing())
	m.points = append(m.points, at)
}

// to walks until it stands within a step of goal.
func (m *mover) to(goal geo.ENU) {
	for range longest {
		left := goal.Sub(m.pos)
		if left.Range() <= m.speed {
			return
		}
		if m.pause.PerMinute > 0 && m.rnd.Float64() < m.pause.PerMinute/60 {
			m.stand(between(m.rnd, span(m.pause.For)))
		}
		m.turn(float64(left.Bearing()), pull)
		if left.Range() < 6*m.speed {
			m.course = float64(left.Bearing()) // straight on the last steps, or it would circle its goal
		}
		m.step()
	}
}

// stand stays for some seconds.
func (m *mover) stand(seconds float64) {
	for range int(seconds) {
		m.points = append(m.points, m.pos)
	}
}

// wander walks about for some seconds, and turns home whenever it is further away than radius.
func (m *mover) wander(home geo.ENU, radius, seconds float64) {
	for range int(seconds) {
		back := home.Sub(m.pos)
		draw := 0.0
		if back.Range() > radius {
			draw = pull
		}
		m.turn(float64(back.Bearing()), draw)
		m.step()
	}
}

func (m *mover) turn(goal, draw float64) {
	m.course -= draw * float64(geo.WrapPi(geo.Radians(m.course-goal)))
	m.course += m.wobble * m.rnd.NormFloat64()
}

func (m *mover) step() {
	v := m.speed * (1 + 0.05*m.rnd.NormFloat64())
	sin, cos := math.Sincos(m.course)
	m.pos.E += v * sin
	m.pos.N += v * cos
	m.points = append(m.points, m.pos)
}
