package simulator

import (
	"math"
	"math/rand/v2"
	"slices"
)

// linkSpec is how a sensor's messages travel.
type linkSpec struct {
	Delay  duration `yaml:"delay"`
	Jitter duration `yaml:"jitter"` // mean of what comes on top
	Shape  string   `yaml:"shape"`  // of the jitter: exponential (if not given), uniform, lognormal, pareto

	Burst   burstSpec      `yaml:"burst"`
	Outages []durationSpan `yaml:"outages"`        // nothing arrives; afterwards all of it does, in order
	CatchUp float64        `yaml:"catch_up_per_s"` // messages a second after an outage; all at once if not given

	Duplicate float64  `yaml:"duplicate"` // share of messages that arrive twice
	Reorder   float64  `yaml:"reorder"`   // share of messages that arrive late, and let others past
	Within    duration `yaml:"within"`    // how late the doubled and the reordered are at most; 10s if not given
	Truncate  float64  `yaml:"truncate"`  // share of messages that are cut short
	Corrupt   float64  `yaml:"corrupt"`   // share of messages with wrong bytes
}

// burstSpec is a link that stalls again and again, and then delivers all at once.
type burstSpec struct {
	Every duration `yaml:"every"`
	Hold  duration `yaml:"hold"`
}

// A jitter is cut at so many of its means: what is later is an outage, and those are asked for by name.
const (
	longestJitter = 5.0
	heaviestTail  = 50.0
	paretoShape   = 1.5 // mean 3, no variance: a satellite link
	lognormalStep = 1.0 // σ of the logarithm
	damagedBytes  = 3
)

// defaultWithin is how late doubled and reordered messages are, in seconds.
const defaultWithin = 10.0

// link delivers late, and in order: MQTT runs over TCP. What it reorders went another way round.
type link struct {
	rnd   *rand.Rand // of the delay
	chaos *rand.Rand // of everything else: the delays stay what they were when a fault is added
	spec  linkSpec
	last  float64
}

func newLink(seed uint64, spec *sensorSpec) *link {
	return &link{rnd: stream(seed, "link "+spec.ID), chaos: stream(seed, "chaos "+spec.ID), spec: spec.Link, last: math.Inf(-1)}
}

// receive is when a message about an event arrives, in seconds of the scenario.
func (l *link) receive(event float64, c clock) float64 {
	at := l.stall(event+c.delay(l.spec.Delay.seconds()+l.jitter()), c)
	if l.spec.CatchUp > 0 && at <= l.last {
		at = l.last + c.delay(1/l.spec.CatchUp)
	}
	l.last = max(l.last, at)
	return l.last
}

// jitter draws what comes on top of the delay; each shape has the mean that is asked for, but for the cut.
func (l *link) jitter() float64 {
	mean := l.spec.Jitter.seconds()
	switch l.spec.Shape {
	case "uniform":
		return 2 * mean * l.rnd.Float64()
	case "lognormal":
		return mean * min(math.Exp(lognormalStep*l.rnd.NormFloat64()-lognormalStep*lognormalStep/2), heaviestTail)
	case "pareto":
		return mean * min(math.Pow(1-l.rnd.Float64(), -1/paretoShape)*(1-1/paretoShape), heaviestTail)
	}
	return mean * min(l.rnd.ExpFloat64(), longestJitter)
}

// stall holds a message back until the end of the burst's pause or the outage that it falls into.
func (l *link) stall(at float64, c clock) float64 {
	if every := c.delay(l.spec.Burst.Every.seconds()); every > 0 {
		if into := math.Mod(at, every); into < c.delay(l.spec.Burst.Hold.seconds()) {
			at += c.delay(l.spec.Burst.Hold.seconds()) - into
		}
	}
	for _, o := range l.spec.Outages {
		if at >= o[0] && at < o[1] {
			at = o[1]
		}
	}
	return at
}

// deliver sends a device's message on its way, with what the link does to it.
func (r *Run) deliver(d *device, payload []byte, event float64) {
	l := d.link
	it := Item{Sensor: d.id, Topic: d.topic, Payload: payload}
	release := l.receive(event, r.clock)
	s := &l.spec
	within := s.Within.seconds()
	if within == 0 {
		within = defaultWithin
	}
	if s.happens(l.chaos, s.Reorder) {
		release += r.clock.delay(within * l.chaos.Float64())
	}
	if s.happens(l.chaos, s.Truncate) {
		it.Payload = payload[:l.chaos.IntN(len(payload))]
	}
	if s.happens(l.chaos, s.Corrupt) {
		it.Payload = damage(l.chaos, it.Payload)
	}
	if len(it.Payload) == 0 {
		it.Payload = []byte{'{'} // an empty payload is no message to some brokers
	}
	r.send(it, release)
	if s.happens(l.chaos, s.Duplicate) {
		r.send(it, release+r.clock.delay(within*l.chaos.Float64()))
	}
}

// happens draws one of a share; nothing is drawn for none.
func (*linkSpec) happens(rnd *rand.Rand, share float64) bool {
	return share > 0 && rnd.Float64() < share
}

// damage is a copy with some bytes changed.
func damage(rnd *rand.Rand, payload []byte) []byte {
	bad := slices.Clone(payload)
	for range damagedBytes {
		if len(bad) > 0 {
			bad[rnd.IntN(len(bad))] ^= byte(1 + rnd.IntN(255)) //nolint:gosec // 1 to 255
		}
	}
	return bad
}
