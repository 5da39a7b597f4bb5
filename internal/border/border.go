// Package border decides when a track has crossed the line: where, when, which way and how sure.
//
//	GeoJSON ─ ParseGeoJSON ─► Geometry ─ Clip, New ─► Line
//	track   ─ Line.Watch ─► Look ─► Passage.step ─► Crossing
//
// Positions are ENU metres of the sector's frame; times are event times of the track. Sides are left and right of the direction in
// which the line's vertices run, and a signed distance is positive on the left. It knows no sensor, alert or file.
//
// A side is a probability, never a point in a polygon: P(left) = Φ(d / √(nᵀ(P+B)n + σ²line)), with the track's covariance P and its
// bias B, which does not average out however often the sensors look. A crossing is the change from one certain side to the
// other, so a walk along the line, however long, is none. σ²line is left out of the second half of a crossing whose first half is beyond
// doubt: it is told as soon as it is over the line as drawn, with the probability that it is over the true one.
//
// A track that is first seen already across is no crossing here: from one look that lies within its own error of the line, a
// walker who turned back short of it and one who came over look the same, and the alert would be a guess.
//
// A look costs O(log n) in the line's segments and, once a passage holds its path, allocates nothing. Start at passage.go, where a
// crossing is decided; crossing.go says where and when it was, line.go and nearest.go are geometry.
package border

import "time"

// Config of the decision. Durations are of event time.
type Config struct {
	SigmaM    float64       `mapstructure:"sigma_m"`    // 1 σ of a line whose file states none, m
	MarginM   float64       `mapstructure:"margin_m"`   // of the line kept outside the sector's extent, m
	Certainty float64       `mapstructure:"certainty"`  // probability from which a look is certain of its side
	Clear     float64       `mapstructure:"clear"`      // the same of a look that the track's own error leaves no doubt about
	Early     float64       `mapstructure:"early"`      // of the side it came from, from which the line's own error is not waited for
	Looks     int           `mapstructure:"looks"`      // certain looks in a row that make a side certain
	Apart     time.Duration `mapstructure:"apart"`      // least time from the first to the last of them
	LongestIn time.Duration `mapstructure:"longest_in"` // between two looks; a crossing in a longer one was not seen but inferred
	Fit       time.Duration `mapstructure:"fit"`        // of the path on both sides of the line that gives time and place
}

// Defaults are the values for a line taken from a public data set and watched by radars and cameras.
//
// Sigma is the middle of the 10–20 m that the FCC's US–Canada line deserves: it is within 5.6 m (median) and 9.7 m (90 %) of
// OpenStreetMap on the 49th parallel. Certainty, early, looks and their distance are engineering values: .97 is 1.9 σ on one look, and two
// looks 2 s apart are two scans of a usual radar. Clear is the probability of a crossing that is worth telling an operator: what is left in
// doubt then is the line, which does not wander. LongestIn is five scans of a radar. The margin keeps the line's cut ends further away
// than any sensor reaches.
func Defaults() Config {
	return Config{
		SigmaM: 15, MarginM: 25e3, Certainty: .97, Clear: .9, Early: .999, Looks: 2, Apart: 2 * time.Second,
		LongestIn: 10 * time.Second, Fit: 6 * time.Second,
	}
}

// Check reports every setting that cannot work.
func (c Config) Check(fault func(path, what string)) {
	if !(c.SigmaM > 0 && c.SigmaM <= 1000) {
		fault("sigma_m", "must be above 0 and at most 1000: the line's 1 σ in metres")
	}
	if !(c.MarginM >= 0 && c.MarginM <= 50e3) {
		fault("margin_m", "must be between 0 and 50000")
	}
	if !(c.Certainty > .5 && c.Certainty < 1) {
		fault("certainty", "must be above 0.5 and below 1")
	}
	if !(c.Clear > .5 && c.Clear <= c.Certainty) {
		fault("clear", "must be above 0.5 and at most certainty, which leaves it without effect")
	}
	if !(c.Early >= c.Certainty && c.Early <= 1) {
		fault("early", "must be between certainty and 1; 1 waits for the line's own error always")
	}
	if c.Looks < 1 || c.Looks > 20 {
		fault("looks", "must be between 1 and 20")
	}
	if c.Apart < 0 || c.Apart > time.Minute {
		fault("apart", "must be between 0s and 1m")
	}
	if c.LongestIn <= 0 {
		fault("longest_in", "must be above 0s")
	}
	if c.Fit <= 0 || c.Fit > time.Minute {
		fault("fit", "must be above 0s and at most 1m")
	}
}
