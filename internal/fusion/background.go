package fusion

import (
	"math"

	"cutline/internal/detection"
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

func backgroundCell(azimuth float64) int {
	return int(float64(geo.Wrap2Pi(geo.Radians(azimuth)))/radiansPerCell) % backgroundCells
}

// density of the background at an azimuth, per radian: half of its arc's, and a quarter of each neighbour's.
func (b *background) density(azimuth float64) float64 {
	c := backgroundCell(azimuth)
	left, right := b[(c+backgroundCells-1)%backgroundCells], b[(c+1)%backgroundCells]
	return float64(b[c]/2+left/4+right/4) / radiansPerCell
}

// learn takes a frame into the background that comes so many seconds after the last one: each bearing with the probability that it is of
// no track. What the camera did not look at stays.
func (b *background) learn(e *entry, w *work, seconds float64) {
	share := float32(1 - math.Exp(-min(seconds, 1)/backgroundMemory))
	for c := range b {
		if !e.Look.Sees || e.Look.faces((float64(c)+.5)*radiansPerCell) {
			b[c] *= 1 - share
		}
	}
	for j := range e.Plots {
		p, stranger := &e.Plots[j], 1.0
		if p.Kind != detection.Bearing || w.hosted[j] {
			continue
		}
		if k := w.taken[j]; k >= 0 {
			stranger = 1 - w.pairs[k].likely()
		}
		b[backgroundCell(p.Z[0])] += share * float32(stranger)
	}
}
