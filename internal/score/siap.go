package score

import (
	"math"

	"cutline/internal/record"
)

// TrackReport is how well tracks followed targets, friendly ones among them, on the grid of one second.
type TrackReport struct {
	Seconds int `json:"seconds"` // of the grid
	Targets int `json:"targets"`
	Tracks  int `json:"tracks"` // with an event

	// SIAP (Votruba et al. 2001, "Single integrated air picture metrics"; Stone Soup metricgenerator/tracktotruthmetrics.py).
	Completeness     float64 `json:"completeness"`
	Ambiguity        float64 `json:"ambiguity"`
	Spuriousness     float64 `json:"spuriousness"`
	PositionAccuracy float64 `json:"position_accuracy_m"`
	VelocityAccuracy float64 `json:"velocity_accuracy_mps"`
	NumberChangeRate float64 `json:"number_change_rate_hz"`
	LongestSegment   float64 `json:"longest_segment"`

	// GOSPA, α = 2, p = 2 (Rahmathullah, García-Fernández, Svensson 2017), means over the grid.
	GOSPA        float64 `json:"gospa_m"`
	Localisation float64 `json:"gospa_localisation_m2"`
	MissedMean   float64 `json:"gospa_missed"`
	FalseMean    float64 `json:"gospa_false"`

	// CLEAR-MOT (Bernardin, Stiefelhagen 2008) and identity (Ristani et al. 2016).
	MOTA     float64 `json:"mota"`
	MOTP     float64 `json:"motp_m"`
	Switches int     `json:"id_switches"`
	IDF1     float64 `json:"idf1"`
	IDR      float64 `json:"idr"`
}

// Tracks scores track events against the truth.
func Tracks(truth []record.Truth, events []record.Event, o Options) TrackReport {
	g := newGrid(truth, events, o)
	r := TrackReport{Seconds: len(g.moments), Targets: len(g.targets), Tracks: len(g.tracks)}
	r.siap(&g, o)
	r.gospa(&g, o)
	r.clearMOT(&g, o)
	r.identity(&g, o)
	return r
}

// nobody is a track's target where it has none.
const nobody = -1

// Association of Stone Soup's TrackToTruth: begun by three successive times at the same target, ended by two without.
const (
	hitsToBegin = 3
	missesToEnd = 2
)

// associate gives for each track the target that it follows at each time of the grid, or nobody.
func (g *grid) associate(o Options) [][]int {
	follows := make([][]int, len(g.tracks))
	for k := range follows {
		follows[k] = make([]int, len(g.moments))
		for t := range follows[k] {
			follows[k][t] = nobody
		}
	}
	nearest := make([][]int, len(g.tracks)) // of each track at each time, within reach
	for k := range nearest {
		nearest[k] = make([]int, len(g.moments))
		for t := range nearest[k] {
			nearest[k][t] = nobody
		}
	}
	for t := range g.moments {
		m := &g.moments[t]
		for i := range m.tracks {
			nearest[m.tracks[i].who][t] = m.nearest(&m.tracks[i], o.Associate)
		}
	}
	for k := range follows {
		follow(nearest[k], follows[k])
	}
	return follows
}

func (m *moment) nearest(track *state, reach float64) int {
	who, best := nobody, reach
	for i := range m.truths {
		if d := m.truths[i].distance(track); d <= best {
			who, best = m.truths[i].who, d
		}
	}
	return who
}

// follow marks in out the times of each association: from its first hit to its last.
func follow(nearest, out []int) {
	current, begin, last, hits := nobody, 0, 0, 0
	end := func() {
		if current != nobody && hits >= hitsToBegin {
			for t := begin; t <= last; t++ {
				out[t] = current
			}
		}
		current, hits = nobody, 0
	}
	for t, who := range nearest {
		switch {
		case who != nobody && who == current:
			hits++
			last = t
		case current != nobody && hits >= hitsToBegin && t-last < missesToEnd:
			// one miss, or one time at another target, does not end it
		default:
			end()
			if who != nobody {
				current, begin, last, hits = who, t, t, 1
			}
		}
	}
	end()
}

func (r *TrackReport) siap(g *grid, o Options) {
	follows := g.associate(o)
	var truths, tracked, shown, associated int
	var position, velocity float64
	byTarget := make([][][]int, len(g.targets)) // tracks that follow a target, at each time of its existence
	for t := range g.moments {
		m := &g.moments[t]
		truths += len(m.truths)
		shown += len(m.tracks)
		for i := range m.truths {
			who := m.truths[i].who
			var by []int
			for k := range m.tracks {
				track := &m.tracks[k]
				if follows[track.who][t] != who {
					continue
				}
				by = append(by, track.who)
				position += m.truths[i].distance(track)
				velocity += math.Hypot(m.truths[i].ve-track.ve, m.truths[i].vn-track.vn)
			}
			associated += len(by)
			if len(by) > 0 {
				tracked++
			}
			byTarget[who] = append(byTarget[who], by)
		}
	}
	r.Completeness = share(tracked, truths)
	r.Ambiguity = ratio(float64(associated), float64(tracked))
	r.Spuriousness = ratio(float64(shown-associated), float64(shown))
	r.PositionAccuracy = ratio(position, float64(associated))
	r.VelocityAccuracy = ratio(velocity, float64(associated))
	var changes, time, longest, exists int
	for _, by := range byTarget {
		c, tt, l := segments(by)
		changes, time, longest, exists = changes+c, time+tt, longest+l, exists+len(by)
	}
	r.NumberChangeRate = ratio(float64(changes), float64(time))
	r.LongestSegment = ratio(float64(longest), float64(exists))
}

// segments of a target's life: the changes of track that cannot be avoided (the least number of tracks that covers the time
// tracked, less one), the seconds tracked, and the most seconds that one track had.
func segments(by [][]int) (changes, tracked, longest int) {
	held := map[int]int{}
	var open []int // tracks that could have covered all since the last change
	numbers := 0
	for _, tracks := range by {
		if len(tracks) == 0 {
			continue
		}
		tracked++
		for _, k := range tracks {
			held[k]++
			longest = max(longest, held[k])
		}
		var still []int
		for _, k := range open {
			for _, l := range tracks {
				if k == l {
					still = append(still, k)
				}
			}
		}
		if open = still; len(open) == 0 {
			numbers++
			open = append([]int(nil), tracks...)
		}
	}
	return max(0, numbers-1), tracked, longest
}

// ratio is a/b, and 0 of nothing.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
