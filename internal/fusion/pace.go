package fusion

import "math"

const (
	standRate = .25 // m²/s², the range rate of leaves in the wind
	walkSpeed = 1.0 // m/s, 1 σ per axis of one that walks straight on: 1.4 m/s, whatever the direction
	walkNoise = .02 // m²/s³

	stillLooks = 8         // of a confirmed track before it is asked again whether it moves
	stillFor   = 45 * beat // and event time
	stillNats  = -3.0      // it stands
)

// standExtents are the variances, m², of where returns of something that stands come from: a post, a shed or a bush, a stand of trees.
func standExtents() [3]float64 { return [3]float64{.25, 16, 144} }

// A pace asks of a track whether it moves. Five stories of the same places are told side by side, each worth the product of the
// densities with which it foresaw them: it stands, and is small, wide or a whole crown of a tree; it walks straight on; it does what
// the filter of the track says. Those that stand share one prior and those that move the other, so the ratio is a likelihood ratio: if
// the thing stands, it passes eᵃ at any time with a probability of e⁻ᵃ at most (Ville's inequality; Wald 1945, "Sequential tests
// of statistical hypotheses", Annals 16(2)).
type pace struct {
	At     int64 // event time of Line, ns
	Since  int64 // of the first place
	Looks  int32
	Stands [3]stand
	Line   brief
	Walks  float32 // nats above Stands[0]
	Moves  float32 // of the track's own filter, likewise
}

// A stand is the story of one that stands: the mean of its places.
type stand struct {
	E, N       float32
	EE, EN, NN float32 // m², of the mean
	Log        float32 // nats above Stands[0]
}

func startPace(p *plot) (s pace) {
	s.At, s.Since = p.Time, p.Time
	for i, extent := range standExtents() {
		s.Stands[i] = stand{
			E: float32(p.E), N: float32(p.N),
			EE: float32(p.C.EE + extent), EN: float32(p.C.EN), NN: float32(p.C.NN + extent),
		}
	}
	s.Line = setOut(p, walkSpeed)
	return s
}

// moves is how many nats the mixed stories of a mover are above those of one that stands.
func (s *pace) moves() float64 {
	return logMean(s.Walks, s.Moves) - logMean(s.Stands[0].Log, s.Stands[1].Log, s.Stands[2].Log)
}

// logMean is ln of the mean of eˣ.
func logMean(logs ...float32) float64 {
	top, sum := math.Inf(-1), 0.0
	for _, x := range logs {
		top = max(top, float64(x))
	}
	for _, x := range logs {
		sum += math.Exp(float64(x) - top)
	}
	return top + math.Log(sum/float64(len(logs)))
}

// take adds a place, seen by l, which the track's filter foresaw with log density own, per m² and per m/s of range rate.
func (s *pace) take(p *plot, l *look, bias *considered, own float64) {
	s.Looks++
	var stands [3]float64
	for i, extent := range standExtents() {
		if p.Laid {
			about := p.about(l, float64(s.Stands[i].E), float64(s.Stands[i].N))
			stands[i] = s.Stands[i].take(&about, extent, bias) + math.Log(about.Area/p.Area)
			continue
		}
		stands[i] = s.Stands[i].take(p, extent, bias)
	}
	walks := s.walk(p, l, bias)
	if p.Dim == 3 {
		v := p.R[2][2] + standRate
		slow := -.5 * (p.Z[2]*p.Z[2]/v + math.Log(2*math.Pi*v))
		own, walks = own-slow, walks-slow
	}
	s.Walks += float32(walks - stands[0])
	s.Moves += float32(own - stands[0])
	for i := range stands {
		s.Stands[i].Log += float32(stands[i] - stands[0])
	}
}

// take is the log density of a place for one that stands, and takes it into the mean.
func (s *stand) take(p *plot, extent float64, bias *considered) float64 {
	ee, en, nn := float64(s.EE), float64(s.EN), float64(s.NN)
	a := ee + p.C.EE + extent + bias.Spread.EE
	b := en + p.C.EN + bias.Spread.EN
	c := nn + p.C.NN + extent + bias.Spread.NN
	det := a*c - b*b
	de, dn := p.E-float64(s.E), p.N-float64(s.N)
	d2 := (c*de*de - 2*b*de*dn + a*dn*dn) / det
	// K = P·S⁻¹, then the mean's covariance P − K·P.
	k00, k01 := (ee*c-en*b)/det, (en*a-ee*b)/det
	k10, k11 := (en*c-nn*b)/det, (nn*a-en*b)/det
	s.E += float32(k00*de + k01*dn)
	s.N += float32(k10*de + k11*dn)
	s.EE = float32(ee - k00*ee - k01*en)
	s.EN = float32(en - k00*en - k01*nn)
	s.NN = float32(nn - k10*en - k11*nn)
	return -.5*(d2+math.Log(det)) - math.Log(2*math.Pi)
}

// walk is the same for one that walks straight on.
func (s *pace) walk(p *plot, l *look, bias *considered) float64 {
	dt := float64(p.Time-s.At) / second
	s.At = max(s.At, p.Time)
	return s.Line.walk(p, l, bias, dt, walkNoise)
}

// setOut is somebody who begins at p, with a velocity of which nothing is known but its σ per axis, m/s.
func setOut(p *plot, speed float64) brief {
	m := mode{X: vec{p.E, 0, p.N, 0}}
	m.P[0], m.P[2], m.P[8], m.P[10] = p.C.EE, p.C.EN, p.C.EN, p.C.NN
	m.P[5], m.P[15] = square(speed), square(speed)
	return m.brief()
}

// walk moves b by dt seconds, if that is above 0, with noise q, m²/s³, and takes a place; it returns the log density, per m², with which it
// foresaw it.
func (b *brief) walk(p *plot, l *look, bias *considered, dt, q float64) float64 {
	m := b.mode()
	if dt > 0 {
		m.predict(dt, q)
	}
	var in innovation
	if !p.innovate(l, &m.X, &m.P, bias, &in) {
		return math.Inf(-1)
	}
	m.update(&in, &p.R, bias)
	*b = m.brief()
	return in.logPos
}
