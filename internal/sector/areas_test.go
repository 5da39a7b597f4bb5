package sector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cutline/internal/border"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sector"
)

// square is a zone from 100 to 400 m east of the middle, between two metres north of it.
func square(t *testing.T, south, north float64) border.Zone {
	t.Helper()
	corner := func(e, n float64) string {
		at := frame.Surface(e, n, 240)
		return fmt.Sprintf("[%.9f,%.9f]", at.Lon, at.Lat)
	}
	rings, err := border.ParseZone([]byte(`{"type":"Polygon","coordinates":[[` + strings.Join([]string{
		corner(100, south), corner(400, south), corner(400, north), corner(100, north), corner(100, south),
	}, ",") + `]]}`))
	if err != nil {
		t.Fatal(err)
	}
	return border.Zone{ID: "yard", Rings: rings}
}

// stroll is one walker north over the line, and what is told of it.
func stroll(t *testing.T, c sector.Config, path ...[2]float64) (out []*record.AlertEvent) {
	t.Helper()
	core := newSector(t, c)
	s := scene{Seconds: 400, Targets: []target{{Class: "person", Speed: 1.4, Path: path}}}
	for _, in := range s.inputs(1) {
		for _, e := range core.Step(in, nil) {
			if e.Alert != nil {
				out = append(out, e.Alert)
			}
		}
	}
	return out
}

// firsts are kind, state and zone of each alert as it was new.
func firsts(all []*record.AlertEvent) (out []string) {
	for _, a := range all {
		if a.Change == "new" {
			out = append(out, a.Kind+" "+a.State+" "+a.Zone)
		}
	}
	return out
}

func TestZone_tellsWhoEntersStaysAndLeaves(t *testing.T) {
	c := config()
	z := square(t, -150, -60)
	z.Enter, z.Exit, z.Dwell = true, true, 30*time.Second
	c.Zones = []border.Zone{z}
	got := firsts(stroll(t, c, [2]float64{200, -250}, [2]float64{230, 130}))
	want := []string{
		"zone_enter unacknowledged yard", "zone_dwell unacknowledged yard", "zone_exit unacknowledged yard", "crossing unacknowledged ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestZone_holdsInItsHoursAndAtItsHeights(t *testing.T) {
	for name, change := range map[string]func(z *border.Zone){
		"by night":   func(z *border.Zone) { z.Hours = border.Hours{From: 22 * time.Hour, To: 6 * time.Hour} },
		"of the air": func(z *border.Zone) { z.Altitude = [2]float64{30, 500} },
	} {
		c := config()
		z := square(t, -150, -60)
		z.Enter, z.Exit, z.Dwell = true, true, 30*time.Second
		change(&z)
		c.Zones = []border.Zone{z}
		if got := firsts(stroll(t, c, [2]float64{200, -250}, [2]float64{230, 130})); !slices.Equal(got, []string{"crossing unacknowledged "}) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestZone_aCrossingAtAPortOfEntryIsSuppressedByDayAndToldAllTheSame(t *testing.T) {
	for to, want := range map[time.Duration]string{22 * time.Hour: "crossing suppressed yard", 7 * time.Hour: "crossing unacknowledged yard"} {
		c := config()
		z := square(t, -50, 50)
		z.Crossings, z.Hours = border.LawfulCrossing, border.Hours{From: 6 * time.Hour, To: to}
		c.Zones = []border.Zone{z}
		if got := firsts(stroll(t, c, [2]float64{200, -130}, [2]float64{230, 130})); !slices.Equal(got, []string{want}) {
			t.Errorf("until %v: got %q", to, got)
		}
	}
}

func TestApproach_becomesTheCrossingsAlert(t *testing.T) {
	c := config()
	c.Alert.Approach.Within = time.Minute
	all := stroll(t, c, [2]float64{200, -200}, [2]float64{230, 130})
	if got := firsts(all); !slices.Equal(got, []string{"approach unacknowledged "}) {
		t.Fatalf("got %q", got)
	}
	plain := stroll(t, config(), [2]float64{200, -200}, [2]float64{230, 130})
	last := all[len(all)-1]
	if last.ID != plain[0].ID || last.Kind != "crossing" || last.Level != "confirmed" || last.Direction != "US>CA" ||
		!last.Time.Equal(plain[0].Time) || !strings.HasPrefix(last.Text, "Person crossed US>CA") {
		t.Errorf("got %+v, as the crossing's own %+v", last, plain[0])
	}
	if first := all[0]; !strings.Contains(first.Text, "comes nearer to the line US>CA") || first.Raised.After(last.Time) {
		t.Errorf("got %+v", first)
	}
}

func TestApproach_whoTurnsBackLetsItGo(t *testing.T) {
	c := config()
	c.Alert.Approach.Within = time.Minute
	all := stroll(t, c, [2]float64{200, -200}, [2]float64{215, -20}, [2]float64{230, -260})
	if got := firsts(all); !slices.Equal(got, []string{"approach unacknowledged "}) {
		t.Fatalf("got %q", got)
	}
	if last := all[len(all)-1]; last.State != "returned" && last.Change != "end" {
		t.Errorf("got %+v", last)
	}
}

func TestLoiter_tellsWhoStaysNearTheLine(t *testing.T) {
	c := config()
	c.Alert.Loiter.For = 2 * time.Minute
	path := [][2]float64{{200, -140}}
	for range 20 {
		path = append(path, [2]float64{215, -120}, [2]float64{185, -125})
	}
	all := stroll(t, c, path...)
	got := firsts(all)
	if !slices.Equal(got, []string{"loitering unacknowledged "}) || !strings.Contains(all[0].Text, "near the line for 2 min") {
		t.Errorf("got %q", got)
	}
}

func TestNew_refusesAZoneThatCannotBe(t *testing.T) {
	c := config()
	z := square(t, -50, 50)
	z.Rings[0].Points = []border.Vertex{{Lon: geo.Degrees(1), Lat: 1}, {Lon: 1, Lat: 1}}
	c.Zones = []border.Zone{z}
	if _, err := sector.New(c); err == nil || !strings.Contains(err.Error(), "yard") {
		t.Errorf("got %v", err)
	}
}

func TestZone_outOfServiceCallsNobodyAndExcusesNothing(t *testing.T) {
	c := config()
	z, lawful := square(t, -150, -60), square(t, -40, 60)
	z.Enter, z.Off = true, "the fence is being built"
	lawful.ID, lawful.Crossings, lawful.Off = "poe", border.LawfulCrossing, "closed"
	c.Zones = []border.Zone{z, lawful}
	all := stroll(t, c, [2]float64{200, -250}, [2]float64{230, 130})
	got := firsts(all)
	if want := []string{"zone_enter out_of_service yard", "crossing unacknowledged "}; !slices.Equal(got, want) ||
		all[0].SuppressedBy != "the fence is being built" {
		t.Errorf("got %q, %+v", got, all[0])
	}
}
