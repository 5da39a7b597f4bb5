package notify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cutline/internal/journal"
	"cutline/internal/normalize"
	"cutline/internal/notify/node"
	"cutline/internal/record"
	"cutline/internal/sapient"
	"cutline/internal/sensor"
)

// fusion is the other side: it holds every message to the rules of the standard, as our own reader of it knows them.
type fusion struct {
	t      *testing.T
	judge  *normalize.Normalizer
	refuse string // why registrations are
	addr   string
	ln     net.Listener
	wg     sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
	msgs  []*sapient.SapientMessage
	plots []record.Input
	bad   []string
}

func newFusion(t *testing.T) *fusion {
	t.Helper()
	judge, err := normalize.New([]sensor.Definition{{
		ID: "peer", Sector: "emerson", Group: "peer", Kind: sensor.Radar, Topic: "peer", Status: "peer/status", Format: normalize.Sapient,
	}})
	if err != nil {
		t.Fatal(err)
	}
	f := &fusion{t: t, judge: judge, addr: "127.0.0.1:0"}
	f.comeBack()
	t.Cleanup(func() {
		f.leave()
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, b := range f.bad {
			t.Error(b)
		}
	})
	return f
}

func (f *fusion) comeBack() {
	f.t.Helper()
	ln := listenAt(f.t, f.addr)
	f.ln, f.addr = ln, ln.Addr().String()
	f.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns = append(f.conns, conn)
			f.mu.Unlock()
			f.wg.Go(func() { f.serve(conn) })
		}
	})
}

func (f *fusion) leave() {
	_ = f.ln.Close()
	f.mu.Lock()
	for _, c := range f.conns {
		_ = c.Close()
	}
	f.conns = nil
	f.mu.Unlock()
	f.wg.Wait()
}

func (f *fusion) serve(conn net.Conn) {
	for {
		m, err := sapient.Read(conn)
		if err != nil {
			return
		}
		wire, err := sapient.Marshal(m)
		if err != nil {
			f.t.Error(err)
		}
		_, in := f.judge.Normalize(time.Now(), "peer", wire)
		f.mu.Lock()
		f.msgs, f.plots = append(f.msgs, m), append(f.plots, in)
		for _, r := range in.Rejects {
			f.bad = append(f.bad, fmt.Sprintf("%s: %s: %v", r.Path, r.Reason, m))
		}
		refuse := f.refuse
		f.mu.Unlock()
		if m.GetRegistration() != nil {
			ack := &sapient.RegistrationAck{Acceptance: new(refuse == "")}
			if refuse != "" {
				ack.AckResponseReason = []string{refuse}
			}
			f.say(conn, &sapient.SapientMessage{Content: &sapient.SapientMessage_RegistrationAck{RegistrationAck: ack}})
		}
	}
}

// say a message on one connection, or on all.
func (f *fusion) say(conn net.Conn, m *sapient.SapientMessage) {
	m.NodeId = new(sapient.UUID("fusion"))
	if conn != nil {
		_ = sapient.Write(conn, m)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		_ = sapient.Write(c, m)
	}
}

func (f *fusion) all() []*sapient.SapientMessage {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.msgs)
}

func (f *fusion) received() []string {
	var out []string
	for _, m := range f.all() {
		if a := m.GetAlert(); a != nil { // "crossing a1, unacknowledged, …": the standard knows no change
			id, _, _ := strings.Cut(strings.Fields(a.GetAdditionalInformation())[1], ",")
			out = append(out, "alert "+id+" new")
		}
	}
	return out
}

// last message that a test looks for, nil if there is none.
func (f *fusion) last(want func(*sapient.SapientMessage) bool) *sapient.SapientMessage {
	for _, m := range slices.Backward(f.all()) {
		if want(m) {
			return m
		}
	}
	return nil
}

func nodeTo(t *testing.T, url string, put func(context.Context, journal.Entry) error) *fusionNode {
	t.Helper()
	cfg := Config{Repeat: time.Minute, Routes: []Route{{ID: "fusion", SAPIENT: &SAPIENT{URL: url, Timeout: 20 * time.Second}}}}
	cfg.Fill()
	cfg.Routes[0].check(func(path, what string) { t.Errorf("%s: %s", path, what) })
	f := newFusionNode(&cfg.Routes[0], put, nil)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestSAPIENT_keepsTheContractOfAnOutput(t *testing.T) {
	far := newFusion(t)
	testOutput(t, nodeTo(t, "tcp://"+far.addr, nil), far)
}

func TestSAPIENT_registersFirstAndSaysWhyItIsRefused(t *testing.T) {
	far := newFusion(t)
	far.refuse = "no such licence"
	out := nodeTo(t, "tcp://"+far.addr, nil)
	e := alertEvent("a1", "unacknowledged", "new")
	if err := out.Deliver(t.Context(), []Item{{Event: &e}}); err == nil || !strings.Contains(err.Error(), "no such licence") {
		t.Errorf("refused: %v", err)
	}
	if len(far.received()) > 0 {
		t.Error("an alert was told before the registration was accepted")
	}
	far.mu.Lock()
	far.refuse = ""
	far.mu.Unlock()
	if err := out.Deliver(t.Context(), []Item{{Event: &e}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the alert", func() bool { return len(far.received()) == 1 })
	if r := far.all()[0].GetRegistration(); r.GetIcdVersion() != sapient.ICD || far.all()[0].GetNodeId() != sapient.UUID("cutline/cutline") {
		t.Errorf("registration %v", far.all()[0])
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	eventually(t, "its goodbye", func() bool {
		return far.last(func(m *sapient.SapientMessage) bool {
			return m.GetStatusReport().GetSystem() == sapient.StatusReport_SYSTEM_GOODBYE
		}) != nil
	})
}

func TestSAPIENT_oneThatSaysNothingIsNotWaitedForEver(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections, and no more
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	out := nodeTo(t, "tcp://"+ln.Addr().String(), nil)
	out.cfg.Timeout = time.Second // a loaded machine has to connect within it
	if err := out.Deliver(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("%v", err)
	}
}

func TestSAPIENT_aTrackArrivesAsTheStandardHasIt(t *testing.T) {
	far := newFusion(t)
	out := nodeTo(t, "tcp://"+far.addr, nil)
	track := trackEvent("T417", "confirmed")
	track.Track.Lat, track.Track.Lon, track.Track.AltM, track.Track.Existence = 49.00031, -97.24122, new(241.0), .97
	track.Track.SpeedMPS, track.Track.CourseDeg, track.Track.Class = 2, 90, map[string]float64{"person": .7, "drone": .3}
	track.Track.Friendly, track.Track.Simulated, track.Track.Count = true, true, 3
	tentative := trackEvent("T418", "tentative")
	if err := out.Deliver(t.Context(), []Item{{Event: &track}}); err == nil {
		t.Error("a track was delivered without a connection")
	}
	if err := out.Deliver(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := out.Deliver(t.Context(), []Item{{Event: &tentative}, {Event: &track}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the detection", func() bool {
		return far.last(func(m *sapient.SapientMessage) bool { return m.GetDetectionReport() != nil }) != nil
	})
	far.mu.Lock()
	defer far.mu.Unlock()
	var scans int
	for _, in := range far.plots {
		for _, s := range in.Scans {
			scans++
			d := s.Detections[0]
			if d.Position.Lat != 49.00031 || d.Position.Lon != -97.24122 || d.Position.Alt != 241 || math.Abs(d.Velocity.East-2) > 1e-9 ||
				math.Abs(d.Velocity.North) > 1e-9 || d.Track != node.ObjectID("emerson", "T417") || math.Abs(d.Confidence-.97) > 1e-6 {
				t.Errorf("it arrives as %+v", d)
			}
			if class, p := d.Class.Best(); class.String() != "person" || math.Abs(p-.7) > 1e-6 {
				t.Errorf("it is a %v with %v", class, p)
			}
		}
	}
	if scans != 1 {
		t.Errorf("%d detections arrive, want the confirmed one's", scans)
	}
	m := far.msgs[len(far.msgs)-1].GetDetectionReport().String()
	for _, want := range []string{"friendly", "simulated", "count"} {
		if !strings.Contains(m, want) {
			t.Errorf("%s is not in %s", want, m)
		}
	}
}

func TestSAPIENT_anAlertLivesThereAsHere(t *testing.T) {
	far := newFusion(t)
	out := nodeTo(t, "tcp://"+far.addr, nil)
	alert := func() *sapient.Alert {
		m := far.last(func(m *sapient.SapientMessage) bool { return m.GetAlert() != nil })
		return m.GetAlert()
	}
	for i, step := range []struct {
		change func(*record.AlertEvent)
		status sapient.Alert_AlertStatus
		typ    sapient.Alert_AlertType
	}{
		{func(*record.AlertEvent) {}, sapient.Alert_ALERT_STATUS_ACTIVE, sapient.Alert_ALERT_TYPE_WARNING},
		{func(a *record.AlertEvent) { a.Priority = "critical" }, sapient.Alert_ALERT_STATUS_ACTIVE, sapient.Alert_ALERT_TYPE_CRITICAL},
		{func(a *record.AlertEvent) { a.State = "acknowledged" }, sapient.Alert_ALERT_STATUS_ACKNOWLEDGE, sapient.Alert_ALERT_TYPE_WARNING},
		{func(a *record.AlertEvent) { a.State = "shelved" }, sapient.Alert_ALERT_STATUS_IGNORE, sapient.Alert_ALERT_TYPE_WARNING},
		{
			func(a *record.AlertEvent) { a.Change, a.Verdict = "end", "false" }, sapient.Alert_ALERT_STATUS_REJECT,
			sapient.Alert_ALERT_TYPE_WARNING,
		},
		{
			func(a *record.AlertEvent) { a.Change, a.State = "end", "resolved" }, sapient.Alert_ALERT_STATUS_CLEAR,
			sapient.Alert_ALERT_TYPE_WARNING,
		},
		{
			func(a *record.AlertEvent) { a.Tracks, a.Direction, a.Lat, a.Lon = nil, "", 0, 0 }, sapient.Alert_ALERT_STATUS_ACTIVE,
			sapient.Alert_ALERT_TYPE_ERROR,
		},
	} {
		e := told()["new"].Event
		step.change(e.Alert)
		if err := out.Deliver(t.Context(), []Item{{Event: e}}); err != nil {
			t.Fatal(err)
		}
		eventually(t, fmt.Sprint("alert ", i), func() bool { return len(far.received()) == i+1 })
		a := alert()
		if a.GetStatus() != step.status || a.GetAlertType() != step.typ || a.GetAlertId() != node.AlertID("emerson", e.Alert) {
			t.Errorf("%d: %v", i, a)
		}
		if i == 0 && (a.GetLocation().GetX() != -97.24122 || a.GetAssociatedDetection()[0].GetObjectId() != node.ObjectID("emerson", "T417") ||
			a.GetPriority() != sapient.Alert_DISCRETE_PRIORITY_HIGH || a.GetDescription() != e.Alert.Text) {
			t.Errorf("%v", a)
		}
	}
}

// What the fusion node answers comes into the journal as a command, also when the journal takes nothing at first.
func TestSAPIENT_anAnswerBecomesACommand(t *testing.T) {
	far := newFusion(t)
	var mu sync.Mutex
	var got []journal.Entry
	full := true
	put := func(_ context.Context, e journal.Entry) error {
		mu.Lock()
		defer mu.Unlock()
		if full {
			return errors.New("the journal is full")
		}
		got = append(got, e)
		return nil
	}
	out := nodeTo(t, "tcp://"+far.addr, put)
	e := told()["new"].Event
	if err := out.Deliver(t.Context(), []Item{{Event: e}}); err != nil {
		t.Fatal(err)
	}
	ack := func(id string, status sapient.AlertAck_AlertAckStatus, why ...string) {
		far.say(nil, &sapient.SapientMessage{Content: &sapient.SapientMessage_AlertAck{AlertAck: &sapient.AlertAck{
			AlertId: new(id), AlertAckStatus: status.Enum(), Reason: why,
		}}})
	}
	id := node.AlertID("emerson", e.Alert)
	ack(id, sapient.AlertAck_ALERT_ACK_STATUS_ACCEPTED, "patrol 2 goes")
	ack(sapient.UUID("another"), sapient.AlertAck_ALERT_ACK_STATUS_ACCEPTED)
	ack(id, sapient.AlertAck_ALERT_ACK_STATUS_REJECTED, "a cow")
	far.say(nil, &sapient.SapientMessage{Content: &sapient.SapientMessage_Task{Task: &sapient.Task{
		TaskId:  new(sapient.ULID(time.Now(), "task")),
		Command: &sapient.Task_Command{Command: &sapient.Task_Command_ModeChange{ModeChange: "Off"}},
	}}})
	deliver := func() {
		t.Helper()
		if err := out.Deliver(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the refusal of the task", func() bool {
		deliver()
		return far.last(func(m *sapient.SapientMessage) bool {
			return m.GetTaskAck().GetTaskStatus() == sapient.TaskAck_TASK_STATUS_REJECTED
		}) != nil
	})
	mu.Lock()
	full = false
	mu.Unlock()
	deliver()
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 2 {
		t.Fatalf("commands %+v", got)
	}
	a, c := got[0].Input.Command, got[1].Input.Command
	if a.Name != record.Ack || a.Alert != "a93f2" || a.By != "sapient fusion" || a.Comment != "patrol 2 goes" || got[0].Sector != "emerson" ||
		got[0].Input.Kind != record.CommandGiven || a.ID == "" {
		t.Errorf("accepted: %+v", a)
	}
	if c.Name != record.Comment || c.Comment != "the fusion node says rejected: a cow" || c.ID == a.ID {
		t.Errorf("rejected: %+v", c)
	}
}

func TestSAPIENT_itsStatusIsThatOfTheSensors(t *testing.T) {
	far := newFusion(t)
	out := nodeTo(t, "tcp://"+far.addr, nil)
	status := func() *sapient.StatusReport {
		m := far.last(func(m *sapient.SapientMessage) bool { return m.GetStatusReport() != nil })
		return m.GetStatusReport()
	}
	for _, step := range []struct {
		state string
		want  sapient.StatusReport_System
	}{
		{"online", sapient.StatusReport_SYSTEM_OK}, {"silent", sapient.StatusReport_SYSTEM_WARNING}, {"online", sapient.StatusReport_SYSTEM_OK},
	} {
		e := sensorEvent(step.state)
		if err := out.Deliver(t.Context(), []Item{{Event: &e}}); err != nil {
			t.Fatal(err)
		}
		eventually(t, step.state, func() bool {
			return status().GetSystem() == step.want && status().GetInfo() == sapient.StatusReport_INFO_NEW
		})
		if s := status(); step.state == "silent" && s.GetStatus()[0].GetStatusValue() != "twr-01 silent" {
			t.Errorf("%v", s)
		}
	}
	n := len(far.all())
	if err := out.Deliver(t.Context(), nil); err != nil || len(far.all()) != n {
		t.Errorf("a status too early: %v", err)
	}
	out.status = time.Time{}
	if err := out.Deliver(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the next status", func() bool { return status().GetInfo() == sapient.StatusReport_INFO_UNCHANGED })
}
