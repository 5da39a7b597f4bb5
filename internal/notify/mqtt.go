package notify

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// What cutline/status says, retained: the daemon itself says online and, when it ends in good order, offline; the broker says
// offline for it, as its will, when it is gone otherwise. Plain words, as other MQTT programs read them for availability.
const (
	online  = "online"
	offline = "offline"
)

// mqttOutput publishes to one broker (MQTT 3.1.1).
//
//	cutline/<sector>/alerts/<id>   QoS 1, retained; cleared ClearAfter its end
//	cutline/<sector>/sensors/<id>  QoS 1, retained
//	cutline/<sector>/tracks/<id>   QoS 0, not retained
//	cutline/status                 QoS 1, retained; the will
//
// It keeps what is retained, and publishes all of it again on every new connection: a broker that lost its store in a crash (Mosquitto
// saves it every half hour by default) would otherwise show a late subscriber a quiet border.
type mqttOutput struct {
	cfg  MQTT
	held map[string]held            // what the broker should hold, by topic; of Deliver without tracks alone
	conn atomic.Pointer[connection] // nil: none
}

// held is a retained message. It is cleared at clearAt, if that is not zero.
type held struct {
	payload []byte
	clearAt time.Time
}

// connection lives as long as its TCP connection. Paho would connect again by itself, and then completes the tokens of what was
// under way without an error whether or not the broker got it (its README says so); a client that never reconnects fails them.
type connection struct {
	client paho.Client
	lost   chan struct{} // closed when the broker has gone
}

// message to publish; the empty payload clears a retained one.
type message struct {
	topic    string
	payload  []byte
	qos      byte
	retained bool
}

func newMQTT(cfg MQTT) *mqttOutput {
	return &mqttOutput{cfg: cfg, held: make(map[string]held)}
}

// Deliver publishes and waits for the broker's acknowledgement of each message.
func (m *mqttOutput) Deliver(ctx context.Context, items []Item) error {
	if err := ctx.Err(); err != nil {
		return err // else the broker may be quicker than the select that looks for the end
	}
	if len(items) > 0 && items[0].Event.Track != nil {
		return m.deliverTracks(ctx, items)
	}
	c := m.conn.Load()
	fresh := c == nil || c.gone()
	if fresh {
		var err error
		if c, err = m.connect(ctx); err != nil {
			return err
		}
	}
	batch, keep, err := m.batch(items, fresh, time.Now())
	if err == nil {
		err = c.publish(ctx, batch, m.cfg.Timeout)
	}
	if err != nil {
		if ctx.Err() != nil {
			m.conn.Store(c) // Close has a word to say on it
			return err
		}
		m.conn.Store(nil) // the next attempt begins with all that should be retained
		c.client.Disconnect(100)
		return err
	}
	for topic, h := range keep {
		if h.payload == nil {
			delete(m.held, topic)
		} else {
			m.held[topic] = h
		}
	}
	m.conn.Store(c)
	return nil
}

// batch is what to publish now, and what is held once that is confirmed; an entry without payload is held no more.
func (m *mqttOutput) batch(items []Item, fresh bool, now time.Time) ([]message, map[string]held, error) {
	var batch []message
	keep := make(map[string]held)
	if fresh {
		batch = append(batch, message{m.statusTopic(), []byte(online), 1, true})
		for _, topic := range sorted(m.held) {
			batch = append(batch, message{topic, m.held[topic].payload, 1, true})
		}
	}
	for _, item := range items {
		topic, payload, err := m.encode(item.Event)
		if err != nil {
			return nil, nil, err
		}
		h := held{payload: payload}
		if a := item.Event.Alert; a != nil && a.Change == "end" {
			h.clearAt = now.Add(m.cfg.ClearAfter)
			if item.Repeat { // it was told before this daemon began: only its clearing is left to do
				h.clearAt = a.Updated.Add(m.cfg.ClearAfter)
				keep[topic] = h
				continue
			}
		}
		keep[topic] = h
		batch = append(batch, message{topic, payload, 1, true})
	}
	for _, topic := range sorted(m.held) {
		_, again := keep[topic]
		if h := m.held[topic]; !again && !h.clearAt.IsZero() && !h.clearAt.After(now) {
			keep[topic] = held{}
			batch = append(batch, message{topic, []byte{}, 1, true})
		}
	}
	return batch, keep, nil
}

// deliverTracks sends on the connection that there is: the next position comes in a second anyway.
func (m *mqttOutput) deliverTracks(ctx context.Context, items []Item) error {
	c := m.conn.Load()
	if c == nil || c.gone() {
		return errAway
	}
	batch := make([]message, len(items))
	for i, item := range items {
		topic, payload, err := m.encode(item.Event)
		if err != nil {
			return err
		}
		batch[i] = message{topic: topic, payload: payload}
	}
	return c.publish(ctx, batch, m.cfg.Timeout)
}

// Close says that the daemon has gone, and ends the connection.
func (m *mqttOutput) Close() error {
	c := m.conn.Swap(nil)
	if c == nil || c.gone() {
		return nil // the broker says it for us
	}
	defer c.client.Disconnect(250)
	end, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return c.publish(end, []message{{m.statusTopic(), []byte(offline), 1, true}}, time.Second)
}

var (
	errAway = errors.New("the broker is away")
	errLost = errors.New("the connection was lost before the broker had confirmed all")
)

func (m *mqttOutput) connect(ctx context.Context) (*connection, error) {
	opts, err := m.options()
	if err != nil {
		return nil, err
	}
	c := &connection{lost: make(chan struct{})}
	opts.SetConnectionLostHandler(func(paho.Client, error) { close(c.lost) })
	c.client = paho.NewClient(opts)
	token := c.client.Connect()
	select {
	case <-token.Done():
	case <-ctx.Done():
		c.client.Disconnect(100)
		return nil, ctx.Err() //nolint:wrapcheck // the end was asked for
	}
	if err := token.Error(); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", m.cfg.URL, err)
	}
	return c, nil
}

func (c *connection) gone() bool {
	select {
	case <-c.lost:
		return true
	default:
		return !c.client.IsConnectionOpen()
	}
}

// window is how many messages wait for their acknowledgement at once: well below the 65,535 ids that MQTT has.
const window = 512

// publish sends the batch and returns when the broker has confirmed all of it: PUBACK for QoS 1 (MQTT 3.1.1 §4.3.2), sent for QoS 0.
func (c *connection) publish(ctx context.Context, batch []message, timeout time.Duration) error {
	for len(batch) > 0 {
		part := batch[:min(window, len(batch))]
		batch = batch[len(part):]
		tokens := make([]paho.Token, len(part))
		for i, msg := range part {
			tokens[i] = c.client.Publish(msg.topic, msg.qos, msg.retained, msg.payload)
		}
		late := time.NewTimer(timeout)
		err := c.confirmed(ctx, tokens, late.C)
		late.Stop()
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *connection) confirmed(ctx context.Context, tokens []paho.Token, late <-chan time.Time) error {
	for _, token := range tokens {
		select {
		case <-token.Done():
			if err := token.Error(); err != nil {
				return fmt.Errorf("publish: %w", err)
			}
		case <-c.lost:
			return errLost
		case <-late:
			return errors.New("publish: the broker did not confirm in time")
		case <-ctx.Done():
			return ctx.Err() //nolint:wrapcheck // the end was asked for
		}
	}
	return nil
}
