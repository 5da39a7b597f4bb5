package feed

import (
	"context"
	"fmt"
	"strings"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"cutline/internal/sensor"
)

// Try connects as the feed would, asks for the sensors' topics, and leaves nothing behind at the broker. The error says why the feed would
// not come to its messages.
func Try(ctx context.Context, cfg Config, sensors []sensor.Definition) error {
	s, err := connect(ctx, cfg.visitor(), true, func(*session, mqtt.Message) {})
	if err != nil {
		return err
	}
	refused, err := s.ask(ctx, filters(sensors))
	_ = s.close() // the answer is known
	if err == nil && len(refused) > 0 {
		err = fmt.Errorf("the broker does not let us have %s with QoS 1", strings.Join(refused, ", "))
	}
	return err
}
