package simulator

import (
	"math"
	"testing"

	"cutline/internal/geo"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: %v, want %v ± %v", what, got, want, tolerance)
	}
}

func TestWeather_isThatOfTheFirstPartThatHolds(t *testing.T) {
	s := Scenario{Weather: []weatherSpec{{At: durationSpan{60, 120}, Rain: 9}, {At: durationSpan{100, 200}, Wind: 5}}}
	for at, want := range map[float64]weatherSpec{0: {}, 60: s.Weather[0], 110: s.Weather[0], 120: s.Weather[1], 200: {}} {
		if got := s.weather(at); got != want {
			t.Errorf("at %v s: %+v, want %+v", at, got, want)
		}
	}
}

func TestWeather_theWindDriftsByTheIntegralOfItsVelocity(t *testing.T) {
	s := Scenario{Weather: []weatherSpec{
		{At: durationSpan{0, 100}, Wind: 10, WindFrom: 270}, {At: durationSpan{200, 400}, Wind: 5, WindFrom: 0},
	}}
	d := s.drift(300)
	near(t, "east", d.E, 1000, 1e-6)
	near(t, "north", d.N, -500, 1e-6)
}

func TestWeather_contrastIsTwoPercentAtTheVisibility(t *testing.T) {
	fog := weatherSpec{Visibility: 800}
	near(t, "contrast at 800 m", fog.contrast(800), 0.02, 0.0001)
	near(t, "contrast at 400 m", fog.contrast(400), math.Sqrt(0.02), 0.0001)
	rain := weatherSpec{Rain: 25} // 1.076·25^0.67 = 9.30 dB/km
	near(t, "contrast in 25 mm/h at 1 km", rain.contrast(1000), math.Pow(10, -0.930), 0.001)
	if seen, plain := (&weatherSpec{}).seen(5000); seen != 1 || plain != 1 {
		t.Errorf("a clear day takes something away: %v, %v", seen, plain)
	}
}

func TestRadar_rainTakesWhatTheITUSays(t *testing.T) {
	rain := weatherSpec{Rain: 25} // P.838-3 at 10 GHz: 0.01217·25^1.2571 = 0.696 dB/km one way
	near(t, "loss at 5 km", rain.rainLoss(5000), 2*0.696*5, 0.01)
	r := emptied(t, func(s *Scenario) { quiet(s); s.Weather = []weatherSpec{rain} })
	spec := r.spec(t, "twr-01")
	spec.Radar.MinSpeed = 0
	tower := r.frame.ENU(spec.Pose.lla())
	r.put("person", geo.ENU{E: tower.E, N: tower.N - 6000}, geo.ENU{N: 1e-4})
	radar := newRadar(r, spec, stream(1, "test"))
	hits := 0
	const looks = 4000
	for k := range looks {
		radar.look(float64(k)/10, nil)
		hits += len(radar.plots)
	}
	snr := math.Pow(10, (spec.Radar.SNR-2*0.696*6)/10) * math.Pow(5.0/6, 4)
	near(t, "share of the looks that see him in the rain", float64(hits)/looks, math.Pow(spec.Radar.FalseAlarm, 1/(1+snr)), 0.03)
}

func TestRadar_fieldsMoveWithTheWindAndShowItsDoppler(t *testing.T) {
	r := emptied(t, func(s *Scenario) { quiet(s); s.Weather = []weatherSpec{{Wind: 10, WindFrom: 0}} })
	spec := r.spec(t, "twr-01")
	spec.Radar.Fields = fieldSpec{Count: 1, Radius: 200, Returns: 20}
	radar := newRadar(r, spec, stream(1, "test"))
	radar.cells[0] = geo.ENU{E: 0, N: -2000}
	middle := func(at float64) (range_, rate float64) {
		n := 0.0
		for range 50 {
			radar.look(at, nil)
			for _, p := range radar.plots {
				range_, rate, n = range_+p.slant, rate+p.rangeRate, n+1
			}
		}
		near(t, "returns in a scan", n/50, 20, 2)
		return range_ / n, rate / n
	}
	before, rate := middle(0)
	after, _ := middle(100)
	near(t, "how far it came in 100 s", after-before, 1000, 15)
	near(t, "range rate", rate, 10, 0.2)
}

func TestCamera_seesLessInFogAndTellsClassesWorse(t *testing.T) {
	const frames = 5000
	count := func(w weatherSpec, night float64) (seen int, right float64) {
		r := emptied(t, func(s *Scenario) { s.Weather = []weatherSpec{w} })
		spec := r.spec(t, "cam-01")
		spec.Camera.Night = night
		camera := newCamera(r, spec, stream(1, "test"))
		at := geo.ENU{E: camera.mast.enu.E, N: camera.mast.enu.N - 2000}
		r.put("person", at, geo.ENU{N: 1e-6})
		width := float64(geo.Degrees(6).Radians())
		for range frames {
			bodies := camera.mast.near(1)
			camera.marks, camera.cue = camera.marks[:0], 0
			camera.follow(bodies)
			camera.detect(&bodies[0], width, &w)
			for _, k := range camera.marks {
				seen++
				right += k.plain
			}
		}
		return seen, right / float64(max(1, seen))
	}
	sunny, plain := count(weatherSpec{}, 0)
	far := 2000.0 / 5500
	near(t, "share of frames on a clear day", float64(sunny)/frames, 0.97/(1+math.Pow(far, 4)), 0.02)
	near(t, "factor of being right", plain, 1, 0)
	foggy, dull := count(weatherSpec{Visibility: 2000}, 0)
	near(t, "share of frames at the visibility", float64(foggy)/frames, 0.97/(1+math.Pow(far, 4))*0.02/needed, 0.04)
	near(t, "factor of being right in fog", dull, 0.706, 0.001)
	if dark, _ := count(weatherSpec{Night: true}, 0.25); dark > sunny/2 {
		t.Errorf("it sees %d at night and %d by day", dark, sunny)
	}
	if thermal, _ := count(weatherSpec{Night: true}, 0); math.Abs(float64(thermal-sunny)) > 100 {
		t.Errorf("a thermal camera sees %d at night and %d by day", thermal, sunny)
	}
}

func TestGround_windAndRainTripItMoreOften(t *testing.T) {
	count := func(w weatherSpec) (n float64) {
		r := emptied(t, func(s *Scenario) { s.Weather = []weatherSpec{w} })
		spec := r.spec(t, "gs-06")
		spec.GroundS.False, spec.GroundS.Hold = 60, 0
		g := newGround(r, spec, stream(1, "test"))
		for k := range 40000 {
			if payload, _ := g.look(float64(k), nil); payload != nil {
				n++
			}
		}
		return n
	}
	calm, storm := count(weatherSpec{}), count(weatherSpec{Wind: 16, Rain: 12})
	near(t, "events in a storm against a calm day", storm/calm, 1+16.0*16/64+12.0/4, 0.7)
}
