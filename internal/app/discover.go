package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cutline/internal/config"
	"cutline/internal/discover"
	"cutline/internal/feed"
	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/web"
)

// Unclaimed gathers what is published that no sensor of a configuration claims.
type Unclaimed struct {
	Claimed int // messages that sensors claim

	survey      *discover.Survey
	sensors     *normalize.Normalizer
	own         string // the beginning of the topics that the daemon itself publishes
	first, last time.Time
}

// NewUnclaimed is for a configuration that was loaded without faults; new sensors go into the sector, the first one if it is empty. An
// error says that there is no such sector.
func NewUnclaimed(cfg *config.Config, sector string) (*Unclaimed, error) {
	n, err := normalize.New(cfg.Sensors)
	if err != nil {
		return nil, fmt.Errorf("build the normalizer: %w", err)
	}
	place, err := surveyed(cfg, sector)
	if err != nil {
		return nil, err
	}
	return &Unclaimed{survey: discover.New(place), sensors: n, own: cfg.Notify.MQTT.Prefix + "/"}, nil
}

// Add takes a message. The payload is kept.
func (u *Unclaimed) Add(received time.Time, topic string, payload []byte) {
	if u.first.IsZero() {
		u.first = received
	}
	u.last = received
	if strings.HasPrefix(topic, u.own) {
		return
	}
	if _, ok := u.sensors.Claims(topic); ok {
		u.Claimed++
		return
	}
	u.survey.Add(discover.Message{Received: received, Topic: topic, Payload: payload})
}

// Heard is from the first message to the last.
func (u *Unclaimed) Heard() time.Duration { return u.last.Sub(u.first) }

// Overlooked counts the messages of topics that were too many.
func (u *Unclaimed) Overlooked() int { return u.survey.Overlooked }

// Findings says what each publisher is.
func (u *Unclaimed) Findings() []discover.Finding { return u.survey.Findings() }

// surveyed is the place that positions are looked for near to.
func surveyed(cfg *config.Config, sector string) (discover.Site, error) {
	place := discover.Site{Sector: sector, Taken: map[string]bool{}}
	west, east, south, north := 180.0, -180.0, 90.0, -90.0
	known := false
	for _, s := range cfg.Sectors {
		if place.Sector == "" {
			place.Sector = s.ID
		}
		known = known || s.ID == place.Sector
		west, east = min(west, s.Extent.West), max(east, s.Extent.East)
		south, north = min(south, s.Extent.South), max(north, s.Extent.North)
	}
	if !known {
		return place, fmt.Errorf("there is no sector %q", sector)
	}
	for _, s := range cfg.Sensors {
		place.Taken[s.ID] = true
	}
	place.Middle = geo.LLA{Lat: geo.Degrees((south + north) / 2), Lon: geo.Degrees((west + east) / 2)}
	frame := geo.NewFrame(place.Middle)
	corner := frame.ENU(geo.LLA{Lat: geo.Degrees(south), Lon: geo.Degrees(west)})
	place.Reach = corner.Range()
	return place, nil
}

// discover listens on the broker, beside the feed, until ctx ends.
func (r *reloader) discover(ctx context.Context, broker feed.Config) (web.Discovery, error) {
	cfg := r.current()
	u, err := NewUnclaimed(&cfg, "")
	if err != nil {
		return web.Discovery{}, err
	}
	if err := feed.Overhear(ctx, broker, "#", u.Add); err != nil {
		return web.Discovery{}, fmt.Errorf("listen on the broker: %w", err)
	}
	found := u.Findings()
	return web.Discovery{
		Claimed: u.Claimed, Publishers: len(found), Overlooked: u.Overlooked(), YAML: discover.YAML(found, u.Heard()),
	}, nil
}
