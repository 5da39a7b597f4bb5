package simulator

import (
	"cutline/internal/geo"
)

// maskSpec is ground that hides: a wood, a hill. Who is in it or behind it is not seen from a mast.
type maskSpec struct {
	Area   []latLon `yaml:"area"`   // its corners
	Canopy float64  `yaml:"canopy"` // probability that one beneath is hidden from a look from the air
	Height float64  `yaml:"height_m"`
}

// shadowSpec is a part of one sensor's view that something near it blocks.
type shadowSpec struct {
	Azimuth span    `yaml:"azimuth_deg"` // clockwise from true north
	From    float64 `yaml:"from_m"`
	To      float64 `yaml:"to_m"` // as far as it sees, if not given
}

// defaultMaskHeight is how high a wood stands where the scenario says nothing, in metres; what flies higher is seen.
const defaultMaskHeight = 20.0

// mask is a maskSpec in the plane.
type mask struct {
	corners []geo.ENU
	canopy  float64
	height  float64
}

func (r *Run) masks() []mask {
	var out []mask
	for _, m := range r.scenario.Masks {
		k := mask{canopy: m.Canopy, height: m.Height}
		if k.height == 0 {
			k.height = defaultMaskHeight
		}
		for _, c := range m.Area {
			k.corners = append(k.corners, r.plane(c))
		}
		out = append(out, k)
	}
	return out
}

// plane is a place on the ground in the plane.
func (r *Run) plane(p latLon) geo.ENU {
	return r.frame.ENU(geo.LLA{Lat: geo.Degrees(p.Lat), Lon: geo.Degrees(p.Lon), Alt: geo.Metres(r.scenario.Ground)})
}

// holds says whether a place is inside: a ray to the east meets the edge an odd number of times.
func (m *mask) holds(p geo.ENU) bool {
	inside := false
	for i, a := range m.corners {
		b := m.corners[(i+1)%len(m.corners)]
		if (a.N > p.N) != (b.N > p.N) && p.E < a.E+(p.N-a.N)/(b.N-a.N)*(b.E-a.E) {
			inside = !inside
		}
	}
	return inside
}

// between says whether the straight way from p to q meets the edge.
func (m *mask) between(p, q geo.ENU) bool {
	for i, a := range m.corners {
		b := m.corners[(i+1)%len(m.corners)]
		if turn(p, q, a) != turn(p, q, b) && turn(a, b, p) != turn(a, b, q) {
			return true
		}
	}
	return false
}

// turn says whether c lies to the left of the way from a to b.
func turn(a, b, c geo.ENU) bool { return (b.E-a.E)*(c.N-a.N)-(b.N-a.N)*(c.E-a.E) > 0 }

// hides says whether one at a height above the ground is hidden from a mast. A mast that stands inside looks over what is round it.
func (m *mask) hides(mast, at geo.ENU, height float64) bool {
	if height > m.height {
		return false
	}
	return m.holds(at) || !m.holds(mast) && m.between(mast, at)
}

// hidden says whether a body is behind a mask or in a shadow of the mast's.
func (m *mast) hidden(b *body, s *sight) bool {
	for i := range m.run.terrain {
		if m.run.terrain[i].hides(m.enu, b.enu, b.height) {
			return true
		}
	}
	for _, w := range m.shadows {
		width := geo.Wrap2Pi(geo.Degrees(w.Azimuth[1] - w.Azimuth[0]).Radians())
		into := geo.Wrap2Pi(geo.Radians(s.azimuth) - geo.Degrees(w.Azimuth[0]).Radians())
		if into <= width && s.slant >= w.From && (w.To == 0 || s.slant <= w.To) {
			return true
		}
	}
	return false
}

// canopy is the probability that a body is hidden from the air.
func (r *Run) canopy(b *body) float64 {
	hidden := 0.0
	for i := range r.terrain {
		if m := &r.terrain[i]; b.height <= m.height && m.canopy > hidden && m.holds(b.enu) {
			hidden = m.canopy
		}
	}
	return hidden
}
