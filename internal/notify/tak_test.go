package notify

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// cotEvent is what a receiver reads of an event. It is written from the schema, not from our encoder.
type cotEvent struct {
	XMLName xml.Name `xml:"event"`
	Version string   `xml:"version,attr"`
	UID     string   `xml:"uid,attr"`
	Type    string   `xml:"type,attr"`
	How     string   `xml:"how,attr"`
	Time    string   `xml:"time,attr"`
	Start   string   `xml:"start,attr"`
	Stale   string   `xml:"stale,attr"`
	Opex    string   `xml:"opex,attr"`
	Point   *struct {
		Lat *float64 `xml:"lat,attr"`
		Lon *float64 `xml:"lon,attr"`
		HAE *float64 `xml:"hae,attr"`
		CE  *float64 `xml:"ce,attr"`
		LE  *float64 `xml:"le,attr"`
	} `xml:"point"`
	Detail struct {
		Links []struct {
			UID   string `xml:"uid,attr"`
			Type  string `xml:"type,attr"`
			Point string `xml:"point,attr"`
		} `xml:"link"`
		Emergency *struct {
			Type   string `xml:"type,attr"`
			Cancel bool   `xml:"cancel,attr"`
			Text   string `xml:",chardata"`
		} `xml:"emergency"`
		Track *struct {
			Course *float64 `xml:"course,attr"`
			Speed  *float64 `xml:"speed,attr"`
		} `xml:"track"`
		Own struct {
			ID     string `xml:"id,attr"`
			Change string `xml:"change,attr"`
		} `xml:"__cutline"`
		Remarks string `xml:"remarks"`
	} `xml:"detail"`
}

// The rules of the MITRE base-event schema (event, point, track), and what ATAK adds to them.
var (
	cotType  = regexp.MustCompile(`^\w+(-\w+)*(;[^;]*)?$`)
	cotHow   = regexp.MustCompile(`^\w(-\w+)*$`)
	cotTime  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
	nmtoken  = regexp.MustCompile(`^[\w.:-]+$`)
	ncname   = regexp.MustCompile(`^[A-Za-z_][\w.-]*$`)
	cotOpex  = regexp.MustCompile(`^(|[oes](-\w+)?)$`)
	shapePnt = regexp.MustCompile(`^-?\d+\.\d+,-?\d+\.\d+$`)
)

func (e *cotEvent) invalid() string {
	p := e.Point
	switch {
	case e.Version != "2.0" || !cotType.MatchString(e.Type) || !cotHow.MatchString(e.How) ||
		!nmtoken.MatchString(e.UID) || !cotOpex.MatchString(e.Opex):
		return "its attributes"
	case !cotTime.MatchString(e.Time) || !cotTime.MatchString(e.Start) || !cotTime.MatchString(e.Stale) || e.Stale <= e.Start:
		return "its times"
	case p == nil || p.Lat == nil || p.Lon == nil || p.HAE == nil || p.CE == nil || p.LE == nil:
		return "its point"
	case *p.Lat < -90 || *p.Lat > 90 || *p.Lon < -180 || *p.Lon > 180 || *p.CE < 0:
		return "its place"
	}
	if t := e.Detail.Track; t != nil && (t.Course == nil || *t.Course < 0 || *t.Course >= 360 || t.Speed == nil || *t.Speed < 0) {
		return "its track"
	}
	if m := e.Detail.Emergency; strings.HasPrefix(e.Type, "b-a") && (m == nil || !ncname.MatchString(m.Text) || len(e.Detail.Links) != 1) {
		return "its emergency"
	}
	return ""
}

// takServer is a map that takes CoT over TCP or TLS. It knows what is on it, as ATAK does.
type takServer struct {
	t    *testing.T
	tls  *tls.Config
	addr string
	ln   net.Listener
	wg   sync.WaitGroup

	mu     sync.Mutex
	conns  []net.Conn
	events []cotEvent
	known  map[[2]string]bool // uid and type of what is on the map
	faults []string
}

func newTAKServer(t *testing.T, secure *tls.Config) *takServer {
	t.Helper()
	s := &takServer{t: t, tls: secure, addr: "127.0.0.1:0"}
	s.comeBack()
	t.Cleanup(func() {
		s.leave()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, f := range s.faults {
			t.Error(f)
		}
	})
	return s
}

func (s *takServer) comeBack() {
	s.t.Helper()
	ln := listenAt(s.t, s.addr)
	s.addr = ln.Addr().String()
	if s.tls != nil {
		ln = tls.NewListener(ln, s.tls)
	}
	s.ln = ln
	s.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			s.wg.Go(func() { s.read(conn) })
		}
	})
}

func (s *takServer) leave() {
	_ = s.ln.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.wg.Wait()
}

// read cuts the stream at "</event>", as TAK servers do.
func (s *takServer) read(conn net.Conn) {
	in := bufio.NewScanner(conn)
	in.Buffer(nil, 1<<20)
	in.Split(func(data []byte, atEnd bool) (int, []byte, error) {
		if i := bytes.Index(data, []byte("</event>")); i >= 0 {
			return i + len("</event>"), data[:i+len("</event>")], nil
		}
		if atEnd {
			return 0, nil, io.EOF
		}
		return 0, nil, nil
	})
	for in.Scan() {
		s.take(in.Bytes())
	}
}

func (s *takServer) take(text []byte) {
	var e cotEvent
	err := xml.Unmarshal(text, &e)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.faults = append(s.faults, fmt.Sprintf("not XML: %v: %s", err, text))
		return
	}
	if what := e.invalid(); what != "" {
		s.faults = append(s.faults, fmt.Sprintf("%s: %s", what, text))
	}
	if strings.HasPrefix(e.Type, "b-a") && e.Detail.Emergency != nil && !e.Detail.Emergency.Cancel {
		if l := e.Detail.Links[0]; !s.known[[2]string{l.UID, l.Type}] {
			s.faults = append(s.faults, "no item found for alert: "+string(text)) // so ATAK says
		}
	}
	s.events = append(s.events, e)
	if s.known == nil {
		s.known = make(map[[2]string]bool)
	}
	s.known[[2]string{e.UID, e.Type}] = true
}

func (s *takServer) all() []cotEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]cotEvent(nil), s.events...)
}

func (s *takServer) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events, s.known = nil, nil
}

// last event of a uid.
func (s *takServer) last(uid string) (e cotEvent, n int) {
	for _, each := range s.all() {
		if each.UID == uid {
			e = each
			n++
		}
	}
	return e, n
}

func (s *takServer) received() []string {
	var out []string
	for _, e := range s.all() {
		if strings.HasPrefix(e.Type, "b-a") {
			out = append(out, "alert "+e.Detail.Own.ID+" "+e.Detail.Own.Change)
		}
	}
	return out
}

func testSite() Site {
	line := make([]geo.LLA, 250)
	for i := range line {
		line[i] = geo.LLA{Lat: 49, Lon: geo.Degrees(-97.3 + float64(i)*.001)}
	}
	return Site{
		Lines:   [][]geo.LLA{line},
		Sensors: map[string]Place{"twr-01": {At: geo.LLA{Lat: 49.01, Lon: -97.2, Alt: 245}, Kind: "radar"}},
	}
}

// takTo makes the output of a route, after the defaults are filled in.
func takTo(t *testing.T, c CoT) *tak {
	t.Helper()
	c.Timeout = 20 * time.Second
	cfg := Config{Repeat: 30 * time.Second, Routes: []Route{{ID: "atak", CoT: &c}}}
	cfg.Fill()
	cfg.Routes[0].check(func(path, what string) { t.Errorf("%s: %s", path, what) })
	k := newTAK(c, testSite())
	t.Cleanup(func() { _ = k.Close() })
	return k
}

func TestTAK_keepsTheContractOfAnOutput(t *testing.T) {
	far := newTAKServer(t, nil)
	testOutput(t, takTo(t, CoT{URL: "tcp://" + far.addr}), far)
}

func TestTAK_keepsTheContractOverTLSWithCertificatesOfBothSides(t *testing.T) {
	ca := newAuthority(t, "ca")
	ca.sign("tak", false)
	ca.sign("daemon", false)
	pair, err := tls.LoadX509KeyPair(ca.path("tak.pem"), ca.path("tak.key"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	far := newTAKServer(t, &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert})
	good := CoT{URL: "tls://" + far.addr, CAFile: ca.path("ca.pem"), CertFile: ca.path("daemon.pem"), KeyFile: ca.path("daemon.key")}
	testOutput(t, takTo(t, good), far)

	e := alertEvent("a1", "unacknowledged", "new")
	for what, change := range map[string]func(*CoT){
		"another CA":     func(c *CoT) { c.CAFile = ca.path("daemon.pem") },
		"another name":   func(c *CoT) { c.ServerName = "takserver" },
		"no certificate": func(c *CoT) { c.CertFile, c.KeyFile = "", "" },
		"no such file":   func(c *CoT) { c.CAFile = ca.path("nobody") },
	} {
		c := good
		change(&c)
		k := takTo(t, c)
		eventually(t, "an error for "+what, func() bool { return k.Deliver(t.Context(), []Item{{Event: &e}}) != nil })
	}
}

func TestTAK_showsAnAlertUntilItIsOutOfSight(t *testing.T) {
	far := newTAKServer(t, nil)
	k := takTo(t, CoT{URL: "tcp://" + far.addr})
	deliver := func(e record.Event) {
		t.Helper()
		if err := k.Deliver(t.Context(), []Item{{Event: &e}}); err != nil {
			t.Fatal(err)
		}
	}
	sensor := sensorEvent("degraded")
	deliver(sensor)
	track := trackEvent("t1", "confirmed")
	track.Track.Lat, track.Track.Lon, track.Track.CourseDeg, track.Track.SpeedMPS = 49.0001, -97.2, 359.99, 1.4
	track.Track.Class, track.Track.Simulated = map[string]float64{"vehicle": .8}, true
	deliver(track)
	const uid = "cutline.emerson.a1"
	for _, step := range []struct{ state, change, kind string }{
		{"unacknowledged", "new", "b-a-g"},
		{"acknowledged", "update", "b-a-g"},
		{"shelved", "update", "b-a-o-can"},
		{"unacknowledged", "update", "b-a-g"},
		{"returned", "update", "b-a-g"},
		{"resolved", "end", "b-a-o-can"},
	} {
		e := alertEvent("a1", step.state, step.change)
		e.Alert.Simulated = true
		deliver(e)
		eventually(t, step.state, func() bool {
			got, _ := far.last(uid)
			return got.Type == step.kind && got.Detail.Own.Change == step.change && got.Opex == "s"
		})
	}
	got, _ := far.last(uid)
	if l := got.Detail.Links[0]; l.UID != "cutline.emerson.t1" || l.Type != "a-u-G-E-V" || !got.Detail.Emergency.Cancel {
		t.Errorf("the last word: %+v", got)
	}
	if got, n := far.last("cutline.emerson.t1"); n == 0 || *got.Detail.Track.Course != 0 || got.How != "m-s" || got.Opex != "s" {
		t.Errorf("the track: %+v", got)
	}
	if got, n := far.last("cutline.emerson.twr-01"); n == 0 || got.Type != "a-f-G-E-S-R" || *got.Point.Lat != 49.01 || got.Opex != "" {
		t.Errorf("the radar: %+v", got)
	}
	vertices := 0
	for _, e := range far.all() {
		if e.Type == "u-d-f" {
			for _, l := range e.Detail.Links {
				if !shapePnt.MatchString(l.Point) {
					t.Errorf("vertex %q", l.Point)
				}
				vertices++
			}
		}
	}
	if vertices != 250+2 { // three shapes, of which two begin where the one before them ends
		t.Errorf("the border has %d vertices", vertices)
	}
}

func TestTAK_aNewConnectionIsToldAllThatStands(t *testing.T) {
	far := newTAKServer(t, nil)
	k := takTo(t, CoT{URL: "tcp://" + far.addr})
	page := []record.Event{sensorEvent("online"), alertEvent("open", "acknowledged", "update"), alertEvent("over", "resolved", "end")}
	silent := alertEvent("silent", "unacknowledged", "new")
	silent.Alert.Kind, silent.Alert.Sensor, silent.Alert.Tracks = "sensor_silent", "twr-01", nil
	nowhere := alertEvent("nowhere", "unacknowledged", "new")
	nowhere.Alert.Kind, nowhere.Alert.Tracks, nowhere.Alert.Lat, nowhere.Alert.Lon = "journal", nil, 0, 0
	var items []Item
	for _, e := range append(page, silent, nowhere) {
		items = append(items, Item{Event: &e})
	}
	if err := k.Deliver(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	far.leave()
	far.forget()
	far.comeBack()
	eventually(t, "a connection", func() bool { return k.Deliver(t.Context(), nil) == nil })
	kinds := map[string]string{
		"open": "b-a-g", "over": "b-a-o-can", "silent": "b-a-o-c", "nowhere": "b-a-o-c", "twr-01": "a-f-G-E-S-R",
	}
	for id, kind := range kinds {
		eventually(t, id, func() bool {
			e, n := far.last("cutline.emerson." + id)
			return n > 0 && (e.Type == kind || id == "nowhere")
		})
	}
	e, _ := far.last("cutline.emerson.silent")
	if l := e.Detail.Links[0]; l.UID != "cutline.emerson.twr-01" || l.Type != "a-f-G-E-S-R" {
		t.Errorf("the silent sensor's alert is of %+v", l)
	}
}

// What stands is written again before it is stale, and what has ended is forgotten.
func TestTAK_keepsAnAlertFresh(t *testing.T) {
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	k := newTAK(CoT{URL: "tcp://127.0.0.1:1", AlertStale: 2 * time.Minute, Show: []Shown{}}, testSite())
	open, over := alertEvent("open", "unacknowledged", "new"), alertEvent("over", "resolved", "end")
	k.put(Item{Event: &open}, now)
	k.put(Item{Event: &over}, now)
	k.border, k.wrote = now, now
	for after, want := range map[time.Duration]int{20 * time.Second: 0, 50 * time.Second: 4} {
		if got := k.refresh(now.Add(after)); len(got) != want {
			t.Errorf("after %v: %d events, want %d", after, len(got), want)
		}
	}
	if k.refresh(now.Add(cancelFor + time.Second)); len(k.held) != 1 {
		t.Errorf("it holds %d, want the open one alone", len(k.held))
	}
	long := over
	long.Alert.Updated = now.Add(-time.Hour)
	if got := k.put(Item{Event: &long, Repeat: true}, now); got != nil {
		t.Errorf("of an alert that ended an hour ago it tells a new daemon's map %v", got)
	}
	k.wrote, k.border = now, now
	k.held = map[string]standing{}
	if got := k.refresh(now.Add(time.Minute)); len(got) != 1 || got[0].Type != "t-x-c-t" {
		t.Errorf("a quiet line: %v, want a ping", got)
	}
}

func TestTAK_sendsOneEventADatagramToAGroup(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skip("no interface lo")
	}
	in, err := net.ListenMulticastUDP("udp4", lo, &net.UDPAddr{IP: net.IPv4(239, 2, 3, 1)})
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	far := &takServer{t: t}
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, _, err := in.ReadFromUDP(buf)
			if err != nil {
				return
			}
			far.take(buf[:n])
		}
	})
	defer func() { _ = in.Close(); reading.Wait() }()
	k := takTo(t, CoT{URL: fmt.Sprintf("udp://239.2.3.1:%d", in.LocalAddr().(*net.UDPAddr).Port), Interface: "lo"})
	e := alertEvent("a1", "unacknowledged", "new")
	eventually(t, "the alert", func() bool { // datagrams may be lost
		if err := k.Deliver(t.Context(), []Item{{Event: &e}}); err != nil {
			t.Fatal(err)
		}
		_, n := far.last("cutline.emerson.a1")
		return n > 0
	})
	far.mu.Lock()
	defer far.mu.Unlock()
	if len(far.faults) > 0 {
		t.Error(far.faults)
	}
	if far.events[0].Type != "u-d-f" {
		t.Errorf("the first is %s, want the border", far.events[0].Type)
	}
}

// The whole of a route: PICTURE in, a map that comes and goes, tracks shown.
func TestTAK_runsAsARoute(t *testing.T) {
	far := newTAKServer(t, nil)
	cfg := Defaults()
	cfg.MQTT.Enabled, cfg.Dir = false, t.TempDir()
	cfg.Routes = []Route{{ID: "atak", CoT: &CoT{URL: "tcp://" + far.addr}}}
	cfg.Fill()
	src := newFake()
	ways, err := open(cfg, src, Deps{Site: testSite()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- ways.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	src.add(alertEvent("a1", "unacknowledged", "new"))
	eventually(t, "the alert", func() bool { _, n := far.last("cutline.emerson.a1"); return n > 0 })
	eventually(t, "a track", func() bool {
		src.add(trackEvent("t1", "confirmed"))
		_, n := far.last("cutline.emerson.t1")
		return n > 0
	})
	now := alertEvent("a1", "unacknowledged", "new")
	eventually(t, "its delivery", func() bool { return ways.Deliveries(&now)[0].State == "delivered" })
	if s := ways.Status(); len(s) != 1 || s[0].Name != "atak" || !s[0].Connected {
		t.Errorf("status %+v", s)
	}
}
