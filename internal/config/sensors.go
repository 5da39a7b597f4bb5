package config

import (
	"math"
	"time"

	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// sensorSettings are a sensor as it is written. A nil is what the file leaves out; after fill nothing is, but what a sensor of its
// kind does not have.
type sensorSettings struct {
	ID     string      `mapstructure:"id"`     // one of its own in the whole daemon
	Sector string      `mapstructure:"sector"` // whose picture it feeds
	Group  string      `mapstructure:"group"`  // sensors on one mast share one vote; its own id if left out
	Kind   sensor.Kind `mapstructure:"kind"`   // decides the defaults of what follows
	Topic  string      `mapstructure:"topic"`  // border/<sector>/<id>/detections if left out; MQTT wildcards allowed
	Status string      `mapstructure:"status"` // topic of its status; border/<sector>/<id>/status if left out
	Format format      `mapstructure:"format"` // of its payloads

	Encoding *sensor.Encoding `mapstructure:"encoding"` // of format json
	Mapping  *[]stepSettings  `mapstructure:"mapping"`  // of format json: where in a payload the fields of a detection are
	Camera   *cameraSettings  `mapstructure:"camera"`   // of format frigate

	Pose     *poseSettings     `mapstructure:"pose"`     // where it stands; left out for what moves
	Coverage *coverageSettings `mapstructure:"coverage"` // what it can see from there
	Error    *errorSettings    `mapstructure:"error"`    // 1 σ of a measurement whose payload states none

	DetectionProbability *float64       `mapstructure:"detection_probability"` // of a target in view, in one scan
	ClutterPerScan       *float64       `mapstructure:"clutter_per_scan"`      // mean number of false returns in one scan
	ScanPeriod           *time.Duration `mapstructure:"scan_period"`           // for one that sends nothing when it sees nothing
	MaxSilence           *time.Duration `mapstructure:"max_silence"`           // longer without a message is an alarm; 0s: never
	ReturnsPerTarget     sensor.Returns `mapstructure:"returns_per_target"`    // in one scan
	Tracks               *bool          `mapstructure:"tracks"`                // it reports tracks of its own filter, not what it measured
	AltRef               sensor.AltRef  `mapstructure:"alt_ref"`               // of altitudes whose payload states none
	Friendly             *bool          `mapstructure:"friendly"`              // what it reports is one of ours
	Simulated            *bool          `mapstructure:"simulated"`             // what it reports is an exercise, and marked on every way out
	OutOfService         string         `mapstructure:"out_of_service"`        // why nothing that it says is used, as in "mast is painted"
}

type cameraSettings struct {
	Name    *string `mapstructure:"name"`     // as Frigate calls it; cameras of one Frigate share a topic
	WidthPx *int    `mapstructure:"width_px"` // of the picture that Frigate looks at: detect.width of the camera

	HeightPx *int `mapstructure:"height_px"` // likewise detect.height; for coverage.elevation_deg alone
}

type poseSettings struct {
	Lat        *float64 `mapstructure:"lat"`         // degrees, WGS 84
	Lon        *float64 `mapstructure:"lon"`         // degrees, WGS 84
	AltM       *float64 `mapstructure:"alt_m"`       // above the ellipsoid, not above the sea
	HeadingDeg *float64 `mapstructure:"heading_deg"` // clockwise from true north
}

type coverageSettings struct {
	RangeM     *float64    `mapstructure:"range_m"`     // metres
	AzimuthDeg *[2]float64 `mapstructure:"azimuth_deg"` // from, to, clockwise from true north; left out: all round

	ElevationDeg *[2]float64 `mapstructure:"elevation_deg"`  // of the lower and upper edge of a camera's picture; downwards negative
	GroundM      *float64    `mapstructure:"ground_m"`       // of the ground there, above the ellipsoid: a camera's elevations meet it
	GroundSigmaM *float64    `mapstructure:"ground_sigma_m"` // 1 σ of how far the ground is off that: 1 m of a field, 3 m of meadows
}

type errorSettings struct {
	RangeM         *float64 `mapstructure:"range_m"`
	AzimuthDeg     *float64 `mapstructure:"azimuth_deg"`
	RangeRateMPS   *float64 `mapstructure:"range_rate_mps"`
	PositionM      *float64 `mapstructure:"position_m"`       // each of east and north
	AzimuthBiasDeg *float64 `mapstructure:"azimuth_bias_deg"` // what does not average out: the survey of the mast
	RangeBiasM     *float64 `mapstructure:"range_bias_m"`
	PositionBiasM  *float64 `mapstructure:"position_bias_m"` // each of east and north: of where it stands, or of the places that it gives
	ClockBiasS     *float64 `mapstructure:"clock_bias_s"`    // between a look and the time that it says: its clock, its encoder
}

// typical is what a sensor of a kind is taken for where its file says nothing.
type typical struct {
	coverage    float64 // m, 0: must be given
	err         [8]float64
	probability float64
	clutter     float64
	silence     time.Duration
	friendly    bool
}

// typicalOf gives the values of a usual sensor of the kind. Radar and camera are those of the synthetic border scene by which the
// trackers were compared (5 m, 0.6° and 0.1°; detection .85 and .6; about one false return a scan). A ground sensor tells that
// something is within its radius: σ is half of it. The rest is chosen: GNSS of a phone 5 m, of a ship 10 m, of an aircraft 30 m; a mast
// surveyed by a receiver that averaged for some minutes 1.5 m; .3 s between a look and the time that its sensor says, be it the clock's,
// the picture's way through an encoder, or a scan that is stamped at its end.
func typicalOf(k sensor.Kind) typical {
	switch k {
	case sensor.Radar:
		return typical{0, [8]float64{5, .6, .5, 10, .1, 2, 1.5, .3}, .85, 1, 10 * time.Second, false}
	case sensor.Camera:
		return typical{0, [8]float64{50, .1, 1, 15, .05, 0, 1.5, .3}, .6, .1, 30 * time.Second, false}
	case sensor.Ground:
		return typical{0, [8]float64{10, 1, 1, 35, 0, 0, 0, 0}, .9, .01, 0, false}
	case sensor.Drone:
		return typical{1000, [8]float64{10, 1, 1, 10, .5, 0, 3, .3}, .8, .05, 60 * time.Second, false}
	case sensor.Helicopter:
		return typical{2000, [8]float64{15, 1, 1, 15, .5, 0, 5, .3}, .75, .05, 120 * time.Second, false}
	case sensor.AIS:
		return typical{50e3, [8]float64{10, 1, 1, 10, 0, 0, 0, .3}, .95, 0, 0, false}
	case sensor.ADSB:
		return typical{100e3, [8]float64{30, 1, 1, 30, 0, 0, 0, .3}, .95, 0, 0, false}
	default: // a patrol, or a kind that is a fault
	}
	return typical{10e3, [8]float64{5, 1, 1, 5, 0, 0, 0, .3}, .95, 0, 5 * time.Minute, true}
}

// typicalGround is 1 σ, m, of ground that nobody has said anything of: gentle country within a kilometre or two.
const typicalGround = 3.0

// moves says whether sensors of the kind bring their place in each message.
func moves(k sensor.Kind) bool { return k.Cooperative() || k == sensor.Drone || k == sensor.Helicopter }

func (s *settings) fillSensors() {
	for i := range s.Sensors {
		s.Sensors[i].fill()
	}
}

// fill puts in the defaults.
func (s *sensorSettings) fill() {
	t := typicalOf(s.Kind)
	orWord(&s.Group, s.ID)
	orWord(&s.Topic, "border/"+s.Sector+"/"+s.ID+"/detections")
	orWord(&s.Status, "border/"+s.Sector+"/"+s.ID+"/status")
	orWord(&s.Format, normalize.Native)
	if s.Format == normalize.JSON {
		or(&s.Encoding, sensor.JSON)
	}
	orWord(&s.ReturnsPerTarget, sensor.One)
	orWord(&s.AltRef, sensor.HAE)
	or(&s.DetectionProbability, t.probability)
	or(&s.ClutterPerScan, t.clutter)
	or(&s.MaxSilence, t.silence)
	or(&s.Tracks, false)
	or(&s.Friendly, t.friendly)
	or(&s.Simulated, false)
	or(&s.Coverage, coverageSettings{})
	or(&s.Coverage.RangeM, t.coverage)
	or(&s.Coverage.AzimuthDeg, [2]float64{0, 360})
	if s.Coverage.GroundM != nil {
		or(&s.Coverage.GroundSigmaM, typicalGround)
	}
	if s.Pose != nil {
		or(&s.Pose.AltM, 0)
		or(&s.Pose.HeadingDeg, 0)
	}
	if s.Kind == sensor.Ground && *s.Coverage.RangeM > 0 {
		t.err[3] = *s.Coverage.RangeM / 2 // position_m
	}
	or(&s.Error, errorSettings{})
	s.Error.fill(t.err)
}

// camera is the name of the camera whose messages are the sensor's, where a topic has those of several.
func (s *sensorSettings) camera() string {
	if s.Camera == nil {
		return ""
	}
	return given(s.Camera.Name)
}

func (e *errorSettings) fill(typical [8]float64) {
	for i, p := range e.all() {
		or(p, typical[i])
	}
}

// all lists the fields, in the order of typical.err.
func (e *errorSettings) all() [8]**float64 {
	return [...]**float64{
		&e.RangeM, &e.AzimuthDeg, &e.RangeRateMPS, &e.PositionM, &e.AzimuthBiasDeg, &e.RangeBiasM, &e.PositionBiasM,
		&e.ClockBiasS,
	}
}

func orWord[T ~string](p *T, otherwise T) {
	if *p == "" {
		*p = otherwise
	}
}

func or[T any](p **T, otherwise T) {
	if *p == nil {
		*p = &otherwise
	}
}

// definition hands the sensor on; fill comes first.
func (s *sensorSettings) definition() sensor.Definition {
	e := s.Error
	d := sensor.Definition{
		ID: s.ID, Sector: s.Sector, Group: s.Group, Kind: s.Kind, Topic: s.Topic, Status: s.Status, Format: string(s.Format),
		Encoding: given(s.Encoding), Mapping: s.steps(),
		Coverage: s.Coverage.coverage(),
		Error: sensor.Error{
			Range: geo.Metres(*e.RangeM), Azimuth: geo.Degrees(*e.AzimuthDeg), RangeRate: *e.RangeRateMPS, Position: geo.Metres(*e.PositionM),
			AzimuthBias: geo.Degrees(*e.AzimuthBiasDeg), RangeBias: geo.Metres(*e.RangeBiasM), PositionBias: geo.Metres(*e.PositionBiasM),
			ClockBias: time.Duration(*e.ClockBiasS * float64(time.Second)),
		},
		DetectionProbability: *s.DetectionProbability, ClutterPerScan: *s.ClutterPerScan,
		MaxSilence:       *s.MaxSilence,
		ReturnsPerTarget: s.ReturnsPerTarget, AltRef: s.AltRef, Tracks: *s.Tracks, Friendly: *s.Friendly, Simulated: *s.Simulated,
		OutOfService: s.OutOfService,
	}
	if s.Camera != nil {
		d.Camera = sensor.CameraView{Name: s.camera(), Width: given(s.Camera.WidthPx), Height: given(s.Camera.HeightPx)}
	}
	if s.ScanPeriod != nil {
		d.ScanPeriod = *s.ScanPeriod
	}
	if p := s.Pose; p != nil && p.Lat != nil && p.Lon != nil {
		d.HasPose = true
		d.Pose = sensor.Pose{Lat: geo.Degrees(*p.Lat), Lon: geo.Degrees(*p.Lon), Alt: geo.Metres(*p.AltM), Heading: geo.Degrees(*p.HeadingDeg)}
	}
	return d
}

// coverage brings azimuths into one turn: 0 to 360 is all round, which a Definition says by two equal ones.
func (c *coverageSettings) coverage() sensor.Coverage {
	from, to := math.Mod(c.AzimuthDeg[0], 360), math.Mod(c.AzimuthDeg[1], 360)
	if from == to {
		from, to = 0, 0
	}
	var edges [2]geo.Degrees
	if e := c.ElevationDeg; e != nil {
		edges = [2]geo.Degrees{geo.Degrees(e[0]), geo.Degrees(e[1])}
	}
	return sensor.Coverage{
		Elevations: edges, Range: geo.Metres(*c.RangeM), Azimuths: [2]geo.Degrees{geo.Degrees(from), geo.Degrees(to)},
		Ground: geo.Metres(given(c.GroundM)), GroundSigma: geo.Metres(given(c.GroundSigmaM)),
	}
}
