package sector

import (
	"slices"
	"strings"
	"time"

	"cutline/internal/detection"
	"cutline/internal/record"
)

// health is what is known of one sensor's state.
type health struct {
	ID       string
	State    detection.State // as told last
	Said     detection.State // by its own status, or its will
	Heard    bool
	HeardAt  time.Duration // uptime
	HeardNow time.Time     // receipt

	Latency  float64 // s, smoothed
	Timed    bool    // Latency and the buckets' offsets hold something
	Buckets  [6]bucket
	Battery  float64
	HasBatt  bool
	Faults   []string
	Rejects  uint64
	Late     uint64
	LateUsed uint64
	Changed  bool // something that is told at once
	Untold   bool // something that can wait for tellHealth
	ToldAt   time.Duration
	ToldOnce bool
	OutSince time.Time
	IsOut    bool
	Trouble  troubles
	Platform detection.Pose // the last one of a sensor that moves, holds if Moves
	Moves    bool
	MovedAt  time.Duration // uptime
	View     detection.FieldOfView
	HasView  bool
}

// bucket counts what came in ten seconds of uptime.
type bucket struct {
	Number   int64 // uptime ÷ bucketLength; others are empty
	Messages int
	Timed    bool
	Offset   time.Duration // least receipt − event time
}

const (
	bucketLength = 10 * time.Second
	tellHealth   = 10 * time.Second
	latencyShare = .05 // of the newest message in the smoothed latency

	tamper = "tamper" // the fault of a sensor that somebody is at
)

// hear takes in a message that normalize accepted.
func (h *health) hear(c *clock, in *record.Input) {
	h.Heard, h.HeardAt, h.HeardNow, h.Untold = true, c.Uptime, c.Now, true
	n := int64(c.Uptime / bucketLength)
	b := &h.Buckets[n%int64(len(h.Buckets))]
	if b.Number != n {
		*b = bucket{Number: n}
	}
	b.Messages++
	for i := range in.Scans {
		scan := &in.Scans[i]
		d := in.Received.Sub(scan.EventTime)
		if !b.Timed || d < b.Offset {
			b.Timed, b.Offset = true, d
		}
		if h.Latency += latencyShare * (d.Seconds() - h.Latency); !h.Timed {
			h.Latency, h.Timed = d.Seconds(), true
		}
		if scan.HasPlatform {
			h.Platform, h.Moves, h.MovedAt = scan.Platform, true, c.Uptime
		}
		if scan.HasView {
			h.View, h.HasView = scan.View, true
		}
	}
	if h.Said == detection.Offline {
		h.Said = detection.UnknownState // its will was written before; it speaks
	}
	if in.Status != nil {
		h.say(in.Status)
	}
}

// say takes in what a sensor says of itself. A status without a state and without a fault is a sign of life, perhaps with the battery's:
// what the sensor said of its faults before still holds.
func (h *health) say(st *detection.Status) {
	if st.HasBattery {
		h.Battery, h.HasBatt = st.Battery, true
	}
	if st.HasView {
		h.View, h.HasView = st.View, true
	}
	if st.State == detection.UnknownState && len(st.Faults) == 0 && !st.Tamper {
		return
	}
	h.Said = st.State
	faults := make([]string, 0, len(st.Faults)+1)
	for _, f := range st.Faults {
		faults = append(faults, strings.Clone(f)) // the record's memory is the journal's
	}
	if st.Tamper {
		faults = append(faults, tamper)
	}
	if !slices.Equal(faults, h.Faults) {
		h.Faults, h.Changed = faults, true
	}
}

// state of a sensor at this uptime.
func (h *health) state(c *clock, maxSilence time.Duration) detection.State {
	switch {
	case h.Said == detection.Offline:
		return detection.Offline
	case maxSilence > 0 && c.Uptime-h.HeardAt > maxSilence:
		return detection.Silent
	case !h.Heard:
		return detection.UnknownState
	case h.Said == detection.Degraded:
		return detection.Degraded
	}
	return detection.Online
}

// judge finds a sensor's state, raises or ends its alert, and tells its health: a change at once, the rest every ten seconds.
func (s *Sector) judge(i int) {
	h, c := &s.health[i], &s.clock
	state := h.state(c, s.cfg.Sensors[i].MaxSilence)
	if state != h.State {
		h.State, h.Changed = state, true
		s.coverage.Stale = true
	}
	if s.guest(&s.cfg.Sensors[i]) {
		return
	}
	out := state == detection.Silent || state == detection.Offline
	if out && !h.IsOut {
		switch {
		case state == detection.Offline:
			h.OutSince = c.Now
		case h.Heard:
			h.OutSince = h.HeardNow
		default:
			h.OutSince = c.Begun
		}
	}
	if out != h.IsOut {
		h.IsOut = out
		s.watchMast(i)
	}
	s.watchTamper(i)
	if !h.Changed && (!h.Untold || h.ToldOnce && c.Uptime-h.ToldAt < tellHealth) {
		return
	}
	h.Changed, h.Untold, h.ToldAt, h.ToldOnce = false, false, c.Uptime, true
	e := h.event(c)
	e.Bias = s.bias(i)
	if off := s.cfg.Sensors[i].OutOfService; off != "" {
		e.Faults = append(e.Faults, "out of service: "+off)
	}
	s.emit(record.Event{Type: record.SensorType, Time: c.Now, Sensor: e})
}

func (h *health) event(c *clock) *record.SensorEvent {
	e := &record.SensorEvent{
		ID: h.ID, State: h.State.String(), LatencyMS: round(h.Latency*1e3, 1),
		Faults: append([]string{}, h.Faults...), Rejects: h.Rejects, Late: h.Late, LateUsed: h.LateUsed,
	}
	n := int64(c.Uptime / bucketLength)
	messages, offset, timed := 0, time.Duration(0), false
	for _, b := range h.Buckets {
		if b.Number <= n-int64(len(h.Buckets)) {
			continue
		}
		messages += b.Messages
		if b.Timed && (!timed || b.Offset < offset) {
			offset, timed = b.Offset, true
		}
	}
	if span := min(c.Uptime, time.Duration(len(h.Buckets)-1)*bucketLength+c.Uptime%bucketLength); span >= time.Second {
		e.RateHz = round(float64(messages)/span.Seconds(), 2)
	}
	e.ClockOffsetMS = round(float64(offset)/1e6, 1)
	if h.HasBatt {
		v := round(h.Battery, 1)
		e.BatteryPct = &v
	}
	return e
}
