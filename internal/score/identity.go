package score

// clearMOT pairs targets and tracks at each time: pairs of the time before stay while they are within reach, the rest is
// assigned at least cost. A switch is a target whose track differs from the last one that it had.
func (r *TrackReport) clearMOT(g *grid, o Options) {
	last := make([]int, len(g.targets)) // the track that each target had last
	for i := range last {
		last[i] = nobody
	}
	truths, misses, extra, pairs := 0, 0, 0, 0
	distance := 0.0
	for t := range g.moments {
		m := &g.moments[t]
		match := m.match(last, o.Associate)
		hit := 0
		for i, k := range match {
			if k < 0 {
				continue
			}
			hit++
			distance += m.truths[i].distance(&m.tracks[k])
			who, by := m.truths[i].who, m.tracks[k].who
			if last[who] != nobody && last[who] != by {
				r.Switches++
			}
			last[who] = by
		}
		truths += len(m.truths)
		misses += len(m.truths) - hit
		extra += len(m.tracks) - hit
		pairs += hit
	}
	r.MOTA = 1 - ratio(float64(misses+extra+r.Switches), float64(truths))
	r.MOTP = ratio(distance, float64(pairs))
}

// match gives for each target of the moment its track, or −1.
func (m *moment) match(last []int, reach float64) []int {
	match := make([]int, len(m.truths))
	taken := make([]bool, len(m.tracks))
	for i := range m.truths {
		match[i] = -1
		for k := range m.tracks {
			if m.tracks[k].who == last[m.truths[i].who] && !taken[k] && m.truths[i].distance(&m.tracks[k]) <= reach {
				match[i], taken[k] = k, true
			}
		}
	}
	var rows, columns []int
	for i := range match {
		if match[i] < 0 {
			rows = append(rows, i)
		}
	}
	for k := range taken {
		if !taken[k] {
			columns = append(columns, k)
		}
	}
	if len(rows) == 0 || len(columns) == 0 {
		return match
	}
	cost := make([][]float64, len(rows))
	for a, i := range rows {
		cost[a] = make([]float64, len(columns))
		for b, k := range columns {
			cost[a][b] = m.truths[i].distance(&m.tracks[k])
			if cost[a][b] > reach {
				cost[a][b] = forbidden
			}
		}
	}
	for a, b := range assign(cost) {
		if b >= 0 {
			match[rows[a]] = columns[b]
		}
	}
	return match
}

// identity matches each target to at most one track for the whole run, so that they are together for the most seconds.
func (r *TrackReport) identity(g *grid, o Options) {
	together := make([][]float64, len(g.targets))
	for i := range together {
		together[i] = make([]float64, len(g.tracks))
	}
	truths, shown := 0, 0
	for t := range g.moments {
		m := &g.moments[t]
		truths += len(m.truths)
		shown += len(m.tracks)
		for i := range m.truths {
			for k := range m.tracks {
				if m.truths[i].distance(&m.tracks[k]) <= o.Associate {
					together[m.truths[i].who][m.tracks[k].who]--
				}
			}
		}
	}
	seconds := 0.0
	if len(g.tracks) > 0 {
		for i, k := range assign(together) {
			if k >= 0 {
				seconds -= together[i][k]
			}
		}
	}
	// 2·IDTP + IDFP + IDFN: every true second and every shown second once.
	r.IDF1 = ratio(2*seconds, float64(truths+shown))
	r.IDR = ratio(seconds, float64(truths))
}
