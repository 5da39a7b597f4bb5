package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// The line is the parallel of 49° from lineWest eastwards; places are metres east of its west end and north of it. A metre is a
// fixed part of a degree here: nobody measures what is made up.
const (
	lineLat       = 49.0
	lineWest      = -97.45
	metresPerLat  = 111_207.0 // WGS 84 at latitude 49
	metresPerLon  = 73_172.0
	longestLine   = 30_000.0 // metres
	spacing       = 500.0    // of sensors, metres, while the line is long enough
	walkingSpeed  = 1.4      // m/s
	errorEast     = 4.0      // 1 σ, metres
	errorNorth    = 6.0
	crossEvery    = 50 // one target of so many walks across the line
	altitude      = 241.0
	goldenSection = 0.6180339887498949
)

// target is one who walks to and fro: along the line, or across it.
type target struct {
	east, north float64 // middle of the way
	swing       float64 // half its length
	phase       float64
	across      bool
}

// world is where the load's targets walk, and which of them each sensor sees.
type world struct {
	length  float64
	reach   float64 // of a sensor, metres
	targets []target
	sensors []site
}

type site struct {
	name string
	east float64
	sees []int // targets
}

func newWorld(cfg Config) *world {
	n := cfg.Targets
	if n == 0 {
		n = 10 * cfg.Sensors
	}
	n = max(n, cfg.Sensors) // a sensor that sees nobody has nothing to say
	w := &world{length: min(longestLine, max(2*spacing, spacing*float64(cfg.Sensors)))}
	apart := w.length / float64(n)
	swing := min(200, max(20, 0.4*apart))
	for i := range n {
		_, part := math.Modf(float64(i) * goldenSection) // spread evenly, neighbours far apart
		t := target{east: (float64(i) + 0.5) * apart, swing: swing, phase: 2 * math.Pi * part}
		t.north = 30 + 120*part
		if i%2 == 1 {
			t.north = -t.north
		}
		if i%crossEvery == crossEvery/2 {
			t.across, t.north, t.swing = true, 0, 60
		}
		w.targets = append(w.targets, t)
	}
	// A sensor sees half way past its neighbours, so that each target has two sensors at least.
	view := w.length/float64(cfg.Sensors) + swing
	w.reach = math.Ceil(math.Hypot(view, 200))
	for i := range cfg.Sensors {
		s := site{name: fmt.Sprintf("%s-%03d", Prefix, i), east: (float64(i) + 0.5) * w.length / float64(cfg.Sensors)}
		for k, t := range w.targets {
			if math.Abs(t.east-s.east)+swing <= view {
				s.sees = append(s.sees, k)
			}
		}
		w.sensors = append(w.sensors, s)
	}
	return w
}

// at is where a target is at a moment, in seconds, and how fast it moves. A sine is as smooth as a walk.
func (t *target) at(seconds float64) (east, north, ve, vn float64) {
	omega := walkingSpeed / t.swing
	sin, cos := math.Sincos(math.Mod(omega*seconds, 2*math.Pi) + t.phase)
	if t.across {
		return t.east, t.north + t.swing*sin, 0, walkingSpeed * cos
	}
	return t.east + t.swing*sin, t.north, walkingSpeed * cos, 0
}

func lat(north float64) float64 { return lineLat + north/metresPerLat }

func lon(east float64) float64 { return lineWest + east/metresPerLon }

// source is one sensor that publishes: its scans, and the messages in them.
type source struct {
	number int // in the ledger
	topic  string
	world  *world
	site   *site
	rnd    *rand.Rand

	seq     uint64 // of the last message
	scan    uint64
	head    []byte // of the messages of the scan: time, and the beginning of the id
	numbers []byte // of the scan
	seconds float64
	next    int // of the targets that it sees
}

func newSource(w *world, number int) *source {
	s := &w.sensors[number]
	return &source{
		number: number, world: w, site: s,
		topic: "border/" + Prefix + "/" + s.name + "/detections",
		rnd:   rand.New(rand.NewPCG(1, uint64(number))), //nolint:gosec // noise of a measurement; a number of a sensor
	}
}

// look begins a scan at a moment: all its messages have its time and number.
func (s *source) look(now time.Time) {
	s.scan++
	s.next = 0
	s.seconds = float64(now.UnixMilli()) / 1000
	s.head = append(s.head[:0], `{"time":"`...)
	s.head = now.UTC().AppendFormat(s.head, "2006-01-02T15:04:05.000Z07:00")
	s.head = append(s.head, `","id":"`...)
	s.head = append(s.head, s.site.name...)
	s.head = append(s.head, '-')
	s.numbers = append(s.numbers[:0], `","scan":`...)
	s.numbers = strconv.AppendUint(s.numbers, s.scan, 10)
}

// message appends the next one of the scan; ok is false at the scan's end.
func (s *source) message(b []byte) (_ []byte, ok bool) {
	if s.next == len(s.site.sees) {
		return b, false
	}
	k := s.site.sees[s.next]
	s.next++
	s.seq++
	east, north, ve, vn := s.world.targets[k].at(s.seconds)
	b = append(b, s.head...)
	b = appendSequence(b, s.seq)
	b = append(b, s.numbers...)
	b = appendFixed(append(b, `,"position":{"lat":`...), lat(north+errorNorth*s.rnd.NormFloat64()), 7)
	b = appendFixed(append(b, `,"lon":`...), lon(east+errorEast*s.rnd.NormFloat64()), 7)
	b = append(b, `,"alt_m":241.0,"alt_ref":"hae"},"error":{"east_m":4.0,"north_m":6.0,"corr":0},"velocity":{"east_mps":`...)
	b = appendFixed(b, ve, 2)
	b = appendFixed(append(b, `,"north_mps":`...), vn, 2)
	b = append(b, `},"class":{"person":0.8,"vehicle":0.1,"animal":0.1},"confidence":0.9,"snr_db":`...)
	b = appendFixed(b, 14+2*s.rnd.NormFloat64(), 1)
	return append(b, `,"simulated":true}`...), true
}

// sequenceDigits of the id; a sequence beyond them has more.
const sequenceDigits = 9

func appendSequence(b []byte, seq uint64) []byte {
	for limit, digits := uint64(10), 1; digits < sequenceDigits; limit, digits = limit*10, digits+1 {
		if seq < limit {
			b = append(b, "000000000"[:sequenceDigits-digits]...)
			break
		}
	}
	return strconv.AppendUint(b, seq, 10)
}

func appendFixed(b []byte, v float64, decimals int) []byte {
	return strconv.AppendFloat(b, v, 'f', decimals, 64)
}
