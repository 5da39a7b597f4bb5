package sector_test

import (
	"math"
	"testing"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// filtered makes the first tower one that sends tracks: an alpha-beta filter over its range and azimuth, which states the error of that.
func filtered(inputs []record.Input) []record.Input {
	const alpha, beta, period = .3, .05, 2.0
	share := math.Sqrt((2*alpha*alpha + beta*(2-3*alpha)) / (alpha * (4 - 2*alpha - beta)))
	var at, rate [2]float64
	var last float64
	for i := range inputs {
		in := &inputs[i]
		if in.Sensor != "twr-01" {
			continue
		}
		for k := range in.Scans[0].Detections {
			d := &in.Scans[0].Detections[k]
			now := d.EventTime.Sub(start).Seconds()
			for axis, z := range [2]float64{d.Polar.Range, float64(d.Polar.Azimuth)} {
				if last == 0 {
					at[axis] = z
					continue
				}
				at[axis] += (now - last) * rate[axis]
				off := z - at[axis]
				at[axis], rate[axis] = at[axis]+alpha*off, rate[axis]+beta/period*off
			}
			last = now
			d.Track = "T4"
			d.Polar.Range, d.Polar.Azimuth = at[0], geo.Radians(at[1])
			d.PolarError.Range *= share
			d.PolarError.Azimuth *= geo.Radians(share)
		}
	}
	return inputs
}

func TestSector_aTowerThatSendsTracksCrossesNobodyTwiceAndIsNotBelievedTooMuch(t *testing.T) {
	s := scene{Seconds: 400, Targets: []target{{Class: "person", Speed: 1.3, Path: [][2]float64{{-900, -300}, {-700, 300}}}}}
	nees := func(tracks bool) (mean float64) {
		sum, looks := 0.0, 0.0
		for seed := range uint64(12) {
			c := config()
			c.Sensors[0].Tracks = tracks
			core := newSector(t, c)
			crossings := map[string]int{}
			for _, in := range filtered(s.inputs(seed)) {
				for _, e := range core.Step(in, nil) {
					switch {
					case e.Alert != nil && e.Alert.Change == "new":
						crossings[e.Alert.Kind+" "+e.Alert.Direction]++
					case e.Track != nil && e.Track.Status == "confirmed" && e.Time.Sub(start).Seconds() > 60:
						truth := s.Targets[0].at(e.Time.Sub(start).Seconds())
						seen := frame.ENU(geo.LLA{Lat: geo.Degrees(e.Track.Lat), Lon: geo.Degrees(e.Track.Lon), Alt: 240})
						de, dn, p := seen.E-truth.E, seen.N-truth.N, e.Track.Cov
						sum += (p.NN*de*de - 2*p.EN*de*dn + p.EE*dn*dn) / (p.EE*p.NN - p.EN*p.EN) / 2
						looks++
					}
				}
			}
			if tracks && (len(crossings) != 1 || crossings["crossing US>CA"] != 1) {
				t.Errorf("seed %d: alerts %v, want one crossing", seed, crossings)
			}
		}
		return sum / looks
	}
	naive, told := nees(false), nees(true)
	t.Logf("NEES %.2f a dimension, %.2f where its tracks are taken for plots", told, naive)
	if told < .5 || told > 1.5 {
		t.Errorf("NEES %.2f a dimension, want .5 to 1.5", told)
	}
	if naive < 1.2*told {
		t.Errorf("NEES %.2f where its tracks are taken for plots, and %.2f where not: the scene shows nothing", naive, told)
	}
}
