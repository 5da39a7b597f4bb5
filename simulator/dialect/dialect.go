// Package dialect writes what the simulator's sensors see in the wire formats of others.
//
//	a message of cutline/v1, as the sensors write it ─► Look ─► the payloads of another format
//
// Each format has its own file. They are written from the formats' specifications and share nothing with what the daemon reads them by:
// a mistake in one must not cancel out against the same mistake in the other. What a format has no room for is lost on the way, and what it
// rounds is rounded, as with real devices; each file says what that is. Nothing is kept between messages but what New was given.
package dialect

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// The formats, by the names that the daemon's configuration has for them.
const (
	AIS        = "ais"
	Asterix    = "asterix"
	ChirpStack = "chirpstack"
	CoT        = "cot"
	Meshtastic = "meshtastic"
	OwnTracks  = "owntracks"
	Readsb     = "readsb"
	RemoteID   = "remoteid"
	Sapient    = "sapient/v2"
)

// fresh is how long a patrol's place may be shown.
const fresh = 5 * time.Minute

// Encoder turns one message of cutline/v1 into payloads of another format, in the order in which they are sent. None: the format says
// nothing where there is nothing to say. It panics for what the simulator's own sensors cannot have written.
type Encoder func(native []byte) [][]byte

// kinds are the sensors that a format is for.
func kinds(format string) []string {
	return map[string][]string{
		AIS: {"ais"}, Asterix: {"radar"}, ChirpStack: {"ground"}, CoT: {"patrol"}, Meshtastic: {"patrol"}, OwnTracks: {"patrol"},
		Readsb: {"adsb"}, RemoteID: {"adsb"}, Sapient: {"radar", "camera"},
	}[format]
}

// Formats lists what a sensor of the kind can speak beside cutline/v1.
func Formats(kind string) (all []string) {
	for _, format := range []string{AIS, Asterix, ChirpStack, CoT, Meshtastic, OwnTracks, Readsb, RemoteID, Sapient} {
		if slices.Contains(kinds(format), kind) {
			all = append(all, format)
		}
	}
	return all
}

// New makes the encoder of a sensor. The error says that there is none for the format.
func New(format, sensor string) (Encoder, error) {
	write := map[string]func(string, *Look) [][]byte{
		AIS: ais, Asterix: asterix, ChirpStack: chirpstack, CoT: cot, Meshtastic: meshtastic, OwnTracks: owntracks, Readsb: readsb,
		RemoteID: remoteID, Sapient: sapient,
	}[format]
	if write == nil {
		return nil, fmt.Errorf("no encoder for format %q", format)
	}
	return func(native []byte) [][]byte {
		var l Look
		if err := json.Unmarshal(native, &l); err != nil {
			panic(fmt.Sprintf("dialect: %v in %s", err, native))
		}
		return write(sensor, &l)
	}, nil
}

// Look is what a sensor saw at one time, in the names of cutline/v1.
type Look struct {
	Time time.Time `json:"time"`
	View *struct {
		Azimuth float64 `json:"azimuth_deg"`
		Width   float64 `json:"width_deg"`
		Range   float64 `json:"range_m"`
	} `json:"field_of_view"`
	Detections *[]Seen `json:"detections"`
	Seen               // of a message that is no sweep
}

// Seen is one detection: of a place, or of a direction with a range or without.
type Seen struct {
	ID       string `json:"id"`
	Position *struct {
		Lat float64 `json:"lat"`
		Lon float64 `json:"lon"`
		Alt float64 `json:"alt_m"`
	} `json:"position"`
	Polar *struct {
		Range     float64  `json:"range_m"`
		Azimuth   float64  `json:"azimuth_deg"`
		Elevation *float64 `json:"elevation_deg"`
	} `json:"polar"`
	Error struct {
		East      float64 `json:"east_m"`
		Azimuth   float64 `json:"azimuth_deg"`
		Elevation float64 `json:"elevation_deg"`
	} `json:"error"`
	Velocity struct {
		Speed  float64 `json:"speed_mps"`
		Course float64 `json:"course_deg"`
	} `json:"velocity"`
	Class      json.RawMessage `json:"class"`
	Confidence *float64        `json:"confidence"`
	Track      string          `json:"track"`
}

// seen are the detections of a look.
func (l *Look) seen() []Seen {
	if l.Detections != nil {
		return *l.Detections
	}
	return []Seen{l.Seen}
}

// classes are the probabilities of a detection's classes; a word is certain.
func (s *Seen) classes() map[string]float64 {
	var word string
	if json.Unmarshal(s.Class, &word) == nil {
		return map[string]float64{word: 1}
	}
	all := map[string]float64{}
	if json.Unmarshal(s.Class, &all) != nil {
		return nil
	}
	return all
}

// isA says whether the class is certain.
func (s *Seen) isA(class string) bool { return s.classes()[class] == 1 }

// number makes a number of a name, the same each time.
func number(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	return h.Sum64()
}

// wrapped is a course in [0, 360) after it was rounded.
func wrapped(degrees, full float64) float64 {
	if degrees >= full {
		return 0
	}
	return degrees
}

// object writes JSON of members in their order, so that the same look has the same bytes.
type object struct{ b strings.Builder }

func (o *object) put(key string, v any) *object {
	text, err := json.Marshal(v)
	if err != nil {
		panic("dialect: " + err.Error()) // of numbers, texts and lists of them: no value can do that
	}
	if o.b.Len() == 0 {
		o.b.WriteByte('{')
	} else {
		o.b.WriteByte(',')
	}
	fmt.Fprintf(&o.b, "%q:%s", key, text)
	return o
}

func (o *object) raw() json.RawMessage { return json.RawMessage(o.b.String() + "}") }
