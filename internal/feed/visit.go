package feed

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// visitor is cfg for a session beside the daemon's: two of one name would throw each other out.
func (c Config) visitor() Config {
	c.ClientID = fmt.Sprintf("%s-visit-%s", c.ClientID, rand.Text()[:8])
	return c
}

// Overhear takes all messages that match the filter until ctx ends, beside the daemon and with nothing left behind at the broker. take is
// called for one at a time, and is done with when Overhear returns. An error says that the broker cannot be reached, refuses the filter,
// or has gone.
func Overhear(ctx context.Context, cfg Config, filter string, take func(received time.Time, topic string, payload []byte)) error {
	var mu sync.Mutex
	over := false
	s, err := connect(ctx, cfg.visitor(), true, func(_ *session, m mqtt.Message) {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			take(time.Now(), m.Topic(), m.Payload())
		}
	})
	if err != nil {
		return err
	}
	defer func() { // paho may still be at a message when its connection has ended
		mu.Lock()
		over = true
		mu.Unlock()
	}()
	token := s.client.Subscribe(filter, 0, nil)
	err = s.wait(ctx, "subscribe", token)
	if granted, ok := token.(*mqtt.SubscribeToken); err == nil && ok && granted.Result()[filter] > 2 {
		err = fmt.Errorf("subscribe: the broker refuses %q", filter)
	}
	if err == nil {
		select {
		case <-ctx.Done():
		case <-s.dead():
			err = fmt.Errorf("the connection to the broker is lost: %w", s.conn.Load().err)
		}
	}
	_ = s.close() // why it ended is known
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Sent is a message to publish.
type Sent struct {
	Topic   string
	Payload []byte
}

// Publish sends messages with QoS 1, one after the other, and returns how many the broker has taken.
func Publish(ctx context.Context, cfg Config, messages []Sent) (taken int, err error) {
	s, err := connect(ctx, cfg.visitor(), true, func(*session, mqtt.Message) {})
	if err != nil {
		return 0, err
	}
	for _, m := range messages {
		if err = s.wait(ctx, "publish", s.client.Publish(m.Topic, 1, false, m.Payload)); err != nil {
			break
		}
		taken++
	}
	_ = s.close()
	return taken, err
}
