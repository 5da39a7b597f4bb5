package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"cutline/internal/record"
)

// Report is a shift's: what came, what became of it, what is open, and what nobody could see.
type Report struct {
	From     time.Time       `json:"from"`
	To       time.Time       `json:"to"`
	Site     string          `json:"site"`
	Alerts   []*record.Event `json:"alerts"`   // raised or changed in the period, as they were at its end; oldest first
	Open     []*record.Event `json:"open"`     // that have not ended now, oldest first
	Verdicts []Verdict       `json:"verdicts"` // of the alerts resolved in the period
	KPI      KPI             `json:"kpi"`      // as of now
	Coverage []CoverageHole  `json:"coverage"` // of each sector
	Away     []Away          `json:"away"`     // sensors that were not well, oldest first
}

// Verdict and how often it was given.
type Verdict struct {
	Verdict string `json:"verdict"`
	Count   int    `json:"count"`
}

// CoverageHole is what was watched of a sector's line in the period, at best and at worst, and what is not now.
type CoverageHole struct {
	Sector string        `json:"sector"`
	Least  float64       `json:"least"` // watched fraction
	Most   float64       `json:"most"`
	Holes  []record.Cell `json:"holes"` // at the period's end
}

// Away is a time in which a sensor was not online.
type Away struct {
	Sensor string     `json:"sensor"`
	Sector string     `json:"sector"`
	State  string     `json:"state"`
	From   time.Time  `json:"from"`
	To     *time.Time `json:"to"` // null: it still is at the period's end
}

func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	q, ok := query(w, r, "from", "to")
	if !ok {
		return
	}
	from, to, err := period(q, s.cfg.HistorySpan)
	if err != nil {
		refuse(w, err)
		return
	}
	out, err := s.reported(r.Context(), from, to)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, "the journal cannot be read now: %v", err)
		return
	}
	reply(w, http.StatusOK, out)
}

func (s *Server) reported(ctx context.Context, from, to time.Time) (*Report, error) {
	out := &Report{
		From: from, To: to, Alerts: []*record.Event{}, Open: s.picture.now().Alerts,
		Verdicts: []Verdict{}, KPI: s.picture.kpi(time.Now().UTC()), Coverage: []CoverageHole{}, Away: []Away{},
	}
	if s.deps.Site != nil {
		out.Site = s.deps.Site().Name
	}
	if s.cfg.Name != "" {
		out.Site = s.cfg.Name
	}
	slices.Reverse(out.Open)
	p := past{from: from, to: to, types: []record.Type{record.AlertType, record.SensorType, record.CoverageType}}
	at := map[string]int{} // of an alert in out.Alerts
	err := s.walk(ctx, p, func(m moment) error {
		switch {
		case m.Alert != nil:
			i, known := at[m.Alert.ID]
			if !known {
				at[m.Alert.ID] = len(out.Alerts)
				out.Alerts = append(out.Alerts, m.Event)
				break
			}
			out.Alerts[i] = m.Event
		case m.Sensor != nil:
			out.sensor(m.Event)
		case m.Coverage != nil:
			out.coverage(m.Event)
		}
		return nil
	})
	out.judged(from)
	return out, err
}

// judged counts the verdicts that were given in the period.
func (r *Report) judged(from time.Time) {
	counts := map[string]int{}
	for _, e := range r.Alerts {
		if e.Alert.Verdict != "" && !e.Alert.Updated.Before(from) {
			counts[e.Alert.Verdict]++
		}
	}
	for verdict, n := range counts {
		r.Verdicts = append(r.Verdicts, Verdict{verdict, n})
	}
	slices.SortFunc(r.Verdicts, func(a, b Verdict) int { return strings.Compare(a.Verdict, b.Verdict) })
}

// sensor notes when one goes and when it comes back.
func (r *Report) sensor(e *record.Event) {
	last := -1
	for i, a := range slices.Backward(r.Away) {
		if a.Sector == e.Sector && a.Sensor == e.Sensor.ID {
			last = i
			break
		}
	}
	open := last >= 0 && r.Away[last].To == nil
	if open && r.Away[last].State == e.Sensor.State {
		return
	}
	if open {
		r.Away[last].To = new(e.Time)
	}
	if e.Sensor.State != "online" && e.Sensor.State != "unknown" {
		r.Away = append(r.Away, Away{Sensor: e.Sensor.ID, Sector: e.Sector, State: e.Sensor.State, From: e.Time})
	}
}

// coverage notes the best and the worst, and the holes of the last word.
func (r *Report) coverage(e *record.Event) {
	i := slices.IndexFunc(r.Coverage, func(c CoverageHole) bool { return c.Sector == e.Sector })
	fraction := e.Coverage.WatchedFraction
	if i < 0 {
		i = len(r.Coverage)
		r.Coverage = append(r.Coverage, CoverageHole{Sector: e.Sector, Least: fraction, Most: fraction})
	}
	c := &r.Coverage[i]
	c.Least, c.Most, c.Holes = min(c.Least, fraction), max(c.Most, fraction), []record.Cell{}
	for _, cell := range e.Coverage.Cells {
		if len(cell.Sensors) == 0 {
			c.Holes = append(c.Holes, cell)
		}
	}
}
