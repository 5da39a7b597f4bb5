package sensor

// Encoding of the payloads of a sensor whose format is json.
type Encoding string

// The encodings; the empty one is JSON.
const (
	JSON        Encoding = "json"
	CBOR        Encoding = "cbor"
	MessagePack Encoding = "msgpack"
)

// Encodings lists them.
func Encodings() []Encoding { return []Encoding{JSON, CBOR, MessagePack} }

// As says that a mapping's step gives not a value but the list of the detections.
type As string

// AsDetection takes each element of the list for a detection of its own; AsSweep takes the whole list for one complete look, in which
// a target in view that is missing was not seen.
const (
	AsDetection As = "detection"
	AsSweep     As = "sweep"
)

// MappingStep is one line of a mapping: where a value stands in a payload, and what becomes of it. The order is: From or Expr, Map,
// Unit; Default if there is nothing. It is data: package normalize compiles it.
type MappingStep struct {
	To       string     // the contract's name of the value: position.lat
	From     string     // path in the payload: pos.latitude
	As       As         // From is the list of the detections
	Unit     string     // what the payload's value is in; the contract's unit if empty
	Expr     string     // computes the value; "value" in it is that of From
	Map      []MapEntry // words of the payload, and what they mean
	Default  string     // in place of a missing value, in the contract's unit; empty: none
	Required bool       // a payload without the value is rejected
	DropIf   string     // an expression: an object for which it is true is passed over
	Place    string     // where the step is written, for messages: "twr-01.yaml:14"; may be empty
}

// MapEntry says what a payload's word means. Without From it takes every word that no other entry has.
type MapEntry struct {
	From, To string
}
