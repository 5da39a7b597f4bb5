package score

import (
	"cmp"
	"math"
	"slices"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// CrossingReport is how well true crossings were told. Companions that cross together are one crossing with a size. Crossings of own
// forces and of animals are apart: neither asked for nor, where they are told, counted as found. Lists are in order of time.
type CrossingReport struct {
	True      int `json:"true"`      // crossings of people, vehicles and all else that is neither friendly nor an animal
	Found     int `json:"found"`     // of them, with an alert
	Undecided int `json:"undecided"` // too near the end of the truth, and without an alert: not among True

	Alerts     int `json:"alerts"`     // of kind crossing
	Duplicates int `json:"duplicates"` // alerts of a crossing that has one already
	Split      int `json:"split"`      // further alerts of a group, each of a companion of its own: not among Duplicates
	False      int `json:"false"`      // alerts of no true crossing, Friendly ones among them
	Friendly   int `json:"friendly"`   // alerts of a friendly target's crossing
	Animal     int `json:"animal"`     // alerts of an animal's crossing: not among False

	Recall            float64    `json:"recall"`
	RecallInterval    [2]float64 `json:"recall_interval"` // 95 %, Wilson
	Precision         float64    `json:"precision"`       // alerts that are neither false nor double
	PrecisionInterval [2]float64 `json:"precision_interval"`
	Covered           *Share     `json:"covered,omitempty"`  // recall of those that a working sensor could see for 10 s around the crossing
	DuplicateShare    Share      `json:"duplicate_share"`    // duplicates per crossing
	AnimalAsOther     Share      `json:"animal_as_other"`    // animals' crossings that were told as something else
	People            Share      `json:"people"`             // of all who crossed, those whom the alerts count
	SizeRight         Share      `json:"size_right"`         // of found groups, those told with their size
	ByClass           []Kind     `json:"by_class,omitempty"` // with animals and friends
	ByIntent          []Kind     `json:"by_intent,omitempty"`

	Hours                  float64     `json:"hours"`
	LineKM                 float64     `json:"line_km,omitempty"`
	FalsePerKMDay          *float64    `json:"false_per_km_day,omitempty"`
	FalsePerKMDayInterval  *[2]float64 `json:"false_per_km_day_interval,omitempty"` // 95 %, Poisson
	AnimalPerKMDay         *float64    `json:"animal_per_km_day,omitempty"`
	AnimalPerKMDayInterval *[2]float64 `json:"animal_per_km_day_interval,omitempty"`
	Direction              float64     `json:"direction"` // share of found ones told the right way
	DirectionInterval      [2]float64  `json:"direction_interval"`
	TimeRMS                float64     `json:"time_rms_s"`
	TimeP95                float64     `json:"time_p95_s"`
	PlaceRMS               float64     `json:"place_rms_m"`
	PlaceP95               float64     `json:"place_p95_m"`
	DelayMedian            float64     `json:"delay_median_s"` // from the crossing to the alert's raised
	DelayP95               float64     `json:"delay_p95_s"`
	FoundOnes              []Match     `json:"found_ones"`
	Missed                 []Missed    `json:"missed"`
	FalseAlerts            []Wrong     `json:"false_alerts"`
	DuplicateAlerts        []Wrong     `json:"duplicate_alerts"`
	FalseByCause           []Cause     `json:"false_by_cause,omitempty"`
}

// Kind is the recall of one class, or of one intent.
type Kind struct {
	Name string `json:"name"`
	Share
}

// Match is a crossing with its alert.
type Match struct {
	Target string    `json:"target"`
	Class  string    `json:"class"`
	Time   time.Time `json:"time"`
	Size   int       `json:"size"`
	Count  int       `json:"count"`
	Alert  string    `json:"alert"`
	TimeS  float64   `json:"time_error_s"`
	PlaceM float64   `json:"place_error_m"`
	DelayS float64   `json:"delay_s"`
	Right  bool      `json:"direction_right"`
}

// Missed is a true crossing that nobody was told of.
type Missed struct {
	Target    string    `json:"target"`
	Class     string    `json:"class"`
	Time      time.Time `json:"time"`
	Lat       float64   `json:"lat"`
	Lon       float64   `json:"lon"`
	Direction string    `json:"direction"`
	Size      int       `json:"size"`
	Covered   *bool     `json:"covered,omitempty"` // whether a sensor could see it
}

// told is an alert: when and where by its last event, raised by its first.
type told struct {
	id, direction, class string
	raised, at           time.Time
	lat, lon             float64
	count                int
}

// crossingReport pairs alerts and single crossings one to one, then judges group by group.
func (r *Run) crossingReport() CrossingReport {
	slices.SortStableFunc(r.crossed, func(a, b record.Truth) int { return a.Time.Compare(b.Time) })
	pairs := r.pairAlerts()
	groups := r.incidents(pairs)
	rep := CrossingReport{Alerts: len(r.said), Hours: cmp.Or(r.o.Duration, r.last.Sub(r.first)).Hours(), LineKM: r.o.LineKM}
	t := tally{run: r, rep: &rep, limit: r.last.Add(-r.o.Settle), used: make([]bool, len(r.said))}
	for i := range groups {
		t.judge(&groups[i])
	}
	t.leftovers()
	t.finish()
	return rep
}

// Companions that cross alike within these of each other are one crossing with a size: so an operator would call it, and so the
// alert counts them. An alert with a count may stand for further ones a little beyond, since it measures them with errors.
const (
	companionTime   = 15 * time.Second
	companionMetres = 30.0
	countTime       = 20 * time.Second
	countMetres     = 50.0
)

// pairAlerts gives each crossing its alert, or −1: as many pairs as possible, nearest in time and place, each as a share of how far
// it may be off. An alert that counts several may be paired with as many, if they crossed together.
func (r *Run) pairAlerts() []int {
	var owner []int // alert of each column: one, and one more for each further target that it stands for
	var pairs []pair
	for j := range r.said {
		a := &r.said[j]
		for k := range min(max(1, a.count), max(1, len(r.crossed))) {
			column := len(owner)
			owner = append(owner, j)
			from, to := r.around(a.at)
			for i := from; i < to; i++ {
				c := &r.crossed[i]
				apart, dt := metres(c, a), a.at.Sub(c.Time).Abs()
				if apart > r.o.MatchMetres || k > 0 && (dt > countTime || apart > countMetres) {
					continue
				}
				cost := square(dt.Seconds()/r.o.MatchTime.Seconds()) + square(apart/r.o.MatchMetres)
				if k > 0 {
					cost += 2 // an alert of its own is better evidence than a count
				}
				pairs = append(pairs, pair{row: i, col: column, gain: mostPairs - cost})
			}
		}
	}
	of := make([]int, len(r.crossed))
	for i := range of {
		of[i] = nobody
	}
	var m matcher
	for k, yes := range m.pick(pairs) {
		if yes {
			of[pairs[k].row] = owner[pairs[k].col]
		}
	}
	return of
}

func square(x float64) float64 { return x * x }

// around is the range of crossings that are within MatchTime of t.
func (r *Run) around(t time.Time) (from, to int) {
	byTime := func(c record.Truth, t time.Time) int { return c.Time.Compare(t) }
	from, _ = slices.BinarySearchFunc(r.crossed, t.Add(-r.o.MatchTime), byTime)
	to, _ = slices.BinarySearchFunc(r.crossed, t.Add(r.o.MatchTime+1), byTime)
	return from, to
}

// category of a crossing, and of an alert by its crossing.
type category uint8

const (
	wanted category = iota
	animal
	friend
)

func categoryOf(c *record.Truth) category {
	switch {
	case c.Friendly:
		return friend
	case c.Class == "animal":
		return animal
	}
	return wanted
}

// incident is crossings of companions: indices into Run.crossed, in order of time, and their alerts.
type incident struct {
	category category
	members  []int
	alerts   []int // in the order in which they were raised
	matched  []int // the member of each alert
	size     int
}

// incidents puts companions together.
func (r *Run) incidents(pairs []int) []incident {
	group := make([]int, len(r.crossed))
	var all []incident
	for i := range r.crossed {
		c := &r.crossed[i]
		group[i] = nobody
		for k := i - 1; k >= 0 && c.Time.Sub(r.crossed[k].Time) <= companionTime; k-- {
			o := &r.crossed[k]
			if o.Direction == c.Direction && o.Target != c.Target && categoryOf(o) == categoryOf(c) && between(o, c) <= companionMetres {
				group[i] = group[k]
				break
			}
		}
		if group[i] == nobody {
			group[i] = len(all)
			all = append(all, incident{category: categoryOf(c)})
		}
		g := &all[group[i]]
		g.members = append(g.members, i)
		g.size += max(1, c.Size)
		if j := pairs[i]; j != nobody && !slices.Contains(g.alerts, j) {
			g.alerts, g.matched = append(g.alerts, j), append(g.matched, i)
		}
	}
	return all
}

func between(a, b *record.Truth) float64 { return distance(a.Lat, a.Lon, b.Lat, b.Lon) }

func metres(c *record.Truth, a *told) float64 { return distance(c.Lat, c.Lon, a.lat, a.lon) }

// distance in the plane that touches the ellipsoid at the first place; infinite if a place is none.
func distance(lat, lon, lat2, lon2 float64) float64 {
	f := geo.NewFrame(geo.LLA{Lat: geo.Degrees(lat), Lon: geo.Degrees(lon)})
	d := f.ENU(geo.LLA{Lat: geo.Degrees(lat2), Lon: geo.Degrees(lon2)}).Range()
	if math.IsNaN(d) {
		return math.Inf(1)
	}
	return d
}
