package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cutline/internal/influx"
	"cutline/internal/record"
	"cutline/internal/testenv"
	"cutline/internal/web/client"
)

// killsEnv asks for more kills than the few of a usual run: CUTLINE_TEST_KILLS=50 takes some minutes. seedEnv repeats a run.
const (
	killsEnv = "CUTLINE_TEST_KILLS"
	seedEnv  = "CUTLINE_TEST_KILLS_SEED"
)

// meanLife is the mean time from a start to its kill. A start takes about half a second, so that some kills hit it.
const meanLife = 3 * time.Second

// TestDaemon_anyInstantMayBeItsLast kills the daemon again and again, at random instants of its start and of its work.
func TestDaemon_anyInstantMayBeItsLast(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about 40 s")
	}
	n, seed := uint64FromEnv(t, killsEnv, 7), uint64FromEnv(t, seedEnv, uint64(time.Now().UnixNano()))
	t.Logf("%d kills; %s=%d repeats their instants", n, seedEnv, seed)
	broker, db := testenv.Mosquitto(t, testenv.Broker{}), testenv.Influx(t)
	s := siteBetween(t, broker, db)
	s.patient()
	duration := time.Duration(0) // the scenario's own
	if n < 20 {
		duration = 4 * time.Minute
	}
	d := simulate(t, 6, duration)
	want := crossingAlerts(s.replayed(d))
	s.start()
	c := s.client()
	subscribed(t, c)

	plan := lives(seed, int(n))
	length := d.lines[len(d.lines)-1].Received.Sub(d.lines[0].Received)
	published := make(chan struct{})
	go func() {
		defer close(published)
		d.publish(t, broker.URL(), min(10, float64(length)/(1.2*float64(plan.sum()))))
	}()
	s.killed(plan, published)
	<-published
	d.heldBy(t, db)
	s.raised(c, want)
	s.agreesWithItsJournal(c)
}

// TestDaemon_itsOwnBrokerLosesNothingEither has the sensors at the broker inside the daemon, which dies with it. They hold what
// it has not acknowledged, as QoS 1 wants.
func TestDaemon_itsOwnBrokerLosesNothingEither(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about 30 s")
	}
	listen, db := freeAddress(t), testenv.Influx(t)
	s := newSite(t, fmt.Sprintf("broker: {listen: %q}\ninflux: {url: %q, org: ops, bucket: %q}", listen, db.URL(), db.Bucket))
	d := simulate(t, 6, 210*time.Second)
	s.start()
	c := s.client()
	subscribed(t, c)
	published := make(chan struct{})
	go func() { defer close(published); d.publish(t, "tcp://"+listen, 10) }()
	s.killed(lives(1, 3), published)
	<-published
	d.heldBy(t, db)
	s.agreesWithItsJournal(c)
}

func uint64FromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// kills is how long the daemon lives each time.
type kills []time.Duration

func lives(seed uint64, n int) kills {
	random := rand.New(rand.NewPCG(seed, 0))
	all := make(kills, n)
	for i := range all {
		all[i] = time.Duration((0.05 + 1.9*random.Float64()) * float64(meanLife))
	}
	return all
}

func (k kills) sum() (all time.Duration) {
	for _, life := range k {
		all += life
	}
	return all
}

// killed kills the daemon by plan and starts it again each time. It fails the test if the day is over before the kills are.
func (s *site) killed(plan kills, published <-chan struct{}) {
	s.t.Helper()
	for i, life := range plan {
		select {
		case <-published:
			s.t.Errorf("all was published before kill %d of %d", i+1, len(plan))
			return
		case <-time.After(life):
		}
		s.kill()
		s.start()
	}
}

// heldBy waits until the database holds each detection of the day once: by sensor and id those that have one, all by their number.
func (d day) heldBy(t *testing.T, db *testenv.InfluxDB) {
	t.Helper()
	want := map[string]int{}
	for _, l := range d.lines {
		for _, id := range detectionIDs(t, l) {
			want[strings.Split(l.Topic, "/")[2]+" "+id]++
		}
	}
	eventually(t, time.Minute, "InfluxDB holds every detection once", func(ctx context.Context) error {
		got, err := storedDetections(ctx, db)
		if err != nil {
			return err
		}
		if maps.Equal(got, want) {
			return d.countedBy(ctx, db)
		}
		var wrong []string
		for id := range want {
			if got[id] != want[id] {
				wrong = append(wrong, fmt.Sprintf("%s: %d times, want %d", id, got[id], want[id]))
			}
		}
		for id := range got {
			if want[id] == 0 {
				wrong = append(wrong, id+": nobody sent it")
			}
		}
		slices.Sort(wrong)
		return fmt.Errorf("%d of %d are wrong: %s …", len(wrong), len(want), strings.Join(wrong[:min(5, len(wrong))], ", "))
	})
	t.Logf("%d detections, %d of them with an id: none missing, none twice", d.detections, len(want))
}

func (d day) countedBy(ctx context.Context, db *testenv.InfluxDB) error {
	points := influx.Defaults()
	points.URL, points.Org, points.Bucket = db.URL(), db.Org, db.Bucket
	counts, err := influx.CountPoints(ctx, points, time.Unix(0, 0))
	if n := counts["detection"]; err == nil && n != int64(d.detections) {
		err = fmt.Errorf("%d detections of %d", n, d.detections)
	}
	return err
}

func detectionIDs(t *testing.T, l record.Line) (ids []string) {
	t.Helper()
	if strings.HasSuffix(l.Topic, "/status") {
		return nil
	}
	type detection struct {
		ID string `json:"id"`
	}
	var sweep struct {
		detection
		Detections *[]detection `json:"detections"`
	}
	all := []detection{}
	if json.Unmarshal(l.Payload, &all) != nil {
		if err := json.Unmarshal(l.Payload, &sweep); err != nil {
			t.Fatal(err)
		}
		if all = []detection{sweep.detection}; sweep.Detections != nil {
			all = *sweep.Detections
		}
	}
	for _, one := range all {
		if one.ID != "" {
			ids = append(ids, one.ID)
		}
	}
	return ids
}

// storedDetections counts the points of each sensor and id.
func storedDetections(ctx context.Context, db *testenv.InfluxDB) (map[string]int, error) {
	query := fmt.Sprintf(`from(bucket: %q) |> range(start: 0) |> filter(fn: (r) => r._measurement == "detection" and r._field == "id")
		|> keep(columns: ["sensor", "_value"]) |> group()`, db.Bucket)
	at := db.URL() + "/api/v2/query?org=" + url.QueryEscape(db.Org)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(query))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/vnd.flux")
	req.Header.Set("Accept", "application/csv")
	req.Header.Set("Authorization", "Token "+db.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // it is only read
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body)
		return nil, fmt.Errorf("query: %s: %s", res.Status, text)
	}
	rows := csv.NewReader(res.Body)
	rows.FieldsPerRecord = -1
	stored := map[string]int{}
	sensor, value := -1, -1
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return stored, nil
		}
		if err != nil {
			return nil, err
		}
		switch {
		case strings.HasPrefix(row[0], "#"):
		case slices.Contains(row, "_value"):
			sensor, value = slices.Index(row, "sensor"), slices.Index(row, "_value")
		case sensor >= 0 && max(sensor, value) < len(row):
			stored[row[sensor]+" "+row[value]]++
		}
	}
}

// raised waits until the daemon shows these alerts of kind crossing, and sees to it that each was raised once.
func (s *site) raised(c *client.Client, want []string) {
	s.t.Helper()
	eventually(s.t, time.Minute, "the alerts are those of the undisturbed run", func(ctx context.Context) error {
		alerts, err := c.Alerts(ctx, client.Filter{Kind: "crossing", Limit: 1000})
		if err != nil {
			return err
		}
		if got := crossingAlerts(alerts); !slices.Equal(got, want) {
			return fmt.Errorf("alerts %v, want %v", got, want)
		}
		return nil
	})
	onceEach(s.t, c, want)
	s.t.Logf("%d crossing alerts, none lost, none twice", len(want))
}

// agreesWithItsJournal ends the daemon and replays what it has recorded: each change of each crossing alert that comes out must be what
// the daemon published, to the byte, and once. It is started again to be asked, so it may have published more at its end.
func (s *site) agreesWithItsJournal(c *client.Client) {
	s.t.Helper()
	if err := s.end(); err != nil {
		s.t.Errorf("an ordered end: %v", err)
	}
	s.cmd = nil
	out, errs, code := cutline(s.t, "", "replay", "--config", s.config, "--from-journal", filepath.Join(filepath.Dir(s.config), "journal"))
	if code != 0 {
		s.t.Fatalf("replay --from-journal: exit code %d: %s", code, errs)
	}
	replayed := linesOf(s.t, crossingsOf(parse(s.t, out)), record.AlertType)
	s.start()
	subscribed(s.t, c)
	published := s.alertLines(c)
	if len(replayed) == 0 || len(published) < len(replayed) || !slices.Equal(published[:len(replayed)], replayed) {
		s.t.Errorf("published:\n%s\nfrom the journal:\n%s", strings.Join(published, "\n"), strings.Join(replayed, "\n"))
	}
	s.kill()
}

// alertLines reads every change of the crossing alerts that the daemon has published from its beginning.
func (s *site) alertLines(c *client.Client) (lines []string) {
	s.t.Helper()
	var events []*record.Event
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Second)
	defer cancel()
	err := c.Follow(ctx, client.From{After: 1, Types: []record.Type{record.AlertType}}, func(m client.Message) error {
		events = append(events, m.Event)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return linesOf(s.t, crossingsOf(events), record.AlertType)
}

func crossingsOf(events []*record.Event) []*record.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e *record.Event) bool { return e.Alert == nil || e.Alert.Kind != "crossing" })
}
