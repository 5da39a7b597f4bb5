package load

import (
	"fmt"
	"strconv"
	"strings"
)

// Tally counts arrived detections against a ledger.
type Tally struct {
	ledger     *Ledger
	counts     [][]uint8 // by sensor, and sequence − 1; 255 stands for more
	unexpected []Strange // the first ones
	strange    int64     // all of them
}

// Strange is an id that arrived but was never sent, by this ledger.
type Strange struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// listed of the unexpected ones; the rest is counted.
const listed = 20

// NewTally starts with nothing arrived.
func (l *Ledger) NewTally() *Tally {
	t := &Tally{ledger: l, counts: make([][]uint8, len(l.sensors))}
	for i := range t.counts {
		t.counts[i] = make([]uint8, len(l.sensors[i]))
	}
	return t
}

// Take counts one arrived detection by its id. sensor is the one it is filed under, or empty where that is not known.
func (t *Tally) Take(id, sensor string) {
	n, seq, ok := parseID(id)
	switch {
	case !ok:
		t.stray(id, "is no id of a load")
	case n >= len(t.counts):
		t.stray(id, fmt.Sprintf("the ledger has %d sensors", len(t.counts)))
	case seq > uint64(len(t.counts[n])):
		t.stray(id, fmt.Sprintf("the ledger ends with %d", len(t.counts[n])))
	case sensor != "" && sensor != sensorName(n):
		t.stray(id, "is filed under sensor "+sensor)
	default:
		if c := &t.counts[n][seq-1]; *c < 255 {
			*c++
		}
	}
}

func (t *Tally) stray(id, why string) {
	t.strange++
	if len(t.unexpected) < listed {
		t.unexpected = append(t.unexpected, Strange{id, why})
	}
}

func sensorName(n int) string { return fmt.Sprintf("%s-%03d", Prefix, n) }

// parseID takes an id apart: load-003-000012345 is sensor 3, sequence 12345.
func parseID(id string) (sensor int, seq uint64, ok bool) {
	rest, ok := strings.CutPrefix(id, Prefix+"-")
	name, digits, both := strings.Cut(rest, "-")
	if !ok || !both || len(name) < 3 || len(digits) < sequenceDigits {
		return 0, 0, false
	}
	n, err := strconv.ParseUint(name, 10, 31)
	if err != nil {
		return 0, 0, false
	}
	if seq, err = strconv.ParseUint(digits, 10, 63); err != nil || seq == 0 {
		return 0, 0, false
	}
	return int(n), seq, true
}

// Range of sequences, both ends in it.
type Range struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

func (r Range) String() string {
	if r.From == r.To {
		return strconv.FormatUint(r.From, 10)
	}
	return fmt.Sprintf("%d-%d", r.From, r.To)
}

// Of lists what is wrong with one sensor's detections.
type Of struct {
	Sensor     string  `json:"sensor"`
	Missing    []Range `json:"missing,omitempty"`    // acknowledged, but not arrived
	Duplicated []Range `json:"duplicated,omitempty"` // arrived more than once
}

// Report says what arrived of what was sent. All are numbers of detections.
type Report struct {
	Complete bool  `json:"ledger_complete"` // false: the load was killed, and sent a little more than the ledger knows
	Sent     int64 `json:"sent"`
	Acked    int64 `json:"acked"`

	Arrived        int64 `json:"arrived"`         // of the acknowledged ones
	Missing        int64 `json:"missing"`         // acknowledged, but not arrived: lost
	UnackedArrived int64 `json:"unacked_arrived"` // sent and arrived, though no acknowledgement came
	UnackedMissing int64 `json:"unacked_missing"` // sent, neither acknowledged nor arrived: never promised
	Duplicates     int64 `json:"duplicates"`      // copies beyond the first
	Unexpected     int64 `json:"unexpected"`      // never sent, by the ledger

	Sensors []Of      `json:"sensors,omitempty"` // those of which something is missing or came twice
	Strange []Strange `json:"unexpected_ids,omitempty"`
}

// OK says whether all that was acknowledged arrived.
func (r *Report) OK() bool { return r.Missing == 0 }

// Report compares what has been taken with the ledger.
func (t *Tally) Report() Report {
	r := Report{
		Complete: t.ledger.Complete(), Sent: t.ledger.sent, Acked: t.ledger.acked,
		Unexpected: t.strange, Strange: t.unexpected,
	}
	for n, states := range t.ledger.sensors {
		of := Of{Sensor: sensorName(n)}
		for i, st := range states {
			copies := t.counts[n][i]
			acked, seq := st&wasAcked != 0, uint64(i)+1
			switch {
			case acked && copies > 0:
				r.Arrived++
			case acked:
				r.Missing++
				of.Missing = extend(of.Missing, seq)
			case copies > 0:
				r.UnackedArrived++
			default:
				r.UnackedMissing++
			}
			if copies > 1 {
				r.Duplicates += int64(copies) - 1
				of.Duplicated = extend(of.Duplicated, seq)
			}
		}
		if of.Missing != nil || of.Duplicated != nil {
			r.Sensors = append(r.Sensors, of)
		}
	}
	return r
}

func extend(all []Range, seq uint64) []Range {
	if n := len(all); n > 0 && all[n-1].To+1 == seq {
		all[n-1].To = seq
		return all
	}
	return append(all, Range{seq, seq})
}

// shown of the sensors, and of one sensor's ranges: a page, not a flood.
const shown = 20

// String is the report for people.
func (r *Report) String() string {
	var b strings.Builder
	row := func(n int64, what string) { fmt.Fprintf(&b, "%12d  %s\n", n, what) }
	row(r.Sent, "sent")
	row(r.Acked, "acknowledged")
	row(r.Arrived, "of them arrived")
	row(r.Missing, "of them MISSING")
	row(r.UnackedArrived, "arrived without an acknowledgement")
	row(r.UnackedMissing, "neither acknowledged nor arrived: never promised")
	row(r.Duplicates, "copies beyond the first")
	row(r.Unexpected, "unexpected: not in the ledger")
	if !r.Complete {
		b.WriteString("The ledger has no end: the load was killed, and what it sent in its last moment counts as unexpected.\n")
	}
	list := func(title string, of func(*Of) []Range) {
		lines := 0
		for i := range r.Sensors {
			ranges := of(&r.Sensors[i])
			if len(ranges) == 0 {
				continue
			}
			if lines++; lines == 1 {
				fmt.Fprintf(&b, "%s:\n", title)
			}
			if lines <= shown {
				fmt.Fprintf(&b, "  %s  %s\n", r.Sensors[i].Sensor, ranged(ranges))
			}
		}
		if lines > shown {
			fmt.Fprintf(&b, "  and %d sensors more; --json lists all\n", lines-shown)
		}
	}
	list("Missing", func(o *Of) []Range { return o.Missing })
	list("Duplicated", func(o *Of) []Range { return o.Duplicated })
	for i, s := range r.Strange {
		if i == 0 {
			b.WriteString("Unexpected, the first ones:\n")
		}
		fmt.Fprintf(&b, "  %s: %s\n", s.ID, s.Why)
	}
	switch {
	case !r.OK():
		fmt.Fprintf(&b, "NOT complete: %d of %d acknowledged detections are missing.\n", r.Missing, r.Acked)
	case r.Acked == 0:
		b.WriteString("Nothing was acknowledged, so nothing is proven.\n")
	default:
		fmt.Fprintf(&b, "Complete: all %d acknowledged detections arrived.\n", r.Acked)
	}
	return b.String()
}

func ranged(all []Range) string {
	var parts []string
	for _, r := range all[:min(len(all), shown)] {
		parts = append(parts, r.String())
	}
	text := strings.Join(parts, ", ")
	if len(all) > shown {
		text += fmt.Sprintf(" and %d ranges more", len(all)-shown)
	}
	return text
}
