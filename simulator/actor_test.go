package simulator

import (
	"math"
	"strings"
	"testing"
)

// Twenty seeds are twenty different days, each with what the scenario is for.
func TestEmerson_isADayWithAFirstCrossingSoonAndEnoughOfThem(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		r := day(t, Options{Seed: seed}, nil)
		first, last, n := math.Inf(1), 0.0, 0
		for _, g := range r.targets {
			for _, c := range g.crosses {
				if c.at > r.end {
					continue
				}
				n++
				first, last = min(first, c.at), max(last, c.at)
				for _, kind := range []string{"decoy", "deer", "stroller", "patrol"} {
					if strings.HasPrefix(g.id, kind) {
						t.Errorf("seed %d: %s crosses at %v s", seed, g.id, c.at)
					}
				}
			}
		}
		if first > 25 || n < 12 || n > 20 || last > r.end-120 {
			t.Errorf("seed %d: %d crossings, the first at %.0f s, the last at %.0f s", seed, n, first, last)
		}
	}
}

func TestEmerson_decoysComeAsNearAsTheyShould(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		r := day(t, Options{Seed: seed}, nil)
		for _, g := range r.targets {
			if !strings.HasPrefix(g.id, "decoy") {
				continue
			}
			nearest := math.Inf(1)
			for _, p := range g.walk.points {
				nearest = min(nearest, math.Abs(r.line.distance(p.E, p.N)))
			}
			if nearest < 4 || nearest > 45 {
				t.Errorf("seed %d: %s turns back %.1f m before the line, want 5 to 40", seed, g.id, nearest)
			}
		}
	}
}

func TestEmerson_nobodyJumps(t *testing.T) {
	r := day(t, Options{Seed: 3}, nil)
	top := map[string]float64{"person": 2, "animal": 3, "vehicle": 14}
	for _, g := range r.targets {
		for i := 1; i < len(g.walk.points); i++ {
			if v := g.walk.points[i].Sub(g.walk.points[i-1]).Range(); v > top[g.class] {
				t.Fatalf("%s moves %.1f m in a second", g.id, v)
			}
		}
	}
}

func TestEmerson_crossingsOfDifferentActorsAreApart(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		r := day(t, Options{Seed: seed}, nil)
		for i := range r.targets {
			for j := range i {
				for _, a := range r.targets[i].crosses {
					for _, b := range r.targets[j].crosses {
						if math.Abs(a.at-b.at) < 60 && math.Hypot(a.e-b.e, a.n-b.n) < 150 {
							t.Errorf("seed %d: %s and %s cross as one", seed, r.targets[i].id, r.targets[j].id)
						}
					}
				}
			}
		}
	}
}

// The truth file alone, sampled once a second, must tell the same crossings as its crossing lines: a stranger may check it.
func TestTruth_crossingLinesAreThoseOfItsPositions(t *testing.T) {
	r := day(t, Options{Seed: 7}, nil)
	_, truth := played(t, r)
	type key struct {
		target string
		second int
	}
	lines := map[key]bool{}
	walks := map[string]*walk{}
	for _, l := range truth {
		if l.Type == "crossing" {
			lines[key{l.Target, int(math.Round(l.Time.Sub(DefaultStart()).Seconds()))}] = true
			continue
		}
		p := r.frame.ENU(poseSpec{Lat: l.Lat, Lon: l.Lon, Alt: *l.AltM}.lla())
		w := walks[l.Target]
		if w == nil {
			w = &walk{start: l.Time.Sub(DefaultStart()).Seconds()}
			walks[l.Target] = w
		}
		w.points = append(w.points, p)
	}
	n := 0
	for id, w := range walks {
		if len(w.points) < 2 {
			continue
		}
		for _, c := range r.line.crossings(w) {
			n++
			second := int(math.Round(c.at))
			if !lines[key{id, second}] && !lines[key{id, second - 1}] && !lines[key{id, second + 1}] {
				t.Errorf("%s crosses at %.1f s by its positions, and no line says so", id, c.at)
			}
		}
	}
	if n != len(lines) || n == 0 {
		t.Errorf("%d crossings by the positions, %d lines", n, len(lines))
	}
}

func TestTruth_directionAndSideAgree(t *testing.T) {
	r := day(t, Options{Seed: 7}, nil)
	_, truth := played(t, r)
	n := 0
	for _, l := range truth {
		if l.Type != "crossing" {
			continue
		}
		n++
		if p := r.frame.ENU(poseSpec{Lat: l.Lat, Lon: l.Lon, Alt: *l.AltM}.lla()); math.Abs(r.line.distance(p.E, p.N)) > 0.05 {
			t.Errorf("%s crosses %v m beside the line", l.Target, r.line.distance(p.E, p.N))
		}
		north, south := strings.HasPrefix(l.Target, "walker"), strings.HasPrefix(l.Target, "southbound")
		if north && l.Direction != "US>CA" || south && l.Direction != "CA>US" {
			t.Errorf("%s crosses %s", l.Target, l.Direction)
		}
		if strings.HasPrefix(l.Target, "group") && (l.Size < 3 || l.Size > 5) {
			t.Errorf("%s has size %d", l.Target, l.Size)
		}
	}
	if n == 0 {
		t.Fatal("nobody crossed")
	}
}
