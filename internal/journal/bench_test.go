package journal_test

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// cpu is what the whole process has used: server, committer and readers are all in it.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPut is from Put to Done, as fast as it goes, with the given number of readers at its heels.
func BenchmarkPut(b *testing.B) {
	for _, readers := range []int{0, 2} {
		b.Run("readers="+strconv.Itoa(readers), func(b *testing.B) {
			r := run(b, settings(b))
			const each = 100_000
			inputs := make([]record.Input, each)
			for i := range inputs {
				inputs[i] = message(i)
			}
			ctx, cancel := context.WithCancel(context.Background())
			var seen, all sync.WaitGroup
			for i := range readers {
				c, err := r.InputCursor(ctx, "reader-"+strconv.Itoa(i))
				if err != nil {
					b.Fatal(err)
				}
				all.Go(func() { drain(ctx, c, &seen) })
			}
			runtime.GC()
			start := cpu()
			b.ReportAllocs()
			for b.Loop() {
				seen.Add(each * readers)
				var stored sync.WaitGroup
				stored.Add(each)
				for i := range inputs {
					if err := r.Put(ctx, journal.Entry{Sector: "emerson", Input: inputs[i], Done: stored.Done}); err != nil {
						b.Fatal(err)
					}
				}
				stored.Wait()
				seen.Wait()
			}
			n := float64(b.N) * each
			b.ReportMetric(n/b.Elapsed().Seconds(), "messages/s")
			b.ReportMetric(float64((cpu()-start).Microseconds())/n, "cpu-µs/message")
			cancel()
			all.Wait()
		})
	}
}

// drain reads until ctx ends, and acknowledges every sixteenth batch, as an output that writes some thousand points at a time.
func drain(ctx context.Context, c *journal.InputCursor, seen *sync.WaitGroup) {
	defer c.Close()
	for n := 1; ; n++ {
		batch, err := c.Next(ctx)
		if err != nil {
			return
		}
		if n%16 == 0 {
			if err = c.Ack(ctx, batch.Seq); err != nil {
				return
			}
		}
		seen.Add(-len(batch.Inputs))
	}
}

func BenchmarkAppendPicture(b *testing.B) {
	for _, c := range []struct {
		name   string
		events []record.Event
	}{
		{"one type", []record.Event{trackEvent(1), trackEvent(2)}},
		{"three types", []record.Event{
			trackEvent(1), alertEvent(1), {Type: record.SensorType, Sector: "emerson", Sensor: &record.SensorEvent{ID: "s"}},
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := open(b, settings(b))
			start, seq := cpu(), uint64(0)
			for b.Loop() {
				seq++
				if err := r.AppendPicture(b.Context(), "emerson", seq, c.events); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpu()-start).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// BenchmarkRead is a cursor that catches up with a day's backlog.
func BenchmarkRead(b *testing.B) {
	r := run(b, settings(b))
	const each = 100_000
	r.put(b, "emerson", 0, each)
	start, read := cpu(), 0
	b.ReportAllocs()
	for b.Loop() {
		in, err := r.ReadInput(b.Context(), "emerson", 1)
		if err != nil {
			b.Fatal(err)
		}
		for n := 0; n < each; {
			batch, err := in.Next(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch.Inputs)
		}
		read += each
		in.Close()
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64((cpu()-start).Microseconds())/float64(read), "cpu-µs/message")
}
