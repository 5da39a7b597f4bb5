package score

import (
	"math"
	"slices"
)

// normal95 is the normal quantile that leaves 2.5 % on each side.
const normal95 = 1.959964

// Share is a part of a whole, and how sure it is.
type Share struct {
	Of       int        `json:"of"`
	Is       int        `json:"is"`
	Share    float64    `json:"share"`    // 1 of nothing: nothing was asked for and nothing is missing
	Interval [2]float64 `json:"interval"` // 95 %, Wilson
}

func newShare(is, of int) Share {
	return Share{Of: of, Is: is, Share: share(is, of), Interval: wilson(is, of)}
}

// share is part/whole, and 1 of nothing.
func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// wilson is the 95 % interval of a proportion (Wilson 1927, JASA 22).
func wilson(k, n int) [2]float64 {
	if n == 0 {
		return [2]float64{0, 1}
	}
	const z = normal95
	p, m := float64(k)/float64(n), float64(n)
	middle := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return [2]float64{max(0, middle-half), min(1, middle+half)}
}

// poisson is the exact 95 % interval of the mean of a count (Garwood 1936, Biometrika 28): the means for which so many or more, so
// many or fewer, happen with 2.5 %.
func poisson(k int) [2]float64 {
	const tail = 0.025
	high := float64(k) + 10 + 5*math.Sqrt(float64(k))
	upper := bisect(float64(k), high, func(mean float64) bool { return poissonCDF(k, mean) > tail })
	if k == 0 {
		return [2]float64{0, upper}
	}
	lower := bisect(0, float64(k), func(mean float64) bool { return 1-poissonCDF(k-1, mean) < tail })
	return [2]float64{lower, upper}
}

// bisect finds where below turns from true to false between low and high.
func bisect(low, high float64, below func(float64) bool) float64 {
	for range 60 {
		middle := (low + high) / 2
		if below(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// poissonCDF is the probability of k or fewer.
func poissonCDF(k int, mean float64) float64 {
	if mean <= 0 {
		return 1
	}
	sum := 0.0
	for i := range k + 1 {
		gamma, _ := math.Lgamma(float64(i) + 1)
		sum += math.Exp(float64(i)*math.Log(mean) - mean - gamma)
	}
	return min(1, sum)
}

// binomialTwoSided is the probability that k of n, or what is as unlikely, comes of a chance p each: the exact test.
func binomialTwoSided(k, n int, p float64) float64 {
	if n == 0 || p <= 0 || p >= 1 {
		return 1
	}
	chance := func(i int) float64 {
		a, _ := math.Lgamma(float64(n) + 1)
		b, _ := math.Lgamma(float64(i) + 1)
		c, _ := math.Lgamma(float64(n-i) + 1)
		return math.Exp(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log(1-p))
	}
	here, sum := chance(k), 0.0
	for i := range n + 1 {
		if q := chance(i); q <= here*(1+1e-9) {
			sum += q
		}
	}
	return min(1, sum)
}

// normalTwoSided is the probability of |Z| ≥ |z|.
func normalTwoSided(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

func rms(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum / float64(len(v)))
}

func absolute(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = math.Abs(x)
	}
	return out
}

// quantile is the smallest value that at least the share q of v does not exceed; 0 of nothing.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(v))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
