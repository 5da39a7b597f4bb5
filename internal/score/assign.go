package score

import "math"

// assign gives for each row its column, or −1 where there are more rows than columns, so that the sum of costs is the least. Costs are
// finite. The Hungarian method by shortest augmenting paths with potentials, O(rows²·columns) (Jonker and Volgenant 1987, Computing
// 38, without their initialisation: clarity matters more here than speed).
func assign(cost [][]float64) []int {
	rows := len(cost)
	if rows == 0 {
		return nil
	}
	columns := len(cost[0])
	if rows > columns {
		return invert(assign(transpose(cost)), rows)
	}
	u, v := make([]float64, rows+1), make([]float64, columns+1)
	owner := make([]int, columns+1) // the row of each column, from 1; 0 is none
	from := make([]int, columns+1)
	for i := 1; i <= rows; i++ {
		owner[0] = i
		augment(cost, owner, from, u, v)
	}
	match := make([]int, rows)
	for i := range match {
		match[i] = -1
	}
	for j := 1; j <= columns; j++ {
		if i := owner[j]; i > 0 {
			match[i-1] = j - 1
		}
	}
	return match
}

// augment finds the shortest path from the row in owner[0] to a free column, and moves the owners along it.
func augment(cost [][]float64, owner, from []int, u, v []float64) {
	shortest := make([]float64, len(v))
	done := make([]bool, len(v))
	for j := range shortest {
		shortest[j] = math.Inf(1)
	}
	column := 0
	for owner[column] != 0 {
		done[column] = true
		row, step, next := owner[column], math.Inf(1), 0
		for j := 1; j < len(v); j++ {
			if done[j] {
				continue
			}
			if reduced := cost[row-1][j-1] - u[row] - v[j]; reduced < shortest[j] {
				shortest[j], from[j] = reduced, column
			}
			if shortest[j] < step {
				step, next = shortest[j], j
			}
		}
		for j := range v {
			if done[j] {
				u[owner[j]] += step
				v[j] -= step
			} else {
				shortest[j] -= step
			}
		}
		column = next
	}
	for column != 0 {
		owner[column] = owner[from[column]]
		column = from[column]
	}
}

func transpose(cost [][]float64) [][]float64 {
	t := make([][]float64, len(cost[0]))
	for j := range t {
		t[j] = make([]float64, len(cost))
		for i := range cost {
			t[j][i] = cost[i][j]
		}
	}
	return t
}

// invert turns the columns' rows into the rows' columns.
func invert(match []int, rows int) []int {
	out := make([]int, rows)
	for i := range out {
		out[i] = -1
	}
	for j, i := range match {
		if i >= 0 {
			out[i] = j
		}
	}
	return out
}
