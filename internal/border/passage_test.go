package border_test

import (
	"bytes"
	"encoding/gob"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/border"
	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/track"
)

var start = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// at is a confirmed track with a position error of sigma metres.
func at(second, e, n, sigma float64) *track.Track {
	when := start.Add(seconds(second))
	t := &track.Track{ID: "t", Root: "t", Status: track.Confirmed, EventTime: when, Last: when, State: [4]float64{e, 0, n, 0}}
	t.Cov[0], t.Cov[10] = sigma*sigma, sigma*sigma
	return t
}

// straight is a line along the north = 0 axis of the frame, to the east; left of it is the north, L. Its σ is 5 m.
func straight(t testing.TB) *border.Line {
	var points []geo.ENU
	for e := -5000.0; e <= 5000; e += 100 { // a segment straight in lon/lat is bent in the plane: 2 m on 10 km
		points = append(points, enu(e, 0))
	}
	return build(t, path(points...))
}

// walk shows the line a track at each point, one a second, and collects its crossings.
func walk(l *border.Line, sigma float64, north ...float64) (all []border.Crossing) {
	var p border.Passage
	for i, n := range north {
		if c, ok := l.Watch(&p, at(float64(i), 100, n, sigma)); ok {
			all = append(all, c)
		}
	}
	return all
}

// ramp is from a to b in steps of v.
func ramp(a, b, v float64) (out []float64) {
	for n := a; (b-a)*(b-n) > 0; n += math.Copysign(v, b-a) {
		out = append(out, n)
	}
	return append(out, b)
}

func TestWatch_aWalkOverTheLineIsOneCrossingAtItsTimeAndPlace(t *testing.T) {
	got := walk(straight(t), 3, ramp(-60, 60, 1.5)...)
	if len(got) != 1 {
		t.Fatalf("%d crossings", len(got))
	}
	c := got[0]
	if c.Direction != "R>L" || c.Ordinal != 1 || c.Inferred {
		t.Errorf("got %+v", c)
	}
	if d := c.Time.Sub(start.Add(40 * time.Second)); d.Abs() > 50*time.Millisecond {
		t.Errorf("the time is %v off", d)
	}
	f := frame()
	if p := f.ENU(c.Position); math.Hypot(p.E-100, p.N) > .1 || math.Abs(float64(c.Position.Alt)-240) > .1 {
		t.Errorf("the place is %v", p)
	}
	if c.Probability < .9 || c.Probability > .97 || c.Before < .999 { // over the drawn line, of which the true one may be off by 5 m
		t.Errorf("probability %v, before %v", c.Probability, c.Before)
	}
	// σ across is √(3² + 5²) = 5.83 m at 1.5 m/s.
	if s := c.TimeSigma.Seconds(); math.Abs(s-5.83/1.5) > .01 || math.Abs(float64(c.PlaceSigma)-3) > .01 {
		t.Errorf("sigmas %v s, %v m", s, c.PlaceSigma)
	}
}

func TestWatch_crossAndReturnAreTwoCrossings(t *testing.T) {
	got := walk(straight(t), 3, append(ramp(-60, 60, 1.5), ramp(60, -60, 1.5)...)...)
	if len(got) != 2 || got[0].Direction != "R>L" || got[1].Direction != "L>R" || got[1].Ordinal != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestWatch_whoTurnsBackShortOfTheLineHasNotCrossed(t *testing.T) {
	if got := walk(straight(t), 3, append(ramp(-60, -5, 1.5), ramp(-5, -60, 1.5)...)...); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

// Ten minutes along the line, again and again: an estimate that wanders by its own error swings over it by four sigma once in a blue moon.
func TestWatch_aWalkAlongTheLineIsNoCrossing(t *testing.T) {
	l := straight(t)
	const walks = 1000
	crossings := 0
	for seed := range uint64(walks) {
		r := rand.New(rand.NewPCG(seed, 1))
		var p border.Passage
		n := -8 + 16*r.Float64()
		for i := range 600 {
			// the estimate wanders by its own error of 3 m, with the memory that a filter has
			n += -.1*n + 3*.44*r.NormFloat64()
			if _, ok := l.Watch(&p, at(float64(i), float64(i), n, 3)); ok {
				crossings++
			}
		}
	}
	t.Logf("%d crossings in %d walks", crossings, walks)
	if crossings > 1 {
		t.Errorf("%d of %d walks along the line were crossings", crossings, walks)
	}
}

func TestWatch_crossingsAlternate(t *testing.T) {
	l := straight(t)
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		var p border.Passage
		from := ""
		n, v := 80*r.NormFloat64(), 0.0
		ordinal := 0
		for i := range 1500 {
			v += .3*r.NormFloat64() - .02*v - .0005*n
			n += v
			c, ok := l.Watch(&p, at(float64(i), 0, n+3*r.NormFloat64(), 3))
			if !ok {
				continue
			}
			ordinal++
			if c.Direction[:1] == from[:min(1, len(from))] || c.Ordinal != ordinal {
				t.Fatalf("crossing %d is %s after one from %q", c.Ordinal, c.Direction, from)
			}
			if c.Time.After(start.Add(seconds(float64(i)))) || c.Probability < .8 || c.Probability > 1 {
				t.Fatalf("after %d s: %+v", i, c)
			}
			from = c.Direction
		}
	})
}

func TestWatch_aDoubtfulLookStartsTheCountAgain(t *testing.T) {
	l := straight(t)
	// Certain, certain, then on the other side: certain, doubtful, certain, doubtful …
	if got := walk(l, 1, -50, -50, -50, -50, 50, 1, 50, 1, 50, 1, 50, 1); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	if got := walk(l, 1, -50, -50, -50, -50, 50, 2, 50, 50, 50); len(got) != 1 {
		t.Errorf("three certain looks in a row gave %+v", got)
	}
}

// Who comes out of the woods near the line is on his side beyond doubt, but for the line's own error of 5 m; and a coarse radar's looks at
// who walks up to it are less and less certain.
func TestWatch_whoIsFirstSeenNearTheLineHasCrossedAllTheSame(t *testing.T) {
	l := straight(t)
	for name, c := range map[string]struct {
		from, sigma float64
		want        int
	}{
		"8 m from it, and seen well":     {-8, 1, 1},
		"8 m from it, and seen badly":    {-8, 4, 0},
		"4 m from it: the line is worse": {-4, .5, 0},
	} {
		got := walk(l, c.sigma, append([]float64{c.from, c.from, c.from}, ramp(c.from, 30, 1)...)...)
		if len(got) != c.want {
			t.Errorf("%s: %d crossings: %+v", name, len(got), got)
			continue
		}
		if c.want == 1 && (got[0].Probability < .85 || got[0].Before > .97) {
			t.Errorf("%s: told with %v, of which before %v", name, got[0].Probability, got[0].Before)
		}
	}
	var p border.Passage
	crossed := 0
	for i, second := range []float64{0, 1, 12, 13, 20, 30, 40, 50, 60, 70} { // two certain looks a second apart, then doubtful ones
		n := []float64{-60, -59, -40, -30, -20, 0, 20, 40, 60, 80}[i]
		if _, ok := l.Watch(&p, at(second, 0, n, 20)); ok {
			crossed++
		}
	}
	if crossed != 1 {
		t.Errorf("who walks up to the line was told %d times", crossed)
	}
}

func TestWatch_twoLooksAtOnceAreNotTwoSecondsApart(t *testing.T) {
	l := straight(t)
	var p border.Passage
	for i, n := range []float64{-50, -50, -50, 50, 50, 50, 50} {
		second := []float64{0, 2, 4, 10, 10.1, 10.2, 12}[i]
		_, ok := l.Watch(&p, at(second, 0, n, 1))
		if ok != (second == 12) {
			t.Errorf("after %v s: crossed is %v", second, ok)
		}
	}
}

func TestWatch_aTrackThatCoastsOverTheLineHasNotCrossed(t *testing.T) {
	l := straight(t)
	var p border.Passage
	for i := range 80 {
		tr := at(float64(i), 0, -60+1.5*float64(i), 3)
		if i > 20 {
			tr.Last = start.Add(20 * time.Second)
		}
		if c, ok := l.Watch(&p, tr); ok {
			t.Fatalf("after %d s: %+v", i, c)
		}
	}
}

func TestWatch_aGapOverTheLineIsInferred(t *testing.T) {
	l := straight(t)
	var p border.Passage
	var got []border.Crossing
	for i := range 100 {
		if n := -60 + 1.5*float64(i); n > -30 && n < 30 {
			continue
		}
		if c, ok := l.Watch(&p, at(float64(i), 0, -60+1.5*float64(i), 3)); ok {
			got = append(got, c)
		}
	}
	if len(got) != 1 || !got[0].Inferred || got[0].Gap < 40*time.Second {
		t.Fatalf("got %+v", got)
	}
	if d := got[0].Time.Sub(start.Add(40 * time.Second)); d.Abs() > time.Second || got[0].TimeSigma < 10*time.Second {
		t.Errorf("%v off with a sigma of %v", d, got[0].TimeSigma)
	}
}

func TestWatch_aTentativeTrackDeclaresNothingUntilItIsConfirmed(t *testing.T) {
	l := straight(t)
	var p border.Passage
	for i, n := range append(ramp(-60, 60, 1.5), 61, 62, 63) {
		tr := at(float64(i), 0, n, 3)
		if n < 61 {
			tr.Status = track.Tentative
		}
		if _, ok := l.Watch(&p, tr); ok != (n == 61) {
			t.Errorf("%v m over the line: crossed is %v", n, ok)
		}
	}
}

func TestWatch_biasKeepsATrackInDoubt(t *testing.T) {
	l := straight(t)
	cross := func(bias float64) (declared float64) {
		var p border.Passage
		for i, n := range ramp(-200, 200, 1.5) {
			tr := at(float64(i), 0, n, 3)
			tr.Bias = detection.Covariance{EE: bias * bias, NN: bias * bias}
			if _, ok := l.Watch(&p, tr); ok {
				return n
			}
		}
		return math.NaN()
	}
	// .97 is 1.88 σ: 6 m without bias, 83 m with 0.5° at 5 km.
	if n := cross(0); n < 5.6 || n > 11 {
		t.Errorf("without bias declared at %v m", n)
	}
	if n := cross(44); n < 83 || n > 90 {
		t.Errorf("with 44 m of bias declared at %v m", n)
	}
}

func TestWatch_onlyWhoWasBeyondDoubtOnOneSideNeedNotWaitForTheLinesOwnError(t *testing.T) {
	l := straight(t)
	cross := func(from float64) float64 {
		var p border.Passage
		for i, n := range ramp(from, 60, 1) {
			if i == 0 {
				for k := range 5 { // it stands there for a while
					l.Watch(&p, at(float64(k-5), 0, n, 3))
				}
			}
			if _, ok := l.Watch(&p, at(float64(i), 0, n, 3)); ok {
				return n
			}
		}
		return math.NaN()
	}
	// 1.88 σ of the track are 5.6 m, with the line's 11 m; .999 are 18 m.
	if n := cross(-30); n < 5.6 || n > 10 {
		t.Errorf("from 30 m declared at %v m", n)
	}
	if n := cross(-14); n < 11 || n > 15 {
		t.Errorf("from 14 m declared at %v m", n)
	}
}

func TestWatch_roundTheEndOfTheLineIsNoCrossing(t *testing.T) {
	l := build(t, path(enu(0, 0), enu(2000, 0)))
	var p border.Passage
	way := []geo.ENU{}
	for _, n := range ramp(-100, 100, 5) {
		way = append(way, enu(-80, n))
	}
	for _, e := range ramp(-80, 300, 5) {
		way = append(way, enu(e, 100))
	}
	full := append([]geo.ENU{}, enu(200, -100), enu(200, -100), enu(200, -100))
	for i, q := range append(full, way...) {
		if c, ok := l.Watch(&p, at(float64(i), q.E, q.N, 3)); ok {
			t.Fatalf("at %v: %+v", q, c)
		}
	}
}

func TestWatch_aSlowWalkKeepsItsPathBounded(t *testing.T) {
	l := straight(t)
	var p border.Passage
	var got []border.Crossing
	for i, n := range ramp(-40, 40, .02) { // over an hour in doubt
		c, ok := l.Watch(&p, at(float64(i), 0, n, 3))
		if ok {
			got = append(got, c)
		}
		if len(p.Path) > 60 {
			t.Fatalf("%d looks kept", len(p.Path))
		}
	}
	if len(got) != 1 {
		t.Fatalf("got %+v", got)
	}
	if d := got[0].Time.Sub(start.Add(2000 * time.Second)); d.Abs() > time.Minute {
		t.Errorf("the time is %v off", d)
	}
}

func TestWatch_noisyPathsGiveTimeAndPlaceWithinTheirSigmas(t *testing.T) {
	l := straight(t)
	r := rand.New(rand.NewPCG(7, 7))
	var sumT, sumE, n float64
	for range 300 {
		var p border.Passage
		bE, bN := 0.0, 0.0
		for i := range 90 {
			bE, bN = .8*bE+1.8*r.NormFloat64(), .8*bN+1.8*r.NormFloat64() // 3 m, correlated as a filter's errors are
			c, ok := l.Watch(&p, at(float64(i), .7*float64(i)+bE, -60+1.4*float64(i)+bN, 3))
			if !ok {
				continue
			}
			dt := c.Time.Sub(start).Seconds() - 60/1.4
			f := frame()
			dE := f.ENU(c.Position).E - .7*60/1.4
			sumT, sumE, n = sumT+dt*dt, sumE+dE*dE, n+1
		}
	}
	if n != 300 {
		t.Fatalf("%v crossings of 300", n)
	}
	if rt, re := math.Sqrt(sumT/n), math.Sqrt(sumE/n); rt > 2.2 || re > 3.2 {
		t.Errorf("rms %.2f s and %.2f m", rt, re)
	}
}

func TestAbsorb_aStitchedTrackCrossesOnceInAll(t *testing.T) {
	l := straight(t)
	var before, after border.Passage
	for i := range 20 {
		l.Watch(&before, at(float64(i), 0, -60+1.5*float64(i), 3))
	}
	for i := 60; i < 80; i++ {
		l.Watch(&after, at(float64(i), 0, -60+1.5*float64(i), 3))
	}
	l.Absorb(&before, &after)
	c, ok := l.Watch(&before, at(80, 0, 60, 3))
	if !ok || !c.Inferred || c.Direction != "R>L" || c.Gap != 41*time.Second {
		t.Fatalf("%v: %+v", ok, c)
	}
	if _, ok = l.Watch(&before, at(83, 0, 64, 3)); ok {
		t.Error("crossed twice")
	}
}

func TestAbsorb_aCrossingThatTheOtherTrackHadIsNotDeclaredAgain(t *testing.T) {
	l := straight(t)
	var whole, other border.Passage
	crossed := 0
	for i := range 60 {
		if i < 35 { // it has lost the target on the line
			l.Watch(&whole, at(float64(i), 0, -60+1.5*float64(i), 3))
		}
		if _, ok := l.Watch(&other, at(float64(i)+.1, 0, -60+1.5*float64(i), 3)); ok {
			crossed++
		}
	}
	l.Absorb(&whole, &other)
	for i := 60; i < 90; i++ {
		if c, ok := l.Watch(&whole, at(float64(i), 0, -60+1.5*float64(i), 3)); ok {
			t.Fatalf("declared again: %+v", c)
		}
	}
	if crossed != 1 || whole.Crossed != 1 {
		t.Errorf("%d crossings of the other, %d in all", crossed, whole.Crossed)
	}
}

func TestPassage_goesOnFromASnapshotAsIfItHadNotStopped(t *testing.T) {
	l := straight(t)
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		stop := rapid.IntRange(0, 120).Draw(t, "stop")
		var p, q border.Passage
		for i := range 140 {
			tr := at(float64(i), 0, -60+float64(i)+4*r.NormFloat64(), 3)
			a, okA := l.Watch(&p, tr)
			b, okB := l.Watch(&q, tr)
			if a != b || okA != okB {
				t.Fatalf("after %d s: %+v and %+v", i, a, b)
			}
			if i == stop {
				var buf bytes.Buffer
				if err := gob.NewEncoder(&buf).Encode(&p); err != nil {
					t.Fatal(err)
				}
				q = border.Passage{}
				if err := gob.NewDecoder(&buf).Decode(&q); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestConfig_checkReportsEveryBadField(t *testing.T) {
	var paths []string
	border.Config{}.Check(func(path, _ string) { paths = append(paths, path) })
	if len(paths) != 6 {
		t.Errorf("the zero Config has the faults %v", paths)
	}
	border.Defaults().Check(func(path, what string) { t.Errorf("a default is at fault: %s: %s", path, what) })
}
