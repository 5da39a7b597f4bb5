package normalize

import (
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// Readsb is the format of aircraft.json, as readsb, tar1090 and dump1090 write it.
const Readsb = "readsb"

// maxAge of an aircraft's position, in seconds. readsb goes on listing one that it no longer hears, in new messages for many minutes.
// Positions that old came before, when they were young.
const maxAge = 30

// readsb reads an aircraft.json: every aircraft in it that has a position of the last half minute. A position is as old as its
// seen_pos says.
//
// Only alt_geom is a height above the ellipsoid. alt_baro is that of a standard atmosphere, up to some 300 m off, with nothing in
// the message to correct it by: it is not used.
func (d *decoder) readsb() ([]detection.Scan, *detection.Status) {
	doc, ok := d.document()
	if !ok {
		return nil, nil
	}
	root := &doc.roots[0]
	now, ok := doc.epoch(root, "now", time.Second)
	switch {
	case root.kind != '{' || root.get("aircraft") == nil:
		doc.blame(root, "", `want an object like {"now":1795507923.1,"aircraft":[…]}`)
	case !ok && root.get("now") == nil:
		doc.missing(root, "now", "the time in seconds since 1970")
	}
	var g group
	if ok {
		aircraft := doc.items(root, "aircraft")
		g.plots = make([]detection.Detection, 0, len(aircraft))
		for i := range aircraft {
			doc.aircraft(&aircraft[i], now, &g)
		}
	}
	return doc.outcome(&g, now)
}

func (d *document) aircraft(v *value, now time.Time, g *group) {
	before := d.faults
	if v.kind != '{' {
		d.blame(v, "", "%s: want an object", v.describe())
		return
	}
	age, _ := d.number(v, "seen_pos", 0, 1e6, "seconds")
	p, located := d.place(v, "lat", "lon")
	if !located || age > maxAge {
		return
	}
	plot := newPlot(now.Add(-time.Duration(age*1000) * time.Millisecond))
	plot.ID, plot.Track = d.word(v, "flight"), d.mustWord(v, "hex", "the address of the aircraft")
	d.locate(&plot, p, d.aircraftError(v))
	if feet, ok := d.number(v, "alt_geom", -2000, 150_000, "feet"); ok {
		plot.Position.Alt, plot.HasAlt = geo.Metres(feet*foot), true
	}
	d.aircraftVelocity(v, &plot)
	isA(&plot, aircraftClass(d.word(v, "category")))
	if d.heard(v, "lat", p, aircraftHeard) && d.faults == before {
		d.add(g, &plot)
	}
}

// aircraftVelocity reads the speed over ground; what dump1090 called speed, readsb calls gs.
func (d *document) aircraftVelocity(v *value, plot *detection.Detection) {
	key := "gs"
	if v.get(key) == nil {
		key = "speed"
	}
	speed, hasSpeed := d.number(v, key, 0, 10_000, "knots")
	course, hasCourse := d.number(v, "track", 0, 360, "degrees clockwise from true north")
	if hasSpeed && hasCourse {
		move(plot, speed*knot, course)
	}
}

// aircraftError is the 1 σ of a position, in metres; 0 if nothing is said of it. nac_p stands for a radius that holds 95 % (DO-260B,
// table 2-71), rc for one that holds all but one in 100,000.
func (d *document) aircraftError(v *value) float64 {
	radius := [...]float64{0, 18520, 7408, 3704, 1852, 926, 555.6, 185.2, 92.6, 30, 10, 3}
	if nac, ok := d.whole(v, "nac_p", 0, 15); ok && int(nac) < len(radius) && nac > 0 {
		return radius[nac] / radius95
	}
	const radiusAlmostAll = 4.8
	rc, _ := d.number(v, "rc", 0, 1e6, "metres")
	return rc / radiusAlmostAll
}

// aircraftClass reads an emitter category (DO-260B §2.2.3.2.5.2): B6 is an unmanned aircraft, the Cs are vehicles and obstacles
// on the ground.
func aircraftClass(category string) detection.Class {
	switch category {
	case "B6":
		return detection.Drone
	case "C1", "C2":
		return detection.Vehicle
	case "C3", "C4", "C5":
		return detection.Clutter
	}
	return detection.Aircraft
}
