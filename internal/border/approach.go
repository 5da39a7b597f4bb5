package border

import (
	"math"
	"time"

	"cutline/internal/geo"
	"cutline/internal/track"
)

// Approach is a track's way to the line that it has not crossed yet.
type Approach struct {
	ToLine      time.Duration // at its present speed
	Distance    float64       // m
	Probability float64       // that it is over the line within the time asked for
	Direction   string        // "US>CA"
	Position    geo.LLA       // of the track
	Ordinal     int           // that its crossing will have
}

// jerk is what a target may do that its state does not tell: white acceleration, m²/s³, of a walker who stops and turns.
const jerk = .01

// Approach says how near a track is to crossing, if it is certain on which side it is and comes nearer. Formula: in t seconds it is at
// d + ḋt with the variance nᵀ(P_pp + 2t·P_pv + t²·P_vv)n + σ²bias + σ²line + q·t³/3, and it is over the line if that is below 0.
func (l *Line) Approach(p *Passage, t *track.Track, within time.Duration) (Approach, bool) {
	if p.Armed == Neither || t.Status != track.Confirmed {
		return Approach{}, false
	}
	at := geo.ENU{E: t.State[0], N: t.State[2]}
	place := l.Nearest(at)
	side := 1.0
	if p.Armed == Right {
		side = -1
	}
	e, n := place.Across[0]*math.Copysign(1, place.Distance), place.Across[1]*math.Copysign(1, place.Distance) // to the left
	d, v := side*place.Distance, side*(e*t.State[1]+n*t.State[3])
	if place.Beyond || d <= 0 || v >= -.1 {
		return Approach{}, false
	}
	cov := func(i, j int) float64 { return t.Cov[4*i+j] }
	quad := func(i, j int) float64 {
		return e*e*cov(i, j) + e*n*(cov(i, j+2)+cov(i+2, j)) + n*n*cov(i+2, j+2)
	}
	s := within.Seconds()
	bias := e*e*t.Bias.EE + 2*e*n*t.Bias.EN + n*n*t.Bias.NN
	sigma2 := quad(0, 0) + 2*s*quad(0, 1) + s*s*quad(1, 1) + math.Max(0, bias) + place.Sigma*place.Sigma + jerk*s*s*s/3
	a := Approach{
		ToLine: time.Duration(-d / v * float64(time.Second)), Distance: d, Ordinal: p.Crossed + 1,
		Probability: left(-(d + v*s), math.Sqrt(math.Max(1, sigma2))),
		Direction:   l.name(p.Armed) + ">" + l.name(Left+Right-p.Armed),
		Position:    l.frame.Surface(at.E, at.N, l.frame.Origin().Alt),
	}
	return a, true
}
