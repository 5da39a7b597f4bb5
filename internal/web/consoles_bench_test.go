package web_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cutline/internal/record"
)

// A hundred consoles on one daemon: each follows the stream and asks for the status every two seconds, while the picture changes as a
// sector's does: five times a second, each track once a second. cores is the processor's time per second, with the journal's and that
// of the hundred readers, who are in the same process. Run it for some seconds: -benchtime 10x.
func BenchmarkConsoles(b *testing.B) {
	for _, tracks := range []int{50, 200, 2000} {
		b.Run(fmt.Sprint(tracks, " tracks"), func(b *testing.B) {
			j := realJournal(b)
			address, _ := served(b, j, "127.0.0.1:0")
			seq := uint64(0)
			tell := func(part, parts int) {
				var events []record.Event
				for i := part; i < tracks; i += parts {
					events = append(events, movingTrack(i, seq))
				}
				seq++
				if err := j.AppendPicture(b.Context(), "emerson", seq, events); err != nil {
					b.Fatal(err)
				}
			}
			tell(0, 1)
			heard := follow(b, address, 100)
			before := cpu(b)
			start := time.Now()
			for b.Loop() { // one second of the picture
				for part := range 5 {
					tell(part, 5)
					time.Sleep(time.Until(start.Add(time.Duration(seq-1) * 200 * time.Millisecond)))
				}
			}
			took := time.Since(start)
			b.ReportMetric((cpu(b)-before).Seconds()/took.Seconds(), "cores")
			b.ReportMetric(float64(heard.Load())/took.Seconds()/1e6, "MB/s")
		})
	}
}

func movingTrack(i int, n uint64) record.Event {
	return record.Event{Type: record.TrackType, Time: time.Now().UTC(), Sector: "emerson", Track: &record.TrackEvent{
		ID: fmt.Sprintf("t%05d", i), Status: "confirmed", Lat: 49 + float64(n)*1e-5, Lon: -97.2 + float64(i)*1e-4, SpeedMPS: 1.234,
		CourseDeg: 10.5, Cov: record.Cov{EE: 4.123, EN: .5, NN: 4.567}, Existence: .99, Class: map[string]float64{"person": .8, "animal": .2},
		Sensors: []string{"twr-01", "cam-01"}, Groups: []string{"tower-01"}, Lineage: []string{},
	}}
}

// follow begins n streams, waits until each has the picture, and counts what they get from then on, in bytes.
func follow(b *testing.B, address string, n int) *atomic.Int64 {
	b.Helper()
	var heard atomic.Int64
	var begun, ended sync.WaitGroup
	stop := make(chan struct{})
	for range n {
		begun.Add(1)
		ended.Go(func() {
			c := stream(b, address)
			ended.Go(func() { <-stop; _ = c.Close() })
			buf := make([]byte, 64<<10)
			_, err := c.Read(buf) // the answer's head, with the first of what exists
			begun.Done()
			for err == nil {
				var got int
				got, err = c.Read(buf)
				heard.Add(int64(got))
			}
		})
	}
	begun.Wait()
	ended.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Second / time.Duration(n)):
			}
			if r, err := http.Get("http://" + address + "/api/v1/status"); err == nil { //nolint:noctx // a benchmark's
				_, _ = io.Copy(io.Discard, r.Body)
				_ = r.Body.Close()
			}
		}
	})
	b.Cleanup(func() {
		close(stop)
		ended.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	time.Sleep(time.Second) // all has been sent that exists
	heard.Store(0)
	return &heard
}

// stream asks for the events until the picture is there.
func stream(b *testing.B, address string) net.Conn {
	for {
		c, err := net.Dial("tcp", address) //nolint:noctx // a benchmark's
		if err != nil {
			b.Error(err)
			return nil
		}
		_, _ = fmt.Fprintf(c, "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
		head := make([]byte, len("HTTP/1.1 200"))
		if _, err := io.ReadFull(c, head); err == nil && string(head) == "HTTP/1.1 200" {
			return c
		}
		_ = c.Close()
		time.Sleep(10 * time.Millisecond)
	}
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
