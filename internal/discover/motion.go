package discover

import (
	"fmt"
	"math"
	"slices"
	"time"

	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// velocity looks for a speed and a course. The unit of a speed without one is found by how far the targets really go.
func (g *guess) velocity(p *positionPair) {
	if g.components(p) {
		return
	}
	var speed, course *field
	for _, f := range g.free() {
		all, ok := numbers(f, "snr_db", "") // a plain number
		if unit, known := unitOf(f, speeds); !ok && known {
			all, ok = numbers(f, "velocity.speed_mps", unit) // or one with its unit behind it
		}
		if !ok || f.list != g.list {
			continue
		}
		switch {
		case speed == nil && f.named("speed", "spd", "sog", "gs", "velocity", "vel", "v") && slices.Min(all) >= -1 && f.index < 0:
			speed = f
		case course == nil && f.named("course", "heading", "hdg", "cog", "direction", "dir") && slices.Min(all) >= -360:
			course = f
		}
	}
	if speed == nil || course == nil {
		return
	}
	unit, known := unitOf(speed, speeds)
	why := "the unit is in its name"
	if !known {
		unit, why = "", "m/s are a guess: too few targets move to tell"
		if p.lat != nil {
			if u, ratio, ok := g.speedUnit(speed, p); ok {
				unit, why = u, fmt.Sprintf("%.2f times what the positions tell in m/s", ratio)
			}
		}
	}
	step := sensor.MappingStep{To: "velocity.speed_mps", From: g.from(speed), Unit: unit}
	if all, ok := numbers(speed, "snr_db", ""); ok && slices.Min(all) < 0 {
		step.Expr, why = "float(value) < 0 ? nil : value", why+"; below 0 it is not known"
	}
	g.add(step, why)
	unit, why = turnUnit(course)
	g.add(sensor.MappingStep{To: "velocity.course_deg", From: g.from(course), Unit: unit}, why)
}

// components looks for a velocity to the east and to the north, by how far the targets really go each way: the two that go with the
// places, whatever their order, sign by sign.
func (g *guess) components(p *positionPair) bool {
	if p.lat == nil {
		return false
	}
	for _, east := range g.free() {
		for _, north := range g.free() {
			if east == north || east.list != g.list || north.list != g.list || east.parent != north.parent ||
				!east.named(speedNames()...) || !north.named(speedNames()...) {
				continue
			}
			unit, ok := g.componentUnit(east, north, p)
			if !ok {
				continue
			}
			why := "as the positions go"
			g.add(sensor.MappingStep{To: "velocity.east_mps", From: g.from(east), Unit: unit}, why)
			g.add(sensor.MappingStep{To: "velocity.north_mps", From: g.from(north), Unit: unit}, why)
			return true
		}
	}
	return false
}

func speedNames() []string {
	return []string{"v", "vel", "velocity", "speed", "ve", "vn", "vx", "vy", "east", "north"}
}

// componentUnit is the unit in which two fields are the targets' ways to the east and to the north; false if they are not.
func (g *guess) componentUnit(east, north *field, p *positionPair) (unit string, ok bool) {
	told := [2]map[int]float64{{}, {}}
	for i, f := range []*field{east, north} {
		for _, v := range f.values {
			if x, ok := textNumber(v.text); ok {
				told[i][v.object] = x
			}
		}
	}
	var product, went, said float64
	count := 0
	for _, path := range g.paths(p) {
		for i := 1; i < len(path); i++ {
			a, b := path[i-1], path[i]
			dt := b.t.Sub(a.t).Seconds()
			ve, hasE := told[0][b.object]
			vn, hasN := told[1][b.object]
			if dt < .4 || dt > 60 || !hasE || !hasN || away(a.p, b.p)/dt < .5 {
				continue
			}
			e := away(geo.LLA{Lat: a.p.Lat, Lon: b.p.Lon}, a.p) / dt * float64(sign(b.p.Lon-a.p.Lon))
			n := away(geo.LLA{Lat: b.p.Lat, Lon: a.p.Lon}, a.p) / dt * float64(sign(b.p.Lat-a.p.Lat))
			product, went, said, count = product+ve*e+vn*n, went+e*e+n*n, said+ve*ve+vn*vn, count+1
		}
	}
	if count < 5 || said == 0 || product < .9*math.Sqrt(went*said) { // the correlation of what is said with what happens
		return "", false
	}
	best := math.Inf(1)
	for _, r := range speedRatios() {
		if off := math.Abs(math.Log(product / went / r.ratio)); off < best && off < .12 {
			best, unit, ok = off, r.unit, true
		}
	}
	return unit, ok
}

func sign(x geo.Degrees) int {
	if x < 0 {
		return -1
	}
	return 1
}

// textNumber reads a plain number.
func textNumber(text string) (float64, bool) { return normalize.MeasureOf("snr_db", "")(text) }

// fix is where a target was.
type fix struct {
	t      time.Time
	p      geo.LLA
	object int
}

// ratios of a speed in a unit to m/s.
func speedRatios() []struct {
	unit  string
	ratio float64
} {
	return []struct {
		unit  string
		ratio float64
	}{{"", 1}, {"kt", 3600.0 / 1852}, {"mph", 3600 / 1609.344}, {"ft/s", 1 / .3048}, {"km/h", 3.6}, {"cm/s", 100}}
}

// speedUnit is the unit that makes a field's speeds those of the positions; false if too few move, or none does.
func (g *guess) speedUnit(f *field, p *positionPair) (unit string, ratio float64, ok bool) {
	told, read := map[int]float64{}, normalize.MeasureOf("snr_db", "") // a plain number
	for _, v := range f.values {
		if x, ok := read(v.text); ok {
			told[v.object] = x
		}
	}
	var ratios []float64
	for _, path := range g.paths(p) {
		for i := 1; i < len(path); i++ {
			a, b := path[i-1], path[i]
			dt := b.t.Sub(a.t).Seconds()
			speed := away(a.p, b.p) / dt
			if said := told[b.object]; dt > .4 && dt < 60 && speed > .5 && said > 0 {
				ratios = append(ratios, said/speed)
			}
		}
	}
	if len(ratios) < 5 {
		return "", 0, false
	}
	ratio = median(ratios)
	best := math.Inf(1)
	for _, r := range speedRatios() {
		if off := math.Abs(math.Log(ratio / r.ratio)); off < best && off < .12 {
			best, unit, ok = off, r.unit, true
		}
	}
	return unit, ratio, ok
}

// paths are the places of each target in the order of time. A target is told by the field that was found for it; without one the whole
// publisher is one target, if it sends one object at a time.
func (g *guess) paths(p *positionPair) [][]fix {
	names := map[int]string{}
	for _, f := range g.fields {
		if path, ok := f.from(g.list); ok && g.isTrack(path) {
			for _, v := range f.values {
				names[v.object] = v.text
			}
		}
	}
	times := g.times(p)
	byName := map[string][]fix{}
	var order []string
	fixes := p.fixOf()
	for _, v := range p.lat.values {
		at, ok := fixes[v.object]
		name, named := names[v.object]
		if !ok || !named && g.list != "" {
			continue
		}
		if byName[name] == nil {
			order = append(order, name)
		}
		byName[name] = append(byName[name], fix{times[v.object], at, v.object})
	}
	var all [][]fix
	for _, name := range order {
		path := byName[name]
		slices.SortStableFunc(path, func(a, b fix) int { return a.t.Compare(b.t) })
		all = append(all, path)
	}
	return all
}

func (g *guess) isTrack(path string) bool {
	return slices.ContainsFunc(g.steps, func(s sensor.MappingStep) bool { return s.To == "track" && s.From == path })
}

// times is the time of each object: its own, that of the object above it, else that of the receipt.
func (g *guess) times(p *positionPair) map[int]time.Time {
	own := map[int]time.Time{}
	if g.timed != nil {
		for _, v := range g.timed.values {
			if t, ok := g.time(v.text); ok {
				own[v.object] = t
			}
		}
	}
	times := map[int]time.Time{}
	for _, v := range p.lat.values {
		times[v.object] = g.samples[v.sample].Received
		for object, deep := v.object, 0; object != 0 && deep < maxDeep; object, deep = g.apart.parents[object], deep+1 {
			if t, ok := own[object]; ok {
				times[v.object] = t
				break
			}
		}
	}
	return times
}
