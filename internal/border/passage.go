package border

import (
	"math"
	"time"

	"cutline/internal/geo"
	"cutline/internal/track"
)

// Side of the line, in the direction of its vertices.
type Side uint8

// Neither is the side of what has not been certain yet.
const (
	Neither Side = iota
	Left
	Right
)

// Look is where a track stood to the line at one of its detections.
type Look struct {
	At       int64   // event time, ns since 1970
	E, N     float64 // position, m
	Distance float64 // signed, m: positive on the left
	Sigma    float64 // of Distance, with what does not average out and the line's own, m
	Aside    float64 // 1 σ of the position along the line, m
	Left     float64 // probability of being on the left of the line, wherever it really is
	Drawn    float64 // probability of being on the left of the line as it is drawn
	Beyond   bool    // past an end of the line: there are no sides
}

// Time of the look.
func (k Look) Time() time.Time { return time.Unix(0, k.At).UTC() }

// certain says on which side of the drawn line the look is certain to be, how probable it is to be on that side of the true one, and
// whether that is certain too. Of a look that the track's own error can not have carried over the line as drawn, less is asked of the true
// one: what is left is the line's error, which does not wander, so that no number of such looks makes a crossing of a walk along the line.
func (k Look) certain(cfg *Config) (side Side, p float64, firm bool) {
	drawn := k.Drawn
	switch {
	case k.Beyond:
		return Neither, 0, false
	case drawn >= cfg.Certainty:
		side, p = Left, k.Left
	case 1-drawn >= cfg.Certainty:
		side, p, drawn = Right, 1-k.Left, 1-drawn
	default:
		return Neither, 0, false
	}
	return side, p, p >= cfg.Certainty || drawn >= noDoubt && p >= cfg.Clear
}

// Passage is a track's way to the line and over it: its memory between looks. The zero Passage is a track not seen yet. Its fields
// are exported for snapshots only.
type Passage struct {
	Armed     Side    // the side that was certain last
	ArmedP    float64 // the best probability seen there
	Run       Side    // of the certain looks in a row
	RunP      float64 // the best of them
	RunLooks  int
	RunSince  int64 // event time of the first of them
	FirmLooks int   // those of them that are certain of the true line too
	FirmSince int64
	Crossed   int    // crossings so far: the ordinal of the last
	First     Look   // where the track was first seen
	Path      []Look // since before the line was near, in order of time; bounded
}

const (
	noDoubt     = .9999 // of being on a side of the line as drawn: 3.7 σ of the track
	longestPath = 48    // looks kept: from the last certain ones before the line, thinned when more
	recentPath  = 12    // of them the last are never thinned
	settledPath = 6     // looks kept while the side is certain
)

// Look measures a track against the line. Formula: P(left) = Φ(d / √(nᵀPn + σ²bias + σ²line)), n the
// direction in which the distance grows; of the line as drawn, without its σ.
func (l *Line) Look(t *track.Track) Look {
	place := l.Nearest(geo.ENU{E: t.State[0], N: t.State[2]})
	p, bias := t.Position(), t.Bias
	ee, en, nn := p.EE+bias.EE, p.EN+bias.EN, p.NN+bias.NN
	e, n := place.Across[0], place.Across[1]
	across := e*e*ee + 2*e*n*en + n*n*nn
	along := n*n*ee - 2*e*n*en + e*e*nn
	k := Look{
		At: t.EventTime.UnixNano(), E: t.State[0], N: t.State[2], Distance: place.Distance, Beyond: place.Beyond,
		Sigma: math.Sqrt(math.Max(0, across) + place.Sigma*place.Sigma),
		Aside: math.Sqrt(math.Max(0, along)),
	}
	k.Left, k.Drawn = left(k.Distance, k.Sigma), left(k.Distance, math.Sqrt(math.Max(0, across)))
	return k
}

// left is the probability of being left of what is d away. A track without a usable covariance is certain of nothing.
func left(d, sigma float64) float64 {
	p := .5 * math.Erfc(-d/(sigma*math.Sqrt2))
	if math.IsNaN(p) {
		return .5
	}
	return p
}

// Watch takes the track's latest detection into its passage and reports the crossing that it completes, if any. A track that only
// coasts brings nothing new: a prediction over the line is no crossing. While the track is tentative its side is followed, but
// nothing is declared: the crossing comes with the first look after it is confirmed.
func (l *Line) Watch(p *Passage, t *track.Track) (Crossing, bool) {
	if !t.Last.Equal(t.EventTime) || len(p.Path) > 0 && t.EventTime.UnixNano() <= p.Path[len(p.Path)-1].At {
		return Crossing{}, false
	}
	from, before := p.step(l.cfg, l.Look(t), t.Status == track.Confirmed)
	if from == Neither {
		return Crossing{}, false
	}
	c := l.locate(p.Path, from, p.Armed)
	c.Ordinal, c.Before, c.Probability = p.Crossed, before, p.Certainty(before)
	return c, true
}

// step folds one look into the passage. A side is armed by looks in a row, cfg.Looks of them certain of it wherever the true line may be,
// since cfg.Apart at least; those between and after may be less certain of it, as of who walks up to the line. A crossing is the change
// from one armed side to the other. Who has been beyond doubt on the one side (cfg.Early) need only be certain to be over the line as it is
// drawn: so the line's own error costs no time, and yet a track that wanders about the line, whose every swing is one of a few sigma, has
// not crossed. The side that it came from is given back, with the best probability seen there, else Neither. A look that is in doubt of the
// line as drawn starts the count again: a track along it must not ratchet across it. With declare false the change waits for a later look.
func (p *Passage) step(cfg Config, k Look, declare bool) (from Side, before float64) {
	if k.Beyond {
		*p = Passage{Crossed: p.Crossed} // who goes round the end of the line has not crossed it
		return Neither, 0
	}
	side, prob, firm := k.certain(&cfg)
	p.remember(k, side != Neither && side == p.Armed)
	if side != p.Run {
		p.Run, p.RunLooks, p.RunP, p.RunSince, p.FirmLooks = side, 0, 0, k.At, 0
	}
	if side == Neither {
		return Neither, 0
	}
	p.RunLooks++
	p.RunP = math.Max(p.RunP, prob)
	if firm {
		if p.FirmLooks++; p.FirmLooks == 1 {
			p.FirmSince = k.At
		}
	}
	seen := p.RunLooks >= cfg.Looks && k.At-p.RunSince >= int64(cfg.Apart)
	firmly := p.FirmLooks >= cfg.Looks && k.At-p.FirmSince >= int64(cfg.Apart)
	if side == p.Armed {
		p.ArmedP = math.Max(p.ArmedP, prob)
		return Neither, 0
	}
	early := seen && p.Armed != Neither && p.ArmedP >= cfg.Early
	if !firmly && !early || p.Armed != Neither && !declare {
		return Neither, 0
	}
	from, before = p.Armed, p.ArmedP
	p.Armed, p.ArmedP = side, p.RunP
	if from != Neither {
		p.Crossed++
	}
	return from, before
}

// remember keeps the look for the place and time of a crossing to come. Bounded: while the side is certain the last few do; in
// doubt the older ones are thinned, so that a slow walk over the line stays whole in outline.
func (p *Passage) remember(k Look, settled bool) {
	if settled && len(p.Path) >= settledPath {
		n := copy(p.Path, p.Path[len(p.Path)-settledPath+1:])
		p.Path = p.Path[:n]
	}
	if len(p.Path) >= longestPath {
		n := 1
		for i := 2; i < len(p.Path)-recentPath; i += 2 {
			p.Path[n] = p.Path[i]
			n++
		}
		n += copy(p.Path[n:], p.Path[len(p.Path)-recentPath:])
		p.Path = p.Path[:n]
	}
	if len(p.Path) == 0 {
		p.First = k
	}
	p.Path = append(p.Path, k)
}

// Certainty is the probability that the last crossing is one: that the track was on the one side, given as Crossing.Before, and is on
// the other. It grows while the track walks on.
func (p *Passage) Certainty(before float64) float64 { return before * p.ArmedP }

// Absorb joins the passage of a track that turned out to be the same target: merged into this one, or stitched to it over a gap. The
// one that crossed last knows the side; otherwise the looks of the absorbed one that are newer than ours go on from ours, so that a
// gap over the line ends in a crossing. The crossing itself is declared by the next Watch.
func (l *Line) Absorb(p *Passage, from *Passage) {
	total := p.Crossed + from.Crossed
	if len(from.Path) > 0 && (from.Crossed > 0 && p.last() <= from.last() || p.Armed == Neither) {
		path := append([]Look(nil), from.Path...) // a copy: both passages may live on, and Path is written in place
		*p = *from
		p.Path, p.Crossed = path, total
		return
	}
	p.Crossed = total
	since := p.last()
	if len(from.Path) > 0 && from.First.At > since && from.First.At < from.Path[0].At {
		p.step(l.cfg, from.First, false) // it ends the gap
	}
	for _, k := range from.Path {
		if k.At > since {
			p.step(l.cfg, k, false)
		}
	}
}

func (p *Passage) last() int64 {
	if len(p.Path) == 0 {
		return math.MinInt64
	}
	return p.Path[len(p.Path)-1].At
}
