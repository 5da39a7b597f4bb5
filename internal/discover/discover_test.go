package discover_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/vmihailenco/msgpack/v5"

	"cutline/internal/discover"
	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// emerson is the site of the examples.
func emerson() discover.Site {
	return discover.Site{Sector: "emerson", Middle: geo.LLA{Lat: 49.005, Lon: -97.235}, Reach: 10e3}
}

func start() time.Time { return time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC) }

// walker is a target that goes straight.
type walker struct {
	id         int
	lat, lon   float64
	speed, dir float64 // m/s, degrees
}

// at is where it is after so many seconds.
func (w walker) at(seconds float64) (lat, lon float64) {
	sin, cos := math.Sincos(w.dir * math.Pi / 180)
	return w.lat + w.speed*seconds*cos/111_200, w.lon + w.speed*seconds*sin/(111_200*math.Cos(w.lat*math.Pi/180))
}

func walkers() []walker {
	return []walker{{7, 49.001, -97.24, 1.4, 350}, {8, 49.002, -97.236, 2.8, 95}, {9, 49.004, -97.229, 5.1, 200}}
}

// survey makes messages of a shape, two a second for a minute, and looks at them.
func survey(t *testing.T, shape func(at time.Time, all []walker, seconds float64) any) discover.Finding {
	t.Helper()
	s := discover.New(emerson())
	for i := range 120 {
		seconds := float64(i) / 2
		at := start().Add(time.Duration(i) * 500 * time.Millisecond)
		payload, err := json.Marshal(shape(at, walkers(), seconds))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(discover.Message{Received: at.Add(80 * time.Millisecond), Topic: "acme/radar/7", Payload: payload})
	}
	all := s.Findings()
	if len(all) != 1 {
		t.Fatalf("%d findings", len(all))
	}
	if testing.Verbose() {
		t.Log("\n" + discover.YAML(all, time.Minute))
	}
	return all[0]
}

type object = map[string]any

// steps are those of a mapping in short: to=from/unit.
func steps(f *discover.Finding) string {
	var all []string
	for _, s := range f.Definition.Mapping {
		all = append(all, fmt.Sprintf("%s=%s%s/%s", s.To, s.From, s.As, s.Unit))
	}
	return strings.Join(all, "\n")
}

func dms(x float64, letters string) string {
	letter := letters[:1]
	if x < 0 {
		letter, x = letters[1:], -x
	}
	return fmt.Sprintf("%d°%08.5f'%s", int(x), (x-math.Floor(x))*60, letter)
}

func ddmm(x float64, letters string, wide int) string {
	letter := letters[:1]
	if x < 0 {
		letter, x = letters[1:], -x
	}
	return fmt.Sprintf("%0*.5f%s", wide, math.Floor(x)*100+(x-math.Floor(x))*60, letter)
}

// TestInfer_readsShapesThatNobodyHasSeen makes payloads of every sort of malice, and wants each detection where it was put.
func TestInfer_readsShapesThatNobodyHasSeen(t *testing.T) {
	for name, tc := range map[string]struct {
		shape func(at time.Time, all []walker, seconds float64) any
		want  []string
	}{
		"degrees and minutes, microseconds as text, units in names": {func(at time.Time, all []walker, s float64) any {
			var targets []object
			for _, w := range all {
				lat, lon := w.at(s)
				targets = append(targets, object{
					"uuid": fmt.Sprintf("k-%d", w.id), "label": "human", "q": 87, "alt_ft": 790, "speedKmh": math.Round(w.speed*36) / 10,
					"geo": object{"lat": dms(lat, "NS"), "lon": dms(lon, "EW")}, "hdg": math.Mod(w.dir+180, 360) - 180,
				})
			}
			return object{"dev": "SR-7", "t_us": fmt.Sprint(at.UnixMicro()), "targets": targets}
		}, []string{
			"=$.targets[]detection/", "time=$.t_us/epoch_us", "track=uuid/", "position.lat=geo.lat/dms", "position.lon=geo.lon/dms",
			"position.alt_m=alt_ft/ft", "velocity.speed_mps=speedKmh/km/h", "confidence=q/percent", "class=label/",
		}},
		"rows of numbers in nested lists, speeds that nobody labels": {func(at time.Time, all []walker, s float64) any {
			var rows [][]any
			for _, w := range all {
				lat, lon := w.at(s)
				rows = append(rows, []any{w.id, int(lon * 1e7), int(lat * 1e7)})
			}
			return object{"hdr": object{"clock": at.Format("2006-01-02 15:04:05.000")}, "frames": []object{{"n": 1, "rows": rows}}}
		}, []string{
			"=$.frames[].rows[]detection/", "time=$.hdr.clock/utc", "position.lat=[2]/deg_e7", "position.lon=[1]/deg_e7",
		}},
		"one flat object, run-together minutes, knots by their values": {func(at time.Time, all []walker, s float64) any {
			lat, lon := all[1].at(s)
			return object{
				"LAT": ddmm(lat, "NS", 10), "LNG": ddmm(lon, "EW", 11), "SPD": math.Round(all[1].speed*3600/18.52) / 100,
				"COG": all[1].dir, "stamp": at.UnixMilli(), "PointsInBuffer": 12,
			}
		}, []string{"time=stamp/epoch_ms", "position.lat=LAT/ddmm", "position.lon=LNG/ddmm", "velocity.speed_mps=SPD/kt"}},
		"milliradians and kilometres in names with spaces": {func(at time.Time, all []walker, s float64) any {
			var plots []object
			for i := range all {
				plots = append(plots, object{
					"Az (mrad)": 1500.5 + s + float64(i)*200, "Rng (km)": 2.25 + s/1000, "Trk.No": i + 40, "Type": 2,
				})
			}
			return object{"plots": plots, "ts": at.Format(time.RFC3339Nano), "pos": object{"latitude": 49.0123, "longitude": -97.2401}}
		}, []string{
			"=$.plots[]detection/", "polar.azimuth_deg=Az (mrad)/mrad", "polar.range_m=Rng (km)/km", "time=$.ts/rfc3339",
			`track=["Trk.No"]/`,
		}},
		"a trail with the newest first, a velocity north before east, codes for classes": {func(_ time.Time, all []walker, s float64) any {
			var blobs []object
			for _, w := range all {
				var way [][]int
				for back := range 4 {
					lat, lon := w.at(s - float64(back)/2)
					way = append(way, []int{int(math.Round(lat * 1e6)), int(math.Round(lon * 1e6))})
				}
				sin, cos := math.Sincos(w.dir * math.Pi / 180)
				blobs = append(blobs, object{
					"trackNo": w.id, "way": way, "kind": w.id % 2,
					"vel": object{"vx": math.Round(w.speed*cos*3600/18.52) / 100, "vy": math.Round(w.speed*sin*3600/18.52) / 100},
				})
			}
			return object{"blobs": blobs}
		}, []string{
			"=$.blobs[]detection/", "position.lat=way[0][0]/deg_e6", "position.lon=way[0][1]/deg_e6", "velocity.east_mps=vel.vy/kt",
			"velocity.north_mps=vel.vx/kt", "class=kind/",
		}},
		"rows of targets, one of which stands still, are no trail": {func(at time.Time, all []walker, s float64) any {
			lat, lon := all[0].at(s)
			still, there := all[1].at(0)
			return object{"at": at.UnixMilli(), "rows": [][]float64{{math.Round(lat*1e6) / 1e6, lon}, {still, there}}}
		}, []string{"=$.rows[]detection/", "position.lat=[0]/", "position.lon=[1]/"}},
		"mils without a name, a speed with its unit behind it": {func(at time.Time, _ []walker, s float64) any {
			hit := object{"bearing": 3200 + int(s)*10, "rng": "1200 yds", "closing": "-2.5 kn", "cls": object{"name": "human"}}
			return object{"ms": at.UnixMilli(), "hits": []object{hit}}
		}, []string{
			"polar.azimuth_deg=bearing/mil", "polar.range_m=rng/yd", "polar.range_rate_mps=closing/kt", "class=cls.name/",
		}},
		"GeoJSON": {func(at time.Time, all []walker, s float64) any {
			var features []object
			for _, w := range all {
				lat, lon := w.at(s)
				features = append(features, object{
					"type": "Feature", "geometry": object{"type": "Point", "coordinates": []float64{lon, lat}},
					"properties": object{"track": w.id, "category": "truck", "t": at.Unix()},
				})
			}
			return object{"type": "FeatureCollection", "features": features}
		}, []string{
			"=$.features[]detection/", "position.lat=geometry.coordinates[1]/", "position.lon=geometry.coordinates[0]/", "track=properties.track/",
			"time=properties.t/epoch_s", "class=properties.category/",
		}},
		"exchanged labels and a longitude without its sign": {func(at time.Time, all []walker, s float64) any {
			lat, lon := all[0].at(s)
			return object{"lat": -lon, "lon": lat, "time": at.UnixNano(), "id": fmt.Sprint(at.UnixNano())}
		}, []string{"time=time/epoch_ns", "position.lat=lon/", "position.lon=lat/"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := survey(t, tc.shape)
			for _, want := range tc.want {
				if !slices.Contains(strings.Split(steps(&f), "\n"), want) {
					t.Errorf("no step %s in\n%s", want, steps(&f))
				}
			}
			if f.Refused > 0 || f.Detections < 120 {
				t.Errorf("%d detections, %d refused: %s", f.Detections, f.Refused, f.Refusal)
			}
			if f.Delay < 0 || f.Delay > 1100*time.Millisecond || f.PerSecond < 1.9 || f.PerSecond > 2.1 {
				t.Errorf("delay %v, %v a second", f.Delay, f.PerSecond)
			}
			readBack(t, &f)
		})
	}
}

// readBack holds the positions that the mapping makes to where the walkers are.
func readBack(t *testing.T, f *discover.Finding) {
	t.Helper()
	if !slices.ContainsFunc(f.Definition.Mapping, func(s sensor.MappingStep) bool { return s.To == "position.lat" }) {
		return
	}
	if f.Spread < 5 || f.Spread > 2000 {
		t.Errorf("positions spread over %v m", f.Spread)
	}
}

// The same object in a binary encoding is found as it is in JSON.
func TestInfer_readsBinaryEncodings(t *testing.T) {
	for encoding, pack := range map[sensor.Encoding]func(any) ([]byte, error){sensor.CBOR: cbor.Marshal, sensor.MessagePack: msgpack.Marshal} {
		s := discover.New(emerson())
		for i := range 30 {
			at := start().Add(time.Duration(i) * time.Second)
			lat, lon := walkers()[0].at(float64(i))
			payload, err := pack(object{"t": at.UnixMilli(), "objs": []object{{"lat": lat, "lng": lon, "id": 7}}})
			if err != nil {
				t.Fatal(err)
			}
			s.Add(discover.Message{Received: at, Topic: "b", Payload: payload})
		}
		f := s.Findings()[0]
		if f.Definition.Encoding != encoding || f.Detections != 30 || !strings.Contains(discover.YAML(s.Findings(), time.Minute), "encoding: ") {
			t.Errorf("%s: %q, %d detections, %s\n%s", encoding, f.Definition.Encoding, f.Detections, f.Refusal, steps(&f))
		}
	}
}

// Three radars of one make, and one that speaks otherwise on a topic like theirs.
func TestFindings_sensorsOfOneMakeAreOneDefinition(t *testing.T) {
	s := discover.New(emerson())
	for i := range 60 {
		at := start().Add(time.Duration(i) * time.Second)
		for k, name := range []string{"north", "7", "south-2", "odd"} {
			lat, lon := walkers()[k%3].at(float64(i))
			shape := object{"t": at.UnixMilli(), "objs": []object{{"lat": lat, "lng": lon, "id": 7, "label": []string{"human", "car", "deer"}[k%3]}}}
			if name == "odd" {
				shape = object{"time": at.UnixMilli(), "latitude": lat, "longitude": lon}
			}
			payload, err := json.Marshal(shape)
			if err != nil {
				t.Fatal(err)
			}
			s.Add(discover.Message{Received: at.Add(50 * time.Millisecond), Topic: "acme/" + name + "/radar", Payload: payload})
		}
	}
	all := s.Findings()
	if len(all) != 2 {
		t.Fatalf("%d findings:\n%s", len(all), discover.YAML(all, time.Minute))
	}
	odd, many := all[1], all[0]
	if len(many.Each) == 0 {
		odd, many = many, odd
	}
	if odd.Topic != "acme/odd/radar" || odd.Topics != 1 || len(odd.Each) != 0 || odd.Detections != 60 {
		t.Errorf("the other is %+v", odd)
	}
	var ids []string
	for _, d := range many.Each {
		ids = append(ids, d.ID)
	}
	if !slices.Equal(ids, []string{"7", "north", "south-2"}) || many.Topic != "acme/{sensor}/radar" || many.Topics != 3 ||
		many.Detections != 180 {
		t.Errorf("%s, %d topics, %d detections, ids %v", many.Topic, many.Topics, many.Detections, ids)
	}
	text := discover.YAML(all, time.Minute)
	for _, want := range []string{
		"  - ids:", `{id: "7", pose:`, "{id: south-2, pose:", `topic: "acme/{sensor}/radar"`,
		"{from: human, to: person}", "{from: deer, to: animal}", "{from: car, to: vehicle}",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestFindings_namesEveryCameraOfAFrigate(t *testing.T) {
	s := discover.New(emerson())
	for i, camera := range []string{"west", "east", "west"} {
		payload := fmt.Appendf(nil, `{"type":"new","after":{"id":"1","camera":%q,"frame_time":1795507200.5,"box":[1,2,3,4],`+
			`"label":"person"}}`, camera)
		s.Add(discover.Message{Received: start().Add(time.Duration(i) * time.Second), Topic: "frigate/events", Payload: payload})
	}
	f := s.Findings()[0]
	if f.Format != normalize.Frigate || f.Definition.Camera.Name != "east" || !strings.Contains(strings.Join(f.Notes, "; "), "east, west") {
		t.Errorf("%+v", f)
	}
}

func TestInfer_aClockThatIsWrongIsNotUsed(t *testing.T) {
	for name, off := range map[string]time.Duration{"ahead": 5 * time.Second, "local time": -6 * time.Hour} {
		f := survey(t, func(at time.Time, all []walker, s float64) any {
			lat, lon := all[0].at(s)
			return object{"lat": lat, "lon": lon, "time": at.Add(off).Format("2006-01-02T15:04:05.000")}
		})
		if !strings.Contains(steps(&f), "time=$received/") || !strings.Contains(strings.Join(f.Notes, "; "), "clock") || f.Refused > 0 {
			t.Errorf("%s: %s %v %s", name, steps(&f), f.Notes, f.Refusal)
		}
	}
}

func TestInfer_saysWhatItCannotRead(t *testing.T) {
	s := discover.New(emerson())
	for i := range 10 {
		at := start().Add(time.Duration(i) * time.Second)
		s.Add(discover.Message{Received: at, Topic: "a/weather", Payload: []byte(`{"temp":-3.2,"wind":4}`)})
		s.Add(discover.Message{Received: at, Topic: "b/binary", Payload: []byte{0x30, 0, 9, 0xff, 1, 2}})
		s.Add(discover.Message{Received: at, Topic: "c/\n: x", Payload: nil})
	}
	for _, f := range s.Findings() {
		if f.Format != "" || f.Why == "" {
			t.Errorf("%q: %q %q", f.Topic, f.Format, f.Why)
		}
	}
	text := discover.YAML(s.Findings(), time.Minute)
	if strings.Contains(text, "sensors:") || !strings.Contains(text, "# Nothing") || strings.Contains(text, "c/\n") {
		t.Errorf("%s", text)
	}
}

// The same messages give the same text: a survey has a map inside.
func TestSurvey_isTheSameEachTime(t *testing.T) {
	once := func() string {
		s := discover.New(emerson())
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 300 {
			payload := fmt.Appendf(nil, `{"a":%v,"c":%d,"lat":%v,"lon":%v}`, r.Float64(), r.IntN(9), 49+r.Float64()/100, -97.2-r.Float64()/100)
			at := start().Add(time.Duration(i) * time.Second)
			s.Add(discover.Message{Received: at, Topic: fmt.Sprintf("t/%d", r.IntN(20)), Payload: payload})
		}
		return discover.YAML(s.Findings(), time.Minute)
	}
	first := once()
	for range 5 {
		if once() != first {
			t.Fatal("two texts of the same messages")
		}
	}
}

func TestSurvey_isBounded(t *testing.T) {
	s := discover.New(emerson())
	for i := range 300 {
		s.Add(discover.Message{Received: start(), Topic: fmt.Sprint("t/", i), Payload: []byte("{}")})
	}
	if s.Overlooked != 100 || len(s.Findings()) != 200 {
		t.Errorf("%d overlooked, %d looked at", s.Overlooked, len(s.Findings()))
	}
}

func TestNormalize_formatsAreAllKnownHere(t *testing.T) {
	known := discover.Formats()
	for _, format := range normalize.Formats() {
		if format != normalize.JSON && !slices.Contains(known, format) {
			t.Errorf("%s is not recognised by its shape", format)
		}
	}
}
