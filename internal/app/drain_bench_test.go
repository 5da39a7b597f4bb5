package app

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"cutline/internal/influx"
	"cutline/internal/testenv"
)

// The drain: messages that wait at a real Mosquitto for two sessions, one of a bare paho client that counts, the other of the daemon,
// which takes them through everything into a real InfluxDB. Both are children, so that processor and memory are theirs alone.
const (
	drainMessages = 200_000
	drainSensors  = 100
	drainTargets  = 400

	steppedInputs = `cutline_correlate_inputs_total{sector="emerson"}`
	steppedBehind = `cutline_correlate_behind_seconds{sector="emerson"}`
)

// BenchmarkDrain takes about a minute and a half: run it with -benchtime 1x. It begins each time when the child begins, and ends when
// the client has counted the last message, and when InfluxDB holds the last detection and the sector has stepped them all.
func BenchmarkDrain(b *testing.B) {
	if testing.Short() {
		b.Skip("takes a minute and a half")
	}
	for b.Loop() {
		broker := testenv.Mosquitto(b, testenv.Broker{Lines: []string{"persistence false"}})
		db := testenv.Influx(b)
		config := writeSite(b, broker.URL(), "", db)
		field := newField(drainSensors, drainTargets)
		for _, session := range []string{"peer", "cutline"} {
			keepSession(b, broker.URL(), session)
		}
		field.publish(b, broker.URL(), drainMessages)

		peer := startChild(b, asReceiver, broker.URL(), strconv.Itoa(drainMessages))
		peer.waitLine("counted")
		plain := peer.figures(drainMessages)
		peer.end()

		daemon := startChild(b, asDaemon, config)
		drained(b, daemon, db)
		ours := daemon.figures(drainMessages)
		m := daemon.metrics()
		b.ReportMetric(m[`cutline_correlate_events_total{sector="emerson",type="alert"}`], "alert-events")
		b.ReportMetric(m[`cutline_correlate_events_total{sector="emerson",type="track"}`], "track-events")
		daemon.end()

		plain.report(b, "paho")
		ours.report(b, "cutline")
		b.ReportMetric(ours.rate/plain.rate, "rate-ratio")
		b.ReportMetric(ours.cpu/plain.cpu, "cpu-ratio")
		b.ReportMetric(0, "ns/op") // of preparing, too: it says nothing
	}
}

// drained waits until nothing is left to do. What is cheap to ask is asked first: a query costs InfluxDB a part of the two cores.
func drained(b *testing.B, daemon *child, db *testenv.InfluxDB) {
	b.Helper()
	points := influx.Defaults()
	points.URL, points.Org, points.Bucket = db.URL(), db.Org, db.Bucket
	var m map[string]float64
	stepped := func() bool {
		m = daemon.metrics()
		return m[steppedInputs] >= drainMessages && m[steppedBehind] < .5
	}
	detections := int64(0)
	stored := func() bool {
		counts, err := influx.CountPoints(b.Context(), points, time.Unix(0, 0))
		if err != nil {
			b.Fatal(err)
		}
		detections = counts["detection"]
		return detections == drainMessages
	}
	ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
	defer cancel()
	for !stepped() || !stored() {
		select {
		case <-ctx.Done():
			b.Fatalf("not drained: %v inputs stepped, %d detections in InfluxDB", m[steppedInputs], detections)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// writeSite is the configuration of a site of drainSensors radars along the line of the example.
// Without a broker's URL the daemon has its own, at listen; without an InfluxDB it has none.
func writeSite(tb testing.TB, broker, listen string, db *testenv.InfluxDB) (file string) {
	tb.Helper()
	dir := tb.TempDir()
	border, err := filepath.Abs("../../configs/borders/emerson.geojson")
	if err != nil {
		tb.Fatal(err)
	}
	var text strings.Builder
	if broker == "" {
		fmt.Fprintf(&text, "broker: {listen: %q}\nmqtt: {state_dir: %q}\n", listen, dir)
	} else {
		fmt.Fprintf(&text, "mqtt: {url: %q, client_id: cutline, state_dir: %q}\n", broker, dir)
	}
	if db != nil {
		fmt.Fprintf(&text, "influx: {url: %q, org: ops, bucket: %q, dir: %q}\n", db.URL(), db.Bucket, dir)
	}
	fmt.Fprintf(&text, "journal: {dir: %q, sync: always}\nhttp: {listen: %q}\nborder: {file: %q, sides: [US, CA]}\n",
		filepath.Join(dir, "journal"), freeAddress(tb), border)
	text.WriteString("sectors:\n  - {id: emerson, extent: {west: -97.34, south: 48.95, east: -97.13, north: 49.06}}\nsensors:\n")
	for _, s := range newField(drainSensors, 0).sensors {
		fmt.Fprintf(&text, "  - {id: %s, sector: emerson, group: %[1]s, kind: radar, topic: border/emerson/%[1]s/detections, format: cutline/v1,"+
			" pose: {lat: %.6f, lon: %.6f, alt_m: 241}, coverage: {range_m: %d}, error: {position_m: 5}, detection_probability: 0.85,"+
			" clutter_per_scan: 0.1, scan_period: 2s, max_silence: 1m}\n", s.id, s.lat, s.lon, sensorRange)
	}
	file = filepath.Join(dir, "cutline.yaml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// A field is ground with sensors on it and people who walk, each straight on.
type field struct {
	sensors []drainSensor
	walkers []walker
	rng     *rand.Rand
}

type drainSensor struct {
	id       string
	lat, lon float64
	e, n     float64 // m from the middle
}

type walker struct{ e, n, ve, vn float64 } // m, m/s at the beginning

// The middle of the line, the metres of a degree there (WGS 84, to a part in a thousand), and how far a sensor sees.
const (
	midLat, midLon         = 49.0004, -97.235
	degreeLat, degreeLon   = 111_200., 73_200.
	halfWidth, halfDepth   = 7000., 1500.
	sensorRange            = 800
	scanPeriod             = 2 * time.Second
	sensorPd, sensorErrorM = .85, 5.
)

// newField puts sensors in five rows, and walkers anywhere, at a walker's pace.
func newField(sensors, walkers int) *field {
	f := &field{rng: rand.New(rand.NewPCG(11, 12))}
	columns := sensors / 5
	for i := range sensors {
		s := drainSensor{id: fmt.Sprintf("s%03d", i)}
		s.e = halfWidth * (2*(float64(i%columns)+.5)/float64(columns) - 1)
		s.n = halfDepth * (2*(float64(i/columns)+.5)/5 - 1)
		s.lat, s.lon = midLat+s.n/degreeLat, midLon+s.e/degreeLon
		f.sensors = append(f.sensors, s)
	}
	for range walkers {
		sin, cos := math.Sincos(2 * math.Pi * f.rng.Float64())
		speed := .8 + f.rng.Float64()
		f.walkers = append(f.walkers, walker{
			e: halfWidth * (2*f.rng.Float64() - 1), n: halfDepth * (2*f.rng.Float64() - 1), ve: speed * sin, vn: speed * cos,
		})
	}
	return f
}

// publish sends n messages, sweep by sweep, each a detection of one sensor. They tell of the minutes that have just passed.
func (f *field) publish(b *testing.B, broker string, n int) {
	b.Helper()
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker).SetClientID("field").SetOrderMatters(false))
	wait(b, client.Connect())
	defer client.Disconnect(250)
	perSweep := f.perSweep()
	start := time.Now().UTC().Add(-time.Duration(float64(n)/perSweep+5) * scanPeriod)
	sent, bytes := 0, 0
	var tokens []mqtt.Token
	for sweep := 0; sent < n; sweep++ {
		for i := range f.sensors {
			at := start.Add(time.Duration(sweep)*scanPeriod + time.Duration(i)*scanPeriod/time.Duration(len(f.sensors)))
			for k := range f.walkers {
				if sent == n || !f.sees(i, k, at.Sub(start)) {
					continue
				}
				payload := f.message(k, sent, sweep, at, at.Sub(start))
				tokens = append(tokens, client.Publish("border/emerson/"+f.sensors[i].id+"/detections", 1, false, payload))
				sent, bytes = sent+1, bytes+len(payload)
			}
		}
		for _, t := range tokens {
			wait(b, t)
		}
		tokens = tokens[:0]
	}
	b.ReportMetric(float64(bytes)/float64(n), "bytes/message")
}

// perSweep is about how many detections one sweep of all sensors gives.
func (f *field) perSweep() float64 {
	n := 0
	for i := range f.sensors {
		for k := range f.walkers {
			if f.distance(i, k, 0) < sensorRange {
				n++
			}
		}
	}
	return float64(n) * sensorPd
}

func (f *field) distance(i, k int, after time.Duration) float64 {
	s, w, t := &f.sensors[i], &f.walkers[k], after.Seconds()
	return math.Hypot(w.e+w.ve*t-s.e, w.n+w.vn*t-s.n)
}

func (f *field) sees(i, k int, after time.Duration) bool {
	return f.distance(i, k, after) < sensorRange && f.rng.Float64() < sensorPd
}

// message is a native detection of about 335 bytes.
func (f *field) message(k, number, sweep int, at time.Time, after time.Duration) string {
	w, t := &f.walkers[k], after.Seconds()
	e, n := w.e+w.ve*t+sensorErrorM*f.rng.NormFloat64(), w.n+w.vn*t+sensorErrorM*f.rng.NormFloat64()
	return fmt.Sprintf(`{"time":"%s","id":"%d","scan":%d,"position":{"lat":%.7f,"lon":%.7f,"alt_m":241.0,"alt_ref":"hae"},`+
		`"error":{"east_m":%.1f,"north_m":%.1f,"corr":0.0},"velocity":{"east_mps":%.2f,"north_mps":%.2f},`+
		`"class":{"person":0.8,"vehicle":0.1,"animal":0.1},"confidence":0.9,"track":"local-%d","snr_db":%.1f}`,
		at.Format("2006-01-02T15:04:05.000Z07:00"), 1_000_000+number, sweep, midLat+n/degreeLat, midLon+e/degreeLon,
		sensorErrorM, sensorErrorM, w.ve+.2*f.rng.NormFloat64(), w.vn+.2*f.rng.NormFloat64(), 100+k, 14+2*f.rng.NormFloat64())
}

// keepSession makes a persistent session that waits for the sensors' messages.
func keepSession(tb testing.TB, broker, name string) {
	tb.Helper()
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker).SetClientID(name).SetCleanSession(false).SetProtocolVersion(4))
	wait(tb, client.Connect())
	wait(tb, client.Subscribe("border/emerson/+/detections", 1, nil))
	client.Disconnect(250)
}

func wait(tb testing.TB, token mqtt.Token) {
	tb.Helper()
	if !token.WaitTimeout(time.Minute) || token.Error() != nil {
		tb.Fatalf("the broker does not answer: %v", token.Error())
	}
}
