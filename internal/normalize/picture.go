package normalize

import (
	"math"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// A picture wider than this is taken for one that spreads angles evenly over its width, as panoramic cameras do; a narrower one for that
// of a lens without distortion.
const widestLens = 120.0 // degrees

// A box in a picture: its edges, in shares of the picture's width from the left, and of its height from the top. A bottom of 0: not known.
type box struct{ left, top, right, bottom float64 }

// footless is the share of the picture's height below which the feet of a box may be out of the picture.
const footless = .99

// sight makes a bearing of a box in the sensor's picture. The picture spans the sensor's coverage, from its first azimuth at the left edge
// to its second at the right, and from its first elevation at the lower edge to its second at the upper. key is where the box stands, for
// faults.
//
// The direction is that of the box's middle, or if the picture's elevations are configured, of the middle of its lower edge: its feet.
// Its error is the sensor's own, and an eighth of the box for where in it the target is.
func (d *document) sight(v *value, key string, plot *detection.Detection, in box) bool {
	def := &d.source.def
	left, right := in.left, in.right
	span := math.Mod(float64(def.Coverage.Azimuths[1]-def.Coverage.Azimuths[0])+360, 360)
	switch {
	case !def.HasPose:
		d.blame(v, key, "counts from the camera, and no pose of it is configured")
		return false
	case span == 0:
		d.blame(v, key, "what the picture spans is not configured: give coverage.azimuth_deg, the directions of its left and right edge")
		return false
	case left >= right:
		d.blame(v, key, "a box whose left edge is not left of its right edge")
		return false
	}
	from := float64(def.Coverage.Azimuths[0])
	a, b := bearingIn(left, span), bearingIn(right, span)
	plot.Geometry = detection.Bearing
	plot.Polar.Azimuth = geo.Wrap2Pi(geo.Degrees(from + bearingIn((left+right)/2, span)).Radians())
	sigma, box := float64(d.source.polar.Azimuth), float64(geo.Degrees(b-a).Radians())/8
	plot.PolarError.Azimuth = geo.Radians(math.Hypot(sigma, box))
	if d.source.upright() && in.top < in.bottom && in.bottom < footless {
		lower, upper := float64(def.Coverage.Elevations[0]), float64(def.Coverage.Elevations[1])
		middle := (left + right) / 2
		az, feet := rayIn(middle, in.bottom, span, lower, upper)
		_, head := rayIn(middle, in.top, span, lower, upper)
		plot.Polar.Azimuth = geo.Wrap2Pi(geo.Degrees(from + az).Radians())
		plot.Polar.Elevation, plot.Polar.HasElevation = geo.Degrees(feet).Radians(), true
		sigma, box = float64(d.source.polar.Elevation), float64(geo.Degrees(head-feet).Radians())/8
		plot.PolarError.Elevation, plot.PolarError.HasElevation = geo.Radians(math.Hypot(sigma, box)), true
	}
	return true
}

// upright says that it is known at what elevations the sensor's picture begins and ends.
func (s *source) upright() bool { return s.def.Coverage.Elevations[0] < s.def.Coverage.Elevations[1] }

// rayIn is where a camera looks at a point of its picture: the angle from the left edge, and the elevation, in degrees. A camera that looks
// down sees what is below the middle of its picture further to the side than what is above it.
func rayIn(x, y, span, lower, upper float64) (azimuth, elevation float64) {
	if span > widestLens {
		return x * span, upper - y*(upper-lower)
	}
	tilt := geo.Degrees((lower + upper) / 2).Radians()
	sin, cos := math.Sincos(float64(tilt))
	right := (2*x - 1) * math.Tan(float64(geo.Degrees(span/2).Radians())) * cos // span is that of the middle row
	up := (1 - 2*y) * math.Tan(float64(geo.Degrees((upper-lower)/2).Radians()))
	ahead := cos - up*sin
	az, el := math.Atan2(right, ahead), math.Atan2(sin+up*cos, math.Hypot(right, ahead))
	return span/2 + float64(geo.Radians(az).Degrees()), float64(geo.Radians(el).Degrees())
}

// bearingIn is the angle in degrees from the left edge of a picture that spans so many to a share of its width.
func bearingIn(share, span float64) float64 {
	if span > widestLens {
		return share * span
	}
	half := span / 2 * math.Pi / 180
	return span/2 + math.Atan((2*share-1)*math.Tan(half))*180/math.Pi
}
