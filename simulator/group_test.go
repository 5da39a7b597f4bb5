package simulator

import (
	"math"
	"strings"
	"testing"

	"cutline/internal/geo"
)

// alone is a day of one kind of actor, on Emerson's line, without sensors but one.
func alone(t *testing.T, seed uint64, a actorSpec) *Run {
	t.Helper()
	return day(t, Options{Seed: seed}, func(s *Scenario) {
		a.ID = "it"
		s.Actors, s.Sensors = []actorSpec{a}, s.Sensors[:1]
	})
}

func crossers() actorSpec {
	return actorSpec{
		Class: "person", Intent: "cross", From: "US", At: durationSpan{300, 300}, Lon: span{-97.25, -97.24},
		Speed: span{1.4, 1.4}, Approach: span{300, 300}, Beyond: span{300, 300}, Members: span{5, 5},
	}
}

func TestGroup_companionsAreAsFarApartAsAsked(t *testing.T) {
	a := crossers()
	a.Members, a.Apart = span{12, 12}, span{5, 30}
	members := alone(t, 1, a).targets[0].members
	for i := 1; i < len(members); i++ {
		if d := members[i].Sub(members[i-1]).Range(); d < 5 || d > 30 {
			t.Errorf("member %d is %v m from the one before, want 5 to 30", i, d)
		}
	}
	if len(members) != 12 {
		t.Errorf("%d members, want 12", len(members))
	}
}

func TestGroup_thatSplitsIsTwoTargetsUntilItJoins(t *testing.T) {
	a := crossers()
	a.Split = splitSpec{At: 0.3, Join: 0.8, Apart: 60}
	r := alone(t, 2, a)
	_, truth := played(t, r)
	sizes := map[float64]int{}
	crossed := 0
	widest := 0.0
	places := map[string]geo.ENU{}
	for _, l := range truth {
		if l.Type == "crossing" {
			crossed += max(1, l.Size)
			continue
		}
		sizes[l.Time.Sub(DefaultStart()).Seconds()] += max(1, l.Size)
		places[l.Target] = r.frame.ENU(poseSpec{Lat: l.Lat, Lon: l.Lon, Alt: *l.AltM}.lla())
		if other, ok := places["it-b"]; ok && l.Target == "it-b" {
			widest = max(widest, other.Sub(places["it"]).Range())
		}
	}
	for at, n := range sizes {
		if n != 5 && math.Abs(at-r.targets[1].walk.start) > 1.5 && math.Abs(at-r.targets[1].walk.end()) > 1.5 {
			t.Errorf("%d people at %v s, want 5", n, at)
		}
	}
	if crossed != 5 || len(r.targets) != 2 {
		t.Errorf("%d people crossed as %d targets, want 5 as 2", crossed, len(r.targets))
	}
	near(t, "metres between the two parties", widest, 60, 3)
}

// As long as a party is near those whom it leaves, a radar has one return of all: the truth has one target, and 30 m on two.
func TestGroup_thatSplitsIsOneTargetWhileNobodyCouldTellTheTwoApart(t *testing.T) {
	a := crossers()
	a.Split = splitSpec{At: 0.3, Join: 0.8, Apart: 60}
	r := alone(t, 2, a)
	_, truth := played(t, r)
	middles := map[int64]map[string]geo.ENU{}
	whole := 0
	for _, l := range truth {
		if l.Type != "target" {
			continue
		}
		if len(l.Members) != l.Size {
			t.Fatalf("%s has %d members of %d", l.Target, len(l.Members), l.Size)
		}
		s := l.Time.Unix()
		if middles[s] == nil {
			middles[s] = map[string]geo.ENU{}
		}
		middles[s][l.Target] = r.frame.ENU(poseSpec{Lat: l.Lat, Lon: l.Lon, Alt: *l.AltM}.lla())
		if l.Target == "it" && l.Size == 5 {
			whole++
		}
	}
	apart := 0
	for _, at := range middles {
		if len(at) == 2 {
			apart++
			if d := at["it"].Sub(at["it-b"]).Range(); d < nearby-.5 {
				t.Errorf("two targets %.1f m from each other", d)
			}
		}
	}
	if apart < 60 || whole < 60 {
		t.Errorf("two targets for %d s, one for %d s, want both", apart, whole)
	}
}

// The truth tells where a group is by its middle, and its crossing by the first who goes over, with all who follow.
func TestGroup_isAtItsMiddleAndCrossesWithItsFirst(t *testing.T) {
	a := crossers()
	a.Members, a.Apart = span{8, 8}, span{6, 12}
	for seed := range uint64(5) {
		r := alone(t, seed, a)
		_, truth := played(t, r)
		first := math.Inf(1)
		g := &r.targets[0]
		for s := 0.0; s < 600 && math.IsInf(first, 1); s += .05 {
			for k := range g.members {
				if p := g.place(k, s); r.line.distance(p.E, p.N)*r.line.sign("CA") > 0 {
					first = s
				}
			}
		}
		crossings := 0
		for _, l := range truth {
			at := r.frame.ENU(poseSpec{Lat: l.Lat, Lon: l.Lon, Alt: *l.AltM}.lla())
			s := l.Time.Sub(DefaultStart()).Seconds()
			if l.Type == "crossing" {
				crossings++
				near(t, "when it crosses", s, first, .1)
				near(t, "metres from the line", r.line.distance(at.E, at.N), 0, .1)
				if l.Size != 8 {
					t.Errorf("%d cross, want 8", l.Size)
				}
				continue
			}
			sum := geo.ENU{}
			for k := range g.members {
				p := g.place(k, s)
				sum.E, sum.N = sum.E+p.E/8, sum.N+p.N/8
			}
			if d := math.Hypot(at.E-sum.E, at.N-sum.N); d > .05 {
				t.Fatalf("%.2f m from the middle at %v s", d, s)
			}
		}
		if crossings != 1 {
			t.Errorf("seed %d: %d crossings, want 1", seed, crossings)
		}
	}
}

// Of a group that turns back before the line, those who were over it have crossed, and no more.
func TestGroup_ofWhichOneGoesOverCountsOne(t *testing.T) {
	a := crossers()
	a.Members = span{}
	r := alone(t, 1, a)
	g := &r.targets[0]
	g.walk.points = nil
	for _, n := range []float64{-40, -20, -8, -8, -20, -40} {
		g.walk.points = append(g.walk.points, r.across(n))
	}
	g.walk.start, g.members = 0, []geo.ENU{{}, r.across(18).Sub(r.across(0)), r.across(-10).Sub(r.across(0))}
	got := r.line.together(g)
	if len(got) != 2 || got[0].size != 1 || got[1].size != 1 || got[0].to == got[1].to {
		t.Errorf("%+v, want one who goes over and comes back", got)
	}
}

// across is a point so many metres to the left of the line's middle.
func (r *Run) across(metres float64) geo.ENU {
	foot, left := r.line.at(-97.24)
	return geo.ENU{E: foot.E + metres*left.E, N: foot.N + metres*left.N}
}

func TestGroup_thatSplitsBehindTheLineCrossesOnce(t *testing.T) {
	a := crossers()
	a.Split = splitSpec{At: 0.8, Apart: 60}
	_, truth := played(t, alone(t, 2, a))
	n := 0
	for _, l := range truth {
		if l.Type == "crossing" {
			n++
			if l.Size != 5 || l.Target != "it" {
				t.Errorf("%s crosses with %d, want all 5", l.Target, l.Size)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d crossings, want 1", n)
	}
}

func TestHerd_swaysAboutItsPlacesAsItsVelocitySays(t *testing.T) {
	g := target{members: make([]geo.ENU, 9), sway: 12}
	for k := range g.members {
		for s := range 500 {
			at, v := g.member(k, float64(s))
			if at.Range() > 12*math.Sqrt2+1e-9 || k == 0 && at.Range() > 0 {
				t.Fatalf("member %d is %v m from its place", k, at.Range())
			}
			later, _ := g.member(k, float64(s)+0.01)
			if d := later.Sub(at); math.Abs(d.E/0.01-v.E) > 0.01 || math.Abs(d.N/0.01-v.N) > 0.01 {
				t.Fatalf("velocity %+v, moves by %+v in 10 ms", v, d)
			}
		}
	}
}

func TestIntent_loiterStaysAboutItsPlaceAndGoesHome(t *testing.T) {
	a := crossers()
	a.Intent, a.Offset, a.Linger = "loiter", span{80, 80}, durationSpan{600, 600}
	for seed := range uint64(5) {
		r := alone(t, seed, a)
		g := &r.targets[0]
		if len(g.crosses) > 0 {
			t.Error("it crosses")
		}
		for s := 300.0; s < 880; s += 5 {
			e, n := g.walk.position(s)
			if d := math.Abs(r.line.distance(e, n)); d < 10 || d > 160 {
				t.Fatalf("seed %d: %v m from the line at %v s, want about 80", seed, d, s)
			}
		}
		e, n := g.walk.position(g.walk.end())
		if d := math.Abs(r.line.distance(e, n)); d < 250 {
			t.Errorf("it ends %v m from the line: it has not gone home", d)
		}
	}
}

func TestIntent_roadFollowsItFromItsSide(t *testing.T) {
	road := roadSpec{ID: "r", Points: []latLon{{48.98, -97.25}, {48.995, -97.247}, {49.01, -97.24}, {49.02, -97.24}}}
	for _, from := range []string{"US", "CA"} {
		r := day(t, Options{Seed: 3}, func(s *Scenario) {
			a := crossers()
			a.ID, a.Intent, a.Road, a.From, a.Class, a.Speed, a.Members = "it", "road", "r", from, "vehicle", span{9, 9}, span{}
			s.Roads, s.Actors, s.Sensors = []roadSpec{road}, []actorSpec{a}, s.Sensors[:1]
		})
		g := &r.targets[0]
		if len(g.crosses) != 1 || !strings.HasPrefix(r.line.direction(g.crosses[0].to), from) {
			t.Fatalf("from %s: %+v", from, g.crosses)
		}
		near(t, "when it crosses", g.crosses[0].at, 300, 1e-6)
		for _, p := range g.walk.points {
			off := math.Inf(1)
			for i := 1; i < len(road.Points); i++ {
				a, b := r.plane(road.Points[i-1]), r.plane(road.Points[i])
				d := b.Sub(a)
				part := max(0, min(1, ((p.E-a.E)*d.E+(p.N-a.N)*d.N)/(d.E*d.E+d.N*d.N)))
				off = min(off, math.Hypot(p.E-a.E-part*d.E, p.N-a.N-part*d.N))
			}
			if off > 60 {
				t.Fatalf("%v m off the road", off)
			}
		}
	}
}

func TestHeight_ofWhatFliesIsInTheTruthAndInTheSlantRange(t *testing.T) {
	a := crossers()
	a.Class, a.Height, a.Members, a.Speed = "aircraft", span{120, 120}, span{}, span{20, 20}
	r := alone(t, 1, a)
	_, truth := played(t, r)
	for _, l := range truth {
		near(t, "altitude", *l.AltM, 333, 0.15)
	}
	m := newMast(r, r.spec(t, "twr-01"))
	b := m.near(300)[0]
	s, _ := m.sight(&b)
	flat := b.enu.Sub(m.enu).Range()
	near(t, "slant range", s.slant, math.Hypot(flat, 333-245), 1)
}
