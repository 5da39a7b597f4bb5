package score

// pair may be made: row and col by their indices, and how much is gained by making it.
type pair struct {
	row, col int
	apart    float64 // metres, or what else its maker measures
	gain     float64
}

// mostPairs is added to the gains where as many pairs as possible are wanted first. What is gained beside it stays below.
const mostPairs = 1e6

// matcher finds the best one-to-one pairs. Its buffers are used again: make one for many moments.
type matcher struct {
	lists    [2][][]int // pairs of each row, of each column
	seen     []bool     // of pairs
	picked   []bool
	queue    []int
	rows     []int // of a component
	cols     []int
	position map[int]int
}

// pick says of each pair whether it is made, so that the sum of gains is the greatest; each row and column is in one pair at most.
// Gains are positive. Pairs fall into parts that share no row and no column, each of which is solved alone: with thousands of targets
// nearly all parts are one pair. The result is valid until the next call.
func (m *matcher) pick(pairs []pair) []bool {
	m.picked, m.seen = clear0(m.picked, len(pairs)), clear0(m.seen, len(pairs))
	for i := range m.lists {
		for k := range m.lists[i] {
			m.lists[i][k] = m.lists[i][k][:0]
		}
	}
	for k := range pairs {
		m.lists[0] = put(m.lists[0], pairs[k].row, k)
		m.lists[1] = put(m.lists[1], pairs[k].col, k)
	}
	for k := range pairs {
		if m.seen[k] {
			continue
		}
		part := m.part(pairs, k)
		if len(part) == 1 {
			m.picked[k] = pairs[k].gain > 0
			continue
		}
		m.solve(pairs, part)
	}
	return m.picked
}

func clear0(b []bool, n int) []bool {
	if cap(b) < n {
		return make([]bool, n)
	}
	b = b[:n]
	clear(b)
	return b
}

func put(lists [][]int, at, k int) [][]int {
	for len(lists) <= at {
		lists = append(lists, nil)
	}
	lists[at] = append(lists[at], k)
	return lists
}

// part is all pairs that hang together with pair k.
func (m *matcher) part(pairs []pair, k int) []int {
	m.queue = append(m.queue[:0], k)
	m.seen[k] = true
	for i := 0; i < len(m.queue); i++ {
		p := &pairs[m.queue[i]]
		for _, next := range m.lists[0][p.row] {
			m.visit(next)
		}
		for _, next := range m.lists[1][p.col] {
			m.visit(next)
		}
	}
	return m.queue
}

func (m *matcher) visit(k int) {
	if !m.seen[k] {
		m.seen[k] = true
		m.queue = append(m.queue, k)
	}
}

// solve lays a part out as a matrix: what may not be paired gains nothing, and so costs nothing to pair.
func (m *matcher) solve(pairs []pair, part []int) {
	if m.position == nil {
		m.position = map[int]int{}
	}
	clear(m.position)
	var rows, cols int
	index := func(key int, n *int) int {
		at, ok := m.position[key]
		if !ok {
			at = *n
			m.position[key] = at
			*n++
		}
		return at
	}
	m.rows, m.cols = m.rows[:0], m.cols[:0]
	for _, k := range part {
		m.rows = append(m.rows, index(2*pairs[k].row, &rows))
		m.cols = append(m.cols, index(2*pairs[k].col+1, &cols))
	}
	cost := make([][]float64, rows)
	for i := range cost {
		cost[i] = make([]float64, cols)
	}
	which := make(map[[2]int]int, len(part))
	for a, k := range part {
		cost[m.rows[a]][m.cols[a]] = -pairs[k].gain
		which[[2]int{m.rows[a], m.cols[a]}] = k
	}
	for i, j := range assign(cost) {
		if k, ok := which[[2]int{i, j}]; ok && pairs[k].gain > 0 {
			m.picked[k] = true
		}
	}
}
