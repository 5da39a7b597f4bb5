package discover

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// YAML writes the findings as a file of sensors, with what speaks for each line. What nothing could be made of is a comment.
func YAML(findings []Finding, heard time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Found in %v of messages that no sensor claims. Look at what is marked MEASURE, then: cutline config check\n",
		heard.Round(time.Second))
	entries := 0
	for i := range findings {
		if findings[i].Format != "" {
			entries++
		}
	}
	if entries == 0 {
		b.WriteString("# Nothing that a sensor could be made of.\n")
	} else {
		b.WriteString("sensors:\n")
	}
	for i := range findings {
		findings[i].write(&b)
	}
	return b.String()
}

// write writes one finding.
func (f *Finding) write(b *strings.Builder) {
	fmt.Fprintf(b, "  # --- %s: %s", oneLine(f.Topic), messages(f.Messages))
	if f.PerSecond > 0 {
		fmt.Fprintf(b, ", %s a second", figure(f.PerSecond))
	}
	if f.Topics > 1 {
		fmt.Fprintf(b, ", from %d topics", f.Topics)
	}
	if f.Format == "" {
		fmt.Fprintf(b, "\n  # Not understood: %s.\n\n", f.Why)
		return
	}
	fmt.Fprintf(b, "\n  # Recognised: %s (%s).\n", f.Format, f.Why)
	f.writeTrial(b)
	for _, n := range f.Notes {
		fmt.Fprintf(b, "  # MEASURE: %s\n", oneLine(n))
	}
	f.writeEntry(b)
	b.WriteByte('\n')
}

// writeTrial says what came of the messages.
func (f *Finding) writeTrial(b *strings.Builder) {
	fmt.Fprintf(b, "  # Tried: %d detections", f.Detections)
	if f.Detections > 0 {
		fmt.Fprintf(b, "; from event to receipt %v", f.Delay.Round(time.Millisecond))
		if f.Spread > 0 {
			fmt.Fprintf(b, "; positions spread over %s m", figure(f.Spread))
		}
	}
	b.WriteByte('\n')
	if f.Refused > 0 {
		fmt.Fprintf(b, "  # Refused: %s, mostly for %s\n", messages(f.Refused), oneLine(f.Refusal))
	}
}

func (f *Finding) writeEntry(b *strings.Builder) {
	d := &f.Definition
	if len(f.Each) == 0 {
		fmt.Fprintf(b, "  - id: %s\n", quotedID(d.ID))
	} else {
		b.WriteString("  - ids:   # one make: each is a level of the topic, and has a pose of its own\n")
	}
	for i := range f.Each {
		p := &f.Each[i].Pose
		fmt.Fprintf(b, "      - {id: %s, pose: {lat: %v, lon: %v, alt_m: %.0f}}\n",
			quotedID(f.Each[i].ID), float64(p.Lat), float64(p.Lon), float64(p.Alt))
	}
	fmt.Fprintf(b, "    sector: %s\n    kind: %s\n", quoted(d.Sector), d.Kind)
	fmt.Fprintf(b, "    format: %s\n    topic: %s\n", d.Format, quoted(d.Topic))
	if d.Encoding != "" {
		fmt.Fprintf(b, "    encoding: %s\n", d.Encoding)
	}
	if d.HasPose && len(f.Each) == 0 {
		fmt.Fprintf(b, "    pose: {lat: %v, lon: %v, alt_m: %.0f}\n", float64(d.Pose.Lat), float64(d.Pose.Lon), float64(d.Pose.Alt))
	}
	if az := d.Coverage.Azimuths; az[0] != az[1] {
		fmt.Fprintf(b, "    coverage: {range_m: %v, azimuth_deg: [%v, %v]}\n", float64(d.Coverage.Range), float64(az[0]), float64(az[1]))
	} else if d.Coverage.Range > 0 {
		fmt.Fprintf(b, "    coverage: {range_m: %v}   # how far it sees\n", float64(d.Coverage.Range))
	}
	if d.Friendly {
		b.WriteString("    friendly: true\n")
	}
	if d.Format == normalize.Frigate {
		fmt.Fprintf(b, "    camera: {name: %s, width_px: %d}\n", quoted(d.Camera.Name), d.Camera.Width)
	}
	if len(d.Mapping) == 0 {
		return
	}
	b.WriteString("    mapping:\n")
	for i := range d.Mapping {
		writeStep(b, &d.Mapping[i], f.reasons[i])
	}
}

// writeStep writes a line of a mapping, and why.
func writeStep(b *strings.Builder, s *sensor.MappingStep, why string) {
	var parts []string
	add := func(key, text string) {
		if text != "" {
			parts = append(parts, key+": "+text)
		}
	}
	add("to", s.To)
	add("from", quotedOrNone(s.From))
	add("as", string(s.As))
	add("expr", quotedOrNone(s.Expr))
	add("unit", s.Unit)
	add("default", s.Default)
	if len(s.Map) > 0 {
		var words []string
		for _, e := range s.Map {
			if e.From == "" {
				words = append(words, "{to: "+e.To+"}")
			} else {
				words = append(words, "{from: "+quoted(e.From)+", to: "+e.To+"}")
			}
		}
		add("map", "["+strings.Join(words, ", ")+"]")
	}
	fmt.Fprintf(b, "      - {%s}   # %s\n", strings.Join(parts, ", "), oneLine(why))
}

// quotedID writes an id, in quotes where it could be read as a number or as true.
func quotedID(id string) string {
	if (id[0]|0x20 >= 'a' && id[0]|0x20 <= 'z') && strings.ContainsAny(id, "-_") {
		return id
	}
	return quoted(id)
}

func quotedOrNone(text string) string {
	if text == "" {
		return ""
	}
	return quoted(text)
}

// quoted writes a text as YAML's double quotes have it, which are JSON's; what is plain stays plain.
func quoted(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.") == "" && text != "true" && text != "false" &&
		text != "null" && text != "yes" && text != "no" && text != "on" && text != "off" && text != "." && text != "y" && text != "n" {
		return text
	}
	return strconv.QuoteToGraphic(text)
}

// oneLine keeps what others wrote from ending a comment.
func oneLine(text string) string {
	q := strconv.QuoteToGraphic(text)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

func messages(n int) string {
	if n == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", n)
}

func figure(x float64) string {
	if x >= 10 {
		return strconv.FormatFloat(math.Round(x), 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}
