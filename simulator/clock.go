package simulator

import "time"

// clock turns seconds of the scenario into UTC. At a speed above 1 the day is a hurried one: everything, targets and sensors,
// moves that many times as fast, and times stay true: an event's time is the moment at which it happens. The other way, a clock
// that runs ahead of the daemon's, would have every message refused as coming from the future.
type clock struct {
	start time.Time
	speed float64
}

// at is the UTC of a moment of the scenario, in whole milliseconds, as it stands in the messages.
func (c clock) at(seconds float64) time.Time {
	return c.start.Add(time.Duration(seconds / c.speed * float64(time.Second))).Truncate(time.Millisecond)
}

// delay is how many seconds of the scenario pass while a message travels: links do not hurry.
func (c clock) delay(seconds float64) float64 { return seconds * c.speed }
