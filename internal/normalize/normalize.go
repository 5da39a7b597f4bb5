// Package normalize turns what a sensor sent into detections, or says what was wrong with it.
//
//	topic ─► the sensor that claims it ─► its wire format ─► record.Input: scans, a status, rejects
//
// Payloads come in as bytes; scans go out in the terms of package detection: WGS 84, heights above the ellipsoid, radians from true
// north, UTC, and an error for every measurement. What a payload leaves out is filled in from the sensor's definition, so that
// nobody behind this package has to guess.
//
// A payload is judged piece by piece: a bad detection in an array or a sweep is rejected alone, with the path of the wrong field and
// what would be right, and the good ones are kept. Only text that is no JSON, or is too large or too deep, is refused as a
// whole. Every payload gives at least one of a scan, a status and a reject. A Normalizer does not change once it is made, keeps
// nothing of a payload but Input.Raw, and may serve any number of goroutines.
//
// Start at Normalize, where the wire format decides who reads the payload; each format has its own file. cutline/v1 is native.go, with
// the objects inside a detection in native_parts.go and what it leaves out in native_complete.go. jsonreader.go reads JSON at
// the speed that the feeds need; decoder.go puts names to what is wrong. The formats of others are read as a whole first
// (tree.go, fields.go), by the rules at the head of foreign.go.
package normalize

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cutline/internal/record"
	"cutline/internal/sensor"
)

// Native is the format of Cutline's own messages.
const Native = "cutline/v1"

// Formats lists the wire formats that a sensor may be defined with.
func Formats() []string {
	return []string{
		Native,
		JSON,
		Readsb,
		OwnTracks,
		AIS,
		RemoteID,
		Sapient,
		Asterix,
		ChirpStack,
		Meshtastic,
		Frigate,
		Axis,
		DJI,
		CoT,
	}
}

// MaxPayload is the size in bytes beyond which a payload of our own format is refused: about 200 detections with all they can
// carry. Those of other formats may be eight times that: one aircraft.json lists all aircraft in 500 km.
const MaxPayload = 64 << 10

// Normalizer knows every sensor, and the topics that each claims.
type Normalizer struct {
	exact    map[string]claim
	patterns []pattern // topics with wildcards, in the order of the sensors; the first that matches wins
	topics   []string  // those of exact, in that order too
}

// claim of a sensor on a topic.
type claim struct {
	source  *source
	status  bool               // the topic of its status, not of its detections
	cameras map[string]*source // by name, where several cameras share the topic; nil if the source has it alone
}

// New makes a Normalizer of the sensors' definitions. Its error names each sensor whose id, topic or format cannot work.
func New(sensors []sensor.Definition) (*Normalizer, error) {
	n := &Normalizer{exact: make(map[string]claim, 2*len(sensors))}
	ids := make(map[string]bool, len(sensors))
	for _, def := range sensors {
		if !slices.Contains(Formats(), def.Format) {
			return nil, fmt.Errorf("sensor %q: format: %q is unknown: want one of %s", def.ID, def.Format, strings.Join(Formats(), ", "))
		}
		if ids[def.ID] {
			return nil, fmt.Errorf("sensor %q: id: given to two sensors", def.ID)
		}
		ids[def.ID] = true
		src, err := newSource(def)
		if err != nil {
			return nil, fmt.Errorf("sensor %q: %w", def.ID, err)
		}
		if err := n.claim(detectionTopic(def), claim{source: src}); err != nil {
			return nil, fmt.Errorf("sensor %q: topic: %w", def.ID, err)
		}
		if err := n.claim(statusTopic(def), claim{source: src, status: true}); err != nil {
			return nil, fmt.Errorf("sensor %q: status: %w", def.ID, err)
		}
	}
	return n, nil
}

// Normalize reads one message. The record is a Message if anything of the payload was accepted, else Rejected; its Raw is the
// payload, not a copy. The sector is that of the sensor, empty if none claims the topic. received is when the message reached
// us: an event more than 2 s later than that is a clock gone wrong.
func (n *Normalizer) Normalize(received time.Time, topic string, payload []byte) (sector string, in record.Input) {
	return n.normalize(received, topic, payload, nil)
}

// normalize also tells what the steps of a mapping do, if trace is not nil.
func (n *Normalizer) normalize(received time.Time, topic string, payload []byte, trace *[]Step) (sector string, in record.Input) {
	in = record.Input{Kind: record.Rejected, Received: received.Round(0).UTC(), Topic: topic, Raw: payload}
	c, ok := n.find(topic)
	if !ok {
		in.Rejects = []record.Reject{{Reason: n.unclaimed(topic)}}
		return "", in
	}
	src, why := c.of(payload)
	def := &src.def
	in.Sensor = def.ID
	if why != "" {
		in.Rejects = []record.Reject{{Path: "after.camera", Reason: why}}
		return def.Sector, in
	}
	d := decoder{reader: reader{buf: payload}, source: src, received: in.Received, index: noIndex, item: noIndex, topic: topic}
	d.trace = trace
	most := MaxPayload
	if def.Format != Native {
		most = maxForeign
	}
	switch {
	case len(payload) > most:
		d.fault("", "the payload has %d bytes: at most %d are taken", len(payload), most)
	case c.status && (def.Format == Native || def.Format == JSON):
		in.Status = d.nativeStatus()
	case def.Format == Native:
		in.Scans = d.nativeDetections()
	default:
		d = foreign(d, &in)
	}
	for i := range in.Scans {
		for j := 0; def.Simulated && j < len(in.Scans[i].Detections); j++ {
			in.Scans[i].Detections[j].Simulated = true
		}
	}
	if len(in.Scans) > 0 || in.Status != nil {
		in.Kind = record.Message
	}
	in.Rejects = d.listed()
	return def.Sector, in
}
