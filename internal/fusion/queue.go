package fusion

import (
	"cmp"
	"slices"
)

// A key orders what waits: by event time, then by sensor, then by the scan's number.
type key struct {
	Time   int64 // ns
	Sensor int
	Number int64 // −1: the scan has none
}

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.Time, o.Time), cmp.Compare(k.Sensor, o.Sensor), cmp.Compare(k.Number, o.Number))
}

// An entry is what one sensor saw at one time: messages of the same time and number are joined. A scan whose returns have times
// of their own, as of a turning antenna, is as many entries, and its number keeps a track from getting two of its returns.
type entry struct {
	key
	Arrived int64 // clock.Up when the first message of it came, and 1 ns
	Look    look
	Sweep   bool // a complete look, that began at From, ends here
	From    int64
	Plots   []plot
}

// A queue holds what waits for its time to be over, in order of key. It is as long as what the feeds bring in Config.Reorder.
type queue struct {
	waiting []entry // from head on
	head    int
	spare   [][]plot // for reuse
}

func (q *queue) first() *entry {
	if q.head == len(q.waiting) {
		return nil
	}
	return &q.waiting[q.head]
}

// slot finds or makes the entry of k. The pointer is good until the next call.
func (q *queue) slot(k key) *entry {
	live := q.waiting[q.head:]
	// Nearly everything arrives in order: look at the end first.
	i := len(live)
	if i > 0 && k.compare(live[i-1].key) <= 0 {
		var found bool
		if i, found = slices.BinarySearchFunc(live, k, func(e entry, k key) int { return e.compare(k) }); found {
			return &live[i]
		}
	}
	e := entry{key: k}
	if n := len(q.spare); n > 0 {
		e.Plots, q.spare = q.spare[n-1][:0], q.spare[:n-1]
	}
	q.waiting = slices.Insert(q.waiting, q.head+i, e)
	return &q.waiting[q.head+i]
}

// drop takes the first entry off.
func (q *queue) drop() {
	e := &q.waiting[q.head]
	if cap(e.Plots) > 0 && cap(e.Plots) <= 4096 { // a huge sweep must not be held for ever
		q.spare = append(q.spare, e.Plots)
	}
	*e = entry{}
	q.head++
	if q.head == len(q.waiting) {
		q.waiting, q.head = q.waiting[:0], 0
	} else if q.head > 64 && q.head > len(q.waiting)/2 {
		n := copy(q.waiting, q.waiting[q.head:])
		clear(q.waiting[n:])
		q.waiting, q.head = q.waiting[:n], 0
	}
}
