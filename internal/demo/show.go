package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"cutline/internal/app"
	"cutline/internal/influx"
	"cutline/internal/record"
	"cutline/internal/score"
	"cutline/internal/screen"
	"cutline/internal/web"
	"cutline/internal/web/client"
	"cutline/simulator"
)

// show is what the terminal shows, and what has to be remembered for the closing lines. Its methods may be called by any goroutine.
type show struct {
	o       Options
	name    string
	sensors int

	mu       sync.Mutex
	began    time.Time
	line     bool // the last line on the terminal is the figures': the next text goes over it
	progress simulator.Progress
	truths   []record.Truth
	alerts   []record.AlertEvent // every change, in order
	ill      map[string]string   // what is wrong, by component of the daemon
	tracks   map[string]string   // status by id
	health   map[string]string   // state by sensor
	rejects  int
	first    time.Duration // until the first alert, 0 before
}

func newShow(o Options, s *simulator.Scenario, sensors int) *show {
	return &show{
		o: o, name: s.Name, sensors: sensors, began: time.Now(),
		ill: map[string]string{}, tracks: map[string]string{}, health: map[string]string{},
	}
}

// print writes text above the line of figures.
func (s *show) print(text string) {
	if s.line {
		s.write("\r\x1b[K")
		s.line = false
	}
	s.write(text + "\n")
}

// write leaves a terminal that has gone alone: the demo goes on, and its end is told by the exit code.
func (s *show) write(text string) { _, _ = io.WriteString(s.o.Out, text) }

func (s *show) opening(at app.Endpoints, db *influx.Config, dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.o.Style
	s.print(st.Bold(fmt.Sprintf("Cutline demo: scenario %s, seed %d, %d sensors", s.name, s.o.Seed, s.sensors)))
	s.print("  broker    " + at.MQTT + "  (embedded; the simulated sensors publish there)")
	s.print("  API       " + at.HTTP)
	if db == nil {
		s.print("  InfluxDB  " + st.Warn("off: nothing is written to a database, the journal alone keeps the picture"))
	} else {
		s.print("  InfluxDB  " + db.URL + "  bucket " + db.Bucket)
	}
	s.print("  data      " + dir)
	try := "  try       cutline status · cutline alerts --follow · cutline ack ID · cutline rejects"
	if addr := strings.TrimPrefix(at.HTTP, "http://"); addr != web.Defaults().Listen {
		try += "   each with --daemon " + addr
	}
	s.print(try)
	s.print(st.Dim("Alerts appear as they are raised; the first crossing is about half a minute away. Ctrl-C ends the demo and sums it up."))
	s.print("")
}

// truth takes a line of truth from the simulator.
func (s *show) truth(t record.Truth) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.truths = append(s.truths, t)
	return nil
}

func (s *show) sent(p simulator.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress = p
}

// follow reads the daemon's stream of events, as a console would, until ctx ends.
func (s *show) follow(ctx context.Context, c *client.Client) {
	for ctx.Err() == nil {
		err := c.Follow(ctx, client.From{}, func(m client.Message) error {
			s.event(m.Event)
			return nil
		})
		if err != nil && ctx.Err() == nil {
			wait(ctx, 100*time.Millisecond) // the API is not up yet
		}
	}
}

func (s *show) event(e *record.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.Track != nil:
		if e.Track.Status == "lost" {
			delete(s.tracks, e.Track.ID)
			return
		}
		s.tracks[e.Track.ID] = e.Track.Status
	case e.Sensor != nil:
		s.health[e.Sensor.ID] = e.Sensor.State
	case e.Reject != nil:
		s.rejects++
		s.print(s.o.Style.Reject(e.Reject))
	case e.Alert != nil:
		s.alert(e.Alert)
	}
}

// alert prints what is new to an operator: a rise of the level, and the end, but not every change of the evidence.
func (s *show) alert(a *record.AlertEvent) {
	if s.first == 0 {
		s.first = time.Since(s.began)
	}
	var before *record.AlertEvent
	for i := range s.alerts {
		if s.alerts[i].ID == a.ID {
			before = &s.alerts[i]
		}
	}
	told := before != nil && before.Level == a.Level && before.Priority == a.Priority && before.State == a.State && before.Count == a.Count
	s.alerts = append(s.alerts, *a)
	if a.Change != "end" && !told {
		s.print(s.o.Style.Alert(a))
	}
}

// figures keeps the line of figures until ctx ends.
func (s *show) figures(ctx context.Context, c *client.Client) {
	every := 10 * time.Second
	if s.o.Terminal {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		status, err := c.Status(ctx)
		if err != nil {
			continue // the next second may do better, and the stream says it if the daemon has gone
		}
		s.components(status.Components)
		s.showFigures(status.Rates["messages"])
	}
}

// startTime is how long a part of the daemon may take until it is well for the first time.
const startTime = 3 * time.Second

// components says once what has gone wrong with a part of the daemon, and once that it is well again.
func (s *show) components(all []client.Component) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.began) < startTime {
		return
	}
	for _, c := range all {
		_, was := s.ill[c.Name]
		switch {
		case !c.OK && !was:
			s.ill[c.Name] = c.Message
			s.print(fmt.Sprintf("%s  %s  %s: %s", screen.Clock(time.Now()), s.o.Style.Bad("system"), c.Name, c.Message))
		case c.OK && was:
			delete(s.ill, c.Name)
			s.print(fmt.Sprintf("%s  %s  %s: well again: %s", screen.Clock(time.Now()), s.o.Style.Good("system"), c.Name, c.Message))
		}
	}
}

func (s *show) showFigures(rate float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	up := 0
	for _, state := range s.health {
		if state == "online" {
			up++
		}
	}
	confirmed := 0
	for _, status := range s.tracks {
		if status == "confirmed" || status == "coasting" {
			confirmed++
		}
	}
	text := fmt.Sprintf("%s  feeds %d of %d up, %.0f messages/s, %d in all · tracks %d confirmed, %d tentative · alerts %d · rejects %d",
		screen.Clock(time.Now()), up, s.sensors, rate, s.progress.Sent, confirmed, len(s.tracks)-confirmed, s.raised(), s.rejects)
	if !s.o.Terminal {
		s.print(text)
		return
	}
	if s.o.Columns != nil {
		text = screen.Fit(text, s.o.Columns()) // a line that wraps cannot be written over
	}
	s.write("\r\x1b[K" + s.o.Style.Dim(text))
	s.line = true
}

// raised counts alerts.
func (s *show) raised() int {
	ids := map[string]bool{}
	for i := range s.alerts {
		ids[s.alerts[i].ID] = true
	}
	return len(ids)
}

// influxWait bounds the wait for the last points to be written.
const influxWait = 15 * time.Second

// closing sums up: what was seen against the truth, and what InfluxDB holds of it.
func (s *show) closing(ctx context.Context, c *client.Client, db *influx.Config, began time.Time) error {
	var points map[string]int64
	var err error
	if db != nil {
		s.say("\nwaiting for InfluxDB to have it all …")
		err = s.drained(ctx, c)
		var countErr error
		points, countErr = influx.CountPoints(ctx, *db, began.Add(-time.Minute))
		err = errors.Join(err, countErr)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.o.Style
	options := score.Defaults()
	options.Settle = 60 * time.Second
	s.print("\n" + st.Bold("What was seen, against the truth that only the simulator knows"))
	s.print(indent(score.Crossings(s.truths, s.alerts, options).String()))
	if s.first > 0 {
		s.print(fmt.Sprintf("  the first alert came %.0f s after the start", s.first.Seconds()))
	}
	s.print(fmt.Sprintf("  %d messages sent, %d acknowledged, %d rejects", s.progress.Sent, s.progress.Acked, s.rejects))
	if db == nil {
		s.print("\nInfluxDB was off: no points were written.")
		return err
	}
	s.print("\n" + st.Bold("Points in InfluxDB, counted by a Flux query"))
	var total int64
	for _, m := range slices.Sorted(maps.Keys(points)) {
		s.print(fmt.Sprintf("  %8d  %s", points[m], m))
		total += points[m]
	}
	s.print(fmt.Sprintf("  %8d  in all", total))
	return err
}

func (s *show) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print(text)
}

// drained waits until InfluxDB has everything that the journal holds.
func (s *show) drained(ctx context.Context, c *client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, influxWait)
	defer cancel()
	for {
		status, err := c.Status(ctx)
		if err != nil {
			return err
		}
		behind := uint64(0)
		for reader, lag := range status.Lags {
			if strings.HasPrefix(reader, "influx") {
				behind += lag
			}
		}
		if behind == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("InfluxDB is still %d journal messages behind after %v: see the log", behind, influxWait)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
}
