package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cutline/internal/record"
)

// Trial is what came of telling a receiver of a test.
type Trial struct {
	Route string
	Path  string // in the notify section, as in "routes[2].webhook"
	Took  time.Duration
	Err   error // nil: the receiver has confirmed it
}

// Try tells the receivers of the routes that are named, of all if none is, of an alert that says that it is a test, and that it has
// ended, each once, whatever the route's wishes. The settings have been checked.
func Try(ctx context.Context, cfg Config, deps Deps, ids ...string) []Trial {
	var all []Trial
	for i := range cfg.Routes {
		r := &cfg.Routes[i]
		if len(ids) > 0 && !slices.Contains(ids, r.ID) {
			continue
		}
		out, _ := r.output(cfg, deps)
		began := time.Now()
		t := Trial{Route: r.ID, Path: fmt.Sprintf("routes[%d].%s", i, r.receiver()), Err: try(ctx, out, testAlert(r, deps.Site))}
		t.Took = time.Since(began)
		all = append(all, t)
	}
	return all
}

func try(ctx context.Context, out output, e record.Event) error {
	end := *e.Alert
	end.Change, end.State, end.Verdict, end.Revision = "end", "resolved", "false", 2
	over := e
	over.Alert = &end
	err := out.Deliver(ctx, []Item{{Event: &e}})
	if err == nil {
		err = out.Deliver(ctx, []Item{{Event: &over}})
	}
	if c, ok := out.(interface{ Close() error }); ok {
		err = errors.Join(err, c.Close())
	}
	return err
}

// testAlert is one at the border that nobody can take for a real one.
func testAlert(r *Route, site Site) record.Event {
	now := time.Now().UTC()
	sector := "test"
	if len(r.Sectors) > 0 {
		sector = r.Sectors[0]
	}
	a := &record.AlertEvent{
		ID: fmt.Sprintf("test-%d", now.UnixMilli()), Kind: "crossing", State: "unacknowledged", Priority: "high", Change: "new", Revision: 1,
		Time: now, Raised: now, Updated: now, Count: 1, Tracks: []string{"test"}, Simulated: true,
		Text:   "TEST of the route " + r.ID + ": nobody has crossed",
		TextFR: "ESSAI de la route " + r.ID + " : personne n'a franchi la ligne",
	}
	if len(site.Lines) > 0 && len(site.Lines[0]) > 0 {
		p := site.Lines[0][len(site.Lines[0])/2]
		a.Lat, a.Lon = float64(p.Lat), float64(p.Lon)
	}
	return record.Event{Type: record.AlertType, Time: now, Sector: sector, Alert: a}
}

// receiver is the name of the route's section.
func (r *Route) receiver() string {
	switch {
	case r.CoT != nil:
		return "cot"
	case r.Email != nil:
		return "email"
	case r.SAPIENT != nil:
		return "sapient"
	default:
		return "webhook"
	}
}
