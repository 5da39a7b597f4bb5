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

// A queue holds what waits for its time to be over, in order of key, and before it what has been processed and may be once more. It is as
// long as what the feeds bring in Config.Reorder, and in the time that a rollback reaches back.
type queue struct {
	entries []entry // from held on
	held    int     // the first that may be processed once more
	head    int     // the first that waits
	spare   [][]plot
}

func (q *queue) first() *entry {
	if q.head == len(q.entries) {
		return nil
	}
	return &q.entries[q.head]
}

// slot finds or makes the entry of k; over is the event time whose turn has been. The pointer is good until the next call.
func (q *queue) slot(k key, over int64) *entry {
	live := q.entries[q.held:]
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
	if i += q.held; i < q.head || i == q.head && k.Time <= over {
		q.head++ // it is late: only after a rewind it has its turn
	}
	q.entries = slices.Insert(q.entries, i, e)
	return &q.entries[i]
}

// drop says that the first entry has been processed.
func (q *queue) drop() { q.head++ }

// rewind lets everything from a time on wait again.
func (q *queue) rewind(from int64) {
	i, _ := slices.BinarySearchFunc(q.entries[q.held:q.head], from, func(e entry, t int64) int { return cmp.Compare(e.Time, t) })
	q.head = q.held + i
}

// release lets go of what has been processed and was before a time.
func (q *queue) release(before int64) {
	for ; q.held < q.head && q.entries[q.held].Time < before; q.held++ {
		e := &q.entries[q.held]
		if cap(e.Plots) > 0 && cap(e.Plots) <= 4096 { // a huge sweep must not be held for ever
			q.spare = append(q.spare, e.Plots)
		}
		*e = entry{}
	}
	if q.held > 64 && q.held > len(q.entries)/2 || q.held == len(q.entries) {
		n := copy(q.entries, q.entries[q.held:])
		clear(q.entries[n:])
		q.entries, q.head, q.held = q.entries[:n], q.head-q.held, 0
	}
}

// weight is how much of it has been processed: scans and their plots.
func (q *queue) weight() (n int) {
	for i := q.held; i < q.head; i++ {
		n += 1 + len(q.entries[i].Plots)
	}
	return n
}
