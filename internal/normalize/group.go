package normalize

import "cutline/internal/detection"

// leastPlot is the size in a payload of about the smallest detection there can be, in bytes. It bounds what is asked of memory for a
// payload of nothing but {}.
const leastPlot = 48

// group gathers the detections of a payload, and the scans that they belong to: all with the same number, or without a number
// all of the same time, seen from the same place.
type group struct {
	plots []detection.Detection // those kept, in the order of the payload
	scan  []int                 // of each, an index into all; nil while there is only one scan
	all   []detection.Scan
	ids   [16]uint64 // a bit for each hash of an id that came: mostly a new one shows at once that it is new
}

// cameBefore notes an id, and says whether it may have come before.
func (g *group) cameBefore(id string) bool {
	hash := uint32(2166136261) // FNV-1a
	for i := range len(id) {
		hash = (hash ^ uint32(id[i])) * 16777619
	}
	word, mask := &g.ids[hash>>6%uint32(len(g.ids))], uint64(1)<<(hash%64)
	before := *word&mask != 0
	*word |= mask
	return before
}

// grow makes room for one more detection, to be read in place where r stands. The first one says how long they are, hence how many
// there may be: with that the first piece of memory is nearly always the last.
func (g *group) grow(r *reader) *detection.Detection {
	if g.plots == nil {
		ahead := reader{buf: r.buf, pos: r.pos, depth: r.depth}
		ahead.skip()
		g.plots = make([]detection.Detection, 0, (len(r.buf)-r.pos)/max(ahead.pos-r.pos, leastPlot)+1)
	}
	g.plots = append(g.plots, detection.Detection{})
	return &g.plots[len(g.plots)-1]
}

// drop takes back what grow gave last.
func (g *group) drop() { g.plots = g.plots[:len(g.plots)-1] }

// keep puts what grow gave last into a scan like s. In a sweep the head is its scan, unless it says that it was seen from
// elsewhere: a time of its own does not take it out of the sweep.
func (g *group) keep(s, head *detection.Scan, sweep bool) {
	i := 0
	switch {
	case !sweep:
		i = g.find(s)
	case !sameView(s, head):
		s.EventTime = head.EventTime
		i = g.find(s)
	}
	if i > 0 && g.scan == nil {
		g.scan = make([]int, len(g.plots)-1, cap(g.plots))
	}
	if g.scan != nil {
		g.scan = append(g.scan, i)
	}
}

// scanOf is the scan of a detection, an index into all.
func (g *group) scanOf(i int) int {
	if g.scan == nil {
		return 0
	}
	return g.scan[i]
}

// find is the scan that s belongs to: the youngest first, since detections of one scan mostly follow each other.
func (g *group) find(s *detection.Scan) int {
	for i := len(g.all) - 1; i >= 0; i-- {
		if t := &g.all[i]; sameScan(t, s) {
			if s.EventTime.Before(t.EventTime) {
				t.EventTime = s.EventTime // whatever the order of the array, a scan begins with its first detection
			}
			return i
		}
	}
	g.all = append(g.all, *s)
	return len(g.all) - 1
}

func sameScan(a, b *detection.Scan) bool {
	if a.HasNumber != b.HasNumber || a.Number != b.Number || !a.HasNumber && !a.EventTime.Equal(b.EventTime) {
		return false
	}
	return sameView(a, b)
}

func sameView(a, b *detection.Scan) bool {
	return a.HasPlatform == b.HasPlatform && a.HasView == b.HasView && a.Platform == b.Platform && a.View == b.View
}

// scans gives each scan its detections; nil if there is none.
func (g *group) scans() []detection.Scan {
	if g.scan == nil {
		if len(g.all) > 0 && len(g.plots) > 0 {
			g.all[0].Detections = g.plots
		}
		return g.all
	}
	for i, plot := range g.plots {
		s := &g.all[g.scan[i]]
		s.Detections = append(s.Detections, plot)
	}
	return g.all
}
