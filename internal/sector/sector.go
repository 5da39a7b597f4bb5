// Package sector is one sector's picture as a pure step: a record of the journal in, the events that it causes out.
//
//	record.Input ─► fusion ─► track.Track ─► border ─► border.Crossing ─► alert ─► record.Event
//	             └► health (sensors, silence) ─► coverage of the line ─► record.Event
//
// Time enters by Input.Received only, and never goes back. The same inputs give the same events, to the byte, and a Sector restored from
// a snapshot steps on as the one that never stopped. Events of one step are in the order of record.Types.
//
// What waits for time to pass (silence, the end of an alert) waits for uptime: receipt time, of which no step counts more than a second. An
// hour in which the daemon was down is then no silence of the sensors. Ticks keep it going where nothing is received.
//
// A Sector belongs to one goroutine. Start at Step; tracks.go is the way of a track to an alert.
package sector

import (
	"errors"
	"fmt"
	"math"
	"time"

	"cutline/internal/alert"
	"cutline/internal/border"
	"cutline/internal/fusion"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// Config of a sector: its place, its line, its sensors, and the settings of the stages.
type Config struct {
	ID       string
	Extent   Extent
	Border   border.Geometry // the whole file's: New clips it
	Sides    [2]string       // names of the sides, left and right of the line's direction
	Zones    []border.Zone
	Beside   []Extent            // of the sectors that have a seam with this one
	Sensors  []sensor.Definition // its own, and those of its neighbours that reach it
	Fusion   fusion.Config
	Crossing border.Config
	Alert    alert.Config

	Ground geo.Metres // height of the plane that everything is reckoned on; 0: the mean of the sensors that stand
}

// Extent of a sector in degrees.
type Extent struct {
	West  float64 `mapstructure:"west"`
	South float64 `mapstructure:"south"`
	East  float64 `mapstructure:"east"`
	North float64 `mapstructure:"north"`
}

// One plane serves a sector only so far: at 50 km its lengths are 0.5 m short, and they get worse with the cube.
const longestExtent = 60e3

// Check reports what is wrong with an extent.
func (e Extent) Check(fault func(path, what string)) {
	for _, c := range []struct {
		path  string
		v, at float64
	}{{"west", e.West, 180}, {"south", e.South, 90}, {"east", e.East, 180}, {"north", e.North, 90}} {
		if !(math.Abs(c.v) <= c.at) {
			fault(c.path, fmt.Sprintf("%v is outside [-%v, %v]: give degrees", c.v, c.at, c.at))
			return
		}
	}
	if !(e.West < e.East) {
		fault("east", fmt.Sprintf("%v is not east of west, %v", e.East, e.West))
		return
	}
	if !(e.South < e.North) {
		fault("north", fmt.Sprintf("%v is not north of south, %v", e.North, e.South))
		return
	}
	frame := geo.NewFrame(e.middle(0))
	corner := frame.ENU(geo.LLA{Lat: geo.Degrees(e.North), Lon: geo.Degrees(e.East)})
	if 2*corner.E > longestExtent || 2*corner.N > longestExtent {
		fault("", fmt.Sprintf("%.0f × %.0f km: at most 60 km each way, make it two sectors", 2*corner.E/1e3, 2*corner.N/1e3))
	}
}

func (e Extent) middle(alt geo.Metres) geo.LLA {
	return geo.LLA{Lat: geo.Degrees((e.South + e.North) / 2), Lon: geo.Degrees((e.West + e.East) / 2), Alt: alt}
}

func (e Extent) box() border.Box {
	return border.Box{West: geo.Degrees(e.West), South: geo.Degrees(e.South), East: geo.Degrees(e.East), North: geo.Degrees(e.North)}
}

// Sector is the state of one sector.
type Sector struct {
	cfg      Config
	settings []byte // cfg as it is encoded
	fresh    bool   // nothing has been stepped yet
	frame    geo.Frame
	line     *border.Line
	areas    []area
	fusion   *fusion.Tracker
	book     *alert.Book
	health   []health // of Config.Sensors, in their order
	byID     map[string]int
	follows  []*follow // in order of creation
	byTrack  map[string]*follow
	coverage coverage

	clock   clock
	pending []record.Event
	order   []record.Type
}

// clock is the sector's time.
type clock struct {
	Begun  time.Time     // the first receipt
	Now    time.Time     // the newest one
	Uptime time.Duration // sum of its advances, each at most longestAdvance
	Looked time.Duration // uptime of the last look at what waits for time to pass
	Skewed time.Duration // uptime of the last look at the sensors' clocks
}

const (
	longestAdvance = time.Second
	lookEvery      = 200 * time.Millisecond
)

// New makes a sector that has seen nothing yet. cfg's parts must have passed their Checks.
func New(cfg Config) (*Sector, error) {
	data, err := cfg.Encode()
	if err != nil {
		return nil, err
	}
	return parse(data)
}

// parse makes a sector of encoded settings: the only way to one, so that it is the same to the bit wherever the settings come from.
func parse(data []byte) (*Sector, error) {
	cfg, err := decodeConfig(data)
	if err != nil {
		return nil, err
	}
	return build(cfg)
}

func build(cfg Config) (*Sector, error) {
	s := &Sector{
		cfg: cfg, byID: make(map[string]int, len(cfg.Sensors)), byTrack: make(map[string]*follow), order: record.Types(), fresh: true,
		frame: geo.NewFrame(cfg.Extent.middle(cfg.Ground)),
	}
	var err error
	if s.settings, err = cfg.encode(); err != nil {
		return nil, err
	}
	if s.line, err = border.New(cfg.Crossing, cfg.Border, s.frame, cfg.Sides); err != nil {
		return nil, fmt.Errorf("sector %q: %w", cfg.ID, err)
	}
	if err := s.buildAreas(); err != nil {
		return nil, err
	}
	for i, d := range cfg.Sensors {
		if _, twice := s.byID[d.ID]; twice {
			return nil, errors.New("sector " + cfg.ID + ": sensor " + d.ID + " is defined twice")
		}
		s.byID[d.ID] = i
		s.health = append(s.health, health{ID: d.ID})
	}
	if inner := cfg.Border.Clip(cfg.Extent.box()); len(inner.Lines) > 0 {
		if line, err := border.New(cfg.Crossing, inner, s.frame, cfg.Sides); err == nil {
			s.coverage = newCoverage(line, s.frame, cfg.Sensors)
		}
	}
	cfg.Fusion.Prefix = cfg.ID
	s.fusion = fusion.New(cfg.Fusion, s.frame, cfg.Sensors)
	s.book = alert.New(cfg.Alert, cfg.ID, cfg.Sensors)
	return s, nil
}

// ground is the height that ground targets are taken to be at: the mean of the fixed sensors'. 100 m of it move a place 10 km from the
// middle by 16 cm.
func ground(sensors []sensor.Definition) geo.Metres {
	sum, n := geo.Metres(0), geo.Metres(0)
	for _, d := range sensors {
		if d.HasPose {
			sum, n = sum+d.Pose.Alt, n+1
		}
	}
	return sum / max(1, n)
}

// Step applies one record and appends the events that it causes to out. The payloads in reject events are the record's own bytes.
func (s *Sector) Step(in record.Input, out []record.Event) []record.Event {
	s.clock.advance(in.Received)
	switch in.Kind {
	case record.Message, record.Rejected:
		s.message(&in)
	case record.CommandGiven:
		s.command(&in)
	case record.Configured:
		s.configure(&in)
	case record.Tick, record.NoKind:
	}
	return s.finish(out)
}

// Overhear applies a message of a sector beside this one.
func (s *Sector) Overhear(in record.Input, out []record.Event) []record.Event {
	s.clock.advance(in.Received)
	s.overhear(&in)
	return s.finish(out)
}

func (s *Sector) finish(out []record.Event) []record.Event {
	s.fresh = false
	s.fuse()
	if s.clock.look() {
		s.watch()
	}
	return s.flush(out)
}

func (c *clock) advance(received time.Time) {
	if c.Begun.IsZero() {
		c.Begun, c.Now = received, received
	}
	c.Uptime += min(max(0, received.Sub(c.Now)), longestAdvance)
	if received.After(c.Now) {
		c.Now = received
	}
}

// look says whether it is time to look at what waits for time: not at each of thousands of records a second.
func (c *clock) look() bool {
	if c.Uptime-c.Looked < lookEvery {
		return false
	}
	c.Looked = c.Uptime
	return true
}

// message takes in what a sensor sent: scans to fusion, the rest to its health, what was wrong with it to the rejects.
func (s *Sector) message(in *record.Input) {
	i, known := s.byID[in.Sensor]
	if known {
		h := &s.health[i]
		h.Rejects += uint64(len(in.Rejects))
		if in.Kind == record.Message {
			h.hear(&s.clock, in)
		}
	}
	for k := range in.Scans {
		scan := &in.Scans[k]
		if known && s.cfg.Sensors[i].OutOfService != "" {
			break // the journal and InfluxDB have it; who tests a sensor must raise no alarm
		}
		arrival := s.fusion.Add(s.clock.Now, *scan)
		if !known {
			continue
		}
		switch arrival {
		case fusion.TooLate:
			s.health[i].Late++
		case fusion.Late:
			s.health[i].LateUsed++
		case fusion.InTime:
		}
	}
	s.reject(in)
	if known {
		s.judge(i)
	}
}

// command does what an operator asked. What can't be done is a reject, so that it is seen; who gives commands asks first.
func (s *Sector) command(in *record.Input) {
	if in.Command == nil {
		return
	}
	var path, reason string
	var handled bool
	if in.Command.Name == record.Report {
		path, reason = s.report(in.Command)
	} else if path, reason, handled = s.correct(in.Command); !handled {
		s.pending, path, reason = s.book.Command(s.clock.Now, in.Command, s.pending)
	}
	if reason != "" {
		s.emit(record.Event{Type: record.RejectType, Time: in.Received, Reject: &record.RejectEvent{
			Topic: record.CommandGiven.String(), Path: path, Reason: reason, Received: in.Received, Payload: []byte{},
		}})
	}
}

// watch looks at everything that may have become due by time alone.
func (s *Sector) watch() {
	for i := range s.health {
		s.judge(i)
	}
	s.watchClocks()
	s.watchCoverage()
	s.pending = s.book.Tick(s.clock.Now, s.pending)
	s.forget()
}

func (s *Sector) emit(e record.Event) {
	e.Sector = s.cfg.ID
	s.pending = append(s.pending, e)
}

// flush hands over what the step has caused, type by type: the journal keeps each type in a message of its own.
func (s *Sector) flush(out []record.Event) []record.Event {
	if len(s.pending) == 0 {
		return out
	}
	for _, t := range s.order {
		for i := range s.pending {
			if s.pending[i].Type == t {
				out = append(out, s.pending[i])
			}
		}
	}
	clear(s.pending) // the events belong to the caller now
	s.pending = s.pending[:0]
	return out
}

// Of one payload so many rejects are told, and so many bytes of it are repeated in them: a sweep of ten thousand faults must not
// make gigabytes of events.
const (
	mostRejects = 64
	mostPayload = 256 << 10
)

func (s *Sector) reject(in *record.Input) {
	rejects := in.Rejects
	if in.Kind == record.Rejected && len(rejects) == 0 {
		rejects = []record.Reject{{Reason: "nothing of it can be used"}}
	}
	for i, r := range rejects {
		if i == mostRejects {
			r = record.Reject{Reason: fmt.Sprintf("and %d more faults", len(rejects)-i)}
		}
		payload := in.Raw
		if payload == nil || i > 0 && len(payload)*min(len(rejects), mostRejects) > mostPayload {
			payload = []byte{}
		}
		s.emit(record.Event{Type: record.RejectType, Time: in.Received, Reject: &record.RejectEvent{
			Topic: in.Topic, Sensor: in.Sensor, Path: r.Path, Reason: r.Reason, Received: in.Received, Payload: payload,
		}})
		if i == mostRejects {
			return
		}
	}
}

// round keeps so many decimals: what is below the noise of the figure only makes the JSON long.
func round(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(x*scale) / scale
}

// degrees is an angle in [0, 360) with so many decimals: 359.99 must not come out as 360.
func degrees(a geo.Radians, decimals int) float64 {
	d := round(float64(geo.Wrap2Pi(a).Degrees()), decimals)
	if d >= 360 {
		return 0
	}
	return d
}
