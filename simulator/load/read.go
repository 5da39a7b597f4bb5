package load

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Ledger is what was sent and what of it was acknowledged.
type Ledger struct {
	Start time.Time // of the load: no detection of it is older
	End   time.Time // zero if the load was killed before it wrote its end
	QoS   int

	sensors [][]state // by sensor, and sequence − 1
	sent    int64
	acked   int64
}

// state of one message.
type state uint8

const (
	wasSent state = 1 << iota
	wasAcked
)

// maxSequences of one sensor bounds what a broken ledger can make us allocate.
const maxSequences = 1_000_000_000

// Complete says whether the load came to its end. If not, it sent more than the ledger knows of: at most a moment's worth.
func (l *Ledger) Complete() bool { return !l.End.IsZero() }

// Sent is how many messages were sent, each counted once.
func (l *Ledger) Sent() int64 { return l.sent }

// Acked is how many of them were acknowledged.
func (l *Ledger) Acked() int64 { return l.acked }

// ReadLedger reads what Run wrote. The last line may be torn, if the load was killed; any other fault is an error that names its
// line, since a ledger with holes would make a loss look like none.
func ReadLedger(r io.Reader) (*Ledger, error) {
	in := bufio.NewReader(r)
	var l *Ledger
	for number := 1; ; number++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			switch {
			case l == nil && len(text) > 0:
				return nil, errors.New("line 1: is no ledger of cutline-sim load")
			case l == nil:
				return nil, errors.New("the ledger is empty")
			case len(text) > 0 && l.Complete():
				return nil, fmt.Errorf("line %d: stands after the end", number)
			}
			return l, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read ledger: %w", err)
		}
		if l, err = l.take(text); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
}

// take adds one line. The first one, on a nil ledger, makes it.
func (l *Ledger) take(text []byte) (*Ledger, error) {
	var in line
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("is no line of a ledger: %w", err)
	}
	switch {
	case l == nil && in.Type != "load":
		return nil, errors.New("is no ledger of cutline-sim load: the first line has the type load")
	case l == nil:
		return head(&in)
	case l.Complete():
		return nil, errors.New("stands after the end")
	}
	switch in.Type {
	case "sent", "acked":
		return l, l.run(&in)
	case "end":
		if in.Sent == nil || in.Acked == nil || in.Time.IsZero() {
			return nil, errors.New("the end says not what was sent and acknowledged")
		}
		if *in.Sent != l.sent || *in.Acked != l.acked {
			return nil, fmt.Errorf("%d sent and %d acknowledged at the end, but the lines before say %d and %d: lines are missing",
				*in.Sent, *in.Acked, l.sent, l.acked)
		}
		l.End = in.Time
		return l, nil
	default:
		return nil, fmt.Errorf("type %q is not known", in.Type)
	}
}

func head(in *line) (*Ledger, error) {
	switch {
	case in.Version != ledgerVersion:
		return nil, fmt.Errorf("version %d of the ledger is not known: want %d", in.Version, ledgerVersion)
	case in.Prefix != Prefix || in.Sensors < 1 || in.Sensors > maxSensors || in.QoS == nil || in.Time.IsZero():
		return nil, errors.New("the head is not complete")
	}
	return &Ledger{Start: in.Time, QoS: *in.QoS, sensors: make([][]state, in.Sensors)}, nil
}

// run takes what was sent, which follows what was sent before, or acknowledged, of what was sent.
func (l *Ledger) run(in *line) error {
	if in.Sensor == nil || *in.Sensor < 0 || *in.Sensor >= len(l.sensors) {
		return errors.New("names no sensor of the head")
	}
	if in.From < 1 || in.To < in.From || in.To > maxSequences {
		return fmt.Errorf("from %d to %d is no run of sequences", in.From, in.To)
	}
	all := &l.sensors[*in.Sensor]
	have := uint64(len(*all))
	if in.Type == "sent" {
		if in.From != have+1 {
			return fmt.Errorf("sensor %d sent %d after %d: lines are missing", *in.Sensor, in.From, have)
		}
		for range in.To - in.From + 1 {
			*all = append(*all, wasSent)
		}
		l.sent += int64(in.To - in.From + 1)
		return nil
	}
	if in.To > have {
		return fmt.Errorf("sensor %d has %d acknowledged, but sent no more than %d: lines are missing", *in.Sensor, in.To, have)
	}
	for i := in.From - 1; i < in.To; i++ {
		if (*all)[i]&wasAcked != 0 {
			return fmt.Errorf("sensor %d has %d acknowledged twice", *in.Sensor, i+1)
		}
		(*all)[i] |= wasAcked
		l.acked++
	}
	return nil
}
