package journal

import (
	"bytes"
	"strconv"
	"sync"
	"testing"

	"cutline/internal/record"
)

func lineOf(t *testing.T, id string) []byte {
	t.Helper()
	e := record.Event{Type: record.SensorType, Sector: "emerson", Sensor: &record.SensorEvent{ID: id}}
	line, err := e.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestShared_decodesAPageOnceForAll(t *testing.T) {
	var s shared
	line := lineOf(t, "a")
	all := make([][]record.Event, 8)
	var readers sync.WaitGroup
	for i := range all {
		readers.Go(func() { all[i], _ = s.events(7, line) })
	}
	readers.Wait()
	for i, events := range all {
		if len(events) != 1 || &events[0] != &all[0][0] {
			t.Fatalf("reader %d has its own copy, or another page: %v", i, events)
		}
	}
}

func TestShared_keepsTheNewestWithinItsBound(t *testing.T) {
	var s shared
	for seq := range uint64(20) {
		page := bytes.Repeat(lineOf(t, strconv.FormatUint(seq, 10)), sharedMost/1000)
		events, err := s.events(seq, page)
		if err != nil || events[0].Sensor.ID != strconv.FormatUint(seq, 10) {
			t.Fatalf("page %d is %v, %v", seq, events[0].Sensor, err)
		}
		if last := s.order[len(s.order)-1]; last.seq != seq {
			t.Fatalf("page %d is not kept", seq)
		}
	}
	size := 0
	for _, d := range s.order {
		size += d.size
	}
	if size != s.size || size > sharedMost || len(s.order) == 20 {
		t.Errorf("%d pages of %d bytes are kept, counted as %d", len(s.order), size, s.size)
	}
	events, _ := s.events(0, lineOf(t, "again")) // long gone: read again
	if events[0].Sensor.ID != "again" {
		t.Errorf("got %v", events[0].Sensor)
	}
}

func TestShared_leavesOutWhatIsDamagedAndSaysSo(t *testing.T) {
	var s shared
	events, err := s.events(1, append([]byte("{torn\n"), lineOf(t, "a")...))
	if err == nil || len(events) != 1 || events[0].Sensor.ID != "a" {
		t.Errorf("got %v, %v", events, err)
	}
}
