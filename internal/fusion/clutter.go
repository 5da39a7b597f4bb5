package fusion

import (
	"math"
)

const (
	clutterReach  = 64         // squares in a sensor's reach
	clutterRing   = 128        // squares each way, then they are the first again
	clutterCells  = 1024       // kept
	clutterMemory = 120.       // s
	clutterPrior  = 10.        // looks that found nothing, before the first
	clutterRate   = .25        // per m/s: the range rate of what is found again and again is not kept; it is within 2 m/s of this one's
	clutterEpoch  = 960 * beat // after which the cells are scaled anew: e⁸
)

// A clutter is a sensor's map of false returns: for each square of a grid, how many plots a look finds there that are no target's, averaged
// over clutterMemory. It is Bayes' estimate of a Poisson rate with a Gamma prior and exponential forgetting (West, Harrison 1997, "Bayesian
// forecasting and dynamic models", ch. 10.8), and it comes on top of what the sensor's definition states, which is taken as even over
// all that it covers: a tree in the wind, a beach, a shower are hundreds of times as dense.
//
// A plot counts with the probability that it is nobody's: of a target, the first. That one does not speak against the track that begins
// with it, or a hundred who are there when the first look comes would be clutter. What crowds enough to make a false track, three hits
// in ten seconds, shows within the memory; and nothing else stays: where ten people have crossed in an hour, the eleventh crosses an
// empty field.
//
// The grid is a ring of twice the sensor's reach each way, so that the places that a sensor covers all differ; one that moves finds what is
// left of the places behind it, which fades. Of two squares that would share a cell the fuller one has it. All is in an array, so that a
// copy of a sensor's state is one.
type clutter struct {
	Cells [clutterCells]clutterCell
	Looks float64 // each worth e to the power of its time since Epoch, in memories
	Side  float64 // m, of a square
	Epoch int64   // ns

	now float64 // what a look of this scan is worth
}

type clutterCell struct {
	Square uint16  // its number, counted from 1; 0: none
	Plots  float32 // each worth what its look is
}

// crowds says that the sensor's false returns are mapped: it has a reach, and says more than that something has passed.
func (s *site) crowds() bool { return s.reach > 0 && !s.trips && !s.cooperative }

// looks is how many complete looks end with e, which came so many ns after the last scan. A sensor that sends no sweeps looks once a
// period, as long as it is heard.
func (s *site) looks(st *siteState, e *entry, since int64) float64 {
	switch {
	case e.Sweep:
		return 1
	case st.Sweeps || s.period == 0:
		return 0
	}
	return float64(min(since, s.silence())) / float64(s.period)
}

// forward brings the map to the time of a scan. Epochs are the same whenever a map began, so that maps of the same scans are.
func (c *clutter) forward(now int64, reach float64) {
	if epoch := now - now%clutterEpoch; epoch != c.Epoch {
		fade := math.Exp(-float64(epoch-c.Epoch) / second / clutterMemory)
		for i := range c.Cells {
			c.Cells[i].Plots *= float32(fade)
		}
		c.Looks *= fade
		c.Epoch = epoch
	}
	c.now = math.Exp(float64(now-c.Epoch) / second / clutterMemory)
	if side := reach / clutterReach; side != c.Side { // it is defined anew
		*c = clutter{Side: side, Epoch: c.Epoch, now: c.now}
	}
}

// cell is where the square of a place is kept, which may be kept by another.
func (c *clutter) cell(e, n float64) (square uint16, kept *clutterCell) {
	const mask = clutterRing - 1
	square = uint16(cellOf(e, c.Side)&mask*clutterRing|cellOf(n, c.Side)&mask) + 1 //nolint:gosec // 14 bits
	return square, &c.Cells[square*0x9E37>>6]                                      // Fibonacci's hash, to 10 bits
}

// density of false returns around p per m² and look, less so many plots: in its square, as of a tree, or in the nine about it, as of a
// shower, where they are denser.
func (c *clutter) density(p *plot, less float64) float64 {
	own, all := 0.0, 0.0
	for de := -1.0; de <= 1; de++ {
		for dn := -1.0; dn <= 1; dn++ {
			square, kept := c.cell(p.E+de*c.Side, p.N+dn*c.Side)
			if kept.Square != square {
				continue
			}
			all += float64(kept.Plots)
			if de == 0 && dn == 0 {
				own = float64(kept.Plots)
			}
		}
	}
	less *= c.now
	return max(own-less, (all-less)/9, 0) / (c.Looks + clutterPrior*c.now) / (c.Side * c.Side)
}

// crowd adds found false returns, and those but for one, to the stated ones; all per m².
func (p *plot) crowd(found, others, stated float64) {
	p.Crowd = 1 + found/stated
	like := 1.0
	if p.Dim == 3 {
		like = clutterRate / falseRate(p.Z[2])
	}
	p.Others = p.False * (1 + like*others/stated)
	p.False *= 1 + like*found/stated
}

// learn takes a scan into the map, after it was decided which plot is whose. What lies beside a track of a sensor with many returns is
// another return of it.
func (c *clutter) learn(e *entry, w *work, looks float64, many bool) {
	c.Looks += looks * c.now
	for j := range e.Plots {
		p := &e.Plots[j]
		if !p.placed() || w.hosted[j] || many && w.gated[j] && w.taken[j] < 0 {
			continue
		}
		worth := float32(w.stranger(j) * c.now)
		square, kept := c.cell(p.E, p.N)
		if kept.Square != square {
			if kept.Plots > worth {
				continue
			}
			*kept = clutterCell{Square: square}
		}
		kept.Plots += worth
	}
}
