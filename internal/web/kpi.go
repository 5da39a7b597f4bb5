package web

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"cutline/internal/record"
)

// KPI are the figures of the alarm system, after OPC UA's AlarmMetrics and ISA-18.2: how many alarms people get, and how they stand.
type KPI struct {
	Rate10Min            int        `json:"rate_10min"` // raised in the last ten minutes
	Standing             int        `json:"standing"`   // that have not ended
	Unacknowledged       int        `json:"unacknowledged"`
	OldestUnacknowledged *time.Time `json:"oldest_unacknowledged"` // when it was raised
	Top                  []Source   `json:"top"`                   // of the last day, the most frequent first
	Shares               Shares     `json:"shares"`                // of the last day
	Per10Min             []Count    `json:"per_10min"`             // of the last day, oldest first; from Time on, for ten minutes
}

// Source of alarms: a sensor, a zone, or a kind of alert and its sector.
type Source struct {
	Source string `json:"source"`
	Count  int    `json:"count"`
}

// Shares of the priorities, which sum to 1 if there are any. 5/15/80 is what people can work with.
type Shares struct {
	Critical float64 `json:"critical"`
	High     float64 `json:"high"`
	Medium   float64 `json:"medium"`
	Low      float64 `json:"low"`
}

// Count of what was raised in ten minutes.
type Count struct {
	Time  time.Time `json:"time"`
	Count int       `json:"count"`
}

// raised is an alert as the figures count it.
type raised struct {
	id, source, priority string
	at                   time.Time
}

const (
	kpiSpan = 24 * time.Hour
	kpiStep = 10 * time.Minute
	kpiMost = 100_000 // alerts counted: above any flood that people live through
	kpiTop  = 10
)

// count notes an alert the first time it is heard of, and its priority as it changes, under the lock.
func (p *picture) count(e *record.Event) {
	a := e.Alert
	if old := p.alerts[a.ID]; old != nil {
		if old.Alert.Priority == a.Priority {
			return
		}
		for i := range slices.Backward(p.raised) {
			if p.raised[i].id == a.ID {
				p.raised[i].priority = a.Priority
				return
			}
		}
		return
	}
	if a.Change == "end" { // one that was forgotten, or whose beginning is no longer in the journal
		return
	}
	p.raised = append(p.raised, raised{id: a.ID, source: sourceOf(e), priority: a.Priority, at: a.Raised})
	old := 0
	for old < len(p.raised) && (a.Raised.Sub(p.raised[old].at) > kpiSpan || len(p.raised)-old > kpiMost) {
		old++
	}
	p.raised = slices.Delete(p.raised, 0, old)
}

func sourceOf(e *record.Event) string {
	switch {
	case e.Alert.Sensor != "":
		return e.Alert.Sensor
	case e.Alert.Zone != "":
		return e.Alert.Zone
	}
	return e.Alert.Kind + " " + e.Sector
}

func (s *Server) getKPI(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); ok {
		reply(w, http.StatusOK, s.picture.kpi(time.Now().UTC()))
	}
}

// kpi as of now.
func (p *picture) kpi(now time.Time) KPI {
	p.mu.RLock()
	all, alerts := slices.Clone(p.raised), values(p.alerts)
	p.mu.RUnlock()
	k := KPI{Top: []Source{}}
	for _, e := range alerts {
		k.stands(e.Alert)
	}
	first := now.Truncate(kpiStep).Add(kpiStep - kpiSpan)
	for i := range int(kpiSpan / kpiStep) {
		k.Per10Min = append(k.Per10Min, Count{Time: first.Add(time.Duration(i) * kpiStep)})
	}
	sources, priorities, total := map[string]int{}, map[string]int{}, 0
	for _, a := range all {
		if now.Sub(a.at) > kpiSpan {
			continue
		}
		if now.Sub(a.at) <= kpiStep {
			k.Rate10Min++
		}
		if i := int(math.Floor(a.at.Sub(first).Seconds() / kpiStep.Seconds())); i >= 0 && i < len(k.Per10Min) {
			k.Per10Min[i].Count++
		}
		sources[a.source]++
		priorities[a.priority]++
		total++
	}
	for source, n := range sources {
		k.Top = append(k.Top, Source{source, n})
	}
	slices.SortFunc(k.Top, func(a, b Source) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Source, b.Source)) })
	k.Top = k.Top[:min(kpiTop, len(k.Top))]
	if total > 0 {
		share := func(priority string) float64 { return float64(priorities[priority]) / float64(total) }
		k.Shares = Shares{share("critical"), share("high"), share("medium"), share("low")}
	}
	return k
}

// stands counts an alert as it is now.
func (k *KPI) stands(a *record.AlertEvent) {
	if a.Change == "end" {
		return
	}
	k.Standing++
	if a.State != "unacknowledged" && a.State != "returned" {
		return
	}
	k.Unacknowledged++
	if k.OldestUnacknowledged == nil || a.Raised.Before(*k.OldestUnacknowledged) {
		k.OldestUnacknowledged = new(a.Raised)
	}
}
