package app

import (
	"context"
	"fmt"
	"time"

	"cutline/internal/config"
	"cutline/internal/geo"
	"cutline/internal/journal"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sector"
)

// sectorConfig is what the core of a sector is told.
func sectorConfig(cfg config.Config, s config.Sector) sector.Config {
	return sector.Config{
		ID: s.ID, Extent: s.Extent, Border: cfg.Geometry, Sides: cfg.Border.Sides, Zones: cfg.ZonesOf(s),
		Beside: extents(cfg.Beside(s)), Sensors: append(cfg.SensorsOf(s.ID), cfg.GuestsOf(s)...),
		Fusion: cfg.Fusion, Crossing: cfg.Crossing, Alert: cfg.Alert,
	}
}

func extents(sectors []config.Sector) (all []sector.Extent) {
	for _, s := range sectors {
		all = append(all, s.Extent)
	}
	return all
}

// beside names the sectors that have a seam with s.
func beside(cfg config.Config, s config.Sector) (ids []string) {
	for _, o := range cfg.Beside(s) {
		ids = append(ids, o.ID)
	}
	return ids
}

// configureSectors writes into INPUT what each sector is from here on. At a start as well: the snapshot that a sector goes on from, and the
// records after it, are of the configuration before.
func configureSectors(ctx context.Context, j *journal.Journal, cfg config.Config) error {
	for _, s := range cfg.Sectors {
		settings, err := sectorConfig(cfg, s).Encode()
		if err != nil {
			return err
		}
		in := record.Input{Kind: record.Configured, Received: time.Now().UTC(), Raw: settings}
		if err := j.Put(ctx, journal.Entry{Sector: s.ID, Input: in}); err != nil {
			return fmt.Errorf("configure sector %s: %w", s.ID, err)
		}
	}
	return nil
}

// configure puts another configuration in place. All that can be wrong with it is found before anything changes. The sectors come first:
// one that does not know a sensor yet passes over what it sends.
func (p *parts) configure(ctx context.Context, next config.Config) error {
	normalizer, err := normalize.New(next.Sensors)
	if err != nil {
		return fmt.Errorf("build the normalizer: %w", err)
	}
	for _, s := range next.Sectors {
		if _, err := core(next, s); err != nil {
			return err
		}
	}
	if err := configureSectors(ctx, p.journal, next); err != nil {
		return err
	}
	p.feed.Change(next.Sensors, normalizer)
	if p.influx != nil {
		p.influx.writer.Place(places(next))
	}
	return nil
}

// places are where the sensors stand that do not move.
func places(cfg config.Config) map[string]geo.LLA {
	all := map[string]geo.LLA{}
	for _, s := range cfg.Sensors {
		if s.HasPose {
			all[s.ID] = s.Pose.LLA()
		}
	}
	return all
}
