package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	_ "time/tzdata" // an image without zone files still knows a route's hours

	"cutline/internal/journal"
	"cutline/internal/record"
)

// Routes are all ways out.
type Routes struct{ all []*Notifier }

// Cursors names the places in the journal that the settings need.
func (c Config) Cursors() []string {
	var names []string
	if c.MQTT.Enabled {
		names = append(names, mqttCursor)
	}
	for _, r := range c.Routes {
		names = append(names, "notify-"+r.ID)
	}
	return names
}

// mqttCursor is older than the others, hence its name.
const mqttCursor = "notify"

// Open makes the ways out that the settings name. The caller runs them.
func Open(cfg Config, j *journal.Journal, deps Deps) (*Routes, error) {
	return open(cfg, ofJournal{j}, deps)
}

func open(cfg Config, src picture, deps Deps) (*Routes, error) {
	all := new(Routes)
	if cfg.MQTT.Enabled {
		n, err := newNotifier("mqtt", cfg.mqttPlan(), src, newMQTT(cfg.MQTT), deps)
		if err != nil {
			return nil, err
		}
		n.cursor = mqttCursor
		all.all = append(all.all, n)
	}
	for i := range cfg.Routes {
		r := &cfg.Routes[i]
		out, p := r.output(cfg, deps)
		n, err := newNotifier(r.ID, p, src, out, deps)
		if err != nil {
			return nil, fmt.Errorf("open route %s: %w", r.ID, err)
		}
		n.refused = newPark(cfg.Dir, r.ID)
		all.all = append(all.all, n)
	}
	return all, nil
}

// output makes the route's way to its receiver. The settings have been checked: one is given.
func (r *Route) output(cfg Config, deps Deps) (output, plan) {
	p := r.plan()
	switch {
	case r.CoT != nil:
		p.recalls, p.retains, p.lastPause = true, cancelFor, lastPause
		p.sensors = slices.Contains(r.CoT.Show, ShowSensors)
		if slices.Contains(r.CoT.Show, ShowTracks) {
			p.tracks = r.CoT.TrackInterval
		}
		return newTAK(*r.CoT, deps.Site), p
	case r.SAPIENT != nil:
		p.recalls, p.sensors, p.tracks, p.lastPause = true, true, r.SAPIENT.TrackInterval, lastPause
		return newFusionNode(r, deps.put, deps.Log), p
	case r.Email != nil:
		return newMailer(r, cfg.Link, deps.Log), p
	default:
		return newWebhook(r, cfg.Link), p
	}
}

// mqttPlan is the broker's: it holds a state, sensors included.
func (c Config) mqttPlan() plan {
	return plan{
		repeat: c.Repeat, recalls: true, retains: c.MQTT.ClearAfter, sensors: true, tracks: c.MQTT.TrackInterval, lastPause: lastPause,
	}
}

// Run runs all until ctx ends; each is independent of the others.
func (r *Routes) Run(ctx context.Context) error {
	errs := make([]error, len(r.all))
	var owned sync.WaitGroup
	for i, n := range r.all {
		owned.Go(func() { errs[i] = n.Run(ctx) })
	}
	<-ctx.Done() // with no way out at all there is still a stage to end
	owned.Wait()
	return errors.Join(errs...)
}

// Status of each, in the order of the settings.
func (r *Routes) Status() []Status {
	all := make([]Status, len(r.all))
	for i, n := range r.all {
		all[i] = n.Status()
	}
	return all
}

// Deliveries says how far an alert has come on each way out, given its newest event.
func (r *Routes) Deliveries(e *record.Event) []Delivery {
	if e.Alert == nil {
		return nil
	}
	all := make([]Delivery, len(r.all))
	for i, n := range r.all {
		all[i] = n.delivery(e)
	}
	return all
}
