package fusion

import (
	"math"

	"cutline/internal/detection"
)

const (
	standExtent = .25 // m², of something that stands: its returns come from all over it
	standRate   = .25 // m²/s², the range rate of leaves in the wind
	walkSpeed   = 1.5 // m/s, 1 σ per axis of one that walks straight on
	walkNoise   = .02 // m²/s³
)

// A pace asks of a tentative track whether it moves: three stories of the same places are told side by side, and each is worth the
// product of the densities with which it foresaw them. It stands; it walks straight on; it does what the filter of the track says. The
// two that move share a prior, so the ratio to standing is a likelihood ratio: if the thing stands, it passes eᵃ at any time with a
// probability of e⁻ᵃ at most (Ville's inequality; Wald 1945, "Sequential tests of statistical hypotheses", Annals 16(2)).
type pace struct {
	At         int64 // event time of Line, ns
	E, N       float64
	EE, EN, NN float64 // m², of the mean place of one that stands
	Line       mode
	Walks      float64 // nats above standing
	Moves      float64 // of the track's own filter, nats above standing
}

func startPace(p *plot) (s pace) {
	s.At, s.E, s.N = p.Time, p.E, p.N
	s.EE, s.EN, s.NN = p.C.EE+standExtent, p.C.EN, p.C.NN+standExtent
	s.Line.X = vec{p.E, 0, p.N, 0}
	s.Line.P[0], s.Line.P[2], s.Line.P[8], s.Line.P[10] = p.C.EE, p.C.EN, p.C.EN, p.C.NN
	s.Line.P[5], s.Line.P[15] = walkSpeed*walkSpeed, walkSpeed*walkSpeed
	return s
}

// moves is how many nats the best-mixed story of a mover is above the one that it stands.
func (s *pace) moves() float64 {
	top := max(s.Walks, s.Moves)
	return top + math.Log((math.Exp(s.Walks-top)+math.Exp(s.Moves-top))/2)
}

// take adds a place, which the track's filter foresaw with log density own, per m² and per m/s of range rate.
func (s *pace) take(p *plot, bias *considered, own float64) {
	stands := s.stand(p, bias)
	walks := s.walk(p, bias)
	if p.Dim == 3 { // the range rate, for one that stands; for one that walks it is left to the track's filter
		v := p.R[2][2] + standRate
		rate := -.5 * (p.Z[2]*p.Z[2]/v + math.Log(2*math.Pi*v))
		stands += rate
		walks += rate
	}
	s.Walks += walks - stands
	s.Moves += own - stands
}

// stand is the log density of a place for one that stands, and takes it into the mean.
func (s *pace) stand(p *plot, bias *considered) float64 {
	a := s.EE + p.C.EE + standExtent + bias.Spread.EE
	b := s.EN + p.C.EN + bias.Spread.EN
	c := s.NN + p.C.NN + standExtent + bias.Spread.NN
	det := a*c - b*b
	de, dn := p.E-s.E, p.N-s.N
	d2 := (c*de*de - 2*b*de*dn + a*dn*dn) / det
	// K = P·S⁻¹, then the mean's covariance P − K·P.
	k00, k01 := (s.EE*c-s.EN*b)/det, (s.EN*a-s.EE*b)/det
	k10, k11 := (s.EN*c-s.NN*b)/det, (s.NN*a-s.EN*b)/det
	s.E += k00*de + k01*dn
	s.N += k10*de + k11*dn
	ee, en, nn := s.EE, s.EN, s.NN
	s.EE -= k00*ee + k01*en
	s.EN -= k00*en + k01*nn
	s.NN -= k10*en + k11*nn
	return -.5*(d2+math.Log(det)) - math.Log(2*math.Pi)
}

// walk is the same for one that walks straight on.
func (s *pace) walk(p *plot, bias *considered) float64 {
	if dt := float64(p.Time-s.At) / second; dt > 0 {
		s.Line.predict(dt, walkNoise)
		s.At = p.Time
	}
	place := plot{E: p.E, N: p.N, C: p.C, Dim: 2, Kind: detection.Position}
	place.setPosition()
	var in innovation
	if !place.innovate(&look{}, &s.Line.X, &s.Line.P, bias, &in) {
		return math.Inf(-1)
	}
	s.Line.update(&in, &place.R, bias)
	return in.logN
}
