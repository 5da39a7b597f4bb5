package main

import (
	"fmt"
	"strings"
	"time"

	"cutline/internal/score"
)

// suiteTable is docs/score.md.
func suiteTable(f suiteFlags, results, ferries []result, now time.Time) string {
	var b strings.Builder
	limit := ""
	if f.duration > 0 {
		limit = fmt.Sprintf(", each scenario cut at %v", f.duration)
	}
	fmt.Fprintf(&b, suiteHead, now.UTC().Format("2006-01-02"), f.commit, f.first, f.first+f.seeds-1, limit)
	crossingsTable(&b, results)
	tracksTable(&b, results)
	if len(ferries) > 0 {
		ferryTable(&b, ferries)
	}
	return b.String()
}

const suiteHead = `# The score

What the present system makes of every built-in scenario, however bad. Written by ` + "`make score`" + ` on %s of commit %s, seeds %d to %d
pooled%s; the same commit gives the same figures.
How each is defined: the package documentation of internal/score. Brackets are 95 %%
intervals: Wilson of a share, exact Poisson of a rate.

`

func crossingsTable(b *strings.Builder, results []result) {
	b.WriteString(`## Crossings

Crossings of people and vehicles, companions that cross together counted once; *covered* are those that a radar or a ground sensor could
see for 10 s around. Rates are per km of line and day. Of animals: alerts of an animal's crossing,
and how many of those crossings were told as something else.

` + "| scenario | hours | found | recall | covered recall | false per km, day | false | double | split | direction | size right | " +
		`of animals | as other |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
`)
	for _, r := range results {
		c := &r.report.Crossings
		covered := "–"
		if c.Covered != nil {
			covered = shareCell(*c.Covered)
		}
		rate := "–"
		if c.FalsePerKMDay != nil {
			rate = fmt.Sprintf("%.2f (%.2f–%.2f)", *c.FalsePerKMDay, c.FalsePerKMDayInterval[0], c.FalsePerKMDayInterval[1])
		}
		fmt.Fprintf(b, "| %s | %.1f | %d/%d | %s | %s | %s | %d | %d | %d | %s | %s | %d | %d/%d |\n", r.name, c.Hours, c.Found, c.True,
			shareCell(score.Share{Of: c.True, Is: c.Found, Share: c.Recall, Interval: c.RecallInterval}), covered, rate, c.False, c.Duplicates,
			c.Split, shareCell(score.Share{Of: c.Found, Share: c.Direction, Interval: c.DirectionInterval}), shareCell(c.SizeRight),
			c.Animal, c.AnimalAsOther.Is, c.AnimalAsOther.Of)
	}
	b.WriteString(`
| scenario | place rms m | p95 | time rms s | p95 | delay median s | p95 | false alerts came of | recall by class |
|---|---|---|---|---|---|---|---|---|
`)
	for _, r := range results {
		c := &r.report.Crossings
		errorsOf := "– | – | – | – | – | –"
		if c.Found > 0 {
			errorsOf = fmt.Sprintf("%.1f | %.1f | %.1f | %.1f | %.1f | %.1f", c.PlaceRMS, c.PlaceP95, c.TimeRMS, c.TimeP95, c.DelayMedian,
				c.DelayP95)
		}
		var causes, classes []string
		for _, k := range c.FalseByCause {
			causes = append(causes, fmt.Sprintf("%s %d", k.Name, k.Count))
		}
		for _, k := range c.ByClass {
			classes = append(classes, fmt.Sprintf("%s %d/%d", k.Name, k.Is, k.Of))
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", r.name, errorsOf, strings.Join(causes, ", "), strings.Join(classes, ", "))
	}
}

func shareCell(s score.Share) string {
	if s.Of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f (%.2f–%.2f)", s.Share, s.Interval[0], s.Interval[1])
}

func tracksTable(b *strings.Builder, results []result) {
	b.WriteString(`
## Tracks

On a grid of 1 s, means over the seeds: SIAP with 50 m to associate, GOSPA and OSPA with c = 100 m, p = 2. Behind ± stands a standard
error. Targets that no sensor sees count as missed, but not where *covered*: one radar or ground sensor has had them in reach for 10 s.
NEES is per degree of freedom, of each track against the target that it follows; 1 is honest, less is too cautious. A group is one target at
its middle; *of members* is the mean of NEES over those who are in it.

` + "| scenario | compl. | covered | ambig. | spur. | PA m | VA m/s | LS | GOSPA | missed | false | OSPA | MOTA | ID sw | IDF1 | HOTA | " +
		`class right | NEES | of members | in 95 % |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
`)
	for _, r := range results {
		t := &r.report.Tracks
		pm := func(v float64, name string, decimals int) string {
			return fmt.Sprintf("%.*f±%.*f", decimals, v, decimals, t.StandardErrors[name])
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %.1f | %.2f | %.2f | %s | %.2f | %.2f | %.1f | "+
			"%.2f | %d | %s | %.3f | %.2f | %.2f | %.2f | %.2f |\n", r.name,
			pm(t.Completeness, "completeness", 3), pm(t.CompleteCovered, "completeness_covered", 3),
			pm(t.Ambiguity, "ambiguity", 3), pm(t.Spuriousness, "spuriousness", 3), t.PositionAccuracy,
			t.VelocityAccuracy, t.LongestSegment, pm(t.GOSPA, "gospa_m", 1), t.MissedMean, t.FalseMean, t.OSPA, t.MOTA, t.Switches,
			pm(t.IDF1, "idf1", 3), t.HOTA, t.IDCorrectness, t.NEES, t.NEESOfAny, t.NEESInside)
	}
}

// others are the figures of other trackers on the same returns, as they were measured with Stone Soup 1.9.1's metrics: radar and
// lidar, c = 20 m. VIMMJIPDA's settings were fitted on just these three scenarios.
const others = `| 2 | Stone Soup GNN | .962 | 1.72 | .56 | 6.50 | .96 | 31.5 | .08 | 5.69 | 16.0 | 0 | .40 | .96 | | | 43 |
| 2 | Stone Soup JPDA | .962 | 3.14 | .45 | 6.54 | .58 | 38.5 | .08 | 9.08 | 16.5 | 14 | .18 | .58 | | | 109 |
| 2 | VIMMJIPDA, default | .936 | 1.20 | .59 | | | 25.4 | .13 | 3.58 | | 1 | .43 | | | | |
| 2 | VIMMJIPDA, tuned | .945 | 1.00 | .12 | | | 9.4 | .11 | .25 | | 0 | .91 | | | | |
| 2 + bearings | Stone Soup GNN | .970 | 2.09 | .56 | 8.24 | .64 | 36.2 | .06 | 7.30 | 16.8 | 5 | .23 | .64 | | | 47 |
| 5 | Stone Soup GNN | .978 | 1.59 | .53 | 7.77 | .85 | 30.6 | .04 | 4.62 | 16.0 | 2 | .40 | .85 | | | 32 |
| 5 | Stone Soup JPDA | .978 | 2.72 | .46 | 6.86 | .60 | 37.1 | .04 | 7.83 | 16.3 | 15 | .21 | .60 | | | 109 |
| 5 | VIMMJIPDA, default | .975 | 1.20 | .49 | | | 25.1 | .05 | 2.60 | | 1 | .48 | | | | |
| 5 | VIMMJIPDA, tuned | .924 | 1.01 | .12 | | | 13.0 | .15 | .27 | | 0 | .90 | | | | |
| 5 + bearings | Stone Soup GNN | .892 | 1.94 | .57 | 8.64 | .62 | 36.3 | .20 | 6.22 | 17.6 | 4 | .25 | .63 | | | 31 |
| 16 | Stone Soup GNN | .929 | 1.22 | .48 | 4.38 | .93 | 23.3 | .14 | 2.48 | 15.3 | 0 | .59 | .93 | | | 15 |
| 16 | Stone Soup JPDA | .929 | 2.38 | .34 | 4.71 | .72 | 30.0 | .14 | 4.79 | 16.3 | 10 | .34 | .73 | | | 56 |
| 16 | VIMMJIPDA, default | .920 | 1.04 | .47 | | | 20.5 | .16 | 1.81 | | 0 | .65 | | | | |
| 16 | VIMMJIPDA, tuned | .895 | 1.00 | .34 | | | 16.3 | .21 | .92 | | 0 | .76 | | | | |
| 16 + bearings | Stone Soup GNN | .929 | 1.32 | .65 | 4.19 | .93 | 31.7 | .14 | 5.22 | 16.7 | 0 | .41 | .93 | | | 15 |
| mean | Stone Soup GNN | .956 | 1.51 | .52 | 6.22 | .91 | 28.5 | .09 | 4.26 | 15.8 | .7 | .46 | .91 | | | |
| mean | VIMMJIPDA, tuned | .921 | 1.00 | .19 | | | 12.9 | .16 | .48 | | 0 | .86 | | | | |
`

func ferryTable(b *strings.Builder, ferries []result) {
	b.WriteString(`
## Real returns: Autoferry

Radar and lidar of a ferry in Trondheim, two boats with GNSS as truth (Helgesen et al. 2022, CC0), scenarios 2, 5 and 16 of nine. 20 m to
associate, c = 20 m, 8 s of coasting. "False" includes real but unlabelled boats and quays, so trackers are compared only with each other.
The others' input came in order and so does ours; detection probability and clutter are set once for all (simulator/autoferry), where
VIMMJIPDA's tuned ones were fitted on these three.

` + "| scenario | tracker | compl. | ambig. | spur. | PA m | LS | GOSPA | missed | false | OSPA | ID sw | IDF1 | IDR | HOTA | NEES | " +
		`tracks shown |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
`)
	row := func(r *result) {
		t := &r.report.Tracks
		switches := fmt.Sprint(t.Switches)
		if r.runs > 1 {
			switches = fmt.Sprintf("%.1f", float64(t.Switches)/float64(r.runs))
		}
		fmt.Fprintf(b, "| %s | **Cutline** | %.3f | %.2f | %.2f | %.2f | %.2f | %.1f | %.2f | %.2f | %.1f | %s | %.2f | %.2f | %.2f | "+
			"%.2f | %d |\n",
			r.name, t.Completeness, t.Ambiguity, t.Spuriousness, t.PositionAccuracy, t.LongestSegment, t.GOSPA, t.MissedMean, t.FalseMean,
			t.OSPA, switches, t.IDF1, t.IDR, t.HOTA, t.NEES, t.Shown)
	}
	var plain, bearings []score.Report
	for i := range ferries {
		row(&ferries[i])
		if strings.HasSuffix(ferries[i].name, "bearings") {
			bearings = append(bearings, ferries[i].report)
		} else {
			plain = append(plain, ferries[i].report)
		}
	}
	row(&result{name: "mean", runs: len(plain), report: score.Pool(plain)})
	row(&result{name: "mean + bearings", runs: len(bearings), report: score.Pool(bearings)})
	b.WriteString(others)
}
