package fusion

import "cutline/internal/detection"

// Each sensor of a track has a weight, its share in the position: the weights sum to 1, and an update with gain k moves the share k
// to its sensor. With B the bias covariance of a sensor, independent between sensors, the position's is Σ w²B: one sensor's bias
// never averages out, two sensors' do as far as both are heard. It is the Schmidt–Kalman filter's consider covariance with a scalar
// in place of the sensitivity matrix (Schmidt 1966, "Application of state-space methods to navigation problems").

// A considered is what biases do to one update. The position's error is e + Σ wᵢbᵢ and sensor s measures with b_s + v, so the innovation is
// b_s + v − e − Σ wᵢbᵢ: its covariance grows by Spread = Σ_{i≠s} wᵢ²Bᵢ + (1−w_s)²B_s, and its covariance with the error, which makes the
// gain, by Cross = Σ_{i≠s} wᵢ²Bᵢ − w_s(1−w_s)B_s. Of a track that one sensor feeds both are 0: its bias cancels.
type considered struct {
	Spread, Cross detection.Covariance
}

// consider gives what the biases do to a plot of the sensor, whose own bias is b.
func (tr *target) consider(sensor int, b *detection.Covariance) (c considered) {
	own := 0.0
	for i := range tr.Sources {
		s := &tr.Sources[i]
		if s.Sensor == sensor {
			own = s.Weight
			continue
		}
		addScaled(&c.Spread, s.Weight*s.Weight, &s.Bias)
	}
	c.Cross = c.Spread
	addScaled(&c.Spread, (1-own)*(1-own), b)
	addScaled(&c.Cross, -own*(1-own), b)
	return c
}

// weigh gives the share gain to the source s of tr, and sums tr.Bias anew.
func (tr *target) weigh(s *source, gain float64, b *detection.Covariance) {
	s.Bias = *b
	tr.Bias = detection.Covariance{}
	for i := range tr.Sources {
		o := &tr.Sources[i]
		o.Weight *= 1 - gain
		if o == s {
			o.Weight += gain
		}
		addScaled(&tr.Bias, o.Weight*o.Weight, &o.Bias)
	}
}

func addScaled(sum *detection.Covariance, f float64, c *detection.Covariance) {
	sum.EE += f * c.EE
	sum.EN += f * c.EN
	sum.NN += f * c.NN
}
