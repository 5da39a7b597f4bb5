package normalize

import (
	"fmt"
	"strings"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// DJI is the format of the DJI Cloud API: what drones, their remote controls and their docks publish on thing/product/… and sys/product/….
const DJI = "dji/cloud"

// dji reads one message. What it is a detection of is decided by whose the sensor's reports are:
//
//   - friendly: the aircraft themselves, by the positions that they tell.
//   - not friendly: what they see, which is where the laser rangefinder points, and the aircraft that they warn of.
//
// One aircraft tells of itself in several messages with different fields. Each stands alone here: one without a position is a sign of life,
// and the track holds what the others said.
func (d *decoder) dji() ([]detection.Scan, *detection.Status) {
	doc, ok := d.document()
	if !ok {
		return nil, nil
	}
	root := &doc.roots[0]
	if root.kind != '{' {
		doc.blame(root, "", "%s: want a message like {\"timestamp\":…,\"gateway\":…,\"data\":{}}", root.describe())
		return nil, nil
	}
	t, timed := doc.epoch(root, "timestamp", time.Millisecond)
	if !timed && root.get("timestamp") == nil {
		doc.missing(root, "timestamp", "the time in milliseconds since 1970")
	}
	if !timed {
		return nil, nil
	}
	var g group
	status := detection.Status{EventTime: t}
	switch doc.word(root, "method") {
	case "airsense_warning":
		doc.djiTraffic(root, t, &g)
	case "hms":
		doc.djiHealth(root, &status)
	case "update_topo":
		doc.djiTopology(root, &status)
	case "":
		doc.djiProperties(root, t, &g, &status)
	}
	scans, alive := doc.outcome(&g, t)
	one := !strings.ContainsAny(d.source.def.Topic, "+#") // else a state is one of many, and says nothing of the sensor as a whole
	if doc.faults == 0 && one && (status.State != detection.UnknownState || status.HasBattery) {
		alive = &status
	}
	return scans, alive
}

// djiDevice is the serial number of the device that a message is of: a level of the topic.
func (d *document) djiDevice(root *value) string {
	if _, rest, found := strings.Cut(d.topic, "product/"); found {
		device, _, _ := strings.Cut(rest, "/")
		return device
	}
	if sn := d.word(d.object(root, "data"), "sn"); sn != "" {
		return sn
	}
	return d.word(root, "gateway")
}

// djiProperties reads what a device tells of itself. A dock and a remote control stand on the ground: they are signs of life.
func (d *document) djiProperties(root *value, t time.Time, g *group, status *detection.Status) {
	before := d.faults
	data, device := d.object(root, "data"), d.djiDevice(root)
	if host := d.object(data, "host"); host != nil {
		data = host // the form of the vendor's web socket
	}
	if battery := d.object(data, "battery"); battery != nil {
		status.Battery, status.HasBattery = d.number(battery, "capacity_percent", 0, 100, "percent")
	}
	if device == d.word(root, "gateway") || isDock(data) || d.faults > before {
		return
	}
	fixed := true
	if state := d.object(data, "position_state"); state != nil {
		code, given := d.whole(state, "is_fixed", 0, 3)
		fixed = !given || code == 2
	}
	if !fixed || isZero(data.get("latitude")) && isZero(data.get("longitude")) {
		status.State, status.Faults = detection.Degraded, []string{"the aircraft has no position"}
		return
	}
	p, located := d.place(data, "latitude", "longitude")
	height, hasHeight := d.number(data, "height", minAltitude, maxAltitude, "metres above the ellipsoid")
	p.Alt = geo.Metres(height)
	if d.faults > before {
		return
	}
	if d.source.def.Friendly {
		if located {
			d.djiAircraft(data, device, t, p, hasHeight, g)
		}
		return
	}
	d.djiLaser(data, device, t, platformOf(d, data, p, located && hasHeight), g)
}

func isDock(data *value) bool {
	for _, key := range [...]string{"drone_in_dock", "cover_state", "sub_device", "putter_state", "emergency_stop_state"} {
		if data.get(key) != nil {
			return true
		}
	}
	return false
}

// djiAircraft adds the position of an aircraft. Its heading is where its nose points, which is not where it goes: there is a velocity only
// where it hovers.
func (d *document) djiAircraft(data *value, device string, t time.Time, p geo.LLA, hasHeight bool, g *group) {
	before := d.faults
	plot := newPlot(t)
	plot.Track = device
	d.locate(&plot, p, 0)
	plot.HasAlt = hasHeight
	if speed, ok := d.number(data, "horizontal_speed", 0, maxSpeed, "m/s"); ok && speed == 0 {
		plot.HasVelocity = true
	}
	isA(&plot, detection.Drone)
	if d.faults == before {
		d.add(g, &plot)
	}
}

// platformOf is where an aircraft is and points; its heading counts from −180 to 180.
func platformOf(d *document, data *value, p geo.LLA, known bool) (pose detection.Pose) {
	if !known {
		return pose
	}
	pose.LLA = p
	if head, ok := d.number(data, "attitude_head", -180, 180, "degrees from true north"); ok {
		pose.Heading, pose.HasHeading = geo.Wrap2Pi(geo.Degrees(head).Radians()), true
	}
	return pose
}

// djiLaser adds what a laser rangefinder points at, which an operator has found worth it. It is a position only where the rangefinder says
// so: else it repeats an old one, or 0/0. Its altitude is not used: nothing says what it counts from.
func (d *document) djiLaser(data *value, device string, t time.Time, platform detection.Pose, g *group) {
	for i := range data.members() {
		payload := &data.parts[i]
		if payload.kind != '{' || payload.get("measure_target_error_state") == nil {
			continue
		}
		before := d.faults
		state, ok := d.whole(payload, "measure_target_error_state", 0, 3)
		if !ok || state != 0 || isZero(payload.get("measure_target_latitude")) && isZero(payload.get("measure_target_longitude")) {
			continue
		}
		p, located := d.place(payload, "measure_target_latitude", "measure_target_longitude")
		if !located || d.faults > before {
			continue
		}
		plot := newPlot(t)
		plot.ID = fmt.Sprintf("%s/%s", device, payload.key)
		d.locate(&plot, p, 0)
		g.plots = append(g.plots, plot)
		scan := detection.Scan{Sensor: d.source.def.ID, EventTime: t, Platform: platform, HasPlatform: platform.LLA != geo.LLA{}}
		g.keep(&scan, nil, false)
	}
}

// djiTraffic reads the aircraft that a drone's receiver warns of. A sensor whose reports are ours does not take them.
func (d *document) djiTraffic(root *value, t time.Time, g *group) {
	list := d.items(root, "data")
	for i := range list {
		v, before := &list[i], d.faults
		p, located := d.place(v, "latitude", "longitude")
		if !located || d.source.def.Friendly {
			continue
		}
		plot := newPlot(t)
		plot.Track = d.mustWord(v, "icao", "the address of the aircraft")
		d.locate(&plot, p, 0)
		if alt, ok := d.number(v, "altitude", -2000, maxAltitude, "metres"); ok {
			plot.Position.Alt, plot.HasAlt = geo.Metres(alt), true
			if kind, ok := d.whole(v, "altitude_type", 0, 1); ok && kind == 1 {
				plot.Position.Alt += undulation(p.Lat, p.Lon)
			}
		}
		isA(&plot, detection.Aircraft)
		if d.heard(v, "latitude", p, aircraftHeard) && d.faults == before {
			d.add(g, &plot)
		}
	}
}

// djiHealth reads the messages of the health monitor: level 0 is for information.
func (d *document) djiHealth(root *value, status *detection.Status) {
	status.State = detection.Online
	list := d.items(d.object(root, "data"), "list")
	for i := range list {
		level, ok := d.whole(&list[i], "level", 0, 2)
		if code := d.word(&list[i], "code"); ok && level > 0 {
			status.State = detection.Degraded
			status.Faults = append(status.Faults, "health "+code)
		}
	}
}

// djiTopology reads what is behind a gateway: nothing says that the aircraft is off.
func (d *document) djiTopology(root *value, status *detection.Status) {
	if sub := d.object(root, "data").get("sub_devices"); sub != nil && sub.kind == '[' {
		status.State = detection.Online
		if len(sub.parts) == 0 {
			status.State = detection.Offline
		}
	}
}
