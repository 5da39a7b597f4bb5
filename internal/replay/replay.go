// Package replay runs captures and recorded journals through the same pure path as the daemon: normalize, then the sectors.
//
//	capture lines, merged by receipt ─ normalize ─► record.Input ─┐
//	                                  ticks between them ─────────┼─► sector.Step ─► events
//	recorded journal ─────────────────────────────────────────────┘
//
// Nothing here reads a clock: time is the receipt of the lines, and a tick is put wherever the daemon's clock would have put
// one. So the same captures give the same events, to the byte, as fast as the processor goes. Start with Path.Message.
package replay

import (
	"slices"
	"time"

	"cutline/internal/record"
)

// drain is how long the clock goes on after the last line: longer than any reorder window, so that what waits in it comes out.
const drain = 40 * time.Second

// Core is one sector's pure step.
type Core interface {
	Step(in record.Input, out []record.Event) []record.Event
	Overhear(in record.Input, out []record.Event) []record.Event // Step for a message of a sector beside
}

// Normalizer makes an input of a message.
type Normalizer interface {
	Normalize(received time.Time, topic string, payload []byte) (sector string, in record.Input)
}

// Sector is a core with its id.
type Sector struct {
	ID     string
	Beside []string // sectors whose messages it overhears
	Core   Core
}

// Path is the pure path of all sectors. It is for one goroutine.
type Path struct {
	normalizer Normalizer
	sectors    []Sector
	fallback   string        // takes the messages that no sensor claims, as the feed does
	every      time.Duration // between two ticks
	ticked     time.Time     // the last tick, zero before the first line
}

// NewPath makes a path; the sectors step in the order given. Messages of topics that no sensor claims become rejects of the
// sector named fallback; ticks come every so often, as the daemon's do.
func NewPath(normalizer Normalizer, fallback string, every time.Duration, sectors []Sector) *Path {
	return &Path{normalizer: normalizer, sectors: sectors, fallback: fallback, every: every}
}

// Message takes in one line of a capture and appends what it, and the time before it, causes.
func (p *Path) Message(line record.Line, out []record.Event) []record.Event {
	out = p.tick(line.Received, out)
	id, in := p.normalizer.Normalize(line.Received, line.Topic, line.Bytes())
	if id == "" {
		id = p.fallback
	}
	for _, s := range p.sectors {
		switch {
		case s.ID == id:
			out = s.Core.Step(in, out)
		case in.Kind == record.Message && slices.Contains(s.Beside, id):
			out = s.Core.Overhear(in, out)
		}
	}
	return out
}

// Input takes in one record of a journal, for the sector of that id; from is the sector in whose INPUT it stands.
func (p *Path) Input(sector, from string, in record.Input, out []record.Event) []record.Event {
	for _, s := range p.sectors {
		switch {
		case s.ID != sector:
		case from == sector:
			out = s.Core.Step(in, out)
		default:
			out = s.Core.Overhear(in, out)
		}
	}
	return out
}

// End lets the clock run on after the last line, until what waits for late data has come out.
func (p *Path) End(out []record.Event) []record.Event {
	if p.ticked.IsZero() {
		return out
	}
	return p.tick(p.ticked.Add(drain), out)
}

// tick puts the clock ticks that lie between the last one and now, now included.
func (p *Path) tick(now time.Time, out []record.Event) []record.Event {
	if p.ticked.IsZero() {
		p.ticked = now.Truncate(p.every)
		return out
	}
	for next := p.ticked.Add(p.every); !next.After(now); next = next.Add(p.every) {
		for _, s := range p.sectors {
			out = s.Core.Step(record.Input{Kind: record.Tick, Received: next}, out)
		}
		p.ticked = next
	}
	return out
}
