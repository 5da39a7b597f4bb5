// Package simulator plays a day at the border: people, vehicles and animals that move, sensors that see them badly, links that
// deliver late. It writes what the sensors send, as MQTT messages of format cutline/v1, and the truth beside it.
//
//	Scenario ─ New ─► Run ─ Next ─► Item (a message in order of receipt, or a line of truth) ─► capture, truth, broker
//
// The simulator is the daemon's opponent, so it shares nothing with it but geodesy and the file formats: its encoders, its line,
// its idea of a crossing are its own, and a format that one side reads wrongly does not cancel out.
//
// Positions are ENU metres in the plane that touches the ellipsoid at the middle of the sector; sensors measure in frames of
// their own, so that an azimuth is from true north at the sensor. Times are seconds of the scenario; clock.go turns them
// into UTC. Each entity draws from a stream of its own, named by its id: the same seed gives the same bytes, and a sensor more
// leaves the others' days as they were.
//
// A walk is fixed when the Run is made (actor.go, motion.go); sensors look at it as time passes (radar.go, camera.go, ground.go,
// aircraft.go, patrol.go). Start at run.go.
package simulator

import (
	"hash/fnv"
	"math/rand/v2"
)

// stream is the random numbers of one entity: other entities' draws do not move them.
func stream(seed uint64, entity string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(entity))                // a hash never fails to write
	return rand.New(rand.NewPCG(seed, h.Sum64())) //nolint:gosec // a day must be the same for its seed; nothing is kept secret
}

// between draws evenly from a span.
func between(rnd *rand.Rand, s span) float64 { return s[0] + (s[1]-s[0])*rnd.Float64() }

// bounded draws a normal number that stays within two σ: a bias is what somebody measured once and would have seen if larger.
func bounded(rnd *rand.Rand, sigma float64) float64 {
	for {
		if n := rnd.NormFloat64(); n >= -2 && n <= 2 {
			return n * sigma
		}
	}
}
