package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// figure is one of a report, as it is laid beside that of another.
type figure struct {
	name     string
	value    float64
	interval [2]float64 // 95 %; nothing where none is known
	better   int        // +1: more is better, −1: less is, 0: neither

	// What a test needs: one of these.
	is, of   int       // of a share
	count    bool      // is is a count, of nothing
	exposure float64   // of a count: km·days, or seconds
	sample   []float64 // single values
	sigma    float64   // standard error
}

// Change of a figure between two reports.
type Change struct {
	Figure  string  `json:"figure"`
	A       float64 `json:"a"`
	B       float64 `json:"b"`
	P       float64 `json:"p"`       // probability of so great a difference by chance alone; 1 where no test is known
	Test    string  `json:"test"`    // empty where none is known
	Verdict string  `json:"verdict"` // better, worse, changed, noise, same, untested
}

// figures of a report that can be compared, in the order of the table.
func (r Report) figures() []figure {
	c, t := &r.Crossings, &r.Tracks
	part := func(name string, is, of, better int) figure {
		return figure{name: name, value: share(is, of), interval: wilson(is, of), better: better, is: is, of: of}
	}
	exposure := cmp.Or(c.LineKM, 1) * c.Hours / 24
	count := func(name string, n int, exposure float64) figure {
		return figure{name: name, value: float64(n), interval: poisson(n), better: -1, is: n, count: true, exposure: exposure}
	}
	var delays, places, times []float64
	right := 0
	for _, m := range c.FoundOnes {
		delays, places, times = append(delays, m.DelayS), append(places, m.PlaceM), append(times, math.Abs(m.TimeS))
		if m.Right {
			right++
		}
	}
	out := []figure{part("crossing recall", c.Found, c.True, 1)}
	if c.Covered != nil {
		out = append(out, part("crossing recall, covered", c.Covered.Is, c.Covered.Of, 1))
	}
	out = append(out,
		part("alert precision", c.Alerts-c.False-c.Duplicates, c.Alerts, 1),
		part("direction right", right, c.Found, 1),
		part("people counted", c.People.Is, c.People.Of, 1),
		part("animals told as other", c.AnimalAsOther.Is, c.AnimalAsOther.Of, -1),
		count("false alerts", c.False, exposure),
		count("double alerts", c.Duplicates, exposure),
		count("alerts of animals", c.Animal, exposure),
		figure{name: "delay, median s", value: c.DelayMedian, better: -1, sample: delays},
		figure{name: "place error, rms m", value: c.PlaceRMS, better: -1, sample: places},
		figure{name: "time error, rms s", value: c.TimeRMS, better: -1, sample: times},
	)
	out = append(out, t.figures()...)
	return append(out,
		count("ID switches", t.Switches, float64(t.Seconds)),
		figure{name: "HOTA", value: t.HOTA, better: 1},
		figure{name: "longest segment", value: t.LongestSegment, better: 1},
	)
}

// figures of tracks that have a standard error.
func (r *TrackReport) figures() (out []figure) {
	for _, m := range []struct {
		name   string
		better int
	}{
		{"completeness", 1},
		{"completeness_covered", 1},
		{"ambiguity", -1},
		{"spuriousness", -1},
		{"position_accuracy_m", -1},
		{"velocity_accuracy_mps", -1},
		{"id_correctness", 1},
		{"gospa_m", -1},
		{"gospa_missed", -1},
		{"gospa_false", -1},
		{"ospa_m", -1},
		{"mota", 1},
		{"motp_m", -1},
		{"idf1", 1},
		{"idr", 1},
		{"nees", 0},
		{"nees_members", 0},
	} {
		v, s := *r.means()[m.name], r.StandardErrors[m.name]
		f := figure{name: strings.ReplaceAll(m.name, "_", " "), value: v, better: m.better, sigma: s}
		if s > 0 {
			f.interval = [2]float64{v - normal95*s, v + normal95*s}
		}
		out = append(out, f)
	}
	return out
}

// significant is the probability below which a difference is called more than noise. Of twenty figures without a difference one passes.
const significant = 0.05

// Compare lays report b beside report a. Where both are of the same truth, crossings are compared pair by pair, which sees more.
func Compare(a, b Report) []Change {
	fa, fb := a.figures(), b.figures()
	var out []Change
	for i := range fa {
		k := slices.IndexFunc(fb, func(f figure) bool { return f.name == fa[i].name })
		if k < 0 {
			continue
		}
		c := Change{Figure: fa[i].name, A: fa[i].value, B: fb[k].value, P: 1}
		if fa[i].name == "crossing recall" && sameTruth(&a.Crossings, &b.Crossings) {
			c.P, c.Test = mcnemar(&a.Crossings, &b.Crossings), "McNemar, exact"
		} else {
			c.P, c.Test = test(&fa[i], &fb[k])
		}
		c.Verdict = verdict(&c, fa[i].better)
		out = append(out, c)
	}
	return out
}

func verdict(c *Change, better int) string {
	switch {
	case c.A == c.B:
		return "same"
	case c.Test == "":
		return "untested"
	case c.P >= significant:
		return "noise"
	case better == 0:
		return "changed"
	case (c.B > c.A) == (better > 0):
		return "better"
	}
	return "worse"
}

// test is the probability of the difference by chance, and the test's name.
func test(a, b *figure) (p float64, name string) {
	switch {
	case a.count:
		if a.exposure <= 0 || b.exposure <= 0 {
			return 1, ""
		}
		return binomialTwoSided(a.is, a.is+b.is, a.exposure/(a.exposure+b.exposure)), "Poisson rates, exact"
	case a.of > 0 && b.of > 0:
		return fisher(a.is, a.of, b.is, b.of), "Fisher, exact"
	case len(a.sample) > 7 && len(b.sample) > 7:
		return rankSum(a.sample, b.sample), "Mann-Whitney"
	case a.sigma > 0 && b.sigma > 0:
		return normalTwoSided((b.value - a.value) / math.Hypot(a.sigma, b.sigma)), "jackknife z"
	}
	return 1, ""
}

// fisher is the exact test of two shares: the probability of this table, or one as unlikely, with its margins.
func fisher(is, of, is2, of2 int) float64 {
	choose := func(n, k int) float64 {
		if k < 0 || k > n {
			return math.Inf(-1)
		}
		a, _ := math.Lgamma(float64(n) + 1)
		b, _ := math.Lgamma(float64(k) + 1)
		c, _ := math.Lgamma(float64(n-k) + 1)
		return a - b - c
	}
	hits := is + is2
	chance := func(k int) float64 { return math.Exp(choose(of, k) + choose(of2, hits-k) - choose(of+of2, hits)) }
	here, sum := chance(is), 0.0
	for k := range of + 1 {
		if q := chance(k); q <= here*(1+1e-9) {
			sum += q
		}
	}
	return min(1, sum)
}

func sameTruth(a, b *CrossingReport) bool {
	return a.True == b.True && slices.Equal(a.names(), b.names())
}

// names are the crossings that were asked for.
func (r *CrossingReport) names() []string {
	var all []string
	for _, m := range r.FoundOnes {
		all = append(all, m.Target+" "+m.Time.UTC().String())
	}
	for _, m := range r.Missed {
		all = append(all, m.Target+" "+m.Time.UTC().String())
	}
	slices.Sort(all)
	return all
}

// mcnemar compares which crossings were missed: only those count on which the two differ.
func mcnemar(a, b *CrossingReport) float64 {
	missed := func(r *CrossingReport) (all []string) {
		for _, m := range r.Missed {
			all = append(all, m.Target+" "+m.Time.UTC().String())
		}
		return all
	}
	ma, mb := missed(a), missed(b)
	onlyA, onlyB := 0, 0
	for _, m := range ma {
		if !slices.Contains(mb, m) {
			onlyA++
		}
	}
	for _, m := range mb {
		if !slices.Contains(ma, m) {
			onlyB++
		}
	}
	return binomialTwoSided(onlyA, onlyA+onlyB, 0.5)
}

// rankSum is the test of Mann and Whitney 1947 in its normal form, with a correction for ties; good from eight values on.
func rankSum(a, b []float64) float64 {
	type value struct {
		v     float64
		first bool
	}
	var all []value
	for _, v := range a {
		all = append(all, value{v, true})
	}
	for _, v := range b {
		all = append(all, value{v, false})
	}
	slices.SortFunc(all, func(x, y value) int { return cmp.Compare(x.v, y.v) })
	n, m := float64(len(a)), float64(len(b))
	rank, ties := 0.0, 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].v == all[i].v {
			j++
		}
		for k := i; k < j; k++ {
			if all[k].first {
				rank += float64(i+j+1) / 2
			}
		}
		t := float64(j - i)
		ties += t*t*t - t
		i = j
	}
	u := rank - n*(n+1)/2
	total := n + m
	variance := n * m / 12 * (total + 1 - ties/(total*(total-1)))
	if variance <= 0 {
		return 1
	}
	return normalTwoSided((u - n*m/2) / math.Sqrt(variance))
}

// Table is the changes for people.
func Table(changes []Change) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-26s %10s %10s %8s  %-9s %s\n", "figure", "a", "b", "p", "verdict", "test")
	for _, c := range changes {
		p := ""
		if c.Test != "" {
			p = fmt.Sprintf("%.3f", c.P)
		}
		fmt.Fprintf(&b, "%-26s %10s %10s %8s  %-9s %s\n", c.Figure, number(c.A), number(c.B), p, c.Verdict, c.Test)
	}
	fmt.Fprintf(&b, "\np is the chance of such a difference without any cause. At %.2f, one of twenty that did not change looks changed.\n",
		significant)
	return b.String()
}
