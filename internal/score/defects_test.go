package score_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cutline/internal/record"
	"cutline/internal/score"
)

// aDay is ten crossings in both directions, each with its alert, over two hours and 10 km.
func aDay() (truth []record.Truth, alerts []record.AlertEvent, o score.Options) {
	for i := range 10 {
		direction := []string{"A>B", "B>A"}[i%2]
		truth = append(truth, crossing(fmt.Sprintf("w%d", i), 600*float64(i+1), 0, direction))
		alerts = append(alerts, alert(fmt.Sprintf("a%d", i), 600*float64(i+1), 0, direction))
	}
	o = score.Defaults()
	o.LineKM, o.Duration = 10, 2*time.Hour
	return truth, alerts, o
}

// moved names the figures that differ, as they stand in JSON.
func moved(t *testing.T, a, b score.CrossingReport) []string {
	t.Helper()
	flat := func(r score.CrossingReport) map[string]string {
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for k, v := range m {
			out[k] = string(v)
		}
		return out
	}
	fa, fb := flat(a), flat(b)
	var names []string
	keys := maps.Clone(fa)
	maps.Copy(keys, fb)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if fa[k] != fb[k] && !strings.HasSuffix(k, "_interval") && !strings.HasSuffix(k, "_ones") && !strings.HasSuffix(k, "_alerts") {
			names = append(names, k)
		}
	}
	return names
}

func TestCrossings_aPlantedDefectMovesExactlyTheRightFigures(t *testing.T) {
	truth, alerts, o := aDay()
	perfect := score.Crossings(truth, alerts, o)
	if perfect.Recall != 1 || perfect.Precision != 1 || perfect.Direction != 1 || *perfect.FalsePerKMDay != 0 {
		t.Fatalf("the day without a defect is not perfect:\n%s", perfect)
	}
	for name, c := range map[string]struct {
		change func(a []record.AlertEvent) []record.AlertEvent
		want   string
	}{
		"a dropped crossing": {
			func(a []record.AlertEvent) []record.AlertEvent { return a[1:] },
			"alerts by_class duplicate_share found missed people recall",
		},
		"a doubled alert": {
			func(a []record.AlertEvent) []record.AlertEvent {
				twin := a[3]
				twin.ID = "twin"
				return append(a, twin)
			},
			"alerts duplicate_share duplicates precision",
		},
		"a swapped direction": {
			func(a []record.AlertEvent) []record.AlertEvent { a[2].Direction = "B>A"; return a },
			"direction",
		},
		"a ghost": {
			func(a []record.AlertEvent) []record.AlertEvent { return append(a, alert("ghost", 300, 0, "A>B")) },
			"alerts false false_by_cause false_per_km_day precision",
		},
		"a late alert": {
			func(a []record.AlertEvent) []record.AlertEvent {
				for i := range a {
					a[i].Raised = a[i].Raised.Add(5 * time.Second)
				}
				return a
			},
			"delay_median_s delay_p95_s",
		},
		"a wrong place": {
			func(a []record.AlertEvent) []record.AlertEvent { a[0].Lat += 20 / metresPerDegree; return a },
			"place_p95_m place_rms_m",
		},
		"a wrong time": {
			func(a []record.AlertEvent) []record.AlertEvent { a[0].Time = a[0].Time.Add(9 * time.Second); return a },
			"time_p95_s time_rms_s",
		},
		"a wrong count of a single walker": {
			func(a []record.AlertEvent) []record.AlertEvent { a[0].Count = 4; return a },
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := score.Crossings(truth, c.change(slices.Clone(alerts)), o)
			want := strings.Fields(c.want)
			if name == "a dropped crossing" { // the share of duplicates is of crossings, and stays
				want = slices.DeleteFunc(want, func(s string) bool { return s == "duplicate_share" })
			}
			if names := moved(t, perfect, got); !slices.Equal(names, want) {
				t.Errorf("moved %v, want %v", names, want)
			}
		})
	}
}

func TestCrossings_companionsAreOneCrossingWithASize(t *testing.T) {
	truth := []record.Truth{crossing("a", 100, 0, "A>B"), crossing("b", 105, 10, "A>B"), crossing("c", 109, 20, "A>B")}
	truth[2].Size = 3
	one := alert("one", 101, 5, "A>B")
	one.Count = 5
	got := score.Crossings(truth, []record.AlertEvent{one}, score.Defaults())
	if got.True != 1 || got.Found != 1 || got.SizeRight.Is != 1 || got.People.Is != 5 || got.Duplicates != 0 {
		t.Errorf("one alert that counts five:\n%s", got)
	}
	short := one
	short.Count = 2
	got = score.Crossings(truth, []record.AlertEvent{short}, score.Defaults())
	if got.Found != 1 || got.SizeRight.Is != 0 || got.People.Is != 2 || got.People.Of != 5 {
		t.Errorf("one alert that counts two:\n%s", got)
	}
	// Told one by one: not double, but said.
	three := []record.AlertEvent{alert("1", 100, 0, "A>B"), alert("2", 105, 10, "A>B"), alert("3", 109, 20, "A>B"), alert("4", 110, 20, "A>B")}
	got = score.Crossings(truth, three, score.Defaults())
	if got.Found != 1 || got.Split != 2 || got.Duplicates != 1 {
		t.Errorf("found %d, split %d, double %d: want 1, 2 and 1", got.Found, got.Split, got.Duplicates)
	}
	// One who goes and comes back is no companion of himself, nor is one who goes the other way.
	there := []record.Truth{crossing("a", 100, 0, "A>B"), crossing("a", 110, 0, "B>A"), crossing("b", 111, 0, "A>B")}
	if got := score.Crossings(there, nil, score.Defaults()); got.True != 3 && got.True != 2 {
		t.Errorf("%d crossings", got.True)
	}
}

func TestCrossings_animalsAreApart(t *testing.T) {
	deer := crossing("deer", 100, 0, "A>B")
	deer.Class = "animal"
	truth := []record.Truth{deer, crossing("w", 500, 0, "A>B")}
	asDeer, asPerson := alert("d", 100, 0, "A>B"), alert("p", 100, 0, "A>B")
	asDeer.Class, asPerson.Class = "animal", "person"
	for name, c := range map[string]struct {
		alerts          []record.AlertEvent
		animal, asOther int
	}{
		"nobody tells":         {nil, 0, 0},
		"told as an animal":    {[]record.AlertEvent{asDeer}, 1, 0},
		"told as a person":     {[]record.AlertEvent{asPerson}, 1, 1},
		"told twice":           {[]record.AlertEvent{asDeer, asPerson}, 2, 0},
		"told beside a walker": {[]record.AlertEvent{asDeer, alert("w", 500, 0, "A>B")}, 1, 0},
	} {
		got := score.Crossings(truth, c.alerts, score.Defaults())
		if got.True != 1 || got.False != 0 || got.Animal != c.animal || got.AnimalAsOther.Of != 1 || got.Duplicates != 0 {
			t.Errorf("%s: %d true, %d false, %d of animals, %d double", name, got.True, got.False, got.Animal, got.Duplicates)
		}
		if name != "told twice" && got.AnimalAsOther.Is != c.asOther {
			t.Errorf("%s: %d told as other, want %d", name, got.AnimalAsOther.Is, c.asOther)
		}
	}
}

func TestCrossings_aFalseAlertNamesWhoWasThere(t *testing.T) {
	path := func(id, class string, north float64, friendly bool) (all []record.Truth) {
		for s := range 61 {
			all = append(all, record.Truth{
				Type: "target", Target: id, Class: class, Friendly: friendly, Time: at(float64(s)), Lat: 49 + north/metresPerDegree, Lon: -97.2,
			})
		}
		return all
	}
	truth := slices.Concat(path("deer", "animal", 40, false), path("patrol", "person", 900, true))
	got := score.Crossings(truth, []record.AlertEvent{
		alert("1", 30, 0, "A>B"), alert("2", 31, 0, "A>B"), alert("3", 30, 880, "A>B"), alert("4", 30, 400, "A>B"),
	}, score.Defaults())
	if s := fmt.Sprint(got.FalseByCause); s != "[{animal 2} {friendly 1} {nothing 1}]" {
		t.Errorf("causes %s", s)
	}
	if w := got.FalseAlerts[0]; w.Near != "deer" || w.M < 35 || w.M > 45 {
		t.Errorf("the first is %+v, want the deer 40 m away", w)
	}
}

func TestCrossings_coveredIsWhatASensorCouldSeeForTenSeconds(t *testing.T) {
	// One walks north across the line at 1.4 m/s; the sensor stands on the line 100 m to the west.
	truth := []record.Truth{crossing("w", 30, 0, "A>B")}
	for s := range 61 {
		truth = append(truth, record.Truth{
			Type: "target", Target: "w", Class: "person", Time: at(float64(s)), Lat: 49 + 1.4*float64(s-30)/metresPerDegree, Lon: -97.2,
		})
	}
	view := func(reach, from, width float64) score.View {
		return score.View{Sensor: "s", Lat: 49, Lon: -97.2 - 100/73200.0, Reach: reach, From: from, Width: width}
	}
	yes, no := true, false
	for name, c := range map[string]struct {
		views []score.View
		truth *bool
		want  int // of covered crossings; −1: nobody knows
	}{
		"nobody says":                   {nil, nil, -1},
		"in reach, all round":           {[]score.View{view(150, 0, 360)}, nil, 1},
		"out of reach":                  {[]score.View{view(90, 0, 360)}, nil, 0},
		"looking east":                  {[]score.View{view(150, 80, 20)}, nil, 1},
		"looking west":                  {[]score.View{view(150, 260, 20)}, nil, 0},
		"across north, too narrow":      {[]score.View{view(150, 350, 20)}, nil, 0},
		"leaving the view too soon":     {[]score.View{view(150, 88, 4)}, nil, 0}, // ±2° are ±3.5 m, he walks 7 m each way
		"one of two sees":               {[]score.View{view(90, 0, 360), view(150, 0, 360)}, nil, 1},
		"the truth knows better: no":    {[]score.View{view(150, 0, 360)}, &no, 0},
		"the truth says so on its own":  {nil, &yes, 1},
		"the truth denies on its own":   {nil, &no, 0},
		"two halves are not one sensor": {[]score.View{view(150, 0, 90), view(150, 90, 90)}, nil, 0},
	} {
		o := score.Defaults()
		o.Views = c.views
		with := slices.Clone(truth)
		with[0].Covered = c.truth
		got := score.Crossings(with, nil, o)
		switch {
		case c.want < 0:
			if got.Covered != nil {
				t.Errorf("%s: covered %v, want none", name, got.Covered)
			}
		case got.Covered == nil || got.Covered.Of != c.want:
			t.Errorf("%s: covered %v, want %d", name, got.Covered, c.want)
		}
	}
}

func TestCrossings_areCountedByClassAndIntent(t *testing.T) {
	truth := []record.Truth{
		crossing("a", 100, 0, "A>B"), crossing("b", 400, 0, "A>B"), crossing("c", 700, 0, "A>B"), crossing("p", 900, 0, "A>B"),
	}
	truth[1].Class, truth[3].Friendly = "vehicle", true
	truth[0].Intent, truth[1].Intent, truth[2].Intent = "cross", "cross", "return"
	got := score.Crossings(truth, []record.AlertEvent{alert("1", 100, 0, "A>B"), alert("2", 400, 0, "A>B")}, score.Defaults())
	text := ""
	for _, k := range slices.Concat(got.ByClass, got.ByIntent) {
		text += fmt.Sprintf("%s %d/%d ", k.Name, k.Is, k.Of)
	}
	if text != "person 1/2 person (friendly) 0/1 vehicle 1/1 cross 2/2 return 0/1 " {
		t.Errorf("got %s", text)
	}
}
