package normalize

import (
	"math"
	"strconv"
	"time"

	ais "github.com/BertoldVdb/go-ais"
	"github.com/adrianmo/go-nmea"

	"cutline/internal/detection"
	"cutline/internal/record"
)

// maxBits of a message: five slots (ITU-R M.1371-5 §3.2.2.1), far more than any that brings a position.
const maxBits = 1008

// sentences reads NMEA 0183 sentences. The parts of a message in several sentences are put together if they are in one payload;
// messages that bring a position need one sentence alone.
func (d *document) sentences() ([]detection.Scan, *detection.Status) {
	var g group
	var parts []byte // the bits of a message so far
	var next int64 = 1
	all := lines(d.buf)
	parser := nmea.SentenceParser{}
	for i, line := range all {
		path := ""
		if len(all) > 1 {
			path = "[" + strconv.Itoa(i) + "]"
		}
		sentence, err := parser.Parse(string(line))
		if err != nil {
			d.sentenceFault(path, line, err.Error())
			continue
		}
		vdm, ok := sentence.(nmea.VDMVDO)
		if !ok {
			continue // of the receiver's own position, say
		}
		if vdm.FragmentNumber == 1 {
			parts, next = nil, 1
		}
		if vdm.FragmentNumber != next || len(parts)+len(vdm.Payload) > maxBits {
			continue // the rest of one that began in another payload
		}
		parts, next = append(parts, vdm.Payload...), next+1
		if vdm.FragmentNumber == vdm.NumFragments {
			d.vdm(path, line, parts, heardAt(d.received, vdm.TagBlock.Time), &g)
		}
	}
	if len(all) == 0 {
		d.sentenceFault("", nil, "the payload is empty")
	}
	return d.outcome(&g, d.received)
}

// sentenceFault rejects a line.
func (d *document) sentenceFault(path string, line []byte, why string) {
	if d.faults++; d.faults <= maxRejects {
		d.rejects = append(d.rejects, record.Reject{Path: path, Reason: quote(line) + " cannot be read as a sentence: " + excerpt([]byte(why))})
	}
}

// heardAt is the time of a tag block, in seconds or milliseconds since 1970 as the receiver has it; ours if there is none, or it is
// no time that a receiver with a set clock would give.
func heardAt(received time.Time, tag int64) time.Time {
	t := time.Unix(tag, 0)
	if tag > 1e11 {
		t = time.UnixMilli(tag)
	}
	if t.Unix() < clockSet || t.Sub(received) > maxAhead {
		return received
	}
	return t.UTC()
}

// vdm reads the bits of one message.
func (d *document) vdm(path string, line, bits []byte, heard time.Time, g *group) {
	var r report
	switch m := ais.CodecNewFast(false, false, true).DecodePacket(bits).(type) {
	case nil:
		d.sentenceFault(path, line, "its bits are no message of AIS")
		return
	case ais.PositionReport:
		r = report{lat: float64(m.Latitude), lon: float64(m.Longitude), speed: float64(m.Sog), course: float64(m.Cog)}
		r.second, r.accurate = int(m.Timestamp), m.PositionAccuracy
		r.name(m.Header)
	case ais.StandardClassBPositionReport:
		r = report{lat: float64(m.Latitude), lon: float64(m.Longitude), speed: float64(m.Sog), course: float64(m.Cog)}
		r.second, r.accurate = int(m.Timestamp), m.PositionAccuracy
		r.name(m.Header)
	case ais.ExtendedClassBPositionReport:
		r = report{lat: float64(m.Latitude), lon: float64(m.Longitude), speed: float64(m.Sog), course: float64(m.Cog)}
		r.second, r.accurate = int(m.Timestamp), m.PositionAccuracy
		r.name(m.Header)
	case ais.StandardSearchAndRescueAircraftReport:
		r = report{lat: float64(m.Latitude), lon: float64(m.Longitude), speed: float64(m.Sog), course: float64(m.Cog)}
		r.second, r.accurate = int(m.Timestamp), m.PositionAccuracy
		r.name(m.Header)
	case ais.LongRangeAisBroadcastMessage:
		r = report{lat: float64(m.Latitude), lon: float64(m.Longitude), speed: float64(m.Sog), course: float64(m.Cog), second: 60}
		r.name(m.Header)
	default:
		return // static data, a base station, a buoy
	}
	r.tidy()
	d.ship(nil, path, &r, heard, g)
}

func (r *report) name(h ais.Header) { r.kind, r.mmsi = int(h.MessageID), int64(h.UserID) }

// tidy takes off what the units of the radio message leave behind in a float64: 181° must be found to be 181.
func (r *report) tidy() {
	r.lat, r.lon = math.Round(r.lat*1e7)/1e7, math.Round(r.lon*1e7)/1e7
	r.speed, r.course = math.Round(r.speed*10)/10, math.Round(r.course*10)/10
}
