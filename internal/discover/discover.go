// Package discover looks at messages that no sensor claims, and says what they are.
//
//	messages ─► Survey.Add ─► Findings: a known format by its shape, else a mapping by its values ─► YAML with the reasons
//
// A format that is known is recognised by its shape (shape.go) and tried. For JSON that is not, the payloads are taken apart into fields
// (fields.go), and each field is asked what it could be: by its name, by the unit in its name, and above all by its values, since those of
// a position lie near the site and those of a time near the receipt (roles.go, place.go, motion.go). What comes of it is tried on the
// messages themselves before it is shown. The YAML is a beginning: it passes the configuration's check, and says what must be measured.
//
// It keeps at most maxPublishers topics with maxSamples messages of each. The same messages give the same text.
package discover

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// How much is kept.
const (
	maxPublishers = 200
	maxSamples    = 400
	maxKept       = 4 << 20 // bytes of payloads of one topic
)

// Site is what is known of the place: positions are looked for near it.
type Site struct {
	Sector string // that new sensors are put into
	Middle geo.LLA
	Reach  float64         // m from the middle to the farthest corner of all sectors
	Taken  map[string]bool // ids of sensors
}

// Message is one that no sensor claims.
type Message struct {
	Received time.Time
	Topic    string
	Payload  []byte
}

// Survey gathers messages.
type Survey struct {
	site       Site
	publishers map[string]*publisher
	Overlooked int // messages of topics beyond the first maxPublishers
}

// publisher is one topic.
type publisher struct {
	topic       string
	samples     []Message
	bytes       int
	count       int
	first, last time.Time
}

// New makes a survey for a site.
func New(site Site) *Survey {
	return &Survey{site: site, publishers: map[string]*publisher{}}
}

// Add takes a message. The payload is kept.
func (s *Survey) Add(m Message) {
	p := s.publishers[m.Topic]
	if p == nil {
		if len(s.publishers) >= maxPublishers {
			s.Overlooked++
			return
		}
		p = &publisher{topic: m.Topic, first: m.Received}
		s.publishers[m.Topic] = p
	}
	p.count++
	p.last = m.Received
	if len(p.samples) < maxSamples && p.bytes+len(m.Payload) <= maxKept {
		p.samples, p.bytes = append(p.samples, m), p.bytes+len(m.Payload)
	}
}

// Finding is what a publisher was found to be.
type Finding struct {
	Topic      string // with wildcards where many devices of one format publish alike
	Topics     int    // that it stands for
	Messages   int
	PerSecond  float64             // 0: too few to say
	Format     string              // empty: nothing that a mapping could read
	Why        string              // how it was recognised, or why not
	Definition sensor.Definition   // holds if Format is not empty
	Each       []sensor.Definition // of several of one make, each by its own; Definition then says what they share
	Notes      []string            // what must be measured, or looked at

	Detections int           // that came of the samples with the definition
	Refused    int           // samples of which something was refused
	Refusal    string        // the most frequent reason
	Delay      time.Duration // median from event to receipt; below 0 the sensor's clock is ahead
	Spread     float64       // m: the median distance of positions from their middle; 0: no positions

	reasons []string // of the mapping's steps, in their order
}

// Findings says what each publisher is, in the order of the topics.
func (s *Survey) Findings() []Finding {
	var all []Finding
	taken := map[string]bool{}
	for id := range s.site.Taken {
		taken[id] = true
	}
	for _, p := range s.grouped() {
		f := s.look(p)
		if f.Format != "" {
			f.Definition.ID = freeID(p.topic, taken)
			taken[f.Definition.ID] = true
			s.try(&f, p)
		}
		all = append(all, f)
	}
	return s.alike(all)
}

// grouped are the publishers, those of formats of many devices put together under one wildcard.
func (s *Survey) grouped() []*publisher {
	var all []*publisher
	for _, p := range s.publishers {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *publisher) int { return cmp.Compare(a.topic, b.topic) })
	var out []*publisher
	byPattern := map[string]*publisher{}
	for _, p := range all {
		k, _ := recognise(p)
		pattern := k.pattern(p.topic)
		if other := byPattern[pattern]; other != nil {
			other.merge(p)
			continue
		}
		q := *p
		q.topic = pattern
		byPattern[pattern] = &q
		out = append(out, &q)
	}
	return out
}

func (p *publisher) merge(q *publisher) {
	p.count += q.count
	if q.first.Before(p.first) {
		p.first = q.first
	}
	if q.last.After(p.last) {
		p.last = q.last
	}
	if p.bytes+q.bytes <= maxKept && len(p.samples) < maxSamples {
		p.samples, p.bytes = append(p.samples, q.samples...), p.bytes+q.bytes
	}
	slices.SortStableFunc(p.samples, func(a, b Message) int { return a.Received.Compare(b.Received) })
}

// look says what a publisher is.
func (s *Survey) look(p *publisher) Finding {
	f := Finding{Topic: p.topic, Messages: p.count, Topics: topicsOf(p)}
	if span := p.last.Sub(p.first).Seconds(); p.count > 2 && span > 0 {
		f.PerSecond = float64(p.count-1) / span
	}
	if k, why := recognise(p); k.format != "" {
		f.Format, f.Why, f.Notes = k.format, why, slices.Clone(k.notes)
		f.Definition = s.blank(p.topic, k.kind)
		f.Definition.Format, f.Definition.Friendly = k.format, k.friendly
		k.finish(&f, p)
		return f
	}
	s.infer(&f, p)
	return f
}

func topicsOf(p *publisher) int {
	seen := map[string]bool{}
	for _, m := range p.samples {
		seen[m.Topic] = true
	}
	return max(1, len(seen))
}

// blank is a definition with what must be measured put in the middle of the site.
func (s *Survey) blank(topic string, kind sensor.Kind) sensor.Definition {
	return sensor.Definition{
		Sector: s.site.Sector, Kind: kind, Topic: topic, Status: topic + "/cutline-status",
		HasPose: true, Pose: sensor.Pose{Lat: rounded(s.site.Middle.Lat), Lon: rounded(s.site.Middle.Lon), Alt: s.site.Middle.Alt},
		Coverage: sensor.Coverage{Range: 5000},
	}
}

func rounded(d geo.Degrees) geo.Degrees { return geo.Degrees(math.Round(float64(d)*1e5) / 1e5) }

// try reads the samples with the definition.
func (s *Survey) try(f *Finding, p *publisher) {
	n, err := normalize.New([]sensor.Definition{f.Definition})
	if err != nil {
		f.Refused, f.Refusal = len(p.samples), err.Error()
		return
	}
	reasons := map[string]int{}
	var delays []time.Duration
	var places []geo.LLA
	for _, m := range p.samples {
		_, in := n.Normalize(m.Received, m.Topic, m.Payload)
		for i := range in.Scans {
			for j := range in.Scans[i].Detections {
				d := &in.Scans[i].Detections[j]
				f.Detections++
				delays = append(delays, m.Received.Sub(d.EventTime))
				if d.Position != (geo.LLA{}) {
					places = append(places, d.Position)
				}
			}
		}
		if len(in.Rejects) > 0 {
			f.Refused++
			reasons[plain(in.Rejects[0].Path)+": "+in.Rejects[0].Reason]++
		}
	}
	for why, count := range reasons {
		if count > reasons[f.Refusal] || count == reasons[f.Refusal] && why < f.Refusal {
			f.Refusal = why
		}
	}
	f.Delay, f.Spread = median(delays), spread(places)
}

// plain takes the indices out of a path, so that equal faults of many elements are one.
func plain(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '[' {
			if end := strings.IndexByte(path[i:], ']'); end > 0 && path[i+1] >= '0' && path[i+1] <= '9' {
				b.WriteString("[]")
				i += end
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

// spread is the median distance of places from their middle, in metres.
func spread(places []geo.LLA) float64 {
	if len(places) == 0 {
		return 0
	}
	var lats, lons []float64
	for _, p := range places {
		lats, lons = append(lats, float64(p.Lat)), append(lons, float64(p.Lon))
	}
	frame := geo.NewFrame(geo.LLA{Lat: geo.Degrees(median(lats)), Lon: geo.Degrees(median(lons))})
	var away []float64
	for _, p := range places {
		p.Alt = 0
		at := frame.ENU(p)
		away = append(away, at.Range())
	}
	return median(away)
}

func median[T cmp.Ordered](all []T) (m T) {
	if len(all) == 0 {
		return m
	}
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

// freeID makes an id of a topic: its levels that say most, in the letters that an id may have.
func freeID(topic string, taken map[string]bool) string {
	var parts []string
	for level := range strings.SplitSeq(topic, "/") {
		level = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
				return r
			}
			return -1
		}, level)
		if level != "" {
			parts = append(parts, level)
		}
	}
	id := strings.Join(parts[max(0, len(parts)-3):], "-")
	id = id[max(0, len(id)-48):]
	if id == "" {
		id = "sensor"
	}
	for base, n := id, 2; taken[id]; n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	return id
}
