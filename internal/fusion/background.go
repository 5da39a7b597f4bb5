package fusion

import (
	"math"

	"cutline/internal/geo"
)

const (
	backgroundCells  = 720  // of half a degree
	backgroundMemory = 60.0 // s
	radiansPerCell   = 2 * math.Pi / backgroundCells
)

// A background is what a camera sees that is no target: for each arc, how many bearings a frame brings that no track explains, averaged
// over backgroundMemory seconds. Houses, trees and lamps give most bearings of a camera, each at its own azimuth, of which the mean
// over all that the camera covers says nothing: a track that passes before a house would follow the house. Cell 0 is at the frame's
// north. It is an array, so that a copy of a sensor's state is one.
type background [backgroundCells]float32

// between gives the two cells whose middles are on either side of an azimuth, and the share of the second. What is learnt and read in such
// shares does not depend on where an arc happens to end.
func between(azimuth float64) (first, second int, share float32) {
	at := float64(geo.Wrap2Pi(geo.Radians(azimuth)))/radiansPerCell + backgroundCells - .5
	whole := math.Floor(at)
	return int(whole) % backgroundCells, int(whole+1) % backgroundCells, float32(at - whole)
}

// rate of the background's bearings in an arc around an azimuth, per frame.
func (b *background) rate(azimuth float64) float64 {
	i, j, share := between(azimuth)
	return float64(b[i] + share*(b[j]-b[i]))
}

// learn takes a frame into the background that comes so many seconds after the last one: each bearing with the probability that it is of
// no track. What the camera did not look at stays.
func (b *background) learn(e *entry, w *work, seconds float64) {
	most := 1.0 // s, that a frame stands for: of a camera that sends something only where it sees something, silence is no frame
	if e.Sweep {
		most = 5
	}
	share, keep := float32(1-math.Exp(-min(seconds, most)/backgroundMemory)), float32(math.Exp(-seconds/backgroundMemory))
	for c := range b {
		if !e.Look.Sees || e.Look.faces((float64(c)+.5)*radiansPerCell) {
			b[c] *= keep
		}
	}
	for j := range e.Plots {
		p, stranger := &e.Plots[j], float32(w.stranger(j))
		if p.placed() || w.hosted[j] {
			continue
		}
		first, second, part := between(p.Z[0])
		b[first] += share * (1 - part) * stranger
		b[second] += share * part * stranger
	}
}
