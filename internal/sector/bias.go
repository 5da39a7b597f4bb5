package sector

import (
	"math"

	"cutline/internal/alert"
	"cutline/internal/geo"
	"cutline/internal/record"
)

const (
	biasSigmas = 4.0 // of what a sensor's bias was said to be: beyond it is no longer what its definition says
	biasEnds   = .75 // of that, and the alert is over: it must not come and go
	leastTurn  = .3  // degrees: less is nobody's work
	leastRange = 20. // m, and of its place
	leastClock = .5  // s, beyond which a clock is off for sure: at twice its σ
)

// bias is what fusion has learnt of how wrongly sensor i measures.
func (s *Sector) bias(i int) record.Bias {
	g := s.fusion.Registration(i)
	return record.Bias{
		AzimuthDeg: round(float64(geo.Radians(g.Azimuth).Degrees()), 3), RangeM: round(g.Range, 1),
		EastM: round(g.East, 1), NorthM: round(g.North, 1), ClockS: round(g.Late, 2),
	}
}

// watchBias finds sensors that measure otherwise than their definition allows: a mast that a storm has turned, a wrong survey, a clock
// that is off. Fusion corrects what it knows; somebody has to go there all the same.
func (s *Sector) watchBias(i int) {
	h, d := &s.health[i], &s.cfg.Sensors[i]
	b := s.bias(i)
	g := s.fusion.Registration(i)
	place := math.Hypot(b.EastM, b.NorthM)
	off := max(
		math.Abs(b.AzimuthDeg)/max(biasSigmas*float64(d.Error.AzimuthBias), leastTurn),
		math.Abs(b.RangeM)/max(biasSigmas*float64(d.Error.RangeBias), leastRange),
		place/max(biasSigmas*float64(d.Error.PositionBias), leastRange),
		(math.Abs(g.Late)-2*g.LateSigma)/leastClock,
	)
	switch {
	case off > 1 && !h.Trouble.Bias:
		by := alert.Bias{Azimuth: b.AzimuthDeg, Range: b.RangeM, Place: place, Behind: b.ClockS}
		s.pending = s.book.Raise(s.clock.Now, alert.Misaligned(d, s.clock.Now, by), s.pending)
		h.Trouble.Bias = true
	case off < biasEnds && h.Trouble.Bias:
		s.pending = s.book.Clear(s.clock.Now, alert.SensorBias, d.ID, s.pending)
		h.Trouble.Bias = false
	}
}
