package score

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cutline/internal/geo"
)

// Wrong is an alert that should not have been, and what was there.
type Wrong struct {
	ID    string    `json:"id"`
	Time  time.Time `json:"time"`
	Lat   float64   `json:"lat"`
	Lon   float64   `json:"lon"`
	Class string    `json:"class"`
	Near  string    `json:"near,omitempty"` // the nearest target within Options.MatchMetres at that time
	Is    string    `json:"is,omitempty"`   // its class
	M     float64   `json:"metres,omitempty"`

	friendly bool
}

// Cause is how many wrong alerts came of a kind of target: animal, friendly, person, …; nothing, where none was there.
type Cause struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// wrong describes alert j: the target that was nearest to it may be what it is about.
func (r *Run) wrong(j int) Wrong {
	a := &r.said[j]
	w := Wrong{ID: a.id, Time: a.at, Lat: a.lat, Lon: a.lon, Class: a.class}
	p := r.frame.ENU(geo.LLA{Lat: geo.Degrees(a.lat), Lon: geo.Degrees(a.lon)})
	here := state{e: p.E, n: p.N}
	best := r.o.MatchMetres
	for k := range r.targets {
		g := &r.targets[k]
		if len(g.rows) == 0 {
			continue
		}
		cursor, _ := slices.BinarySearchFunc(g.rows, a.at.UnixNano(), func(f stand, t int64) int { return cmp.Compare(f.at, t) })
		cursor = max(0, cursor-1)
		if s, ok := interpolate(g.rows, &cursor, a.at.UnixNano()); ok && s.distance(&here) <= best {
			best = s.distance(&here)
			w.Near, w.Is, w.M, w.friendly = g.id, g.class, best, g.friendly
		}
	}
	return w
}

// causes counts them, the most frequent first.
func causes(all []Wrong) []Cause {
	var out []Cause
	for i := range all {
		name := cmp.Or(all[i].Is, "nothing")
		if all[i].friendly {
			name = "friendly"
		}
		k := slices.IndexFunc(out, func(c Cause) bool { return c.Name == name })
		if k < 0 {
			k = len(out)
			out = append(out, Cause{Name: name})
		}
		out[k].Count++
	}
	slices.SortFunc(out, func(a, b Cause) int { return cmp.Or(cmp.Compare(b.Count, a.Count), compareWords(a.Name, b.Name)) })
	return out
}

func compareWords(a, b string) int { return strings.Compare(a, b) }
