package score

// mot pairs targets and tracks at each time: pairs of the time before stay while they are within reach, the rest is assigned at
// least cost. A switch is a target whose track differs from the last one that it had.
type mot struct {
	run     *Run
	last    []int // the track that each target had last
	matcher matcher
}

func newMOT(r *Run) *mot {
	m := &mot{run: r, last: make([]int, len(r.targets))}
	for i := range m.last {
		m.last[i] = nobody
	}
	return m
}

func (c *mot) watch(m *moment, p *sums) {
	hits := 0
	for _, q := range c.match(m) {
		hits++
		p.distance += q.apart
		who, by := m.truths[q.row].who, m.tracks[q.col].who
		if c.last[who] != nobody && c.last[who] != by {
			p.switches++
		}
		c.last[who] = by
	}
	p.hits += float64(hits)
	p.misses += float64(len(m.truths) - hits)
	p.falses += float64(len(m.tracks) - hits)
}

// match gives the pairs of the moment, those that stay first.
func (c *mot) match(m *moment) (made []pair) {
	held := make([]bool, len(m.truths))
	taken := make([]bool, len(m.tracks))
	for _, q := range m.near {
		if q.apart <= c.run.o.Associate && m.tracks[q.col].who == c.last[m.truths[q.row].who] && !taken[q.col] {
			held[q.row], taken[q.col] = true, true
			made = append(made, q)
		}
	}
	var rest []pair
	for _, q := range m.near {
		if q.apart <= c.run.o.Associate && !held[q.row] && !taken[q.col] {
			q.gain = mostPairs - q.apart
			rest = append(rest, q)
		}
	}
	for i, yes := range c.matcher.pick(rest) {
		if yes {
			made = append(made, rest[i])
		}
	}
	return made
}

// identity matches each target to at most one track for the whole run, so that they are together for the most seconds.
type identity struct {
	run      *Run
	index    map[[2]int]int
	together []pair
	own      []int // the track of each target
}

func newIdentity(r *Run) *identity { return &identity{run: r, index: map[[2]int]int{}} }

func (d *identity) watch(m *moment) {
	for _, q := range m.near {
		if q.apart > d.run.o.Associate {
			continue
		}
		key := [2]int{m.truths[q.row].who, m.tracks[q.col].who}
		k, ok := d.index[key]
		if !ok {
			k = len(d.together)
			d.index[key] = k
			d.together = append(d.together, pair{row: key[0], col: key[1]})
		}
		d.together[k].gain++
	}
}

func (d *identity) settle() {
	d.own = make([]int, len(d.run.targets))
	for i := range d.own {
		d.own[i] = nobody
	}
	var m matcher
	for k, yes := range m.pick(d.together) {
		if yes {
			d.own[d.together[k].row] = d.together[k].col
		}
	}
}

func (d *identity) count(m *moment, p *sums) {
	for _, q := range m.near {
		if q.apart <= d.run.o.Associate && d.own[m.truths[q.row].who] == m.tracks[q.col].who {
			p.identified++
		}
	}
}
