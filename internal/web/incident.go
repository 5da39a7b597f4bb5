package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// Incident is all that is known around an alert: what a person needs to believe it, or not.
type Incident struct {
	Alert      *record.Event   `json:"alert"`
	Crossing   *record.Event   `json:"crossing"` // null: none, or it is no longer in the journal
	Tracks     []*record.Event `json:"tracks"`   // in the order of their times
	Detections []Plot          `json:"detections"`
	More       bool            `json:"more"` // there are more detections than are told here
}

// Bounds of an incident.
const (
	around    = 2 * time.Minute
	mostPlots = 5000
	mostPath  = 20_000 // events of its tracks
)

func (s *Server) incident(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); !ok {
		return
	}
	e, err := s.picture.subject(subject{id: r.PathValue("id")})
	if err != nil {
		refuse(w, err)
		return
	}
	out := Incident{Alert: e, Tracks: []*record.Event{}, Detections: []Plot{}}
	if err := s.paths(r.Context(), &out); err != nil {
		fail(w, http.StatusServiceUnavailable, "the journal cannot be read now: %v", err)
		return
	}
	if err := s.plots(r.Context(), &out); err != nil {
		fail(w, http.StatusServiceUnavailable, "the journal cannot be read now: %v", err)
		return
	}
	reply(w, http.StatusOK, out)
}

// paths reads the alert's tracks, those that became part of them, and its crossing.
func (s *Server) paths(ctx context.Context, out *Incident) error {
	a := out.Alert.Alert
	if len(a.Tracks) == 0 {
		return nil
	}
	ids := slices.Clone(a.Tracks)
	p := past{
		from: a.Time.Add(-around), to: a.Time.Add(around), sector: out.Alert.Sector,
		types: []record.Type{record.TrackType, record.CrossingType},
	}
	var all []*record.Event
	err := s.walk(ctx, p, func(m moment) error {
		switch {
		case m.Crossing != nil && slices.Contains(a.Tracks, m.Crossing.Track):
			if out.Crossing == nil || nearer(m.Crossing.Time, out.Crossing.Crossing.Time, a.Time) {
				out.Crossing = m.Event
			}
		case m.Track != nil && len(all) < mostPath:
			if slices.Contains(ids, m.Track.ID) {
				ids = append(ids, m.Track.Lineage...)
			}
			all = append(all, m.Event)
		}
		return nil
	})
	for _, e := range all { // what was merged into a track told of itself before that was known
		if slices.Contains(ids, e.Track.ID) {
			out.Tracks = append(out.Tracks, e)
		}
	}
	return err
}

// nearer says whether a is closer to t than b is.
func nearer(a, b, t time.Time) bool { return a.Sub(t).Abs() < b.Sub(t).Abs() }

// plots reads the detections that the alert rests on, and those that lie on its tracks' way.
func (s *Server) plots(ctx context.Context, out *Incident) error {
	a := out.Alert.Alert
	since, until := a.Time.Add(-around), a.Time.Add(around)
	way := newWay(a, out.Tracks, s.poses())
	return s.inputs(ctx, out.Alert.Sector, since.Add(-early), func(in *record.Input) error {
		for i := range in.Scans {
			scan := &in.Scans[i]
			if scan.EventTime.After(until.Add(hold)) { // not its receipt: what waited in a broker is stored long after
				return errEnough
			}
			for k := range scan.Detections {
				plot := plotOf(scan, &scan.Detections[k], way.poses)
				if plot.Time.Before(since) || plot.Time.After(until) || !way.meets(&plot) {
					continue
				}
				if len(out.Detections) == mostPlots {
					out.More = true
					return errEnough
				}
				out.Detections = append(out.Detections, plot)
			}
		}
		return nil
	})
}

// inputs hands what a sector was given since a time of storing to fn, until fn has enough, all is read, or more was read than one
// question may cost.
func (s *Server) inputs(ctx context.Context, sector string, since time.Time, fn func(*record.Input) error) error {
	last, err := s.old.LastInput(ctx, sector)
	if err != nil || last == 0 {
		return err
	}
	r, err := s.old.PastInput(ctx, journal.Follow{Sector: sector, Since: since})
	if err != nil {
		return fmt.Errorf("read input of %s: %w", sector, err)
	}
	defer r.Close()
	read := int64(0)
	for seq := uint64(0); seq < last && read < s.cfg.HistoryBytes; {
		batch, err := nextOf(ctx, r.Next, quiet)
		if errors.Is(err, errQuiet) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read input of %s after %d: %w", sector, seq, err)
		}
		seq = batch.Seq
		for i := range batch.Inputs {
			read += int64(len(batch.Inputs[i].Raw)) + 128
			if err := fn(&batch.Inputs[i]); errors.Is(err, errEnough) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}
