package sector_test

import (
	"fmt"
	"testing"

	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sector"
)

// halves are config cut in two at the seam, as the daemon makes them: each has the other's radar for a guest.
func halves(seam float64) (west, east sector.Config) {
	west, east = config(), config()
	west.ID, east.ID = "west", "east"
	west.Extent.East, east.Extent.West = seam, seam
	for i := range west.Sensors {
		home := "east"
		if west.Sensors[i].ID == "twr-01" {
			home = "west"
		}
		west.Sensors[i].Sector, east.Sensors[i].Sector = home, home
	}
	west.Beside, east.Beside = []sector.Extent{east.Extent}, []sector.Extent{west.Extent}
	return west, east
}

// both plays a scene to the two halves, each record to its home and beside it.
func both(t *testing.T, seam float64, s scene, seed uint64) (out []record.Event) {
	t.Helper()
	west, east := halves(seam)
	cores := map[string]*sector.Sector{"west": newSector(t, west), "east": newSector(t, east)}
	home := map[string]string{}
	for _, d := range west.Sensors {
		home[d.ID] = d.Sector
	}
	for _, in := range s.inputs(seed) {
		for _, id := range []string{"west", "east"} {
			switch from := home[in.Sensor]; {
			case from == id || from == "":
				out = cores[id].Step(in, out)
			case in.Kind == record.Message:
				out = cores[id].Overhear(in, out)
			}
		}
	}
	return out
}

// TestSeam_aCrossingThereIsOneAlertOfTheGroundItIsOn walks over the line and over the seam at once, a little further each time.
func TestSeam_aCrossingThereIsOneAlertOfTheGroundItIsOn(t *testing.T) {
	t.Parallel()
	const seam = -97.24 // 0 m east in the scene
	for e := -400.0; e <= 400; e += 80 {
		s := scene{Seconds: 260, Targets: []target{{Class: "person", Speed: 1.5, Path: [][2]float64{{e - 120, -120}, {e + 120, 120}}}}}
		var told []string
		open := map[string]string{} // tracks that a sector shows
		for _, ev := range both(t, seam, s, 7) {
			switch {
			case ev.Alert != nil && ev.Alert.Kind == "crossing" && ev.Alert.Change == "new":
				told = append(told, ev.Sector)
				if e != 0 && (ev.Alert.Lon < seam) != (ev.Sector == "west") {
					t.Errorf("%v m: %s tells a crossing at %v", e, ev.Sector, ev.Alert.Lon)
				}
			case ev.Track != nil && ev.Track.Status == "lost":
				delete(open, ev.Sector+ev.Track.ID)
			case ev.Track != nil:
				open[ev.Sector+ev.Track.ID] = ev.Sector
				if own := ev.Track.Lon < seam; ev.Track.Status == "confirmed" && own != (ev.Sector == "west") {
					if m := geo.Degrees(ev.Track.Lon-seam) * 73e3; m > 60 || m < -60 {
						t.Errorf("%v m: %s shows a track %.0f m beyond the seam", e, ev.Sector, float64(m))
					}
				}
			}
		}
		want := "west"
		if e > 0 {
			want = "east"
		}
		if fmt.Sprint(told) != "["+want+"]" && (e != 0 || len(told) == 0) { // on the seam itself it may be both, and must not be none
			t.Errorf("%v m: told by %v, want %s", e, told, want)
		}
		if last := e + 120; (last < -50 || last > 50) && len(open) != 1 {
			t.Errorf("%v m: in the end it is shown as %v", e, open)
		}
	}
}

func TestSeam_aGuestsHealthIsToldAtHomeAlone(t *testing.T) {
	t.Parallel()
	s := scene{Seconds: 60, Mute: "twr-02", Muted: [2]float64{10, 60}, Bad: 20}
	for _, e := range both(t, -97.24, s, 1) {
		if e.Sensor != nil && (e.Sensor.ID == "twr-01") != (e.Sector == "west") {
			t.Errorf("%s tells of %s", e.Sector, e.Sensor.ID)
		}
		if e.Alert != nil && e.Alert.Kind == "sensor_silent" && e.Sector != "east" {
			t.Errorf("%s tells of the silence of its neighbour's sensor", e.Sector)
		}
	}
}

func TestExtent_besideAndReached(t *testing.T) {
	t.Parallel()
	west, east := halves(-97.24)
	far := west.Extent
	far.West, far.East = -98.4, -97.9
	if !west.Extent.Beside(east.Extent) || !east.Extent.Beside(west.Extent) || far.Beside(east.Extent) || west.Extent.Beside(west.Extent) {
		t.Error("who has a seam with whom")
	}
	radar, phone := west.Sensors[0], west.Sensors[2]
	short := radar
	short.Coverage.Range = 50
	short.Pose.Lon = -97.3
	if !east.Extent.Reached(&radar) || !far.Reached(&phone) || east.Extent.Reached(&short) || far.Reached(&radar) {
		t.Error("who sees something of whose ground")
	}
}
