package fusion

import "time"

// clock says how far event time has come, from what arrives and when. It is event time that decides what is due, and not the time
// of receipt: after an outage of the daemon, the broker or a link, all that was kept meanwhile comes at once and minutes old, in
// its old order, and must make the tracks that it would have made in time. Docs: decisions/004-event-time.md.
type clock struct {
	Now   int64 // newest time of receipt, ns
	Up    int64 // time for which somebody was here to receive, ns: the steps of Now, of which none counts more than longestStep
	Event int64 // how far event time has come, ns; 0 before the first scan
	Heard int64 // Up when the last scan came
	Lag   int64 // how far behind Event scans come: their running median, ns
}

const (
	longestWait = 30 * beat // no scan waits longer for earlier ones: what comes later than that is dropped
	lagStep     = beat / 50 // by which one scan moves Lag
)

// longestStep is what a step of the clock of receipt may count for. Ticks come several times a second; a longer step is a time in which
// nobody was here, and nothing can be concluded from not having heard anything.
const longestStep = int64(time.Second)

// receive moves the clock to a time of receipt. Event time follows the scans; it goes on by itself only when none has come for
// idle, since then it is the world that is quiet, and tracks must not stand still for ever.
func (c *clock) receive(now, idle int64) {
	if c.Now == 0 {
		c.Now = now
	}
	if step := min(now-c.Now, longestStep); step > 0 {
		c.Up += step
		if c.Up-c.Heard > idle && c.Event > 0 {
			c.Event += step
		}
		c.Now = now
	}
}

// hear moves event time to that of a scan. A sensor whose clock is ahead moves it to the present at most: else it would make
// everybody else late.
func (c *clock) hear(event int64) {
	if late := c.Event - event; late < longestWait { // of an outage's backlog nothing can be learnt
		if late > c.Lag {
			c.Lag += lagStep
		} else {
			c.Lag = max(c.Lag-lagStep, 0)
		}
	}
	c.Event = max(c.Event, min(event, c.Now))
	c.Heard = c.Up
}

// wait is how long a scan waits for earlier ones: reorder, unless half of all scans come later than a quarter of that. Then the whole way
// to us is slow and shuffles. Delays that are even up to a bound come a third of it behind the newest in the median, so four times that is
// enough for nearly all. The median does not move for a minority: a sensor whose link is bad makes nobody wait.
func (c *clock) wait(reorder int64) int64 {
	return min(max(reorder, 4*c.Lag), max(reorder, longestWait))
}
