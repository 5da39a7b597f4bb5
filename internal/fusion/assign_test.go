package fusion

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// bruteForce is the least cost over every assignment.
func bruteForce(cost []float64, rows, cols, row int, used []bool) float64 {
	if row == rows {
		return 0
	}
	best := math.Inf(1)
	for c := range cols {
		if !used[c] {
			used[c] = true
			best = min(best, cost[row*cols+c]+bruteForce(cost, rows, cols, row+1, used))
			used[c] = false
		}
	}
	return best
}

func TestAssigner_costsNoMoreThanTheBestOfAllAssignments(t *testing.T) {
	var a assigner // one for all: what is left of a problem must not spoil the next
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 7).Draw(t, "rows")
		cols := rows + rapid.IntRange(0, 2).Draw(t, "more")
		draw := rapid.OneOf(rapid.Float64Range(-20, 20), rapid.SampledFrom([]float64{0, 1, forbidden}))
		cost := rapid.SliceOfN(draw, rows*cols, rows*cols).Draw(t, "cost")
		want := bruteForce(cost, rows, cols, 0, make([]bool, cols))
		got, used := 0.0, make([]bool, cols)
		for r, c := range a.solve(cost, rows, cols) {
			if c < 0 || used[c] {
				t.Fatalf("row %d has column %d: none, or one given twice", r, c)
			}
			used[c] = true
			got += cost[r*cols+c]
		}
		if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
			t.Fatalf("cost %v, the best is %v", got, want)
		}
	})
}

func TestAssigner_needsNoMemoryOnceItHasIt(t *testing.T) {
	var a assigner
	cost := make([]float64, 20*40)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range cost {
		cost[i] = rng.Float64()
	}
	a.solve(cost, 20, 40)
	if n := testing.AllocsPerRun(20, func() { a.solve(cost, 20, 40) }); n != 0 {
		t.Errorf("%v allocations a problem, want 0", n)
	}
}

func BenchmarkAssigner(b *testing.B) {
	for _, n := range []int{2, 8, 32, 128} {
		b.Run(map[int]string{2: "2", 8: "8", 32: "32", 128: "128"}[n], func(b *testing.B) {
			var a assigner
			rng := rand.New(rand.NewPCG(1, 1))
			cost := make([]float64, n*2*n)
			for i := range cost {
				cost[i] = rng.Float64()
			}
			b.ReportAllocs()
			for b.Loop() {
				a.solve(cost, n, 2*n)
			}
		})
	}
}
