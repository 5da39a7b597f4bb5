package border

import (
	"math"
	"time"

	"cutline/internal/geo"
)

// Crossing is a change of side, and what the path says of its time and place.
type Crossing struct {
	Ordinal     int // of the track's crossings, from 1
	Time        time.Time
	Position    geo.LLA // on the line
	Along       float64 // m from the start of the line
	Direction   string  // "US>CA"
	Probability float64 // that it was on the one side and is on the other, by the looks so far
	Before      float64 // the first factor of it: that it was on the side that it came from
	TimeSigma   time.Duration
	PlaceSigma  geo.Metres    // along the line
	Gap         time.Duration // between the looks before and after
	Inferred    bool          // nobody looked for longer than Config.LongestIn while it crossed
}

// locate finds where the path last changed from one side to the other, and when. Path errors are correlated, so a straight line
// is fitted to the looks around the change and not just drawn between two of them.
func (l *Line) locate(path []Look, from, to Side) Crossing {
	i := lastChange(path, from)
	a, b := path[i], path[i+1]
	gap := time.Duration(b.At - a.At)
	c := Crossing{Direction: l.name(from) + ">" + l.name(to), Gap: gap, Inferred: gap > l.cfg.LongestIn}
	t := between(a, b)
	f := fit{origin: a.At}
	if !c.Inferred {
		for _, k := range path {
			if k.At >= a.At-int64(l.cfg.Fit) && k.At <= b.At+int64(l.cfg.Fit) {
				f.add(k)
			}
		}
		if zero, ok := f.root(float64(gap.Seconds()) + l.cfg.Fit.Seconds()); ok {
			t = zero
		}
	} else {
		f.add(a)
		f.add(b)
	}
	e, n, ve, vn, vd := f.at(t)
	place := l.Nearest(geo.ENU{E: e, N: n})
	sigmaT := math.Max(a.Sigma, b.Sigma) / math.Max(math.Abs(vd), 1e-3)
	if c.Inferred {
		sigmaT = math.Max(sigmaT, gap.Seconds()/math.Sqrt(12)) // it may have happened at any time in it
	}
	sigmaT = math.Min(sigmaT, 600) // s: of one who stood on the line the time is not known, and 10 minutes says so
	slide := math.Abs(ve*-place.Across[1] + vn*place.Across[0])
	c.Time = time.Unix(0, a.At+int64(t*float64(time.Second))).UTC()
	c.Position = l.frame.Surface(place.Foot.E, place.Foot.N, l.frame.Origin().Alt)
	c.Along = place.Along
	c.TimeSigma = time.Duration(sigmaT * float64(time.Second))
	c.PlaceSigma = geo.Metres(math.Hypot(math.Max(a.Aside, b.Aside), slide*sigmaT))
	return c
}

func (l *Line) name(s Side) string {
	if s == Left {
		return l.sides[0]
	}
	return l.sides[1]
}

// lastChange is the index of the last look on the side that the track came from before one on the other. The path always
// holds one: it keeps its first look when it is thinned, and that one was certain.
func lastChange(path []Look, from Side) int {
	for i := len(path) - 2; i > 0; i-- {
		if (path[i].Distance >= 0) == (from == Left) {
			return i
		}
	}
	return 0
}

// between is the time in seconds after a at which the straight way from a to b meets the line.
func between(a, b Look) float64 {
	whole := float64(b.At-a.At) / float64(time.Second)
	da, db := math.Abs(a.Distance), math.Abs(b.Distance)
	if da+db == 0 {
		return 0
	}
	return whole * da / (da + db)
}

// fit is a straight line by least squares through position and distance over time: seconds after origin.
type fit struct {
	origin               int64
	n                    float64
	t, tt                float64
	e, et, nn, nt, d, dt float64
}

func (f *fit) add(k Look) {
	t := float64(k.At-f.origin) / float64(time.Second)
	f.n++
	f.t += t
	f.tt += t * t
	f.e += k.E
	f.et += k.E * t
	f.nn += k.N
	f.nt += k.N * t
	f.d += k.Distance
	f.dt += k.Distance * t
}

// line gives value at the origin and slope of one of the three sums.
func (f *fit) line(sum, sumT float64) (at0, slope float64) {
	det := f.n*f.tt - f.t*f.t
	if det < 1e-9 {
		return sum / math.Max(1, f.n), 0
	}
	slope = (f.n*sumT - f.t*sum) / det
	return (sum - slope*f.t) / f.n, slope
}

// root is when the fitted distance is 0, if that is within reach of the looks fitted and the way leads across at all.
func (f *fit) root(reach float64) (t float64, ok bool) {
	at0, slope := f.line(f.d, f.dt)
	if f.n < 3 || math.Abs(slope) < .05 { // m/s: slower is along the line, and the root runs away
		return 0, false
	}
	t = -at0 / slope
	return t, math.Abs(t) <= reach
}

// at gives position, velocity and the distance's rate at a time.
func (f *fit) at(t float64) (e, n, ve, vn, vd float64) {
	e, ve = f.line(f.e, f.et)
	n, vn = f.line(f.nn, f.nt)
	_, vd = f.line(f.d, f.dt)
	return e + ve*t, n + vn*t, ve, vn, vd
}
