package sector

// dark says whether nobody watches a place that a fixed sensor watches by its definition. Where none does, no alarm can ever help.
func (c *coverage) dark(place int) bool {
	if c.Lit == nil || c.Lit[place] {
		return false
	}
	for i := range c.fixed {
		if p := &c.fixed[i]; p.reach > 0 && p.sees(c.places[place]) {
			return true
		}
	}
	return false
}

// gap is how much of the line is dark, m.
func (c *coverage) gap() (metres float64) {
	for k := range c.places {
		if c.dark(k) {
			metres += c.length / float64(len(c.places))
		}
	}
	return metres
}

// gapEnds are where along the line the first and the last dark places are, m.
func (c *coverage) gapEnds() (from, to float64) {
	step := c.length / float64(max(1, len(c.places)))
	first := true
	for k := range c.places {
		if c.dark(k) {
			if first {
				from, first = float64(k)*step, false
			}
			to = float64(k+1) * step
		}
	}
	return from, to
}

// hole is how much of the dark the posts would watch, m.
func (c *coverage) hole(posts []*post) (metres float64) {
	for k := range c.places {
		if c.Lit == nil || c.Lit[k] {
			continue
		}
		for _, p := range posts {
			if p != nil && p.reach > 0 && p.sees(c.places[k]) {
				metres += c.length / float64(len(c.places))
				break
			}
		}
	}
	return metres
}

// post of a sensor by its definition; nil in a sector without a piece of the line.
func (c *coverage) post(i int) *post {
	if i >= len(c.fixed) {
		return nil
	}
	return &c.fixed[i]
}
