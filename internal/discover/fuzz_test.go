package discover_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"cutline/internal/discover"
	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// FuzzSurvey looks at any payload under any topic: what it says of them is one comment or entry each, and what it defines can be built.
func FuzzSurvey(f *testing.F) {
	f.Add("acme/radar/7", []byte(`{"t":1795507923125,"targets":[{"lat":49.01,"lon":-97.24,"speed_kmh":4.7,"hdg":-3,"class":"human","id":7}]}`))
	f.Add("a/b", []byte(`{"plots":[[1,490100000,-972400000],[2,490100001,-972400002]],"az":3}`))
	f.Add("a\n- x: [", []byte(`{"azimuth [mrad]":[1,2],"a.b":{"c]\"":"\u0000"},"range":"1e999"}`))
	f.Add("tak", []byte(`<event uid="a"/>`))
	f.Add("frigate/events", []byte(`{"after":{"camera":"x\"y","box":[1,2,3,4]}}`))
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		if len(payload) > 4096 || len(topic) > 256 {
			return
		}
		s := discover.New(emerson())
		for i := range 3 {
			at := time.Date(2026, 11, 24, 8, 12, 3+i, 0, time.UTC)
			s.Add(discover.Message{Received: at, Topic: topic, Payload: payload})
		}
		findings := s.Findings()
		text := discover.YAML(findings, time.Minute)
		for line := range strings.Lines(text) {
			line = strings.TrimRight(strings.TrimLeft(line, " "), "\n")
			known := line == "" || line[0] == '#' || line[0] == '-' || strings.Contains(line, ": ") || strings.HasSuffix(line, ":")
			if !known {
				t.Fatalf("%q got out of its place in\n%s", line, text)
			}
		}
		if bytes.ContainsRune([]byte(text), 0) {
			t.Fatalf("%q cannot be read as YAML", text)
		}
		for i := range findings {
			if findings[i].Format == "" || findings[i].Refused > 0 {
				continue
			}
			if _, err := normalize.New([]sensor.Definition{findings[i].Definition}); err != nil {
				t.Fatalf("%v of\n%s", err, text)
			}
		}
	})
}
