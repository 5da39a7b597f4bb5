package web

import (
	"math"
	"slices"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
)

// Plot is one detection as a map shows it.
type Plot struct {
	Time       time.Time `json:"time"`
	Sensor     string    `json:"sensor"`
	Group      string    `json:"group"`
	Geometry   string    `json:"geometry"` // position, polar, bearing, trip
	Lat        *float64  `json:"lat,omitempty"`
	Lon        *float64  `json:"lon,omitempty"`
	AzimuthDeg *float64  `json:"azimuth_deg,omitempty"`
	RangeM     *float64  `json:"range_m,omitempty"`
	From       *Place    `json:"from,omitempty"` // where the sensor was, of a polar or a bearing
	Class      string    `json:"class,omitempty"`
	Media      []string  `json:"media,omitempty"`
	ID         string    `json:"id"`
}

// Place on the map.
type Place struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// poses are the sensors that stand still, and each one's group.
type poses map[string]SiteSensor

func (s *Server) poses() poses {
	all := poses{}
	if s.deps.Site == nil {
		return all
	}
	for _, one := range s.deps.Site().Sensors {
		all[one.ID] = one
	}
	return all
}

// of a scan: its platform's place, or the sensor's own.
func (p poses) of(scan *detection.Scan) (geo.LLA, bool) {
	if scan.HasPlatform {
		return scan.Platform.LLA, true
	}
	if pose := p[scan.Sensor].Pose; pose != nil {
		return geo.LLA{Lat: geo.Degrees(pose.Lat), Lon: geo.Degrees(pose.Lon), Alt: geo.Metres(pose.AltM)}, true
	}
	return geo.LLA{}, false
}

func plotOf(scan *detection.Scan, d *detection.Detection, sensors poses) Plot {
	p := Plot{
		Time: d.EventTime, Sensor: scan.Sensor, Group: sensors[scan.Sensor].Group, Geometry: d.Geometry.String(), Media: d.Media, ID: d.ID,
	}
	if p.Time.IsZero() {
		p.Time = scan.EventTime
	}
	if d.HasClass {
		best, _ := d.Class.Best()
		p.Class = best.String()
	}
	from, known := sensors.of(scan)
	if known && d.Geometry != detection.Position {
		p.From = &Place{Lat: float64(from.Lat), Lon: float64(from.Lon)}
	}
	if d.Geometry == detection.Polar || d.Geometry == detection.Bearing {
		p.AzimuthDeg = new(float64(geo.Wrap2Pi(d.Polar.Azimuth).Degrees()))
	}
	switch {
	case d.Geometry == detection.Position:
		p.at(d.Position)
	case d.Geometry == detection.Trip && known:
		p.at(from)
	case d.Geometry == detection.Polar:
		p.RangeM = new(d.Polar.Range)
		if known {
			flat := d.Polar.Range
			if d.Polar.HasElevation {
				flat *= math.Cos(float64(d.Polar.Elevation))
			}
			frame := geo.NewFrame(from)
			p.at(frame.Surface(flat*math.Sin(float64(d.Polar.Azimuth)), flat*math.Cos(float64(d.Polar.Azimuth)), from.Alt))
		}
	}
	return p
}

func (p *Plot) at(place geo.LLA) { p.Lat, p.Lon = new(float64(place.Lat)), new(float64(place.Lon)) }

// How near to its track's way a plot must be to be shown, beside those that are evidence.
const (
	besidePlot    = 400.0 // m
	besideBearing = 5 * math.Pi / 180
	besideTime    = 15 * time.Second // the track says nothing nearer in time: it was not there
)

// way is where an alert's tracks went.
type way struct {
	alert *record.AlertEvent
	path  []*record.Event // in the order of their times
	poses poses
	frame geo.Frame
}

func newWay(a *record.AlertEvent, path []*record.Event, sensors poses) *way {
	return &way{alert: a, path: path, poses: sensors, frame: geo.NewFrame(geo.LLA{Lat: geo.Degrees(a.Lat), Lon: geo.Degrees(a.Lon)})}
}

// meets says whether a plot is evidence, or lies on the way. An alert of a sensor is met by all that this sensor brings.
func (w *way) meets(p *Plot) bool {
	if len(w.alert.Tracks) == 0 {
		return p.Sensor == w.alert.Sensor
	}
	said := func(e record.Evidence) bool { return p.ID != "" && e.Sensor == p.Sensor && e.Detection == p.ID }
	if slices.ContainsFunc(w.alert.Evidence, said) {
		return true
	}
	at, ok := w.at(p.Time)
	if !ok {
		return false
	}
	switch {
	case p.Lat != nil:
		return w.frame.ENU(lla(*p.Lat, *p.Lon)).Sub(at).Range() <= besidePlot
	case p.From != nil && p.AzimuthDeg != nil:
		to := at.Sub(w.frame.ENU(lla(p.From.Lat, p.From.Lon)))
		off := geo.WrapPi(to.Bearing() - geo.Degrees(*p.AzimuthDeg).Radians())
		return math.Abs(float64(off)) <= besideBearing
	}
	return false
}

func lla(lat, lon float64) geo.LLA { return geo.LLA{Lat: geo.Degrees(lat), Lon: geo.Degrees(lon)} }

// at is where the tracks were at a time: at that of the event nearest to it, moved on by its own velocity.
func (w *way) at(t time.Time) (geo.ENU, bool) {
	i, _ := slices.BinarySearchFunc(w.path, t, func(e *record.Event, t time.Time) int { return e.Time.Compare(t) })
	if i == len(w.path) || i > 0 && nearer(w.path[i-1].Time, w.path[i].Time, t) {
		i--
	}
	if i < 0 || w.path[i].Time.Sub(t).Abs() > besideTime {
		return geo.ENU{}, false
	}
	track, dt := w.path[i].Track, t.Sub(w.path[i].Time).Seconds()
	at := w.frame.ENU(lla(track.Lat, track.Lon))
	course := float64(geo.Degrees(track.CourseDeg).Radians())
	at.E += track.SpeedMPS * dt * math.Sin(course)
	at.N += track.SpeedMPS * dt * math.Cos(course)
	return at, true
}
