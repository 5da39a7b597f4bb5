package discover

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// known is a format that is recognised by its shape.
type known struct {
	format   string
	looks    func(o object, raw []byte) bool
	why      string
	kind     sensor.Kind
	friendly bool
	wild     int // the level of the topic, counted from the end, that differs from device to device; 0: none
	notes    []string
}

// object is a payload, or the first of a list; empty if it is no JSON.
type object map[string]json.RawMessage

func (o object) has(keys ...string) bool {
	for _, k := range keys {
		if _, ok := o[k]; !ok {
			return false
		}
	}
	return true
}

// in is the object of a key.
func (o object) in(key string) object { return objectOf(o[key]) }

func objectOf(raw []byte) (o object) {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '[' {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
			return nil
		}
		raw = list[0]
	}
	d := json.NewDecoder(bytes.NewReader(raw)) // the first of several in one payload
	if d.Decode(&o) != nil {
		return nil
	}
	return o
}

const (
	noteMast    = "pose is the middle of the site: measure where it stands"
	notePicture = "coverage.azimuth_deg is made up: give the directions of the picture's left and right edge"
)

// formats lists what is recognised, the surest first.
func formats() []known { return append(ofPositions(), ofDevices()...) }

// ofPositions are the formats of what tells where it is itself.
func ofPositions() []known {
	return []known{
		{
			format: normalize.AIS, kind: sensor.AIS, why: "NMEA sentences, or type and mmsi",
			looks: func(o object, raw []byte) bool {
				return bytes.Contains(raw[:min(len(raw), 200)], []byte("!AIVDM")) || o.has("mmsi", "type")
			},
		},
		{
			format: normalize.CoT, kind: sensor.Helicopter, why: "XML with an event, or TAK's protobuf",
			looks: func(_ object, raw []byte) bool {
				return bytes.Contains(raw[:min(len(raw), 400)], []byte("<event")) || bytes.HasPrefix(raw, []byte("\xbf\x01\xbf"))
			},
			notes: []string{"if these are our own: kind: patrol and friendly: true, on a topic by themselves"},
		},
		{
			format: normalize.Readsb, kind: sensor.ADSB, why: "now and a list of aircraft",
			looks: func(o object, _ []byte) bool { return o.has("aircraft", "now") },
		},
		{
			format: normalize.OwnTracks, kind: sensor.Patrol, friendly: true, wild: 2, why: "_type, as the app writes it",
			looks: func(o object, _ []byte) bool { return o.has("_type") },
		},
		{
			format: normalize.RemoteID, kind: sensor.Drone, why: "Remote ID messages",
			looks: func(o object, _ []byte) bool {
				return o.has("Basic ID") || o.has("Location/Vector Message") || o.has("protocol", "data") || o.has("pilot_lat", "lat")
			},
		},
		{
			format: "meshtastic", kind: sensor.Patrol, friendly: true, wild: 1, why: "a sender, a type and a payload, as Meshtastic writes them",
			looks: func(o object, _ []byte) bool { return o.has("sender", "payload", "type", "from") },
		},
	}
}

// isAsterix says whether a payload begins with a data block of a category that we read, of a length that fits.
func isAsterix(raw []byte) bool {
	return len(raw) > 3 && (raw[0] == 48 || raw[0] == 62) && int(raw[1])<<8|int(raw[2]) <= len(raw) && int(raw[1])<<8|int(raw[2]) > 3
}

// ofDevices are the formats of what sees others.
func ofDevices() []known {
	return []known{
		{
			format: normalize.Sapient, kind: sensor.Radar, why: "a node id and one of SAPIENT's messages",
			looks: func(o object, _ []byte) bool {
				return (o.has("nodeId") || o.has("node_id")) && o.has("timestamp")
			},
			notes: []string{noteMast},
		},
		{
			format: normalize.Frigate, kind: sensor.Camera, why: "after, with a camera and a box",
			looks: func(o object, _ []byte) bool {
				after := o.in("after")
				return after.has("camera") && (after.has("box") || after.has("severity"))
			},
			notes: []string{noteMast, notePicture, "one entry for each camera of this Frigate; width_px is its detect.width"},
		},
		{
			format: normalize.Axis, kind: sensor.Camera, why: "a frame of scene metadata, or a device event",
			looks: func(o object, _ []byte) bool {
				frame := o.in("frame")
				return o.has("channel_id", "timestamp") || frame.has("timestamp") || o.in("message").has("data") ||
					o.has("UtcTime", "Data")
			},
			notes: []string{noteMast, notePicture, "for a PIR or another detector: kind: ground"},
		},
		{
			format: normalize.DJI, kind: sensor.Patrol, friendly: true, wild: 2, why: "tid, bid, timestamp and data",
			looks: func(o object, _ []byte) bool { return o.has("tid", "bid", "data") },
			notes: []string{"friendly: the aircraft themselves; for what their lasers point at: friendly: false"},
		},
		{
			format: "chirpstack", kind: sensor.Ground, why: "deviceInfo, as ChirpStack writes it",
			looks: func(o object, _ []byte) bool { return o.has("deviceInfo") },
			notes: []string{noteMast, "look up in docs/sensors.md what the codec's object must hold"},
		},
		{
			format: normalize.Asterix, kind: sensor.Radar, why: "a data block of category 48 or 62",
			looks: func(_ object, raw []byte) bool { return isAsterix(raw) },
			notes: []string{noteMast},
		},
		{
			format: normalize.Native, kind: sensor.Radar, why: "messages of our own format",
			looks: func(o object, _ []byte) bool {
				return o.has("time") && (o.in("position").has("lat", "lon") || o.in("polar").has("azimuth_deg") || o.has("detections", "scan"))
			},
			notes: []string{noteMast},
		},
	}
}

// recognise finds the format of a publisher: that which most of its messages look like.
func recognise(p *publisher) (known, string) {
	all := formats()
	votes := make([]int, len(all))
	some := p.samples[:min(len(p.samples), 50)]
	for _, m := range some {
		o := objectOf(m.Payload)
		i := slices.IndexFunc(all, func(k known) bool { return k.looks(o, m.Payload) && slices.Contains(normalize.Formats(), k.format) })
		if i >= 0 {
			votes[i]++
		}
	}
	for i, k := range all {
		if votes[i]*2 > len(some) {
			return k, k.why
		}
	}
	return known{}, ""
}

// pattern is the topic that stands for all devices of a format.
func (k known) pattern(topic string) string {
	levels := strings.Split(topic, "/")
	if k.wild == 0 || len(levels) <= k.wild {
		return topic
	}
	switch k.format {
	case normalize.OwnTracks:
		levels[len(levels)-1] = "+"
	case normalize.Sapient, normalize.DJI:
	}
	levels[len(levels)-k.wild] = "+"
	return strings.Join(levels, "/")
}

// finish puts in what a format needs beside the rest.
func (k known) finish(f *Finding, p *publisher) {
	d := &f.Definition
	switch k.kind {
	case sensor.AIS, sensor.ADSB, sensor.Patrol, sensor.Drone, sensor.Helicopter:
		d.HasPose = false
		d.Coverage = sensor.Coverage{}
	case sensor.Ground:
		d.Coverage.Range = 50
	case sensor.Camera:
		d.Coverage.Range, d.Coverage.Azimuths[0], d.Coverage.Azimuths[1] = 1000, 150, 210
	case sensor.Radar:
	}
	if k.format != normalize.Frigate {
		return
	}
	cameras := camerasOf(p)
	d.Camera = sensor.CameraView{Name: cameras[0], Width: 1280}
	if len(cameras) > 1 {
		f.Notes = append(f.Notes, "the cameras that were heard: "+strings.Join(cameras, ", "))
	}
}

// camerasOf are the names of a Frigate's cameras; one of them at least.
func camerasOf(p *publisher) (names []string) {
	for _, m := range p.samples {
		var name string
		if json.Unmarshal(objectOf(m.Payload).in("after")["camera"], &name) == nil && name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if names == nil {
		return []string{"camera"}
	}
	slices.Sort(names)
	return names
}

// Formats lists the formats that are recognised.
func Formats() []string {
	var names []string
	for _, k := range formats() {
		names = append(names, k.format)
	}
	return names
}
