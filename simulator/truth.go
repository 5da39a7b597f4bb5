package simulator

import (
	"cmp"
	"math"
	"slices"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// certain is how far a target must have been on a side before it counts as having been there, in metres: one who walks on the
// line itself does not cross it with every step.
const certain = 5.0

// truthStep is the grid on which a walk is followed for its crossings, in seconds.
const truthStep = 0.25

// crossing is one true crossing of a walk, or of a group.
type crossing struct {
	at      float64 // when the walk last changed sides
	decided float64 // when it was certain on the other side
	e, n    float64
	to      float64 // sign of the side that it went to
	size    int     // of a group: how many cross
}

// crossings of a walk from the scenario's beginning on.
func (l *line) crossings(w *walk) []crossing {
	return l.trace(w, w.fastest(), func(t float64) geo.ENU { e, n := w.position(t); return geo.ENU{E: e, N: n} })
}

// trace finds the crossings of one whose places at the times of w are told by at, at no more than so many m/s: he was at least certain
// metres on one side, and later on the other; the crossing is where the signed distance last went through zero, linear between samples.
func (l *line) trace(w *walk, fastest float64, at func(t float64) geo.ENU) []crossing {
	var out []crossing
	c := crossing{size: 1}
	side := 0.0
	t := max(0, w.start)
	p := at(t)
	lastT, lastD := t, l.distance(p.E, p.N)
	stride := fastest * truthStep
	for far := 0; t <= w.end(); t += truthStep {
		if far > 0 { // nothing can happen yet: the next sample looked at is still on this side
			far--
			continue
		}
		p = at(t)
		d := l.distance(p.E, p.N)
		if (d > 0) != (lastD > 0) {
			part := lastD / (lastD - d)
			c.at = lastT + part*(t-lastT)
			there := at(c.at)
			c.e, c.n = there.E, there.N
		}
		lastT, lastD = t, d
		if d < certain && d > -certain {
			continue
		}
		now := 1.0
		if d < 0 {
			now = -1
		}
		if side != 0 && side != now {
			c.decided, c.to = t, now
			out = append(out, c)
		}
		side = now
		far = max(0, int((math.Abs(d)-certain)/max(stride, 1e-6))-2)
	}
	return out
}

// together are the crossings of g: each is that of the member who is the first to go to that side, and those who follow him are of it.
// Who is away from the group crosses with those with whom he walks.
func (l *line) together(g *target) []crossing {
	fastest := g.walk.fastest() + g.sway*2*math.Pi*math.Hypot(1/swayEast, 1/swayNorth)
	var all []crossing
	for k := range g.members {
		for _, c := range l.trace(&g.walk, fastest, func(t float64) geo.ENU { return g.place(k, t) }) {
			if k < g.size(c.at) {
				all = append(all, c)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b crossing) int { return cmp.Compare(a.at, b.at) })
	var out []crossing
	for _, c := range all {
		if n := len(out); n > 0 && out[n-1].to == c.to {
			out[n-1].size++
			continue
		}
		out = append(out, c)
	}
	return out
}

// witness tells the truth: once a second where everybody is, and each crossing when it has become certain.
type witness struct {
	run      *Run
	told     float64 // crossings decided until then have been told
	watchers []watcher
}

func (w *witness) look(t float64, _ []byte) ([]byte, float64) {
	r := w.run
	for i := range r.targets {
		g := &r.targets[i]
		for _, c := range g.crosses {
			if c.decided <= t && (c.decided > w.told || t == 0) {
				covered := w.covered(g, &c)
				r.send(Item{Truth: r.tell(g, record.Truth{
					Type: "crossing", Time: r.clock.at(c.at), Direction: r.line.direction(c.to), Intent: g.intent, Covered: &covered,
				}, c.size, geo.ENU{E: c.e, N: c.n})}, t)
			}
		}
		if g.walk.present(t) && len(r.band(i, t)) > 0 {
			covered := w.watched(i, t)
			band := r.band(i, t)
			r.send(Item{Truth: r.tell(g, record.Truth{
				Type: "target", Time: r.clock.at(t), Covered: &covered, Members: r.members(g, band),
			}, len(band), middle(band))}, t)
		}
	}
	w.told = t
	return nil, t
}

// tell fills in who, where and how many.
func (r *Run) tell(g *target, t record.Truth, size int, at geo.ENU) *record.Truth {
	p := r.frame.Surface(at.E, at.N, geo.Metres(r.scenario.Ground+g.height))
	height := math.Round(float64(p.Alt)*10) / 10
	t.Target, t.Class, t.Friendly, t.AltM = g.id, g.class, g.friendly, &height
	t.Lat, t.Lon = degrees7(p.Lat), degrees7(p.Lon)
	if size > 1 {
		t.Size = size
	}
	return &t
}

// members are the places of a group's, as the truth tells them; none of one who goes alone.
func (r *Run) members(g *target, band []geo.ENU) (all []record.Spot) {
	if len(band) < 2 {
		return nil
	}
	for _, p := range band {
		at := r.frame.Surface(p.E, p.N, geo.Metres(r.scenario.Ground+g.height))
		all = append(all, record.Spot{degrees7(at.Lat), degrees7(at.Lon)})
	}
	return all
}

// degrees7 rounds to a centimetre.
func degrees7(d geo.Degrees) float64 { return math.Round(float64(d)*1e7) / 1e7 }
