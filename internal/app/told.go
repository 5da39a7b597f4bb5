package app

import (
	"context"

	"cutline/internal/record"
	"cutline/internal/web"
)

// told is what the API says of the configuration.
func (r *reloader) told() web.Reload { return r.last.Load().told() }

// ask loads anew because somebody asks for it over the API.
func (r *reloader) ask(ctx context.Context) web.Reload {
	now := r.reload(ctx, "asked for")
	return now.told()
}

func (l *Reload) told() web.Reload {
	out := web.Reload{LoadedAt: l.LoadedAt, Restart: l.Restart}
	for _, f := range l.Faults {
		out.Faults = append(out.Faults, web.ConfigFault{
			File: f.File, Line: f.Line, Column: f.Col, Path: f.Path, What: f.What,
		})
	}
	return out
}

// deliveries is what the API says of an alert's ways out.
func (p *parts) deliveries(e *record.Event) []web.Delivery {
	var out []web.Delivery
	for _, d := range p.notify.Deliveries(e) {
		out = append(out, web.Delivery(d))
	}
	return out
}
