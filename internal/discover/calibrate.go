package discover

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"cutline/internal/geo"
)

// Look is what a sensor measured.
type Look struct {
	Time    time.Time
	Azimuth geo.Radians // clockwise from true north
	Range   float64     // m; 0: a bearing alone
}

// Fix is where a target that tells its position was: a telephone, a ship.
type Fix struct {
	Time  time.Time
	Name  string
	Place geo.LLA
	Sigma float64 // m, of each axis
}

// Estimate is a value with its 1 σ.
type Estimate struct {
	Value, Sigma float64
}

// Calibration is by how much a sensor is off.
type Calibration struct {
	Azimuth Estimate // degrees: it reads so much too far clockwise
	Range   Estimate // m: it reads so much too far; Sigma is 0 if it measures no range
	Clock   Estimate // s: its times are so much too late

	AzimuthNoise float64 // degrees, 1 σ of one measurement, with what the reference wanders
	RangeNoise   float64 // m
	Looks        int     // that the reference passed near enough in time to compare with
	Used         int     // of those, the measurements that are of the reference
	Passes       int     // parts with a minute or more between them
	From, To     float64 // degrees: the azimuths that were walked through
	Nearest, Far float64 // m
}

// How references and looks are compared.
const (
	maxGap     = 30.0 // s between two fixes: a longer one is not bridged
	tooNear    = 40.0 // m: nearer, an error of the telephone is a large angle
	window     = 3.0  // degrees around the bias that most pairs speak for
	binsPerDeg = 2
	leastUsed  = 20
	clockPrior = 5.0 // s, 1 σ: what a clock is off where the passes do not tell
	rangePrior = 1e4 // m
)

// pairing is a look beside what the reference says it should have been.
type pairing struct {
	t         time.Time
	dAz, dR   float64 // measured less true; rad, m
	rateAz    float64 // rad/s, of the truth
	rateR     float64 // m/s
	trueAz    float64
	trueR     float64
	ranged    bool
	reference float64 // 1 σ of the reference, m
}

// Calibrate compares looks with a reference that passed. It finds the bias of the azimuth that most pairs speak for, whatever else the
// sensor saw, and then fits bias of azimuth and range and the lag of the clock by weighted least squares, with Tukey's biweight (Beaton and
// Tukey 1974) against what is of other targets.
func Calibrate(from geo.LLA, looks []Look, fixes []Fix) (c Calibration, err error) {
	all := pairings(from, looks, fixes)
	if c.Looks = len(all); c.Looks < leastUsed {
		return c, fmt.Errorf("only %d looks have the reference within %v s: is it the right capture, the right pose, the same clock?",
			c.Looks, maxGap)
	}
	center, votes, other := vote(all)
	if votes < leastUsed || votes < 2*other {
		return c, fmt.Errorf("no pass stands out: %d looks speak for a bias of %.1f°, and %d for another: walk alone, nearer and longer",
			votes, center, other)
	}
	near := slices.DeleteFunc(slices.Clone(all), func(p pairing) bool { return math.Abs(turn(p.dAz-radians(center))) > radians(window) })
	f := fitOf(near, radians(center))
	if f.used < leastUsed {
		return c, errors.New("too few looks agree with each other: walk alone, nearer and longer")
	}
	c.describe(near, &f)
	perPass := 1 / math.Sqrt(float64(c.Passes)) // the reference is off anew in each
	off := perPass * middle(near, func(p *pairing) (float64, bool) { return p.reference, true })
	reach := middle(near, func(p *pairing) (float64, bool) { return p.trueR, true })
	pace := middle(near, func(p *pairing) (float64, bool) { return math.Hypot(p.rateAz*p.trueR, p.rateR), true })
	c.Azimuth = Estimate{degrees(f.x[0]), degrees(f.sigma(0, off/reach))}
	c.Clock = Estimate{f.x[2], min(clockPrior, f.sigma(2, off/max(pace, .1)))}
	c.AzimuthNoise, c.Used = degrees(f.noiseAz), f.used
	if f.ranged > 0 {
		c.Range, c.RangeNoise = Estimate{f.x[1], f.sigma(1, off)}, f.noiseR
	}
	return c, nil
}

func radians(d float64) float64 { return d * math.Pi / 180 }
func degrees(r float64) float64 { return r * 180 / math.Pi }
func turn(a float64) float64    { return float64(geo.WrapPi(geo.Radians(a))) }

// pairings puts each look beside where the reference was. With a range, only those that may be of it.
func pairings(from geo.LLA, looks []Look, fixes []Fix) (all []pairing) {
	byName := map[string][]Fix{}
	var names []string
	for _, f := range fixes {
		if byName[f.Name] == nil {
			names = append(names, f.Name)
		}
		byName[f.Name] = append(byName[f.Name], f)
	}
	frame := geo.NewFrame(from)
	for _, name := range names {
		path := byName[name]
		slices.SortStableFunc(path, func(a, b Fix) int { return a.Time.Compare(b.Time) })
		for _, l := range looks {
			if p, ok := beside(&frame, l, path); ok && (!p.ranged || math.Abs(p.dR) < max(150, p.trueR/10)) {
				all = append(all, p)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b pairing) int { return a.t.Compare(b.t) })
	return all
}

// beside is the reference at the time of a look, between two of its fixes.
func beside(frame *geo.Frame, l Look, path []Fix) (p pairing, ok bool) {
	i, _ := slices.BinarySearchFunc(path, l.Time, func(f Fix, t time.Time) int { return f.Time.Compare(t) })
	if i == 0 || i == len(path) {
		return p, false
	}
	a, b := path[i-1], path[i]
	gap := b.Time.Sub(a.Time).Seconds()
	if gap <= 0 || gap > maxGap {
		return p, false
	}
	at, to := level(frame, a.Place), level(frame, b.Place)
	share := l.Time.Sub(a.Time).Seconds() / gap
	east, north := at.E+(to.E-at.E)*share, at.N+(to.N-at.N)*share
	vEast, vNorth := (to.E-at.E)/gap, (to.N-at.N)/gap
	r := math.Hypot(east, north)
	if r < tooNear {
		return p, false
	}
	az := math.Atan2(east, north)
	return pairing{
		t: l.Time, dAz: turn(float64(l.Azimuth) - az), dR: l.Range - r, ranged: l.Range > 0,
		rateAz: (vEast*north - vNorth*east) / (r * r), rateR: (vEast*east + vNorth*north) / r,
		trueAz: az, trueR: r, reference: max(a.Sigma, b.Sigma, 1),
	}, true
}

// level is a place in the frame at the frame's own height: heights of telephones are poor, and all here is on the ground.
func level(frame *geo.Frame, p geo.LLA) geo.ENU {
	p.Alt = frame.Origin().Alt
	return frame.ENU(p)
}

// vote finds the bias of the azimuth that most pairs speak for, in degrees, and how many speak for the best one that is well away from it.
func vote(all []pairing) (center float64, votes, other int) {
	const bins = 360 * binsPerDeg
	var count [bins]int
	for _, p := range all {
		count[int(math.Floor((degrees(p.dAz)+180)*binsPerDeg))%bins]++
	}
	sum := func(i int) (n int) {
		for d := -2; d <= 2; d++ {
			n += count[(i+d+bins)%bins]
		}
		return n
	}
	best := 0
	for i := range bins {
		if sum(i) > sum(best) {
			best = i
		}
	}
	for i := range bins {
		if d := (i - best + bins) % bins; d > 10 && d < bins-10 {
			other = max(other, sum(i))
		}
	}
	return (float64(best)+.5)/binsPerDeg - 180, sum(best), other
}
