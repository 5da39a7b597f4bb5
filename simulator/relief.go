package simulator

import "math"

type reliefSpec struct {
	Sigma  float64 `yaml:"sigma_m"`  // 1 σ of the ground about ground_m; flat if not given
	Length float64 `yaml:"length_m"` // over which it rises and falls: 100 m if not given
}

const (
	reliefWaves  = 16
	reliefLength = 100.0 // m
)

// relief is the ground's height above the scenario's, a sum of waves in all directions: nearly a Gaussian field. Only cameras that tell
// elevations can see it; nobody is hidden by it.
type relief []wave

type wave struct{ e, n, phase, height float64 }

func newRelief(seed uint64, spec reliefSpec) (r relief) {
	if spec.Sigma == 0 {
		return nil
	}
	rnd, length := stream(seed, "relief"), spec.Length
	if length == 0 {
		length = reliefLength
	}
	for range reliefWaves {
		r = append(r, wave{
			rnd.NormFloat64() / length, rnd.NormFloat64() / length, 2 * math.Pi * rnd.Float64(), spec.Sigma * math.Sqrt(2./reliefWaves),
		})
	}
	return r
}

func (r relief) at(e, n float64) (up float64) {
	for _, w := range r {
		up += w.height * math.Cos(w.e*e+w.n*n+w.phase)
	}
	return up
}
