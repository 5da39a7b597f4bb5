package score

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// most tries every set of pairs, and gives the greatest gain.
func most(pairs []pair, rows, cols map[int]bool) float64 {
	if len(pairs) == 0 {
		return 0
	}
	best := most(pairs[1:], rows, cols)
	if p := pairs[0]; !rows[p.row] && !cols[p.col] {
		rows[p.row], cols[p.col] = true, true
		best = max(best, p.gain+most(pairs[1:], rows, cols))
		rows[p.row], cols[p.col] = false, false
	}
	return best
}

func TestPick_gainsAsMuchAsEverySetOfPairsTried(t *testing.T) {
	var m matcher // one for all: what a call leaves behind must not matter
	rapid.Check(t, func(t *rapid.T) {
		seen := map[[2]int]bool{}
		var pairs []pair
		for range rapid.IntRange(0, 14).Draw(t, "pairs") {
			p := pair{
				row: rapid.IntRange(0, 5).Draw(t, "row"), col: rapid.IntRange(0, 5).Draw(t, "col"), gain: rapid.Float64Range(0.01, 9).Draw(t, "gain"),
			}
			if key := [2]int{p.row, p.col}; !seen[key] {
				seen[key] = true
				pairs = append(pairs, p)
			}
		}
		sum, rows, cols := 0.0, map[int]bool{}, map[int]bool{}
		for k, yes := range m.pick(pairs) {
			if !yes {
				continue
			}
			if rows[pairs[k].row] || cols[pairs[k].col] {
				t.Fatalf("row %d or column %d is in two pairs", pairs[k].row, pairs[k].col)
			}
			rows[pairs[k].row], cols[pairs[k].col] = true, true
			sum += pairs[k].gain
		}
		if want := most(pairs, map[int]bool{}, map[int]bool{}); math.Abs(sum-want) > 1e-9 {
			t.Errorf("gained %v of %v, want %v", sum, pairs, want)
		}
	})
}

// scene is a small run in one dimension, with oracles that try everything.
type scene struct {
	truths, tracks [][]float64 // by target or track, then by second: metres north
}

func drawScene(t *rapid.T) scene {
	seconds := rapid.IntRange(1, 5).Draw(t, "seconds")
	serial := 0.0
	draw := func(name string, least int) (all [][]float64) {
		for range rapid.IntRange(least, 4).Draw(t, name) {
			one := rapid.SliceOfN(rapid.Float64Range(-120, 120), seconds, seconds).Draw(t, name)
			for i := range one {
				serial++
				one[i] += math.Sqrt(serial) // no two distances alike: of matchings that are as good HOTA does not say which
			}
			all = append(all, one)
		}
		return all
	}
	return scene{draw("truths", 1), draw("tracks", 0)}
}

func (s *scene) report(o Options) TrackReport {
	f := geo.NewFrame(geo.LLA{Lat: 49, Lon: -97})
	start := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	r := NewRun(o)
	at := func(n float64) (lat, lon float64) {
		p := f.Surface(0, n, 0)
		return float64(p.Lat), float64(p.Lon)
	}
	for second := range s.truths[0] {
		now := start.Add(time.Duration(second) * time.Second)
		for i := range s.truths {
			lat, lon := at(s.truths[i][second])
			r.AddTruth(&record.Truth{Type: "target", Target: fmt.Sprint(i), Time: now, Lat: lat, Lon: lon})
		}
		for k := range s.tracks {
			lat, lon := at(s.tracks[k][second])
			r.AddEvent(&record.Event{Time: now, Track: &record.TrackEvent{ID: fmt.Sprint(k), Status: "confirmed", Lat: lat, Lon: lon}})
		}
	}
	return r.Report().Tracks
}

func TestOSPA_equalsThatOfEveryAssignmentTried(t *testing.T) {
	o := Defaults()
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		want := 0.0
		for second := range s.truths[0] {
			var pairs []pair
			for i := range s.truths {
				for k := range s.tracks {
					if d := math.Abs(s.truths[i][second] - s.tracks[k][second]); d < o.Cutoff {
						pairs = append(pairs, pair{row: i, col: k, gain: o.Cutoff*o.Cutoff - d*d})
					}
				}
			}
			n := float64(max(len(s.truths), len(s.tracks)))
			want += math.Sqrt(o.Cutoff*o.Cutoff-most(pairs, map[int]bool{}, map[int]bool{})/n) / float64(len(s.truths[0]))
		}
		if got := s.report(o).OSPA; math.Abs(got-want) > 1e-3 {
			t.Errorf("OSPA %v, want %v", got, want)
		}
	})
}

func TestIDF1_equalsThatOfEveryMatchingTried(t *testing.T) {
	o := Defaults()
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		seconds := len(s.truths[0])
		var pairs []pair
		for i := range s.truths {
			for k := range s.tracks {
				together := 0.0
				for second := range seconds {
					if math.Abs(s.truths[i][second]-s.tracks[k][second]) <= o.Associate {
						together++
					}
				}
				if together > 0 {
					pairs = append(pairs, pair{row: i, col: k, gain: together})
				}
			}
		}
		idtp := most(pairs, map[int]bool{}, map[int]bool{})
		want := 2 * idtp / float64(seconds*(len(s.truths)+len(s.tracks)))
		if got := s.report(o).IDF1; math.Abs(got-want) > 1e-9 {
			t.Errorf("IDF1 %v, want %v", got, want)
		}
	})
}

// slowHOTA is TrackEval's computation, straight from its matrices, with every matching tried.
func (s *scene) slowHOTA(d0 float64) float64 {
	seconds, n, m := len(s.truths[0]), len(s.truths), len(s.tracks)
	similarity := func(i, k, second int) float64 { return max(0, 1-math.Abs(s.truths[i][second]-s.tracks[k][second])/d0) }
	potential := make([][]float64, n)
	for i := range potential {
		potential[i] = make([]float64, m)
		for k := range potential[i] {
			for second := range seconds {
				row, col := 0.0, 0.0
				for l := range m {
					row += similarity(i, l, second)
				}
				for l := range n {
					col += similarity(l, k, second)
				}
				if x := similarity(i, k, second); x > 0 {
					potential[i][k] += x / (row + col - x)
				}
			}
		}
	}
	hits := map[[3]int]float64{} // truth, track, level
	for second := range seconds {
		for _, p := range bestSet(n, m, func(i, k int) float64 {
			a := potential[i][k] / (2*float64(seconds) - potential[i][k])
			return a * similarity(i, k, second)
		}) {
			for a := range levels {
				if similarity(p[0], p[1], second)+1e-12 >= level(a) {
					hits[[3]int{p[0], p[1], a}]++
				}
			}
		}
	}
	mean := 0.0
	for a := range levels {
		tp, ass := 0.0, 0.0
		for i := range n {
			for k := range m {
				c := hits[[3]int{i, k, a}]
				tp += c
				ass += c * c / (2*float64(seconds) - c)
			}
		}
		if tp > 0 {
			mean += math.Sqrt(tp/(float64(seconds*(n+m))-tp)*ass/tp) / levels
		}
	}
	return mean
}

// bestSet is the set of pairs with the greatest sum, of all.
func bestSet(n, m int, gain func(i, k int) float64) (best [][2]int) {
	top := -1.0
	var try func(i int, used []bool, sum float64, made [][2]int)
	try = func(i int, used []bool, sum float64, made [][2]int) {
		if i == n {
			if sum > top {
				top, best = sum, slices.Clone(made)
			}
			return
		}
		try(i+1, used, sum, made)
		for k := range m {
			if g := gain(i, k); !used[k] && g > 0 {
				used[k] = true
				try(i+1, used, sum+g, append(made, [2]int{i, k}))
				used[k] = false
			}
		}
	}
	try(0, make([]bool, m), 0, nil)
	return best
}

func TestHOTA_equalsTrackEvalsMatricesWithEveryMatchingTried(t *testing.T) {
	o := Defaults()
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		if got, want := s.report(o).HOTA, s.slowHOTA(o.Associate); math.Abs(got-want) > 1e-6 {
			t.Errorf("HOTA %v, want %v", got, want)
		}
	})
}

func TestPairAlerts_isTheCheapestOfTheLargestPairings(t *testing.T) {
	o := Defaults()
	start := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		r := NewRun(o)
		times := rapid.SliceOfN(rapid.Float64Range(0, 200), 0, 5)
		truths, alerts := times.Draw(t, "truths"), times.Draw(t, "alerts")
		slices.Sort(truths)
		for i, s := range truths {
			r.AddTruth(&record.Truth{Type: "crossing", Target: fmt.Sprint(i), Time: start.Add(time.Duration(s * 1e9)), Lat: 49, Lon: -97})
		}
		for j, s := range alerts {
			r.AddEvent(&record.Event{Alert: &record.AlertEvent{
				ID: fmt.Sprint(j), Kind: "crossing", Time: start.Add(time.Duration(s * 1e9)), Lat: 49, Lon: -97, Count: 1,
			}})
		}
		var pairs []pair
		for i := range truths {
			for j := range alerts {
				if d := math.Abs(truths[i] - alerts[j]); d <= 60 {
					pairs = append(pairs, pair{row: i, col: j, gain: mostPairs - d/60*d/60})
				}
			}
		}
		got := 0.0
		for i, j := range r.pairAlerts() {
			if j != nobody {
				d := math.Abs(truths[i] - alerts[j])
				got += mostPairs - d/60*d/60
			}
		}
		if want := most(pairs, map[int]bool{}, map[int]bool{}); math.Abs(got-want) > 1e-6 {
			t.Errorf("gained %v, want %v", got, want)
		}
	})
}

func TestPoisson_equalsTheTables(t *testing.T) {
	// Exact limits as printed in tables since Garwood 1936.
	for k, want := range map[int][2]float64{0: {0, 3.689}, 1: {.0253, 5.572}, 3: {.619, 8.767}, 10: {4.795, 18.39}, 100: {81.36, 121.6}} {
		got := poisson(k)
		if math.Abs(got[0]-want[0]) > .01 || math.Abs(got[1]-want[1]) > .05 {
			t.Errorf("%d: %v, want %v", k, got, want)
		}
	}
}

func TestWilson_equalsThePublishedExamples(t *testing.T) {
	// Newcombe 1998, Statistics in Medicine 17, table I, method 3.
	for _, c := range []struct {
		k, n int
		want [2]float64
	}{
		{81, 263, [2]float64{.2553, .3662}},
		{15, 148, [2]float64{.0624, .1605}},
		{0, 20, [2]float64{0, .1611}},
		{1, 29, [2]float64{.0061, .1718}},
	} {
		if got := wilson(c.k, c.n); math.Abs(got[0]-c.want[0]) > 1e-4 || math.Abs(got[1]-c.want[1]) > 1e-4 {
			t.Errorf("%d of %d: %v, want %v", c.k, c.n, got, c.want)
		}
	}
}

func TestTests_equalKnownProbabilities(t *testing.T) {
	for name, c := range map[string]struct{ got, want float64 }{
		"ten heads of ten":       {binomialTwoSided(10, 10, .5), 2.0 / 1024},
		"five of ten":            {binomialTwoSided(5, 10, .5), 1},
		"nothing to test":        {binomialTwoSided(0, 0, .5), 1},
		"the lady tasting tea":   {fisher(4, 4, 0, 4), 2.0 / 70},
		"three of four cups":     {fisher(3, 4, 1, 4), 34.0 / 70},
		"two sigma":              {normalTwoSided(1.959964), .05},
		"one sample twice":       {rankSum([]float64{1, 2, 3, 4, 5, 6, 7, 8}, []float64{1, 2, 3, 4, 5, 6, 7, 8}), 1},
		"all greater":            {rankSum([]float64{1, 2, 3, 4, 5, 6, 7, 8}, []float64{9, 10, 11, 12, 13, 14, 15, 16}), .00078},
		"the same value for all": {rankSum([]float64{1, 1, 1, 1, 1, 1, 1, 1}, []float64{1, 1, 1, 1, 1, 1, 1, 1}), 1},
	} {
		if math.Abs(c.got-c.want) > 1e-4 {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

func TestNEESBand_equalsTheChiSquareTable(t *testing.T) {
	// χ² with 200 degrees of freedom: 162.73 and 241.06.
	if got := neesBand(100); math.Abs(got[0]-.81364) > .001 || math.Abs(got[1]-1.20530) > .001 {
		t.Errorf("%v, want .814 and 1.205", got)
	}
}

func TestStandardErrors_ofIndependentTenthsIsTheTextbooks(t *testing.T) {
	// The mean of ten values: the jackknife's error is s/√n.
	var parts []sums
	for i := range tenths {
		parts = append(parts, sums{moments: 1, gospa: float64(i)})
	}
	if got, want := standardErrors(parts)["gospa_m"], math.Sqrt(82.5/9)/math.Sqrt(10); math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
}
