package simulator

import (
	"bytes"
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"slices"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/simulator/dialect"
)

// Options of a Run.
type Options struct {
	Seed     uint64
	Start    time.Time     // UTC of the scenario's beginning
	Speed    float64       // 1 if zero; a hurried day moves everything that many times as fast (see MaxSpeed)
	Duration time.Duration // of the scenario, not of the wall clock; the scenario's own if zero
}

// MaxSpeed is the fastest hurried day. A walker at ten times his pace moves like a car, which a tracker may still follow;
// figures are fair at 1 only.
const MaxSpeed = 10.0

// DefaultStart is when a scenario begins that is written to a file: fixed, so that a seed names the same bytes for ever.
func DefaultStart() time.Time { return time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC) }

// Run is one day of a scenario. It is not safe for concurrent use.
type Run struct {
	scenario *Scenario
	seed     uint64
	clock    clock
	end      float64 // seconds
	frame    geo.Frame
	line     *line
	targets  []target
	terrain  []mask
	relief   relief
	bodies   []body    // of the look under way; every look makes it anew
	places   []geo.ENU // of band

	devices  []*device
	waiting  itemHeap // what has been sent and not yet received
	sequence uint64
}

// Item is what happens next: a message that reaches the broker, or a line of truth.
type Item struct {
	At      time.Time // of receipt; of a line of truth, when it became true
	Sensor  string    // who sent the message
	Topic   string
	Payload []byte
	Truth   *record.Truth // set for a line of truth alone

	release  float64 // At in seconds of the scenario
	sequence uint64  // of equal moments, the first sent is the first received
}

// device is a thing with a period: a sensor, the status of one, or the truth itself.
type device struct {
	id     string
	topic  string
	due    float64
	period float64
	link   *link
	eye    eye
	speak  dialect.Encoder // nil: cutline/v1, as the eye writes it
}

// eye makes what a device sends of one look at time t: one message, or several with a newline between them. An empty payload is
// nothing to send; event is the time that it tells of.
type eye interface {
	look(t float64, dst []byte) (payload []byte, event float64)
}

// New makes a scenario's day: the same scenario, options and program give the same items.
func New(s *Scenario, o Options) (*Run, error) {
	if o.Speed == 0 {
		o.Speed = 1
	}
	if o.Speed < 0.1 || o.Speed > MaxSpeed || math.IsNaN(o.Speed) {
		return nil, fmt.Errorf("speed %v is outside 0.1 to %v: events carry the time at which they happen, so a faster day means faster "+
			"targets; without a broker a capture is written as fast as possible", o.Speed, MaxSpeed)
	}
	if o.Duration < 0 {
		return nil, fmt.Errorf("duration %v is negative", o.Duration)
	}
	r := &Run{scenario: s, seed: o.Seed, clock: clock{start: o.Start.UTC(), speed: o.Speed}, end: s.Duration.seconds()}
	if o.Duration > 0 {
		r.end = o.Duration.Seconds()
	}
	r.frame = s.Frame()
	var err error
	if r.line, err = parseLine(s.border, r.frame); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	r.terrain, r.relief = r.masks(), newRelief(o.Seed, s.Relief)
	for i := range s.Actors {
		if side := s.Actors[i].From; side != "any" && r.line.sign(side) == 0 {
			return nil, fmt.Errorf("scenario %s: actors[%d].from: no side %q: the border has %s and %s",
				s.Name, i, side, r.line.left, r.line.right)
		}
		if err := r.spawn(&s.Actors[i]); err != nil {
			return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
		}
	}
	if err := r.install(); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	return r, nil
}

// Next is the next item in order of receipt; false at the end of the day, when all that was sent has been received.
func (r *Run) Next() (Item, bool) {
	for {
		d := r.earliest()
		if d == nil || (len(r.waiting) > 0 && r.waiting[0].release <= d.due) {
			if len(r.waiting) == 0 {
				return Item{}, false
			}
			return heap.Pop(&r.waiting).(Item), true //nolint:forcetypeassert // the heap holds nothing else
		}
		t := d.due
		d.due += d.period
		if d.due > r.end {
			d.due = math.Inf(1)
		}
		if payload, event := d.eye.look(t, nil); len(payload) > 0 {
			for one := range bytes.SplitSeq(payload, []byte{'\n'}) {
				r.speak(d, one, event)
			}
		}
	}
}

// speak sends a message in the format of its device.
func (r *Run) speak(d *device, payload []byte, event float64) {
	if d.speak == nil {
		r.deliver(d, payload, event)
		return
	}
	for _, one := range d.speak(payload) {
		r.deliver(d, one, event)
	}
}

func (r *Run) send(it Item, release float64) {
	it.release = release
	it.sequence = r.sequence
	r.sequence++
	it.At = r.clock.at(release)
	heap.Push(&r.waiting, it)
}

// earliest is the device that looks next, nil if none does. A few dozen of them: a search costs less than a heap's upkeep.
func (r *Run) earliest() *device {
	first := slices.MinFunc(r.devices, func(a, b *device) int { return cmp.Compare(a.due, b.due) })
	if math.IsInf(first.due, 1) {
		return nil
	}
	return first
}

// itemHeap orders items by receipt.
type itemHeap []Item

func (h itemHeap) Len() int { return len(h) }
func (h itemHeap) Less(i, j int) bool {
	if h[i].release != h[j].release {
		return h[i].release < h[j].release
	}
	return h[i].sequence < h[j].sequence
}
func (h itemHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is of heap.Interface.
func (h *itemHeap) Push(x any) { *h = append(*h, x.(Item)) } //nolint:forcetypeassert // Run pushes nothing else

// Pop is of heap.Interface.
func (h *itemHeap) Pop() any {
	last := len(*h) - 1
	it := (*h)[last]
	(*h)[last] = Item{} // let the payload go
	*h = (*h)[:last]
	return it
}
