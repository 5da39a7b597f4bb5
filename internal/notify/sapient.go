package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"cutline/internal/journal"
	"cutline/internal/notify/node"
	"cutline/internal/record"
	"cutline/internal/sapient"
	"cutline/internal/secrets"
)

// fusionNode reports to a fusion node of SAPIENT: alerts, tracks as detections, and how the sensors are. What it answers comes back as
// commands: an alert that it accepts is acknowledged.
//
//	registration ─► its acknowledgement ─► alerts, detections, a status every ten seconds ─► goodbye
//
// The standard has no acknowledgement of a message, only of an alert by a person. So what is written to a connection that is open
// before and after counts as confirmed, and a new connection is told again all alerts that have not ended. What the other side says is
// read with each delivery, at least once a second.
type fusionNode struct {
	cfg   SAPIENT
	route string
	say   Language
	url   *url.URL
	node  node.Node
	put   func(context.Context, journal.Entry) error
	log   *slog.Logger

	mu       sync.Mutex
	conn     net.Conn // nil: none
	heard    []byte   // of a message that has not come whole
	accepted *bool    // the registration, nil: not answered yet
	why      string   // it was refused
	alerts   map[string]record.Event
	sensors  map[string]string // state of those that are not well, by name
	fresh    bool              // that has changed since the last status
	status   time.Time         // of the last one
	commands []journal.Entry   // not yet taken by the journal
}

// mostCommands wait for the journal; the newest give way.
const mostCommands = 1000

func newFusionNode(r *Route, put func(context.Context, journal.Entry) error, log *slog.Logger) *fusionNode {
	u, err := url.Parse(r.SAPIENT.URL)
	if err != nil {
		u = new(url.URL) // the settings have been checked
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &fusionNode{
		cfg: *r.SAPIENT, route: r.ID, say: r.Language, url: u, node: node.New(r.SAPIENT.NodeID, r.SAPIENT.Name), put: put, log: log,
		alerts: make(map[string]record.Event), sensors: make(map[string]string),
	}
}

// Deliver sends the items, after the registration and all alerts if the connection is new.
func (f *fusionNode) Deliver(ctx context.Context, items []Item) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // the end was asked for
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if len(items) > 0 && items[0].Event.Track != nil {
		if f.conn == nil {
			return errAway
		}
		return f.write(f.detections(items, now))
	}
	if f.conn != nil && f.listen(0) != nil {
		f.drop() // it has gone since the last time
	}
	var page []*sapient.SapientMessage
	if f.conn == nil {
		if err := f.connect(ctx); err != nil {
			f.drop()
			return err
		}
		for _, id := range sorted(f.alerts) {
			page = append(page, f.alert(f.alerts[id], now))
		}
		f.fresh, f.status = true, time.Time{}
	}
	for _, item := range items {
		page = append(page, f.take(item, now)...)
	}
	if now.Sub(f.status) >= f.cfg.StatusInterval || f.fresh {
		var faults []string
		for _, id := range sorted(f.sensors) {
			faults = append(faults, id+" "+f.sensors[id])
		}
		page = append(page, f.node.Status(now, faults, f.fresh))
		f.fresh, f.status = false, now
	}
	if err := f.write(page); err != nil {
		return err
	}
	f.hand(ctx)
	return nil
}

func (f *fusionNode) detections(items []Item, now time.Time) []*sapient.SapientMessage {
	var page []*sapient.SapientMessage
	for _, item := range items {
		if t := item.Event.Track; t.Status != "tentative" { // most of those come to nothing
			page = append(page, f.node.Detection(item.Event.Sector, t, now))
		}
	}
	return page
}

func (f *fusionNode) alert(e record.Event, now time.Time) *sapient.SapientMessage {
	return f.node.Alert(e.Sector, e.Alert, f.say.text(e.Alert.Text, e.Alert.TextFR), now)
}

// take an item into what is known, and give what is to be sent of it.
func (f *fusionNode) take(item Item, now time.Time) []*sapient.SapientMessage {
	e := item.Event
	switch {
	case e.Sensor != nil:
		state := strings.TrimSuffix(e.Sensor.State+": "+strings.Join(e.Sensor.Faults, ", "), ": ")
		if slices.Contains([]string{"online", "unknown"}, e.Sensor.State) {
			state = ""
		}
		if f.sensors[e.Sensor.ID] != state {
			f.fresh = true
		}
		if f.sensors[e.Sensor.ID] = state; state == "" {
			delete(f.sensors, e.Sensor.ID)
		}
	case e.Alert != nil && e.Alert.Change == "end":
		delete(f.alerts, node.AlertID(e.Sector, e.Alert))
		if !item.Repeat { // else it ended before this daemon began
			return []*sapient.SapientMessage{f.alert(*e, now)}
		}
	case e.Alert != nil:
		f.alerts[node.AlertID(e.Sector, e.Alert)] = *e
		return []*sapient.SapientMessage{f.alert(*e, now)}
	}
	return nil
}

// connect and register.
func (f *fusionNode) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	dial := new(net.Dialer).DialContext
	if f.url.Scheme == "tls" {
		t, err := secrets.TLS(f.cfg.CAFile, f.cfg.CertFile, f.cfg.KeyFile)
		if err != nil {
			return fmt.Errorf("sapient.%w", err)
		}
		t.ServerName = f.url.Hostname()
		dial = (&tls.Dialer{Config: t}).DialContext
	}
	conn, err := dial(ctx, "tcp", f.url.Host)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", f.cfg.URL, err)
	}
	f.conn, f.heard, f.accepted, f.why = conn, nil, nil, ""
	if err := f.write([]*sapient.SapientMessage{f.node.Registration(time.Now(), f.cfg.StatusInterval)}); err != nil {
		return err
	}
	for f.accepted == nil {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("register at %s: it does not answer", f.cfg.URL)
		}
		if err := f.listen(50 * time.Millisecond); err != nil {
			return err
		}
	}
	if !*f.accepted {
		return fmt.Errorf("register at %s: it refuses us: %s", f.cfg.URL, f.why)
	}
	return nil
}

// write sends messages and looks whether the far side is still there.
func (f *fusionNode) write(page []*sapient.SapientMessage) error {
	var text []byte
	var err error
	for _, m := range page {
		if text, err = sapient.Append(text, m); err != nil {
			return err //nolint:wrapcheck // it says what it is
		}
	}
	if err = f.conn.SetWriteDeadline(time.Now().Add(f.cfg.Timeout)); err == nil {
		_, err = f.conn.Write(text)
	}
	if err == nil {
		err = f.listen(0)
	}
	if err != nil {
		f.drop()
		return fmt.Errorf("write to %s: %w", f.cfg.URL, err)
	}
	return nil
}

// listen reads what the other side has said, and waits so long for more. An error says that the connection is of no more use.
func (f *fusionNode) listen(wait time.Duration) error {
	buf := make([]byte, 64<<10)
	for range 64 { // one that never stops talking must not hold the alerts up
		if err := attend(f.conn, wait); err != nil {
			return err
		}
		n, err := f.conn.Read(buf)
		f.heard = append(f.heard, buf[:n]...)
		if e := f.messages(); e != nil {
			return e
		}
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout():
			return nil
		case errors.Is(err, io.EOF):
			return errors.New("the other side has closed the connection")
		case err != nil:
			return err //nolint:wrapcheck // by the caller
		case wait > 0:
			return nil // there was something: it may be what the caller waits for
		}
	}
	return nil
}

// messages are read of what was heard, as many as have come whole.
func (f *fusionNode) messages() error {
	for len(f.heard) >= 4 {
		size := binary.LittleEndian.Uint32(f.heard)
		if size > sapient.MaxMessage {
			return sapient.ErrTooLarge
		}
		if len(f.heard) < 4+int(size) {
			return nil
		}
		m, err := sapient.Read(bytes.NewReader(f.heard[:4+size]))
		if err != nil {
			return err //nolint:wrapcheck // it says what it is
		}
		f.heard = f.heard[4+size:]
		if err := f.hear(m); err != nil {
			return err
		}
	}
	return nil
}

// hear one message.
func (f *fusionNode) hear(m *sapient.SapientMessage) error {
	switch {
	case m.GetRegistrationAck() != nil:
		f.accepted, f.why = new(m.GetRegistrationAck().GetAcceptance()), strings.Join(m.GetRegistrationAck().GetAckResponseReason(), "; ")
	case m.GetAlertAck() != nil:
		f.answer(m.GetNodeId(), m.GetAlertAck())
	case m.GetTask() != nil:
		asked := m.GetTask().GetCommand().GetRequest()
		page := []*sapient.SapientMessage{f.node.TaskAnswer(time.Now(), m.GetTask(), asked == "Registration" || asked == "Status")}
		switch asked {
		case "Registration":
			page = append(page, f.node.Registration(time.Now(), f.cfg.StatusInterval))
		case "Status":
			f.status = time.Time{}
		}
		return f.reply(page)
	case m.GetError() != nil:
		f.log.Warn("the fusion node refuses a message", "output", f.route, "error", strings.Join(m.GetError().GetErrorMessage(), "; "))
	}
	return nil
}

// reply without looking for an answer.
func (f *fusionNode) reply(page []*sapient.SapientMessage) error {
	for _, m := range page {
		if err := sapient.Write(f.conn, m); err != nil {
			return err //nolint:wrapcheck // by the caller
		}
	}
	return nil
}

// answer to an alert becomes a command: accepted is acknowledged, anything else is a comment, since who looks at our alerts decides.
func (f *fusionNode) answer(from string, ack *sapient.AlertAck) {
	e, known := f.alerts[ack.GetAlertId()]
	if !known {
		f.log.Warn("the fusion node answers to an alert that is not open", "output", f.route, "alert_id", ack.GetAlertId())
		return
	}
	now := time.Now().UTC()
	word := strings.ToLower(strings.TrimPrefix(ack.GetAlertAckStatus().String(), "ALERT_ACK_STATUS_"))
	c := &record.Command{
		Name: record.Ack, Alert: e.Alert.ID, By: "sapient " + f.route, Comment: strings.Join(ack.GetReason(), "; "), Time: now,
		ID: fmt.Sprintf("sapient.%s.%s.%s.%d", from, ack.GetAlertId(), word, now.UnixMilli()),
	}
	if ack.GetAlertAckStatus() != sapient.AlertAck_ALERT_ACK_STATUS_ACCEPTED {
		c.Name, c.Comment = record.Comment, strings.TrimSuffix("the fusion node says "+word+": "+c.Comment, ": ")
	}
	if len(f.commands) < mostCommands {
		entry := journal.Entry{Sector: e.Sector, Input: record.Input{Kind: record.CommandGiven, Received: now, Command: c}}
		f.commands = append(f.commands, entry)
	}
}

// hand the commands to the journal. What it does not take now it is given again.
func (f *fusionNode) hand(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	for len(f.commands) > 0 && f.put != nil {
		if err := f.put(ctx, f.commands[0]); err != nil {
			return
		}
		f.commands = f.commands[1:]
	}
}

func (f *fusionNode) drop() {
	if f.conn != nil {
		_ = f.conn.Close()
		f.conn = nil
	}
}

// Close says goodbye.
func (f *fusionNode) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn != nil {
		_ = f.conn.SetWriteDeadline(time.Now().Add(time.Second))
		_ = sapient.Write(f.conn, f.node.Goodbye(time.Now())) // it fades without it, too
	}
	f.drop()
	return nil
}
