package fusion

import "math"

// heldFor is how long after a detection a radar's miss tells nothing of how the target goes, s: the sensor that sees it does.
const heldFor = 1.0

// leastMoving is the least probability of moving: who sets out must be able to be seen again.
const leastMoving = 1e-3

// A radar sees what moves along its beam, and who stands is one with the ground to it. So that a radar has not seen a target says something
// of its speed (Koch, Klemm 2001, "Ground target tracking with STAP radar", IEE Proc. Radar 148(3), for the notch of a radar in the air):
// it stands, or is hidden, or goes across the beam, or was missed by chance. Without this a track goes on where its target has stopped, and
// who has stopped before the line crosses it.

// move takes a radar's detection with likelihood ratio N/λ into whether tr moves.
func (tr *target) move(s *site, logRatio float64) {
	seen := 1 - s.pd*gateProbability + s.pd*math.Exp(min(logRatio, mostNats))
	tr.Moving = float32(tr.goes(seen, float64(tr.viewOf(s.mast).P)))
}

// stand takes in that a radar has looked from l at that time and not seen tr.
func (t *Tracker) stand(tr *target, sensor int, l *look, at int64, temper float64) {
	s := &t.sites[sensor]
	if quiet := float64(at-tr.Seen) / second; !s.radar || quiet < heldFor {
		return
	}
	seen := 1 - s.pd*gateProbability*tr.shows(l, s.slowest)
	moving := tr.goes(math.Pow(seen, temper), float64(tr.viewOf(s.mast).P))
	tr.F.halt(moving / float64(tr.Moving))
	tr.Moving = float32(moving)
	t.settle(tr)
}

// goes is the probability that tr moves, after a look that is so many times as likely of one who does and whom nothing hides, which has
// probability v, as of one who stands.
func (tr *target) goes(seen, v float64) float64 {
	seen = seen*v + 1 - v
	moving := float64(tr.Moving)
	return max(moving*seen/(moving*seen+1-moving), leastMoving)
}

// shows is the probability that tr, if it has gone on as it went when it was last seen, goes faster along the beam than the slowest, m/s,
// that a radar tells from the ground.
func (tr *target) shows(l *look, slowest float64) float64 {
	de, dn := tr.State[0]-l.E, tr.State[2]-l.N
	r := max(math.Hypot(de, dn), 1)
	ue, un := de/r, dn/r
	went := tr.Left.mode()
	rate := ue*went.X[1] + un*went.X[3]
	quiet := max(0, float64(tr.At-tr.Seen)/second)
	width := math.Sqrt2 * math.Sqrt(ue*ue*went.P[5]+2*ue*un*went.P[7]+un*un*went.P[15]+stitchNoise*quiet)
	return 1 - .5*(math.Erf((slowest-rate)/width)+math.Erf((slowest+rate)/width))
}

// halt takes into f that the target goes on with probability p only, and else has stopped where it is: the Gaussian with the mean and
// covariance of this mixture. Steps of it multiply: after p and q the mean velocity is what it is after p·q.
func (f *imm) halt(p float64) {
	for i := range f.M {
		x, q := &f.M[i].X, &f.M[i].P
		for a := range 4 {
			for b := range 4 {
				switch moves := a%2 + b%2; moves {
				case 1:
					q[4*a+b] *= p
				case 2:
					q[4*a+b] = p*q[4*a+b] + p*(1-p)*x[a]*x[b]
				}
			}
		}
		x[1], x[3] = p*x[1], p*x[3]
	}
}
