package load

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/testenv"
)

var start = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

// written is the ledger of a load of two sensors with ten messages each, of which sensor 1 has its last two not acknowledged.
func written(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	bk := newBook(&b, &Config{Sensors: 2, QoS: 1}, start)
	at := start
	for seq := uint64(1); seq <= 10; seq++ {
		at = at.Add(time.Millisecond)
		bk.sent(0, seq, at)
		bk.sent(1, seq, at)
		if seq == 5 {
			if err := bk.flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, seq := range []uint64{1, 2, 4, 3, 5, 6, 7, 8, 9, 10} { // one out of order
		bk.acked(0, seq, at)
		if seq < 9 {
			bk.acked(1, seq, at)
		}
	}
	if err := bk.end(at.Add(time.Second), 20, 18); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func ledgerOf(t testing.TB, text string) *Ledger {
	t.Helper()
	l, err := ReadLedger(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func ids() (all []string) {
	for n := range 2 {
		for seq := range uint64(10) {
			all = append(all, string(appendSequence([]byte(sensorName(n)+"-"), seq+1)))
		}
	}
	return all
}

func TestLedger_isReadAsItWasWritten(t *testing.T) {
	l := ledgerOf(t, written(t))
	if l.Sent() != 20 || l.Acked() != 18 || !l.Complete() || !l.Start.Equal(start) || l.QoS != 1 {
		t.Errorf("%+v", l)
	}
}

func TestReadLedger_aTornLastLineIsALoadThatWasKilled(t *testing.T) {
	text := written(t)
	whole := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n") + 1
	for _, cut := range []int{whole, whole + 1, len(text) - 1} {
		l := ledgerOf(t, text[:cut])
		r := l.NewTally().Report()
		if l.Complete() || l.Acked() != 18 || !strings.Contains(r.String(), "killed") {
			t.Errorf("cut at %d: %+v", cut, l)
		}
	}
}

func TestReadLedger_aHoleIsNoLedger(t *testing.T) {
	lines := strings.SplitAfter(written(t), "\n")
	lines = lines[:len(lines)-1]
	for i := range lines {
		holed := strings.Join(append(append([]string{}, lines[:i]...), lines[i+1:]...), "")
		l, err := ReadLedger(strings.NewReader(holed))
		if err == nil && (i != len(lines)-1 || l.Complete()) {
			t.Errorf("without %s it was taken", lines[i])
		}
	}
}

func TestReadLedger_saysWhichLineIsWrong(t *testing.T) {
	head := `{"type":"load","version":1,"time":"2026-11-24T08:00:00Z","prefix":"load","sensors":2,"qos":1}` + "\n"
	sent := `{"type":"sent","time":"2026-11-24T08:00:00Z","sensor":0,"from":1,"to":10}` + "\n"
	for text, want := range map[string]string{
		"":                           "empty",
		"what":                       "line 1",
		"what\n":                     "line 1",
		sent:                         "no ledger",
		head + "{\n" + sent:          "line 2",
		head + sent + sent:           "line 3: sensor 0 sent 1 after 10",
		head + `{"type":"x"}`:        "",
		head + `{"type":"x"}` + "\n": `type "x"`,
		head + `{"type":"sent","sensor":2,"from":1,"to":1}` + "\n":                              "names no sensor",
		head + `{"type":"sent","from":1,"to":1}` + "\n":                                         "names no sensor",
		head + `{"type":"sent","sensor":0,"from":1,"to":2000000000}` + "\n":                     "no run",
		head + `{"type":"sent","sensor":0,"from":0,"to":1}` + "\n":                              "no run",
		head + sent + `{"type":"acked","sensor":0,"from":5,"to":11}` + "\n":                     "sent no more than 10",
		head + sent + strings.Repeat(`{"type":"acked","sensor":0,"from":5,"to":6}`+"\n", 2):     "line 4: sensor 0 has 5 acknowledged twice",
		head + sent + `{"type":"end","time":"2026-11-24T08:00:00Z","sent":11,"acked":0}` + "\n": "lines are missing",
		head + `{"type":"end"}` + "\n":                                                          "the end says not",
		strings.Replace(head, `"version":1`, `"version":2`, 1):                                  "version 2",
		strings.Replace(head, `"sensors":2`, `"sensors":-2`, 1):                                 "head is not complete",
		strings.Replace(head, `"sensors":2`, `"sensors":"two"`, 1):                              "line 1",
		written(t) + sent: "after the end",
		written(t) + "x":  "after the end",
	} {
		_, err := ReadLedger(strings.NewReader(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s\ngot %v, want %q", text, err, want)
		}
	}
}

func TestReport_findsAPlantedMissingOneAndARange(t *testing.T) {
	l := ledgerOf(t, written(t))
	tally := l.NewTally()
	for _, id := range ids() {
		switch id {
		case "load-000-000000003", "load-001-000000004", "load-001-000000005", "load-001-000000006", "load-001-000000010":
			continue
		case "load-000-000000007":
			tally.Take(id, "load-000")
		}
		tally.Take(id, "")
	}
	tally.Take("load-000-000000011", "")
	tally.Take("load-002-000000001", "")
	tally.Take("load-000-000000001", "load-001")
	tally.Take("rubbish", "")
	r := tally.Report()
	want := Report{
		Complete: true, Sent: 20, Acked: 18, Arrived: 14, Missing: 4, UnackedArrived: 1, UnackedMissing: 1, Duplicates: 1, Unexpected: 4,
		Sensors: r.Sensors, Strange: r.Strange, // below
	}
	if !reflect.DeepEqual(r, want) || r.OK() {
		t.Errorf("%+v", r)
	}
	text := r.String()
	for _, want := range []string{
		"  load-000  3\n", "  load-001  4-6\n", "Duplicated:\n  load-000  7\n", "load-002-000000001: the ledger has 2 sensors",
		"load-000-000000011: the ledger ends with 10", "is filed under sensor load-001", "rubbish: is no id", "NOT complete: 4 of 18",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if full := l.NewTally(); true {
		for _, id := range ids() {
			full.Take(id, "")
		}
		if r := full.Report(); !r.OK() || !strings.Contains(r.String(), "Complete: all 18") || r.UnackedArrived != 2 {
			t.Errorf("%s", r.String())
		}
	}
}

func TestReport_aFloodIsShortForPeople(t *testing.T) {
	var b bytes.Buffer
	bk := newBook(&b, &Config{Sensors: 100, QoS: 1}, start)
	for n := range 100 {
		for seq := uint64(1); seq <= 60; seq++ {
			bk.sent(n, seq, start)
			bk.acked(n, seq, start)
		}
	}
	if err := bk.end(start, 6000, 6000); err != nil {
		t.Fatal(err)
	}
	tally := ledgerOf(t, b.String()).NewTally()
	for n := range 100 {
		for seq := uint64(1); seq <= 60; seq += 2 {
			tally.Take(string(appendSequence([]byte(sensorName(n)+"-"), seq)), "")
		}
	}
	r := tally.Report()
	text := r.String()
	if r.Missing != 3000 || strings.Count(text, "\n") > 40 || !strings.Contains(text, "80 sensors more") ||
		!strings.Contains(text, "10 ranges more") {
		t.Errorf("%s", text)
	}
}

func TestReport_countsEveryDetectionOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &Ledger{sensors: make([][]state, 3), End: start}
		arrived := map[string]int{}
		for n := range l.sensors {
			for i := range rapid.IntRange(0, 12).Draw(t, "sent") {
				st := wasSent
				l.sent++
				if rapid.Bool().Draw(t, "acked") {
					st |= wasAcked
					l.acked++
				}
				l.sensors[n] = append(l.sensors[n], st)
				if c := rapid.IntRange(0, 3).Draw(t, "copies"); c > 0 {
					arrived[string(appendSequence([]byte(sensorName(n)+"-"), uint64(i+1)))] = c
				}
			}
		}
		tally := l.NewTally()
		copies := 0
		for id, c := range arrived {
			copies += c
			for range c {
				tally.Take(id, "")
			}
		}
		r := tally.Report()
		missing := int64(0)
		for _, s := range r.Sensors {
			for _, m := range s.Missing {
				missing += int64(m.To - m.From + 1)
			}
		}
		if r.Arrived+r.Missing != l.acked || r.UnackedArrived+r.UnackedMissing != l.sent-l.acked || missing != r.Missing ||
			r.Arrived+r.UnackedArrived != int64(len(arrived)) || r.Duplicates != int64(copies-len(arrived)) || r.Unexpected != 0 {
			t.Fatalf("%+v", r)
		}
	})
}

func TestScanIDs_findsThemInACaptureAndInAnExport(t *testing.T) {
	text := `{"received":"2026-11-24T08:00:00Z","topic":"border/load/load-003/detections","payload":{"id":"load-003-000000001"}}
detection,sensor=load-1000 id="load-1000-1234567890",lat=49 1
load-3-000000001 load-003-1 upload-004-000000002; load--000000001 load-003-000000005-1 load-
load-005-000000009`
	var got []string
	if err := ScanIDs(strings.NewReader(text), func(id string) { got = append(got, id) }); err != nil {
		t.Fatal(err)
	}
	if want := "load-003-000000001 load-1000-1234567890 load-004-000000002 load-005-000000009"; strings.Join(got, " ") != want {
		t.Errorf("got %v", got)
	}
	if err := ScanIDs(broken{}, func(string) {}); err == nil {
		t.Error("a file that cannot be read to its end passes for read")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("input/output error") }

func TestInflux_isAskedForTheLoadsOwnTime(t *testing.T) {
	db := testenv.Influx(t)
	now := time.Now().Truncate(time.Millisecond)
	text := strings.ReplaceAll(written(t), start.Format("2006-01-02T15:04"), now.UTC().Format("2006-01-02T15:04"))
	l := ledgerOf(t, text)
	var lines strings.Builder
	for i, id := range ids() {
		if id == "load-000-000000004" {
			continue
		}
		fmt.Fprintf(&lines, "detection,class=person,kind=position,sector=load,sensor=%s confidence=0.9,id=%q %d\n",
			id[:8], id, l.Start.UnixNano()+int64(i)*1000)
	}
	// The same ids of a load before and of one after, and another sector's.
	const point = "detection,class=person,kind=position,sector=%s,sensor=load-000 id=\"load-000-000000004\" %d\n"
	fmt.Fprintf(&lines, point, "load", l.Start.UnixNano()-1e9)
	fmt.Fprintf(&lines, point, "load", l.End.UnixNano()+5e9)
	fmt.Fprintf(&lines, point, "other", l.Start.UnixNano()+1)
	write(t, db, lines.String())

	where := Influx{URL: db.URL() + "/", Org: db.Org, Bucket: db.Bucket, Token: db.Token}
	tally := l.NewTally()
	if err := where.Read(t.Context(), l, tally.Take); err != nil {
		t.Fatal(err)
	}
	if r := tally.Report(); r.Missing != 1 || r.Arrived != 17 || r.Unexpected != 0 || r.Sensors[0].Missing[0] != (Range{4, 4}) {
		t.Errorf("%s", r.String())
	}

	where.Bucket = "nowhere/autogen"
	if err := where.Read(t.Context(), l, tally.Take); err == nil || !strings.Contains(err.Error(), db.URL()) {
		t.Errorf("a bucket that is not there: %v", err)
	}
	where.URL = "http://127.0.0.1:1"
	if err := where.Read(t.Context(), l, tally.Take); err == nil {
		t.Error("a server that is not there has an answer")
	}
}

func write(t *testing.T, db *testenv.InfluxDB, lines string) {
	t.Helper()
	address := db.URL() + "/api/v2/write?bucket=" + db.Bucket + "&org=" + db.Org
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+db.Token)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Fatal(resp.Status)
	}
}

func TestInflux_anErrorIsNeverAnEmptyAnswer(t *testing.T) {
	l := ledgerOf(t, written(t))
	for answer, want := range map[string]string{
		"": "",
		"#group,false\r\n,result,table,_value,sensor\r\n,_result,0,load-000-000000001,load-000\r\n\r\n" +
			",sensor,_value\r\n,load-001,load-001-000000002\r\n": "",
		",error,reference\r\n,query ran out of memory,\r\n":                                      "out of memory",
		",result,table,_value,sensor\r\n,_result,0,x,y\r\n\r\n,error,reference\r\n,cut off,\r\n": "cut off",
		"hello\r\n": "no table",
		",result,table,_value,sensor\r\n,_result\r\n": "no table",
		",\"torn": "parse error",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, answer)
		}))
		var got []string
		err := Influx{URL: server.URL, Bucket: "b"}.Read(t.Context(), l, func(id, sensor string) { got = append(got, id+" "+sensor) })
		server.Close()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %v, want %q", answer, err, want)
		}
		if strings.Contains(answer, "#group") && strings.Join(got, ", ") != "load-000-000000001 load-000, load-001-000000002 load-001" {
			t.Errorf("got %v", got)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no "+r.Header.Get("Authorization"), http.StatusUnauthorized)
	}))
	defer server.Close()
	err := Influx{URL: server.URL, Bucket: "b", Token: "t"}.Read(t.Context(), l, nil)
	if err == nil || !strings.Contains(err.Error(), "401") || !strings.Contains(err.Error(), "no Token t") {
		t.Errorf("refused: %v", err)
	}
}

func FuzzReadLedger(f *testing.F) {
	f.Add(written(f))
	f.Add(`{"type":"load","version":1,"time":"2026-11-24T08:00:00Z","prefix":"load","sensors":2,"qos":1}` + "\n" +
		`{"type":"sent","sensor":1,"from":1,"to":9}` + "\n" + `{"type":"acked","sensor":1,"from":3,"to":4}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "00000") {
			t.Skip("a sound ledger of a hundred thousand messages is slow, not wrong")
		}
		l, err := ReadLedger(strings.NewReader(text))
		if err != nil {
			return
		}
		if r := l.NewTally().Report(); r.Missing != l.Acked() || r.UnackedMissing != l.Sent()-l.Acked() || l.Acked() > l.Sent() {
			t.Errorf("%+v of %+v", r, l)
		}
	})
}

func FuzzScanIDs(f *testing.F) {
	f.Add([]byte(`{"id":"load-003-000000001"} load-1-1 load-`))
	f.Fuzz(func(t *testing.T, text []byte) {
		_ = ScanIDs(bytes.NewReader(text), func(id string) {
			if _, _, ok := parseID(id); !ok || !bytes.Contains(text, []byte(id)) {
				t.Errorf("%q", id)
			}
		})
	})
}
