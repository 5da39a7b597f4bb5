package fusion

import (
	"math"
	"slices"
)

// forbidden is the cost of a pair that may not be.
const forbidden = 1e12

// An assigner solves the linear assignment problem by shortest augmenting paths (Jonker, Volgenant 1987, "A shortest augmenting
// path algorithm for dense and sparse linear assignment problems", Computing 38, the augmentation phase; for rectangular costs
// as in Crouse 2016, "On implementing 2D rectangular assignment algorithms", IEEE T-AES 52(4)). It keeps its memory between calls.
type assigner struct {
	rowOf, colOf []int     // the assignment, −1: none
	u, v         []float64 // dual variables of rows and columns
	dist         []float64 // of the shortest path to a column
	from         []int     // the row before a column on that path
	done         []bool
}

// solve assigns each of rows to a column of its own at the least total cost, rows ≤ cols; cost is row by row. The result
// is valid until the next call. O(rows²·cols).
func (a *assigner) solve(cost []float64, rows, cols int) []int {
	a.reset(rows, cols)
	for r := range rows {
		a.augment(cost, cols, r)
	}
	return a.colOf
}

func (a *assigner) reset(rows, cols int) {
	a.u, a.v, a.dist = zeros(a.u, rows), zeros(a.v, cols), zeros(a.dist, cols)
	a.rowOf, a.colOf = filled(a.rowOf, cols, -1), filled(a.colOf, rows, -1)
	a.from, a.done = zeros(a.from, cols), zeros(a.done, cols)
}

// zeros is n zero values in the memory of s, if it has room for them.
func zeros[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// filled is n times v, likewise.
func filled[T any](s []T, n int, v T) []T {
	s = slices.Grow(s[:0], n)[:n]
	for i := range s {
		s[i] = v
	}
	return s
}

// augment finds the shortest path, in reduced costs, from a row without a column to a column without a row, and turns it over.
func (a *assigner) augment(cost []float64, cols, start int) {
	for c := range cols {
		a.dist[c], a.done[c] = math.Inf(1), false
	}
	row, sink, low := start, -1, 0.0
	for sink < 0 {
		next, best := -1, math.Inf(1)
		for c := range cols {
			if a.done[c] {
				continue
			}
			if d := low + cost[row*cols+c] - a.u[row] - a.v[c]; d < a.dist[c] {
				a.dist[c], a.from[c] = d, row
			}
			// Of equals a free column is better: the path ends there.
			if a.dist[c] < best || (a.dist[c] == best && a.rowOf[c] < 0 && next >= 0 && a.rowOf[next] >= 0) {
				best, next = a.dist[c], c
			}
		}
		low, a.done[next] = best, true
		if a.rowOf[next] < 0 {
			sink = next
		} else {
			row = a.rowOf[next]
		}
	}
	a.u[start] += low
	for c := range cols {
		if !a.done[c] || c == sink {
			continue
		}
		a.u[a.rowOf[c]] += low - a.dist[c]
		a.v[c] -= low - a.dist[c]
	}
	for c := sink; ; {
		r := a.from[c]
		a.rowOf[c] = r
		c, a.colOf[r] = a.colOf[r], c
		if r == start {
			return
		}
	}
}
