package fusion

import (
	"math"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
)

// Densities of false returns for a sensor whose coverage is not given: the figures that made a joint-probabilistic tracker work
// on towers with radar and cameras.
const (
	openDensity    = 2e-8 // per m²
	openDensityRad = .05  // per radian
	leastClutter   = 1e-3 // per scan: no sensor is free of false returns
)

// A site is a sensor as the tracker needs it: in the frame's metres and radians. It does not change.
type site struct {
	id, group   string
	mast        int     // the index of the first sensor of its group
	look        look    // from its own pose
	reach       float64 // coverage range, m; 0 if not given
	pd          float64
	clutter     float64 // per scan
	period      int64   // ns
	many        bool    // returns of one target in a look
	smooths     bool    // sends tracks of its own
	radar       bool    // it sees what moves
	slowest     float64 // m/s along the beam, of what it sees
	cooperative bool    // never misses, starts tracks that exist
	friendly    bool    // of ours
	camera      bool
	trips       bool            // a ground sensor: silence says nothing
	bias        [values]float64 // variances
	hull        float64         // m², of where on the target a bearing points

	ground  float64 // m, of the ground that it looks at, above the sector's
	uneven  float64 // m², of how far that is off; 0: it is not known
	tilt    float64 // rad², of what its elevations are off by
	dips    float64 // rad², noise of one
	vaguest float64 // m, of a place that is one
}

// A look is from where and whereto a sensor looks in one scan. Azimuths are the frame's.
type look struct {
	Placed      bool    // E, N, U and Turn hold: without them only positions have a meaning
	E, N, U     float64 // of the sensor
	Turn        float64 // convergence: from true azimuths to the frame's
	Sees        bool    // Range, From and Width hold: without them nobody can be missed
	Range       float64 // m
	From, Width float64 // the arc, clockwise; Width 2π is all round
}

// siteState is what changes about a sensor.
type siteState struct {
	Look     look  // of its last scan
	Heard    int64 // event time of its last scan, ns
	Votes    votes
	Taught   int64 // when its bias was learnt from last
	Sweeps   bool  // it sends complete sweeps, so that its misses are not counted by scan_period
	Bears    bool  // its last returns were bearings
	Lays     bool  // and some of them laid on the ground
	Behind   background
	Threads  threads
	Clutter  clutter
	NextMiss int64 // when scan_period is counted next
}

func newStates(sites []site) []siteState {
	states := make([]siteState, len(sites))
	for i := range sites {
		states[i].Look = sites[i].look
		states[i].Bears = sites[i].camera // until it shows what it sends
	}
	return states
}

func newSite(d *sensor.Definition, frame *geo.Frame) site {
	s := site{
		id: d.ID, group: d.Group,
		pd:          min(max(d.DetectionProbability, .01), .99),
		clutter:     max(d.ClutterPerScan, leastClutter),
		period:      int64(d.ScanPeriod),
		many:        d.ReturnsPerTarget == sensor.Many,
		smooths:     d.Tracks,
		cooperative: d.Kind.Cooperative(),
		friendly:    d.Ours(),
		camera:      d.Kind == sensor.Camera,
		radar:       d.Kind == sensor.Radar,
		slowest:     d.Error.RangeRate, // what is slower is lost in the ground's own spread
		trips:       d.Kind == sensor.Ground,
		reach:       float64(d.Coverage.Range),
	}
	if d.DetectionProbability == 0 {
		s.pd = .9
	}
	if s.group == "" {
		s.group = d.ID
	}
	s.bias[azimuth] = square(float64(d.Error.AzimuthBias.Radians()))
	s.bias[ranging] = square(float64(d.Error.RangeBias))
	s.bias[east] = square(float64(d.Error.PositionBias))
	s.bias[north] = s.bias[east]
	s.bias[late] = square(d.Error.ClockBias.Seconds())
	if d.Coverage.GroundSigma > 0 {
		s.ground = float64(d.Coverage.Ground - frame.Origin().Alt)
		s.uneven = square(float64(d.Coverage.GroundSigma))
		if !d.HasPose { // one that moves knows how high it is as well as where
			s.uneven += s.bias[east]
		}
		// The definition has one angular error. A head is levelled no worse than it is turned north.
		s.tilt, s.dips = s.bias[azimuth], square(float64(d.Error.Azimuth.Radians()))
	}
	if !d.HasPose {
		return s
	}
	s.look = place(frame, d.Pose.LLA())
	if s.reach > 0 {
		from := float64(d.Coverage.Azimuths[0].Radians())
		width := float64(geo.Wrap2Pi((d.Coverage.Azimuths[1] - d.Coverage.Azimuths[0]).Radians()))
		if width == 0 {
			width = 2 * math.Pi
		}
		s.look.cover(s.reach, from, width)
	}
	return s
}

func place(frame *geo.Frame, p geo.LLA) look {
	enu := frame.ENU(p)
	return look{Placed: true, E: enu.E, N: enu.N, U: enu.U, Turn: float64(frame.Convergence(p))}
}

// cover sets the arc that begins at the true azimuth from.
func (l *look) cover(reach, from, width float64) {
	l.Sees, l.Range, l.Width = true, reach, width
	l.From = float64(geo.Wrap2Pi(geo.Radians(from + l.Turn)))
}

// lookOf is where the sensor looks in this scan: from its platform and into its view, if the scan brings them.
func (s *site) lookOf(scan *detection.Scan, frame *geo.Frame) look {
	l := s.look
	if scan.HasPlatform {
		l = place(frame, scan.Platform.LLA)
		if s.reach > 0 {
			l.cover(s.reach, 0, 2*math.Pi)
		}
	}
	if v := &scan.View; scan.HasView && l.Placed && v.Range > 0 && v.Range <= farthest && v.Width > 0 {
		width := min(float64(v.Width), 2*math.Pi)
		l.cover(v.Range, float64(v.Azimuth)-width/2, width)
	} else if scan.HasPlatform && !scan.HasView {
		l.Sees = false // it may look anywhere: nobody was missed
	}
	return l
}

// silence is for how long a sensor that sends no sweeps may send nothing before it counts as one that does not look, ns.
func (s *site) silence() int64 { return max(2*s.period, 3*beat) }

// sees says whether a target there would be in view.
func (l *look) sees(e, n float64) bool {
	return l.Sees && l.reaches(e, n) && (l.Width >= 2*math.Pi || l.faces(math.Atan2(e-l.E, n-l.N)))
}

// reaches says whether a place is within its range, whatever the direction.
func (l *look) reaches(e, n float64) bool {
	de, dn := e-l.E, n-l.N
	return de*de+dn*dn <= l.Range*l.Range
}

// length of a bearing, m: as far as it sees, or may.
func (l *look) length() float64 {
	if l.Sees {
		return l.Range
	}
	return farSight
}

// faces says whether an azimuth lies in the arc.
func (l *look) faces(azimuth float64) bool {
	return l.Width >= 2*math.Pi || float64(geo.Wrap2Pi(geo.Radians(azimuth-l.From))) <= l.Width
}

// density of the sensor's false returns per m², taken as even over what it covers.
func (s *site) density(l *look) float64 {
	if !l.Sees {
		return openDensity
	}
	return s.clutter / (l.Width / 2 * l.Range * l.Range)
}

// bearingDensity is that of a camera's false returns per rad.
func (s *site) bearingDensity(l *look) float64 {
	if !l.Sees {
		return openDensityRad
	}
	return s.clutter / l.Width
}

// angular says that the sensor measures angles and ranges that may be biased, whatever it gives out.
func (s *site) angular() bool { return s.bias[azimuth]+s.bias[ranging] > 0 }
