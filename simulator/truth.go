package simulator

import (
	"math"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// certain is how far a target must have been on a side before it counts as having been there, in metres: one who walks on the
// line itself does not cross it with every step.
const certain = 5.0

// truthStep is the grid on which a walk is followed for its crossings, in seconds.
const truthStep = 0.25

// crossing is one true crossing of a walk.
type crossing struct {
	at      float64 // when the walk last changed sides
	decided float64 // when it was certain on the other side
	e, n    float64
	to      float64 // sign of the side that it went to
}

// crossings of a walk from the scenario's beginning on: it was at least certain metres on one side, and later on the other;
// the crossing is where its signed distance last went through zero, linear between samples.
func (l *line) crossings(w *walk) []crossing {
	var out []crossing
	var c crossing
	side := 0.0
	t := max(0, w.start)
	lastT, lastD := t, l.distance(w.position(t))
	stride := w.fastest() * truthStep
	for far := 0; t <= w.end(); t += truthStep {
		if far > 0 { // nothing can happen yet: the next sample looked at is still on this side
			far--
			continue
		}
		e, n := w.position(t)
		d := l.distance(e, n)
		if (d > 0) != (lastD > 0) {
			part := lastD / (lastD - d)
			c.at = lastT + part*(t-lastT)
			c.e, c.n = w.position(c.at)
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
				}, g.size(c.at), c.e, c.n)}, t)
			}
		}
		if g.walk.present(t) {
			e, n := g.walk.position(t)
			covered := w.watched(i, t)
			r.send(Item{Truth: r.tell(g, record.Truth{Type: "target", Time: r.clock.at(t), Covered: &covered}, g.size(t), e, n)}, t)
		}
	}
	w.told = t
	return nil, t
}

// tell fills in who, where and how many.
func (r *Run) tell(g *target, t record.Truth, size int, e, n float64) *record.Truth {
	at := r.frame.Surface(e, n, geo.Metres(r.scenario.Ground+g.height))
	height := math.Round(float64(at.Alt)*10) / 10
	t.Target, t.Class, t.Friendly, t.AltM = g.id, g.class, g.friendly, &height
	t.Lat, t.Lon = degrees7(at.Lat), degrees7(at.Lon)
	if size > 1 {
		t.Size = size
	}
	return &t
}

// degrees7 rounds to a centimetre.
func degrees7(d geo.Degrees) float64 { return math.Round(float64(d)*1e7) / 1e7 }
