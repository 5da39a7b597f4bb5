package sector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"cutline/internal/alert"
	"cutline/internal/border"
	"cutline/internal/detection"
	"cutline/internal/fusion"
	"cutline/internal/record"
)

// unconfigured is what a sensor that is gone from the configuration says of itself in its last event.
const unconfigured = "no longer configured"

// Encode writes the configuration down as INPUT and snapshots hold it: the sector's own piece of the border, and nothing that only the
// reading of payloads needs. The error says that a number is none.
func (c Config) Encode() ([]byte, error) {
	c.Border = c.Border.Clip(c.Extent.box().Grow(c.Crossing.MarginM))
	if c.Ground == 0 {
		c.Ground = ground(c.Sensors)
	}
	c.Sensors = slices.Clone(c.Sensors)
	for i := range c.Sensors {
		c.Sensors[i].Mapping, c.Sensors[i].Encoding = nil, ""
	}
	return c.encode()
}

func (c Config) encode() ([]byte, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode settings of sector %q: %w", c.ID, err)
	}
	return data, nil
}

// decodeConfig reads what Encode wrote. What an older program did not know has its default.
func decodeConfig(data []byte) (Config, error) {
	c := Config{Fusion: fusion.Defaults(), Crossing: border.Defaults(), Alert: alert.Defaults()}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("decode settings of a sector: %w", err)
	}
	return c, nil
}

// configure makes the sector what a record says, with all that it knows: as a stop, a new configuration and a start would, but between two
// records. What it can't become is a reject, and it stays what it was.
func (s *Sector) configure(in *record.Input) {
	if len(in.Raw) == 0 {
		return // nothing but the time
	}
	if err := s.become(in.Raw); err != nil {
		s.emit(record.Event{Type: record.RejectType, Time: in.Received, Reject: &record.RejectEvent{
			Topic: in.Kind.String(), Reason: err.Error(), Received: in.Received, Payload: []byte{},
		}})
	}
}

func (s *Sector) become(settings []byte) error {
	cfg, err := decodeConfig(settings)
	if err != nil {
		return err
	}
	if err := s.same(&cfg); err != nil {
		return err
	}
	if !s.fresh {
		cfg.Ground = s.cfg.Ground // the plane stays, and with it the place of every track to the bit
	}
	if data, err := cfg.encode(); err != nil || bytes.Equal(data, s.settings) {
		return err
	}
	next, err := build(cfg)
	if err != nil {
		return err
	}
	for i := range s.health {
		if _, stays := next.byID[s.health[i].ID]; !stays {
			s.dismiss(i)
		}
	}
	s.fusion.Forget()
	state, err := s.state()
	if err != nil {
		return err
	}
	if err := next.take(&state); err != nil {
		return err
	}
	next.pending, next.coverage.Stale = s.pending, true
	before, known := s.cfg.Sensors, s.byID
	*s = *next
	for i := range s.cfg.Sensors {
		if k, stays := known[s.cfg.Sensors[i].ID]; stays && before[k].OutOfService != s.cfg.Sensors[i].OutOfService {
			s.service(i)
		}
	}
	return nil
}

// same says whether settings are of this sector, on this plane.
func (s *Sector) same(cfg *Config) error {
	if cfg.ID != s.cfg.ID {
		return fmt.Errorf("settings of sector %q: this is %q", cfg.ID, s.cfg.ID)
	}
	if cfg.Extent != s.cfg.Extent {
		return fmt.Errorf("settings of sector %q have another extent: a sector begins anew with one", cfg.ID)
	}
	return nil
}

// dismiss says goodbye to sensor i: nobody waits for it any more, and the picture is told that it is off.
func (s *Sector) dismiss(i int) {
	h := &s.health[i]
	if h.IsOut {
		h.IsOut = false
		s.watchMast(i)
	}
	s.pending = s.book.Dismiss(s.clock.Now, h.ID, s.cfg.Sensors[i].Group, s.pending)
	h.State, h.Said, h.Faults = detection.Offline, detection.Offline, []string{unconfigured}
	s.emit(record.Event{Type: record.SensorType, Time: s.clock.Now, Sensor: h.event(&s.clock)})
}
