package score

import (
	"math"
	"slices"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// CrossingReport is how well true crossings were told. Lists are in order of time.
type CrossingReport struct {
	True      int `json:"true"`      // crossings of targets that are not friendly
	Found     int `json:"found"`     // of them, with an alert
	Undecided int `json:"undecided"` // too near the end of the truth, and without an alert: not among True

	Alerts     int `json:"alerts"`     // of kind crossing
	Duplicates int `json:"duplicates"` // alerts of a crossing that has one already
	False      int `json:"false"`      // alerts of no true crossing, Friendly ones among them
	Friendly   int `json:"friendly"`   // alerts of a friendly target's crossing

	Recall          float64    `json:"recall"`
	RecallInterval  [2]float64 `json:"recall_interval"` // 95 %, Wilson
	Precision       float64    `json:"precision"`       // alerts that are neither false nor double
	FalsePerKMDay   *float64   `json:"false_per_km_day,omitempty"`
	Direction       float64    `json:"direction"` // share of found ones told the right way
	TimeRMS         float64    `json:"time_rms_s"`
	TimeP95         float64    `json:"time_p95_s"`
	PlaceRMS        float64    `json:"place_rms_m"`
	PlaceP95        float64    `json:"place_p95_m"`
	DelayMedian     float64    `json:"delay_median_s"` // from the crossing to the alert's raised
	DelayP95        float64    `json:"delay_p95_s"`
	Missed          []Missed   `json:"missed"`
	FalseAlerts     []string   `json:"false_alerts"`     // ids
	DuplicateAlerts []string   `json:"duplicate_alerts"` // ids
}

// Missed is a true crossing that nobody was told of.
type Missed struct {
	Target    string    `json:"target"`
	Class     string    `json:"class"`
	Time      time.Time `json:"time"`
	Lat       float64   `json:"lat"`
	Lon       float64   `json:"lon"`
	Direction string    `json:"direction"`
}

// told is an alert: when and where by its last event, raised by its first.
type told struct {
	id     string
	raised time.Time
	last   record.AlertEvent
}

// Companions that cross alike are one alert with a count: it may stand for so many crossings that are this near each other.
const (
	companionTime   = 20 * time.Second
	companionMetres = 50.0
)

// Crossings scores alerts of kind crossing against the true crossings. Alerts and crossings are paired one to one: as many as
// possible, nearest in time. An alert that stands for several targets may be paired with as many, if they crossed together.
func Crossings(truth []record.Truth, alerts []record.AlertEvent, o Options) CrossingReport {
	crossed, friendly := trueCrossings(truth)
	said := crossingAlerts(alerts)
	begin, end := extent(truth)
	pairs := pair(crossed, said, o)
	crossed, pairs, undecided := settle(crossed, pairs, end.Add(-o.Settle))

	r := CrossingReport{True: len(crossed), Alerts: len(said), Undecided: undecided}
	used := make([]bool, len(said))
	var place, times, delays []float64
	right := 0
	for i, j := range pairs {
		if j < 0 {
			c := crossed[i]
			r.Missed = append(r.Missed, Missed{c.Target, c.Class, c.Time, c.Lat, c.Lon, c.Direction})
			continue
		}
		used[j] = true
		r.Found++
		place = append(place, metres(&crossed[i], &said[j]))
		times = append(times, said[j].last.Time.Sub(crossed[i].Time).Seconds())
		delays = append(delays, said[j].raised.Sub(crossed[i].Time).Seconds())
		if said[j].last.Direction == crossed[i].Direction {
			right++
		}
	}
	for j := range said {
		if !used[j] {
			r.blame(&said[j], crossed, friendly, o)
		}
	}
	r.Recall, r.RecallInterval = share(r.Found, r.True), wilson(r.Found, r.True)
	r.Precision = share(r.Alerts-r.False-r.Duplicates, r.Alerts)
	r.Direction = share(right, r.Found)
	r.TimeRMS, r.TimeP95 = rms(times), quantile(absolute(times), 0.95)
	r.PlaceRMS, r.PlaceP95 = rms(place), quantile(place, 0.95)
	r.DelayMedian, r.DelayP95 = quantile(delays, 0.5), quantile(delays, 0.95)
	if hours := end.Sub(begin).Hours(); o.LineKM > 0 && hours > 0 {
		rate := float64(r.False) / hours * 24 / o.LineKM
		r.FalsePerKMDay = &rate
	}
	return r
}

// blame counts an alert without a crossing of its own.
func (r *CrossingReport) blame(a *told, crossed, friendly []record.Truth, o Options) {
	near := func(c record.Truth) bool { return o.matches(&c, a) }
	switch {
	case slices.ContainsFunc(crossed, near):
		r.Duplicates++
		r.DuplicateAlerts = append(r.DuplicateAlerts, a.id)
		return
	case slices.ContainsFunc(friendly, near):
		r.Friendly++
	}
	r.False++
	r.FalseAlerts = append(r.FalseAlerts, a.id)
}

func (o *Options) matches(c *record.Truth, a *told) bool {
	return a.last.Time.Sub(c.Time).Abs() <= o.MatchTime && metres(c, a) <= o.MatchMetres
}

// pair gives each crossing its alert, or −1.
func pair(crossed []record.Truth, said []told, o Options) []int {
	var owner []int // alert of each column: one, and one more for each further target that it stands for
	for j := range said {
		for range min(max(1, said[j].last.Count), max(1, len(crossed))) {
			owner = append(owner, j)
		}
	}
	pairs := make([]int, len(crossed))
	for i := range pairs {
		pairs[i] = -1
	}
	if len(crossed) == 0 || len(owner) == 0 {
		return pairs
	}
	cost := make([][]float64, len(crossed))
	for i := range crossed {
		cost[i] = make([]float64, len(owner))
		for k, j := range owner {
			further := k > 0 && owner[k-1] == j
			cost[i][k] = forbidden
			apart := said[j].last.Time.Sub(crossed[i].Time).Abs()
			if o.matches(&crossed[i], &said[j]) && (!further || apart <= companionTime && metres(&crossed[i], &said[j]) <= companionMetres) {
				cost[i][k] = apart.Seconds()
				if further { // an alert of its own is better evidence than a count
					cost[i][k] += o.MatchTime.Seconds()
				}
			}
		}
	}
	for i, k := range assign(cost) {
		if k >= 0 {
			pairs[i] = owner[k]
		}
	}
	return pairs
}

// settle leaves out crossings after limit that have no alert.
func settle(crossed []record.Truth, pairs []int, limit time.Time) ([]record.Truth, []int, int) {
	var keep []record.Truth
	var kept []int
	for i := range crossed {
		if pairs[i] < 0 && crossed[i].Time.After(limit) {
			continue
		}
		keep, kept = append(keep, crossed[i]), append(kept, pairs[i])
	}
	return keep, kept, len(crossed) - len(keep)
}

func trueCrossings(truth []record.Truth) (crossed, friendly []record.Truth) {
	for _, t := range truth {
		switch {
		case t.Type != "crossing":
		case t.Friendly:
			friendly = append(friendly, t)
		default:
			crossed = append(crossed, t)
		}
	}
	slices.SortStableFunc(crossed, func(a, b record.Truth) int { return a.Time.Compare(b.Time) })
	return crossed, friendly
}

// crossingAlerts folds the changes of each alert into one, in the order in which they were raised.
func crossingAlerts(alerts []record.AlertEvent) []told {
	var said []told
	index := map[string]int{}
	for _, a := range alerts {
		if a.Kind != "crossing" {
			continue
		}
		j, ok := index[a.ID]
		if !ok {
			j = len(said)
			index[a.ID] = j
			said = append(said, told{id: a.ID, raised: a.Raised})
		}
		said[j].last = a
	}
	return said
}

// extent is the first and the last time of the truth.
func extent(truth []record.Truth) (begin, end time.Time) {
	for i := range truth {
		if t := truth[i].Time; begin.IsZero() || t.Before(begin) {
			begin = t
		}
		if t := truth[i].Time; t.After(end) {
			end = t
		}
	}
	return begin, end
}

func metres(c *record.Truth, a *told) float64 {
	f := geo.NewFrame(geo.LLA{Lat: geo.Degrees(c.Lat), Lon: geo.Degrees(c.Lon)})
	return f.ENU(geo.LLA{Lat: geo.Degrees(a.last.Lat), Lon: geo.Degrees(a.last.Lon)}).Range()
}

// share is part/whole, and 1 of nothing: nothing was asked for and nothing is missing.
func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// wilson is the 95 % interval of a proportion (Wilson 1927, JASA 22).
func wilson(k, n int) [2]float64 {
	if n == 0 {
		return [2]float64{0, 1}
	}
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	middle := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return [2]float64{max(0, middle-half), min(1, middle+half)}
}

func rms(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum / float64(len(v)))
}

func absolute(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = math.Abs(x)
	}
	return out
}

// quantile is the smallest value that at least the share q of v does not exceed; 0 of nothing.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(v))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
