package sector

import (
	"math"
	"slices"
	"time"

	"cutline/internal/border"
	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// coverage is who watches which part of the line: by range and azimuth, from where each sensor stands now, and only while it is heard.
// Hills are not in it. The line is the part inside the sector's extent, and metres along it begin where it enters.
type coverage struct {
	places []geo.ENU // on the frame's plane, samples in each cell
	edges  []float64 // m along the line: cell i is from edges[i] to edges[i+1]
	fixed  []post    // of each sensor
	length float64

	saved
}

// saved is the part that changes.
type saved struct {
	Stale    bool // a sensor's state has changed
	LookedAt time.Duration
	ToldAt   time.Duration
	ToldOnce bool
	Told     []record.Cell
	Lit      []bool        // places that somebody watched at the last look
	GapSince time.Duration // uptime since which a part of the line is dark though every sensor is heard; 0: none is
}

// post is a place to look from, and how far and where to.
type post struct {
	place     geo.ENU
	north     geo.Radians // of true north there, in the frame
	from, wid geo.Radians // clockwise from true north: where the view begins, and how wide it is
	reach     float64     // m; 0: sees nothing
}

const (
	cellLength    = 500.0
	samples       = 10               // of a cell, 50 m apart: a ground sensor that hears 60 m does not watch 500
	enough        = samples / 2      // of them in view, and the sensor is named for the cell
	coverEvery    = 5 * time.Second  // between looks, so that a start with a hundred sensors is no hundred events
	tellMovement  = 60 * time.Second // between events that only tell that something moves
	platformStays = 15 * time.Second // that a moving sensor is where it was, unless its max_silence says longer
)

func newCoverage(line *border.Line, frame geo.Frame, sensors []sensor.Definition) coverage {
	c := coverage{length: line.Length(), edges: []float64{0}, saved: saved{Stale: true}}
	n := max(1, int(math.Round(c.length/cellLength)))
	for i := range n {
		c.edges = append(c.edges, float64(i+1)/float64(n)*c.length)
	}
	for i := range n * samples {
		c.places = append(c.places, line.At((float64(i)+.5)/float64(n*samples)*c.length))
	}
	for i := range sensors {
		d := &sensors[i]
		p := post{}
		if d.HasPose && !d.Kind.Cooperative() && d.OutOfService == "" {
			p = newPost(&frame, d.Pose.LLA())
			p.reach = float64(d.Coverage.Range)
			p.from, p.wid = d.Coverage.Azimuths[0].Radians(), geo.Wrap2Pi((d.Coverage.Azimuths[1] - d.Coverage.Azimuths[0]).Radians())
			if p.wid == 0 {
				p.wid = 2 * math.Pi
			}
		}
		c.fixed = append(c.fixed, p)
	}
	return c
}

func newPost(frame *geo.Frame, at geo.LLA) post {
	return post{place: frame.ENU(at), north: frame.Convergence(at), wid: 2 * math.Pi}
}

// sees says whether a place on the ground is in view.
func (p *post) sees(at geo.ENU) bool {
	d := at.Sub(p.place)
	if d.Range() > p.reach {
		return false
	}
	return p.wid >= 2*math.Pi || geo.Wrap2Pi(d.Bearing()-p.north-p.from) <= p.wid
}

// post of sensor i as it is now; one that sees nothing if it is not heard or its place is not known.
func (s *Sector) post(i int) post {
	h, d := &s.health[i], &s.cfg.Sensors[i]
	if d.Kind.Cooperative() || d.OutOfService != "" || h.State != detection.Online && h.State != detection.Degraded {
		return post{}
	}
	p := s.coverage.fixed[i]
	if h.Moves {
		if s.clock.Uptime-h.MovedAt > max(platformStays, d.MaxSilence) {
			return post{}
		}
		p = newPost(&s.frame, h.Platform.LLA)
		p.reach = float64(d.Coverage.Range)
	}
	if h.HasView {
		p.from, p.wid = h.View.Azimuth-h.View.Width/2, h.View.Width
		if h.View.Range > 0 {
			p.reach = h.View.Range
		}
	}
	return p
}

// watchCoverage tells the coverage when a sensor's state has changed it, and when movement has, each minute.
func (s *Sector) watchCoverage() {
	c := &s.coverage
	if len(c.places) == 0 || s.clock.Uptime-c.LookedAt < coverEvery {
		return
	}
	c.LookedAt = s.clock.Uptime
	if !c.Stale && c.ToldOnce && c.GapSince == 0 && s.clock.Uptime-c.ToldAt < tellMovement {
		return
	}
	c.Stale = false
	cells, watched := s.cover()
	s.watchGap()
	if c.ToldOnce && slices.EqualFunc(cells, c.Told, sameCell) {
		return
	}
	c.Told, c.ToldAt, c.ToldOnce = cells, s.clock.Uptime, true
	told := make([]record.Cell, len(cells))
	for i, cell := range cells {
		told[i] = record.Cell{FromM: cell.FromM, ToM: cell.ToM, Sensors: append([]string{}, cell.Sensors...)}
	}
	s.emit(record.Event{Type: record.CoverageType, Time: s.clock.Now, Coverage: &record.CoverageEvent{
		WatchedFraction: round(watched/c.length, 4), Cells: told,
	}})
}

// cover finds the sensors of each cell, and the metres that anybody watches. Neighbours with the same sensors are told as one; those of
// nobody too: a gap must be seen.
func (s *Sector) cover() (cells []record.Cell, watched float64) {
	c := &s.coverage
	posts := make([]post, len(s.health))
	for i := range posts {
		posts[i] = s.post(i)
	}
	c.Lit = c.Lit[:0]
	for k := range len(c.edges) - 1 {
		cell := record.Cell{FromM: round(c.edges[k], 0), ToM: round(c.edges[k+1], 0)}
		var seen [samples]bool
		for i := range posts {
			if posts[i].look(c.places[k*samples:(k+1)*samples], &seen) >= enough {
				cell.Sensors = append(cell.Sensors, s.health[i].ID)
			}
		}
		c.Lit = append(c.Lit, seen[:]...)
		for _, in := range seen {
			if in {
				watched += (c.edges[k+1] - c.edges[k]) / samples
			}
		}
		if n := len(cells); n > 0 && slices.Equal(cells[n-1].Sensors, cell.Sensors) {
			cells[n-1].ToM = cell.ToM
			continue
		}
		cells = append(cells, cell)
	}
	return cells, watched
}

// look marks the places that are in view, and counts them.
func (p *post) look(places []geo.ENU, seen *[samples]bool) (n int) {
	if p.reach <= 0 {
		return 0
	}
	for i, at := range places {
		if p.sees(at) {
			seen[i] = true
			n++
		}
	}
	return n
}

func sameCell(a, b record.Cell) bool {
	return a.FromM == b.FromM && a.ToM == b.ToM && slices.Equal(a.Sensors, b.Sensors)
}
