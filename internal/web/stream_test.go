package web

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"cutline/internal/record"
)

// message of a stream, as a browser would see it.
type message struct {
	event, id, data string
}

func (m message) String() string { return m.event + "#" + m.id }

// listener reads a stream in the test's own goroutine.
type listener struct {
	t    *testing.T
	resp *http.Response
	in   *bufio.Reader
}

func listen(t *testing.T, url string, header ...string) *listener {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("stream: %s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	return &listener{t: t, resp: resp, in: bufio.NewReader(resp.Body)}
}

// block reads up to the next blank line.
func (l *listener) block() (m message, comment string) {
	l.t.Helper()
	for {
		line, err := l.in.ReadString('\n')
		if err != nil {
			l.t.Fatalf("stream: %v", err)
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "event":
			m.event = value
		case "id":
			m.id = value
		case "data":
			m.data = value
		case "retry":
		case "":
			if value != "" {
				comment = value
			}
			if line == "\n" {
				return m, comment
			}
		}
	}
}

// next n messages, without comments.
func (l *listener) next(n int) []message {
	l.t.Helper()
	var out []message
	for len(out) < n {
		if m, _ := l.block(); m.event != "" {
			out = append(out, m)
		}
	}
	return out
}

func (l *listener) expect(want ...string) []message {
	l.t.Helper()
	got := l.next(len(want))
	var seen []string
	for _, m := range got {
		seen = append(seen, m.String())
	}
	if !slices.Equal(seen, want) {
		l.t.Fatalf("stream\n got %q\nwant %q", seen, want)
	}
	return got
}

func TestStream_tellsWhatExistsThenEveryChange(t *testing.T) {
	j := newFake()
	j.add(alertEvent("a1", "unacknowledged", "new", 1))
	j.add(alertEvent("gone", "resolved", "end", 1))
	j.add(sensorEvent("twr-01", "online"))
	j.add(trackEvent("t1", "confirmed", 1))
	_, url := running(t, testConfig(), j, Deps{})
	l := listen(t, url+"/api/v1/stream")
	got := l.expect("sensor#", "track#", "alert#", "live#4")
	var e record.Event
	if err := json.Unmarshal([]byte(got[2].data), &e); err != nil || e.Alert.ID != "a1" || e.Sector != "emerson" {
		t.Errorf("alert %q: %v", got[2].data, err)
	}
	j.add(alertEvent("a2", "unacknowledged", "new", 2), alertEvent("a3", "unacknowledged", "new", 2))
	l.expect("alert#", "alert#5") // the id comes with the last event of a message
	j.add(rejectEvent("twr-01", 3))
	j.add(crossingEvent(3))
	j.add(coverageEvent(3))
	l.expect("reject#6", "crossing#7", "coverage#8")
}

func TestStream_resumesAfterTheLastEventID(t *testing.T) {
	j := newFake()
	for i := 1; i <= 5; i++ {
		j.add(trackEvent(fmt.Sprint("t", i), "confirmed", i))
	}
	_, url := running(t, testConfig(), j, Deps{})
	listen(t, url+"/api/v1/stream", "Last-Event-ID", "3").expect("track#4", "track#5")
	listen(t, url+"/api/v1/stream?last_event_id=4").expect("track#5")
	listen(t, url+"/api/v1/stream?last_event_id=1", "Last-Event-ID", "4").expect("track#5") // a browser's header is the newer one
	listen(t, url+"/api/v1/stream?last_event_id=0").expect("track#1", "track#2")
	l := listen(t, url+"/api/v1/stream?last_event_id=5")
	j.add(trackEvent("t6", "confirmed", 6))
	l.expect("track#6")
}

// A client that is cut off anywhere and comes back sees every event, in order, and again at most those of the message it was in.
func TestStream_aClientCutOffAnywhereMissesNothing(t *testing.T) {
	j := newFake()
	var want []string
	for i := range 30 {
		var events []record.Event
		for k := range i%3 + 1 {
			id := fmt.Sprintf("a%02d-%d", i, k)
			events = append(events, alertEvent(id, "unacknowledged", "new", i))
			want = append(want, id)
		}
		j.add(events...)
	}
	_, url := running(t, testConfig(), j, Deps{})
	for cut := 1; cut < 7; cut++ { // messages read per connection
		var seen []string
		last := "0"
		for len(seen) == 0 || seen[len(seen)-1] != want[len(want)-1] {
			l := listen(t, url+"/api/v1/stream", "Last-Event-ID", last)
			for range max(cut, 3) {
				m := l.next(1)[0]
				var e record.Event
				if err := json.Unmarshal([]byte(m.data), &e); err != nil {
					t.Fatal(err)
				}
				if !slices.Contains(seen, e.Alert.ID) {
					seen = append(seen, e.Alert.ID)
				}
				if m.id != "" {
					last = m.id
				}
				if e.Alert.ID == want[len(want)-1] {
					break
				}
			}
			_ = l.resp.Body.Close()
		}
		if !slices.Equal(seen, want) {
			t.Fatalf("cut after %d: saw %d of %d events: %q", cut, len(seen), len(want), seen)
		}
	}
}

func TestStream_anIDOfAnotherJournalBeginsAnew(t *testing.T) {
	j := newFake()
	j.add(trackEvent("t1", "confirmed", 1))
	_, url := running(t, testConfig(), j, Deps{})
	listen(t, url+"/api/v1/stream?last_event_id=999").expect("track#", "live#1")
}

func TestStream_anIDWhoseNextIsRemovedBeginsAnew(t *testing.T) {
	j := newFake()
	for i := 1; i <= 4; i++ {
		j.add(trackEvent("t1", "confirmed", i))
	}
	j.first = 4
	_, url := running(t, testConfig(), j, Deps{})
	listen(t, url+"/api/v1/stream?last_event_id=2").expect("track#", "live#4")
	listen(t, url+"/api/v1/stream?last_event_id=3").expect("track#4")
}

func TestStream_filtersByTypeAndSector(t *testing.T) {
	j := newFake()
	elsewhere := alertEvent("other", "unacknowledged", "new", 1)
	elsewhere.Sector = "roseau"
	j.add(elsewhere)
	j.add(trackEvent("t1", "confirmed", 1))
	j.add(alertEvent("a1", "unacknowledged", "new", 1))
	_, url := running(t, testConfig(), j, Deps{})
	l := listen(t, url+"/api/v1/stream?types=alert,crossing&sector=emerson")
	l.expect("alert#", "live#3")
	j.add(trackEvent("t1", "confirmed", 2))
	j.add(elsewhere)
	j.add(crossingEvent(2))
	l.expect("crossing#6")
}

func TestStream_aQuietOneBeats(t *testing.T) {
	cfg := testConfig()
	cfg.Heartbeat = 20 * time.Millisecond
	_, url := running(t, cfg, newFake(), Deps{})
	l := listen(t, url+"/api/v1/stream")
	l.expect("live#0")
	for range 3 {
		if m, comment := l.block(); m.event != "" || comment != "heartbeat" {
			t.Fatalf("%v, comment %q: want a heartbeat", m, comment)
		}
	}
}

// The daemon's end ends the streams at once: running fails if it does not, since Run would report an answer that never ended.
func TestStream_endsWithTheServer(t *testing.T) {
	j := newFake()
	var l *listener
	t.Run("running", func(inner *testing.T) {
		_, url := running(inner, testConfig(), j, Deps{})
		l = listen(t, url+"/api/v1/stream")
		l.expect("live#0")
	})
	if _, err := l.in.ReadString('\n'); err == nil {
		t.Error("the stream still brings something")
	}
}

func TestStream_aClientThatTakesNothingIsCutOff(t *testing.T) {
	j := newFake()
	cfg := testConfig()
	cfg.WriteTimeout = 200 * time.Millisecond
	s, url := running(t, cfg, j, Deps{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a test's connection
	if _, err := fmt.Fprintf(conn, "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream to begin", func() bool { return s.streams.Load() == 1 })
	good := listen(t, url+"/api/v1/stream?types=crossing")
	good.expect("live#0")

	big := rejectEvent("twr-01", 1)
	big.Reject.Payload = make([]byte, 1<<20)
	for range 20 { // more than the kernel takes for a client that does not read
		j.add(big)
	}
	eventually(t, "the client to be cut off", func() bool { return s.streams.Load() == 1 })
	if got := testutil.ToFloat64(s.metrics.cut); got != 1 {
		t.Errorf("%v streams counted as cut off, want 1", got)
	}
	j.add(crossingEvent(2))
	good.expect("crossing#21") // the others never noticed
}

func TestStream_refusesMoreThanItsShare(t *testing.T) {
	cfg := testConfig()
	cfg.MaxStreams = 1
	s, url := running(t, cfg, newFake(), Deps{})
	l := listen(t, url+"/api/v1/stream")
	l.expect("live#0")
	if w := answered(s, http.MethodGet, "/api/v1/stream"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("the second stream: %d %s", w.Code, w.Body)
	}
	_ = l.resp.Body.Close()
	eventually(t, "the first stream to end", func() bool { return s.streams.Load() == 0 })
	listen(t, url+"/api/v1/stream").expect("live#0")
}

func TestStream_refusesWhatItDoesNotKnow(t *testing.T) {
	s, _ := running(t, testConfig(), newFake(), Deps{})
	for _, query := range []string{"types=alerts", "last_event_id=x", "last_event_id=-1", "sectors=emerson", "a=%zz"} {
		if w := answered(s, http.MethodGet, "/api/v1/stream?"+query); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	if w := answered(s, http.MethodHead, "/api/v1/stream"); w.Code != http.StatusOK {
		t.Errorf("HEAD: %d", w.Code)
	}
}

func TestStream_aBrokenJournalIsSaid(t *testing.T) {
	j := newFake()
	s, url := running(t, testConfig(), j, Deps{})
	l := listen(t, url+"/api/v1/stream")
	l.expect("live#0")
	j.fail(errDown)
	if _, err := l.in.ReadString('\n'); err == nil {
		t.Error("the stream goes on without a journal")
	}
	if w := answered(s, http.MethodGet, "/api/v1/stream"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a new stream: %d %s", w.Code, w.Body)
	}
}
