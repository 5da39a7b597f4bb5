package sector

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cutline/internal/alert"
	"cutline/internal/detection"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// troubles are what is wrong with a sensor beside its silence, as told last.
type troubles struct {
	Tamper, Skew, Bias bool
}

const (
	mostAhead    = time.Second            // that a sensor's clock may be: nothing is received before it was seen
	mostBehind   = 5 * time.Second        // and behind: a slow link and a slow computer take less
	steadyWithin = 500 * time.Millisecond // of which a clock that is wrong stays wrong
	skewEvery    = 5 * time.Second        // of uptime, between two looks at the clocks
	gapStays     = time.Minute            // of uptime, that a part of the line is dark before that is an alarm: a view turns, and turns back
	leastGap     = 200.0                  // m of the line
)

// report takes in what a part of the daemon says of itself.
func (s *Sector) report(c *record.Command) (path, reason string) {
	parts := []string{alert.Journal, alert.Influx, alert.Configuration}
	i := slices.Index(parts, c.Other)
	switch {
	case i < 0:
		return "other", fmt.Sprintf("%q: must be one of %s", c.Other, strings.Join(parts, ", "))
	case c.Undo:
		s.pending = s.book.Clear(s.clock.Now, parts[i], "", s.pending)
	default:
		s.pending = s.book.Raise(s.clock.Now, alert.Trouble(parts[i], s.clock.Now, strings.Clone(c.Comment)), s.pending)
	}
	return "", ""
}

// watchMast raises, changes or clears the alert of the mast that bears sensor i: one for all of its sensors. Those that are out of service
// count only while all that are not heard are so.
func (s *Sector) watchMast(i int) {
	m := alert.Mast{Group: s.cfg.Sensors[i].Group}
	used := slices.ContainsFunc(s.cfg.Sensors, func(d sensor.Definition) bool {
		return d.Group == m.Group && d.OutOfService == "" && s.health[s.byID[d.ID]].IsOut
	})
	var posts []*post
	for k := range s.health {
		h, d := &s.health[k], &s.cfg.Sensors[k]
		if d.Group != m.Group || s.guest(d) || used && d.OutOfService != "" {
			continue
		}
		if d.MaxSilence > 0 || h.IsOut {
			m.Sensors++
		}
		if h.IsOut {
			m.Out = append(m.Out, alert.Outage{Sensor: d, Since: h.OutSince, Offline: h.State == detection.Offline})
			posts = append(posts, s.coverage.post(k))
		}
	}
	if len(m.Out) == 0 {
		s.pending = s.book.Clear(s.clock.Now, alert.SensorSilent, m.Group, s.pending)
		return
	}
	m.Hole = s.coverage.hole(posts)
	s.pending = s.book.Raise(s.clock.Now, alert.Silence(m), s.pending)
}

// watchTamper tells at once what a sensor says of hands at it.
func (s *Sector) watchTamper(i int) {
	h, d := &s.health[i], &s.cfg.Sensors[i]
	switch tampered := slices.Contains(h.Faults, tamper); {
	case tampered && !h.Trouble.Tamper:
		s.pending = s.book.Raise(s.clock.Now, alert.Tamper(d, s.clock.Now), s.pending)
		h.Trouble.Tamper = true
	case !tampered && h.Trouble.Tamper:
		s.pending = s.book.Clear(s.clock.Now, alert.SensorTamper, d.ID, s.pending)
		h.Trouble.Tamper = false
	}
}

// service tells anew what is wrong with sensor i, which has been taken out of service or put back.
func (s *Sector) service(i int) {
	d := &s.cfg.Sensors[i]
	s.health[i].Changed = true
	s.pending = s.book.Service(s.clock.Now, d, s.pending)
	s.watchMast(i)
}

// watchClocks finds sensors whose clock is off. One that is behind looks like one whose link is slow, and a link may be as slow as it
// likes; but no link takes equally long for a whole minute.
func (s *Sector) watchClocks() {
	if s.clock.Uptime-s.clock.Skewed < skewEvery {
		return
	}
	s.clock.Skewed = s.clock.Uptime
	for i := range s.health {
		h, d := &s.health[i], &s.cfg.Sensors[i]
		if s.guest(d) {
			continue
		}
		offset, timed, steady := h.offset(&s.clock)
		limit := mostAhead
		if offset > 0 {
			limit = mostBehind
		}
		switch off := timed && offset.Abs() > limit; {
		case off && (offset < 0 || steady) && !h.Trouble.Skew:
			s.pending = s.book.Raise(s.clock.Now, alert.Skewed(d, s.clock.Now, offset, limit), s.pending)
			h.Trouble.Skew = true
		case timed && !off && h.Trouble.Skew:
			s.pending = s.book.Clear(s.clock.Now, alert.ClockSkew, d.ID, s.pending)
			h.Trouble.Skew = false
		}
		s.watchBias(i)
	}
}

// offset is the least time from what a sensor saw to its receipt, of the last minute; timed is false if nothing is known, and steady says
// whether all of the minute agrees.
func (h *health) offset(c *clock) (least time.Duration, timed, steady bool) {
	n := int64(c.Uptime / bucketLength)
	most, whole := time.Duration(math.MinInt64), 0
	for _, b := range h.Buckets {
		if b.Number <= n-int64(len(h.Buckets)) || !b.Timed {
			continue
		}
		if !timed || b.Offset < least {
			least, timed = b.Offset, true
		}
		if b.Number < n { // of the present one little is known
			whole, most = whole+1, max(most, b.Offset)
		}
	}
	return least, timed, whole == len(h.Buckets)-1 && most-least <= steadyWithin
}

// watchGap holds who watches the line against who could. What a mast leaves unwatched that is not heard is in that one's alert; the
// rest, if it stays, has one of its own.
func (s *Sector) watchGap() {
	c := &s.coverage
	var out []int
	for i := range s.health {
		if s.health[i].IsOut {
			out = append(out, i)
		}
	}
	for k, i := range out { // once for each mast
		if !slices.ContainsFunc(out[:k], func(o int) bool { return s.cfg.Sensors[o].Group == s.cfg.Sensors[i].Group }) {
			s.watchMast(i)
		}
	}
	if len(out) > 0 || c.gap() < leastGap {
		c.GapSince = 0
		s.pending = s.book.Clear(s.clock.Now, alert.CoverageGap, "", s.pending)
		return
	}
	if c.GapSince == 0 {
		c.GapSince = s.clock.Uptime
	}
	if s.clock.Uptime-c.GapSince >= gapStays && !s.book.Stands(alert.CoverageGap, "") {
		from, to := c.gapEnds()
		s.pending = s.book.Raise(s.clock.Now, alert.Gap(s.clock.Now.Add(-gapStays), from, to, c.gap()), s.pending)
	}
}
