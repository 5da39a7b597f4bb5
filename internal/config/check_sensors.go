package config

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/sector"
	"cutline/internal/sensor"
)

// near is how far outside its sector a sensor may stand if its range is shorter than that, in metres.
const near = 2000.0

func (c *checker) sensors() {
	if len(c.settings.Sensors) == 0 {
		c.book.absent("sensors", "there is none: give at least one, or include the files that hold them")
	}
	ids := map[string]string{}
	for i := range c.settings.Sensors {
		s, path := &c.settings.Sensors[i], at("sensors", i)
		c.id(join(path, "id"), s.ID, ids)
		c.group(path, s)
		if s.Kind == "" {
			c.book.follow(join(path, "kind"), "is missing: one of "+strings.Join(wordsOfKind(), ", "))
		}
		c.mapping(path, s)
		c.camera(path, s)
		c.pose(path, s, c.sector(path, s))
		c.coverage(path, s)
		c.errors(path, s)
		c.numbers(path, s)
	}
}

func wordsOfKind() []string {
	var words []string
	for _, k := range sensor.Kinds() {
		words = append(words, string(k))
	}
	return words
}

func (c *checker) group(path string, s *sensorSettings) {
	if s.ID != "" && s.Group != s.ID && !goodID(s.Group) {
		c.book.follow(join(path, "group"), fmt.Sprintf("%q: use letters, digits, - and _ alone", s.Group))
	}
}

// sector finds the sensor's own, nil if it has none.
func (c *checker) sector(path string, s *sensorSettings) *sectorSettings {
	all := c.settings.Sectors
	i := slices.IndexFunc(all, func(sec sectorSettings) bool { return sec.ID == s.Sector })
	if i >= 0 && s.Sector != "" {
		return &all[i]
	}
	var ids []string
	for _, sec := range all {
		ids = append(ids, sec.ID)
	}
	switch known := strings.Join(ids, ", "); {
	case s.Sector == "":
		c.book.follow(join(path, "sector"), "is missing: one of "+known)
	case !slices.ContainsFunc(all, func(sec sectorSettings) bool { return !goodID(sec.ID) }):
		c.book.follow(join(path, "sector"), fmt.Sprintf("%q is no sector: one of %s%s", s.Sector, known, didYouMean(s.Sector, ids)))
	}
	return nil
}

func (c *checker) pose(path string, s *sensorSettings, own *sectorSettings) {
	path = join(path, "pose")
	p := s.Pose
	if p == nil {
		if s.Kind != "" && !moves(s.Kind) {
			c.book.follow(path, fmt.Sprintf("is missing: a %s stands somewhere, give lat, lon and alt_m", s.Kind))
		}
		return
	}
	if c.book.wrong(path) {
		return
	}
	if p.Lat != nil && p.Lon != nil && math.Abs(*p.Lat) > 90 && math.Abs(*p.Lon) <= 90 {
		c.book.follow(join(path, "lat"), fmt.Sprintf("%v is outside -90 to 90 degrees: are lat and lon exchanged?", *p.Lat))
	}
	ok := c.degrees(join(path, "lat"), p.Lat, -90, 90) && c.degrees(join(path, "lon"), p.Lon, -180, 180)
	c.degrees(join(path, "heading_deg"), p.HeadingDeg, 0, 360)
	if (s.Kind == sensor.Radar || s.Kind == sensor.Camera) && !c.book.given(join(path, "alt_m")) {
		c.book.follow(join(path, "alt_m"), "is missing: give the height above the ellipsoid in metres (above the sea plus the geoid's)")
	}
	if p.AltM != nil && (*p.AltM < -500 || *p.AltM > 20e3) {
		c.book.follow(join(path, "alt_m"), fmt.Sprintf("%v m is no height of a sensor", *p.AltM))
	}
	if ok && own != nil {
		c.inSector(path, s, own)
	}
}

// degrees checks an angle that must be given.
func (c *checker) degrees(path string, v *float64, least, most float64) bool {
	switch {
	case v == nil:
		c.book.follow(path, "is missing: give degrees")
	case *v < least || *v > most:
		c.book.follow(path, fmt.Sprintf("%v is outside %v to %v degrees", *v, least, most))
	default:
		return true
	}
	return false
}

// inSector holds a sensor to its sector: inside, or no further away than it sees.
func (c *checker) inSector(path string, s *sensorSettings, own *sectorSettings) {
	i := slices.IndexFunc(c.settings.Sectors, func(sec sectorSettings) bool { return sec.ID == own.ID })
	if !c.plausible(i) {
		return
	}
	distance := away(own.Extent, *s.Pose.Lat, *s.Pose.Lon)
	reach := max(near, *s.Coverage.RangeM)
	if distance <= reach {
		return
	}
	what := fmt.Sprintf("it stands %.1f km outside sector %s, and sees %.1f km", distance/1e3, own.ID, *s.Coverage.RangeM/1e3)
	if away(own.Extent, *s.Pose.Lon, *s.Pose.Lat) <= reach {
		what += ": are lat and lon exchanged?"
	} else if away(own.Extent, *s.Pose.Lat, -*s.Pose.Lon) <= reach {
		what += ": is the sign of lon right?"
	}
	c.book.follow(path, what)
}

// away is the distance of a place from the rectangle in metres, 0 inside it.
func away(e sector.Extent, lat, lon float64) float64 {
	if lat < -90 || lat > 90 {
		return math.Inf(1)
	}
	p := geo.LLA{Lat: geo.Degrees(lat), Lon: geo.Degrees(lon)}
	q := geo.LLA{Lat: geo.Degrees(min(max(lat, e.South), e.North)), Lon: geo.Degrees(min(max(lon, e.West), e.East))}
	f := geo.NewFrame(q)
	enu := f.ENU(p)
	return math.Hypot(enu.Range(), enu.U) // the chord: far away the plane's own lengths fall back to nothing
}

func (c *checker) coverage(path string, s *sensorSettings) {
	path = join(path, "coverage")
	if c.book.quiet[path] {
		return
	}
	switch r := *s.Coverage.RangeM; {
	case !c.book.given(join(path, "range_m")) && r == 0 && s.Kind != "":
		c.book.follow(join(path, "range_m"), fmt.Sprintf("is missing: say how far the %s sees, in metres", s.Kind))
	case s.Kind != "" && (r <= 0 || r > 500e3):
		c.book.follow(join(path, "range_m"), fmt.Sprintf("%v is outside what a sensor sees: above 0, at most 500000 m", r))
	}
	for i := range s.Coverage.AzimuthDeg {
		c.degrees(at(join(path, "azimuth_deg"), i), &s.Coverage.AzimuthDeg[i], 0, 360)
	}
	if e := s.Coverage.ElevationDeg; e != nil && !(-90 <= e[0] && e[0] < e[1] && e[1] <= 90) {
		c.book.follow(join(path, "elevation_deg"),
			fmt.Sprintf("%v to %v: want the lower edge of the picture and then the upper one, in -90 to 90", e[0], e[1]))
	}
	c.ground(path, s)
}

// ground holds the ground that a sensor looks at to what it looks at it from.
func (c *checker) ground(path string, s *sensorSettings) {
	level, sigma := s.Coverage.GroundM, s.Coverage.GroundSigmaM
	switch {
	case level == nil && sigma != nil:
		c.book.follow(join(path, "ground_sigma_m"), "of a ground that is not given: say ground_m too, its height above the ellipsoid")
	case level == nil:
	case *level < -500 || *level > 9000:
		c.book.follow(join(path, "ground_m"), fmt.Sprintf("%v is outside -500 to 9000 m above the ellipsoid", *level))
	case *sigma < .1 || *sigma > 1000:
		c.book.follow(join(path, "ground_sigma_m"), fmt.Sprintf("%v is outside 0.1 to 1000: give 1 σ", *sigma))
	case s.Pose != nil && *s.Pose.AltM <= *level:
		c.book.follow(join(path, "ground_m"),
			fmt.Sprintf("%v is not below the sensor, whose pose.alt_m is %v: both count from the ellipsoid", *level, *s.Pose.AltM))
	}
}

// camera holds a camera of Frigate to what its boxes are read by: its name, the width of its picture, and what that spans.
func (c *checker) camera(path string, s *sensorSettings) {
	own := join(path, "camera")
	if c.book.wrong(join(path, "format")) || c.book.wrong(own) {
		return
	}
	if s.Format != normalize.Frigate {
		if s.Camera != nil {
			c.book.follow(own, fmt.Sprintf("is for format frigate alone, and this is %s", s.Format))
		}
		return
	}
	switch k := s.Camera; {
	case s.camera() == "":
		c.book.follow(own, "is missing: give name, as Frigate calls the camera, and width_px, its detect.width")
	case given(k.WidthPx) < 16 || given(k.WidthPx) > 100_000:
		c.book.follow(join(own, "width_px"), fmt.Sprintf("%d is no width of a picture: give Frigate's detect.width", given(k.WidthPx)))
	case s.Coverage.ElevationDeg != nil && (given(k.HeightPx) < 16 || given(k.HeightPx) > 100_000):
		c.book.follow(join(own, "height_px"), fmt.Sprintf("is %d, and coverage.elevation_deg counts in it: give Frigate's detect.height",
			given(k.HeightPx)))
	case math.Mod(s.Coverage.AzimuthDeg[0], 360) == math.Mod(s.Coverage.AzimuthDeg[1], 360):
		c.book.follow(join(path, "coverage"), "azimuth_deg is all round: give the directions of the picture's left and right edge")
	}
}

func (c *checker) errors(path string, s *sensorSettings) {
	path = join(path, "error")
	e := s.Error
	for _, f := range []struct {
		name        string
		v           float64
		least, most float64
	}{
		{"range_m", *e.RangeM, 1e-3, 10e3},
		{"azimuth_deg", *e.AzimuthDeg, 1e-4, 45},
		{"range_rate_mps", *e.RangeRateMPS, 1e-3, 1e3},
		{"position_m", *e.PositionM, 1e-3, 10e3},
		{"azimuth_bias_deg", *e.AzimuthBiasDeg, 0, 45},
		{"range_bias_m", *e.RangeBiasM, 0, 10e3},
		{"position_bias_m", *e.PositionBiasM, 0, 10e3},
		{"clock_bias_s", *e.ClockBiasS, 0, 60},
	} {
		if f.v < f.least || f.v > f.most {
			c.book.follow(join(path, f.name), fmt.Sprintf("%v is outside %v to %v: give 1 σ", f.v, f.least, f.most))
		}
	}
}

func (c *checker) numbers(path string, s *sensorSettings) {
	if p := *s.DetectionProbability; p <= 0 || p > 1 {
		c.book.follow(join(path, "detection_probability"), fmt.Sprintf("%v is no probability: above 0, at most 1", p))
	}
	if n := *s.ClutterPerScan; n < 0 || n > 1e5 {
		c.book.follow(join(path, "clutter_per_scan"), fmt.Sprintf("%v is outside 0 to 100000 false returns", n))
	}
	var period time.Duration
	if s.ScanPeriod != nil {
		period = *s.ScanPeriod
		if period <= 0 || period > 10*time.Minute {
			c.book.follow(join(path, "scan_period"),
				fmt.Sprintf("%v is outside 0 to 10m: give the time between two looks, or leave it out if the sensor says when it looked", period))
		}
	}
	silence := *s.MaxSilence
	switch {
	case silence < 0:
		c.book.follow(join(path, "max_silence"), fmt.Sprintf("%v is below 0: give a time, or 0s for no alarm", silence))
	case silence > 0 && silence < period:
		c.book.follow(join(path, "max_silence"),
			fmt.Sprintf("%v is shorter than scan_period (%v): it would be an alarm all the time", silence, period))
	}
}
