package normalize_test

import (
	"bytes"
	"encoding/xml"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"cutline/internal/normalize"
)

// takXML is an event as a gateway reads it that translates for others.
type takXML struct {
	Type  string `xml:"type,attr"`
	OpEx  string `xml:"opex,attr"`
	UID   string `xml:"uid,attr"`
	How   string `xml:"how,attr"`
	Time  string `xml:"time,attr"`
	Start string `xml:"start,attr"`
	Stale string `xml:"stale,attr"`
	Point struct {
		Lat string `xml:"lat,attr"`
		Lon string `xml:"lon,attr"`
		HAE string `xml:"hae,attr"`
		CE  string `xml:"ce,attr"`
		LE  string `xml:"le,attr"`
	} `xml:"point"`
	Detail struct {
		Parts []struct {
			XMLName xml.Name
			Attrs   []xml.Attr `xml:",any,attr"`
			Inner   string     `xml:",innerxml"`
		} `xml:",any"`
	} `xml:"detail"`
}

// asTAK writes an event as a TakMessage; false if it has what protobuf cannot say: a time that is none, a number that is left out.
func asTAK(e *takXML) (message []byte, ok bool) {
	var b []byte
	text := func(number protowire.Number, s string) {
		b = protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), s)
	}
	text(1, e.Type)
	if e.OpEx != "" {
		text(4, e.OpEx)
	}
	text(5, e.UID)
	for i, s := range []string{e.Time, e.Start, e.Stale} {
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil || t.UnixMilli() < 0 || t.Nanosecond()%1e6 != 0 {
			return nil, false
		}
		b = protowire.AppendVarint(protowire.AppendTag(b, protowire.Number(6+i), protowire.VarintType), uint64(t.UnixMilli()))
	}
	text(9, e.How)
	for i, s := range []string{e.Point.Lat, e.Point.Lon, e.Point.HAE, e.Point.CE, e.Point.LE} {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, false
		}
		if f != 0 { // proto3 leaves it out
			b = protowire.AppendFixed64(protowire.AppendTag(b, protowire.Number(10+i), protowire.Fixed64Type), math.Float64bits(f))
		}
	}
	detail, ok := takDetail(e)
	b = protowire.AppendBytes(protowire.AppendTag(b, 15, protowire.BytesType), detail)
	return protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), b), ok
}

func takDetail(e *takXML) (detail []byte, ok bool) {
	var rest strings.Builder
	for _, part := range e.Detail.Parts {
		attributes := map[string]string{}
		var all strings.Builder
		for _, a := range part.Attrs {
			attributes[a.Name.Local] = a.Value
			all.WriteString(" " + a.Name.Local + `="` + strings.ReplaceAll(a.Value, "&", "&amp;") + `"`)
		}
		var number protowire.Number
		var sub []byte
		switch part.XMLName.Local {
		case "contact":
			number, sub = 2, protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), attributes["callsign"])
		case "status":
			battery, err := strconv.ParseUint(attributes["battery"], 10, 32)
			if err != nil {
				return nil, false
			}
			number, sub = 5, protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), battery)
		case "track":
			number = 7
			for i, name := range []string{"speed", "course"} {
				f, err := strconv.ParseFloat(attributes[name], 64)
				if err != nil {
					return nil, false
				}
				sub = protowire.AppendFixed64(protowire.AppendTag(sub, protowire.Number(1+i), protowire.Fixed64Type), math.Float64bits(f))
			}
		default:
			rest.WriteString("<" + part.XMLName.Local + all.String() + ">" + part.Inner + "</" + part.XMLName.Local + ">")
			continue
		}
		detail = protowire.AppendBytes(protowire.AppendTag(detail, number, protowire.BytesType), sub)
	}
	if rest.Len() > 0 {
		detail = protowire.AppendString(protowire.AppendTag(detail, 1, protowire.BytesType), rest.String())
	}
	return detail, true
}

// Every case of XML that protobuf can say gives the same record in it, in the header of a mesh and in that of a stream.
func TestCoT_protobufIsReadAsItsXML(t *testing.T) {
	tried := 0
	for _, dir := range casesOf(t, normalize.CoT) {
		payload, n, topic := caseRecord(t, dir)
		var events [][]byte
		whole := true
		for d := xml.NewDecoder(bytes.NewReader(bytes.TrimRight(payload, "\x00"))); ; {
			var e takXML
			if err := d.Decode(&e); err != nil {
				break
			}
			message, ok := asTAK(&e)
			events, whole = append(events, message), whole && ok
		}
		if !whole || len(events) == 0 {
			continue
		}
		_, want := n.Normalize(receivedAt, topic, payload)
		if len(want.Rejects) > 0 && strings.Contains(want.Rejects[0].Reason, "cannot be read as XML") {
			continue
		}
		var stream []byte
		for _, e := range events {
			stream = append(protowire.AppendVarint(append(stream, 0xbf), uint64(len(e))), e...)
		}
		payloads := [][]byte{stream}
		if len(events) == 1 {
			payloads = append(payloads, append([]byte{0xbf, 1, 0xbf}, events[0]...))
		}
		for _, p := range payloads {
			tried++
			_, got := n.Normalize(receivedAt, topic, p)
			got.Raw, want.Raw = nil, nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: (-XML +protobuf):\n%s", filepath.Base(dir), diff)
			}
		}
	}
	if tried < 20 {
		t.Errorf("%d payloads: this test would pass without testing", tried)
	}
}

func TestCoT_brokenProtobufIsToldWhere(t *testing.T) {
	payload, n, topic := caseRecord(t, "testdata/cases/cot-protobuf-of-a-mesh")
	for what, tc := range map[string]struct {
		payload []byte
		want    string
	}{
		"cut off":                {payload[:len(payload)-5], "at byte 0 of"},
		"only a header":          {payload[:3], ""},
		"one byte":               {payload[:1], "cut off"},
		"a length beyond":        {[]byte{0xbf, 200, 1, 10}, "a message of 200 bytes, and there are 1"},
		"another version":        {append([]byte{0xbf, 0, 0xbf}, payload[3:]...), ""},
		"rubbish behind":         {append([]byte{0xbf, 2, 8, 1}, "<event/>"...), "at byte 4"},
		"control alone":          {[]byte{0xbf, 4, 10, 2, 8, 1}, ""},
		"XML that never ends":    {[]byte("\xbf\x0d\x12\x0b\x7a\x09\x0a\x07<a b='c"), "detail: cannot be read as XML"},
		"a text that is no text": {[]byte("\xbf\x05\x12\x03\x0a\x01\xff"), "no UTF-8"},
	} {
		_, in := n.Normalize(receivedAt, topic, tc.payload)
		if tc.want == "" && len(in.Rejects) > 0 || tc.want != "" && (len(in.Rejects) == 0 || !strings.Contains(in.Rejects[0].Reason, tc.want)) {
			t.Errorf("%s: %+v", what, in.Rejects)
		}
	}
}
