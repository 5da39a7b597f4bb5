package discover

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// positionPair is a latitude and a longitude.
type positionPair struct {
	lat, lon *field
	list     string
	unit     string
	negate   bool // the longitude has lost its sign
	near     bool // they lie near the site
	moves    bool
	score    int
}

// farFromSite is how much further out than the site's corners a position may be and still be taken for one, in metres.
const farFromSite = 100e3

// positionUnits are those in which a position may be written, the most usual first.
func positionUnits() []string { return []string{"", "deg_e7", "deg_e6", "dms", "ddmm", "rad", "cdeg"} }

// position looks for the pair of fields that is most likely the target's place.
func (g *guess) position() (best positionPair, ok bool) {
	for _, lat := range g.fields {
		for _, lon := range g.fields {
			if lat == lon || lat.list != lon.list || lat.parent != lon.parent {
				continue
			}
			for _, unit := range positionUnits() {
				for _, negate := range []bool{false, true} {
					if p := g.pair(lat, lon, unit, negate); p.score > best.score {
						best = p
					}
				}
			}
		}
	}
	return best, best.lat != nil
}

// pair judges two fields; its score is 0 if they cannot be a place.
func (g *guess) pair(lat, lon *field, unit string, negate bool) (p positionPair) {
	lats, lons := lat.in("position.lat", unit), lon.in("position.lon", unit)
	if !lats.ok || !lons.ok || unit == "dms" && !lat.values[0].quoted {
		return p
	}
	y, x := lats.middle, lons.middle
	if negate {
		x = -x
	}
	if math.Abs(y) > 90 || math.Abs(x) > 180 || y == 0 && x == 0 {
		return p
	}
	p = positionPair{lat: lat, lon: lon, list: lat.list, unit: unit, negate: negate}
	p.near = away(g.site.Middle, geo.LLA{Lat: geo.Degrees(y), Lon: geo.Degrees(x)}) < g.site.Reach+farFromSite
	p.moves = lats.wander > 1e-5 || lons.wander > 1e-5
	named := lat.named("lat", "latitude") && lon.named("lon", "lng", "long", "longitude")
	whole := unit == "deg_e7" || unit == "deg_e6"
	ordered := lat.index == 1 && lon.index == 0 && lat.key == lon.key
	switch {
	case p.near && (named || decimals(lat) >= 3 && decimals(lon) >= 3 || whole && (ordered || lat.index >= 0)):
		p.score = 10
	case p.near && (whole || unit == "dms" || unit == "ddmm") && lat.index < 0:
		p.score = 8
	case !negate && (named || ordered && decimals(lat) >= 3) && (unit == "" || unit == "dms"):
		p.score = 2
	default:
		return positionPair{}
	}
	return p.weighed(named)
}

// weighed adds what speaks for a pair beside its values.
func (p positionPair) weighed(named bool) positionPair {
	if named {
		p.score += 4
	}
	if p.moves {
		p.score += 3
	}
	if p.list != "" {
		p.score++
	}
	if p.negate {
		p.score--
	}
	if p.unit == "" {
		p.score++
	}
	if p.lat.newest {
		p.score -= 2 // unless it is a trail, each element is a target
	} else if p.lat.index >= 0 {
		lat, _ := p.lat.trail()
		if lon, _ := p.lon.trail(); lat || lon {
			p.score -= 5
		}
	}
	return p
}

// wander is how far values go, without the tenth at either end.
func wander(all []float64) float64 {
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return sorted[len(sorted)*9/10] - sorted[len(sorted)/10]
}

// away is the distance of two places in metres. It is that of a plane: for the question of whether something is near.
func away(a, b geo.LLA) float64 {
	const perDegree = 111e3
	north := float64(a.Lat-b.Lat) * perDegree
	east := float64(a.Lon-b.Lon) * perDegree * math.Cos(float64(a.Lat.Radians()))
	return math.Hypot(east, north)
}

// addPosition maps a pair.
func (g *guess) addPosition(p *positionPair) {
	where := "the values lie near the site"
	if !p.near {
		where = "by their names: they lie far from the site"
		g.notes = append(g.notes, "positions lie far from the site: is it the right sector, or the right unit?")
	}
	if p.lat.named("lon", "lng", "longitude") || p.lon.named("lat", "latitude") {
		where += "; THE LABELS ARE EXCHANGED, the values are not"
		g.notes = append(g.notes, "latitude and longitude are exchanged by their names: tell the vendor")
	}
	end := func(path string) string { return path }
	if p.lat.newest {
		where += "; the newest of a trail"
		if !g.forward(p) {
			end = func(path string) string { return strings.Replace(path, "[-1]", "[0]", 1) }
		}
	}
	g.add(sensor.MappingStep{To: "position.lat", From: end(g.from(p.lat)), Unit: p.unit}, where)
	lon := sensor.MappingStep{To: "position.lon", From: end(g.from(p.lon)), Unit: p.unit}
	why := where
	if p.negate {
		lon.Expr, why = "-value", "without a sign it is as far east as the site is west"
		if p.unit != "" {
			lon.Expr = "-float(value)"
		}
	}
	g.add(lon, why)
}

// forward says whether the last of a trail is the newest, by the rows that the pair is the last of.
func (g *guess) forward(p *positionPair) bool {
	for _, f := range g.fields {
		if !f.newest && f.key == p.lat.key && f.rel == "["+strconv.Itoa(p.lat.index)+"]" {
			if trail, forward := f.trail(); trail {
				return forward
			}
		}
	}
	return true
}

// ownPlace is where the sensor itself says that it stands: another pair, that does not move.
func (g *guess) ownPlace(target *positionPair) (geo.LLA, bool) {
	for _, lat := range g.fields {
		for _, lon := range g.fields {
			if lat.parent != lon.parent || lat.list != lon.list || g.used[lat] || g.used[lon] || lat == lon {
				continue
			}
			p := g.pair(lat, lon, "", false)
			if p.near && !p.moves && lat.named("lat", "latitude") && lon.named("lon", "lng", "long", "longitude") && lat != target.lat {
				lats, _ := numbers(lat, "position.lat", "")
				lons, _ := numbers(lon, "position.lon", "")
				return geo.LLA{Lat: geo.Degrees(median(lats)), Lon: geo.Degrees(median(lons))}, true
			}
		}
	}
	return geo.LLA{}, false
}

// polarPair is an azimuth, and perhaps a range.
type polarPair struct {
	azimuth, reach *field
	list           string
}

// polar looks for an azimuth, which its name alone can tell, and a range beside it.
func (g *guess) polar() (p polarPair, ok bool) {
	for _, f := range g.fields {
		all, ok := numbers(f, "polar.azimuth_deg", "")
		if !ok || !f.named("azimuth", "az", "azi", "bearing", "brg", "theta") || slices.Min(all) < -3200 || slices.Max(all) > 36000 {
			continue
		}
		if p.azimuth == nil || p.list == "" && f.list != "" {
			p.azimuth, p.list = f, f.list
		}
	}
	if p.azimuth == nil {
		return p, false
	}
	for _, f := range g.fields {
		unit, _ := unitOf(f, lengths)
		all, ok := numbers(f, "polar.range_m", unit)
		named := f.named("range", "rng", "distance", "dist", "rho", "slant", "r") && !f.named("rate")
		if ok && named && f.list == p.list && slices.Min(all) >= 0 {
			p.reach = f
			break
		}
	}
	return p, true
}

// addPolar maps an azimuth and a range.
func (g *guess) addPolar(p *polarPair) {
	unit, why := turnUnit(p.azimuth)
	g.add(sensor.MappingStep{To: "polar.azimuth_deg", From: g.from(p.azimuth), Unit: unit}, why+"; from true north?")
	g.notes = append(g.notes, "azimuths are taken to count from true north: walk past it with a telephone, then cutline sensor calibrate")
	if p.reach == nil {
		return
	}
	unit, known := unitOf(p.reach, lengths)
	why = "by its name"
	if all, _ := numbers(p.reach, "polar.range_m", ""); !known && median(all) < 30 {
		unit, why = "km", "so small that they are kilometres rather than metres: check"
	} else if !known {
		why = "by its name; metres are a guess"
	}
	g.add(sensor.MappingStep{To: "polar.range_m", From: g.from(p.reach), Unit: unit}, why)
	for _, f := range g.free() {
		unit, _ := unitOf(f, speeds)
		_, ok := numbers(f, "polar.range_rate_mps", unit)
		if ok && f.list == p.list && f.named("doppler", "radial", "rate", "vr", "rr", "closing") {
			g.add(sensor.MappingStep{To: "polar.range_rate_mps", From: g.from(f), Unit: unit}, "by its name; positive away from the sensor?")
			return
		}
	}
}

// turnUnit is the unit of a direction: by its name, else by its values.
func turnUnit(f *field) (unit, why string) {
	if unit, ok := unitOf(f, angles); ok && unit != "deg" {
		return unit, "the unit is in its name"
	}
	all, _ := numbers(f, "polar.azimuth_deg", "")
	low, high := slices.Min(all), slices.Max(all)
	switch {
	case low >= -math.Pi && high <= 2*math.Pi && len(all) >= 20 && high-low > 1 && decimals(f) >= 2:
		return "rad", fmt.Sprintf("%.2f to %.2f: radians", low, high)
	case high > 6400:
		return "cdeg", fmt.Sprintf("up to %.0f: hundredths of a degree", high)
	case high > 3600:
		return "mil", fmt.Sprintf("up to %.0f: mils, of which 6400 are a turn? cdeg if they are hundredths of a degree", high)
	case low < 0:
		return "deg_signed", fmt.Sprintf("%.1f to %.1f: a turn to the left is negative", low, high)
	}
	return "", fmt.Sprintf("%.1f to %.1f: degrees", low, high)
}

// fixOf is the place of each object by a pair.
func (p *positionPair) fixOf() map[int]geo.LLA {
	fixes, lats := map[int]geo.LLA{}, map[int]float64{}
	readLat, readLon := normalize.MeasureOf("position.lat", p.unit), normalize.MeasureOf("position.lon", p.unit)
	for _, v := range p.lat.values {
		if y, ok := readLat(v.text); ok {
			lats[v.object] = y
		}
	}
	for _, v := range p.lon.values {
		x, ok := readLon(v.text)
		if y, has := lats[v.object]; ok && has {
			if p.negate {
				x = -x
			}
			fixes[v.object] = geo.LLA{Lat: geo.Degrees(y), Lon: geo.Degrees(x)}
		}
	}
	return fixes
}
