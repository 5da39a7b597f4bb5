package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"cutline/internal/sensor"
)

// filtersAtOnce go into one SUBSCRIBE: the NATS broker makes a consumer of each, and answers when it has them all.
const filtersAtOnce = 64

// filters are the topics of the sensors and of their status, sorted, without those that another one covers: a broker may send a
// message once per filter that matches it.
func filters(sensors []sensor.Definition) []string {
	var all []string
	for i := range sensors {
		s := &sensors[i]
		status := s.Status
		if status == "" {
			status = "border/" + s.Sector + "/" + s.ID + "/status"
		}
		all = append(all, sensor.Filter(s.Topic), sensor.Filter(status))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(slices.Clone(all), func(f string) bool {
		return f == "" || slices.ContainsFunc(all, func(wide string) bool { return wide != f && covers(wide, f) })
	})
}

// covers says whether every topic that the filter narrow matches is matched by wide as well (MQTT 3.1.1 §4.7.1).
func covers(wide, narrow string) bool {
	w, n := strings.Split(wide, "/"), strings.Split(narrow, "/")
	for i, level := range w {
		switch {
		case level == "#": // stands for its parent as well, and for no topic that begins with $
			return i > 0 || !strings.HasPrefix(n[0], "$")
		case i >= len(n), n[i] == "#":
			return false
		case level == "+":
			if i == 0 && strings.HasPrefix(n[0], "$") {
				return false
			}
		case level != n[i]:
			return false
		}
	}
	return len(w) == len(n)
}

// subscribe asks for the filters and undoes what an earlier configuration had asked for. It returns the filters that the broker
// refuses.
func (s *session) subscribe(ctx context.Context, wanted []string, memory memory) (refused []string, err error) {
	old, err := memory.load()
	if err != nil {
		return nil, err
	}
	stale := minus(old, wanted)
	if err := memory.save(append(slices.Clone(wanted), stale...)); err != nil { // before: one that is asked for is never forgotten
		return nil, err
	}
	if s.resumed && len(stale) > 0 {
		if err := s.wait(ctx, "unsubscribe", s.client.Unsubscribe(stale...)); err != nil {
			return nil, err
		}
	}
	if refused, err = s.ask(ctx, wanted); err != nil {
		return nil, err
	}
	return refused, memory.save(wanted)
}

// ask subscribes, and returns the filters that the broker refuses, sorted.
func (s *session) ask(ctx context.Context, filters []string) (refused []string, err error) {
	for some := range slices.Chunk(filters, filtersAtOnce) {
		ask := make(map[string]byte, len(some))
		for _, f := range some {
			ask[f] = 1
		}
		token := s.client.SubscribeMultiple(ask, nil)
		if err := s.wait(ctx, "subscribe", token); err != nil {
			return nil, err
		}
		granted, ok := token.(*mqtt.SubscribeToken)
		if !ok {
			return nil, errors.New("subscribe: paho gave no list of what is granted")
		}
		for f, code := range granted.Result() {
			if code != 1 { // 0x80: refused. 0: what is sent while we are away would be lost
				refused = append(refused, f)
			}
		}
	}
	slices.Sort(refused)
	return refused, nil
}

// memory is a small file of the filters that the broker's session holds: MQTT has no way to ask it.
type memory struct {
	path        string // empty: nothing is remembered
	url, client string
}

// remembered is the file's form.
type remembered struct {
	URL      string   `json:"url"`
	ClientID string   `json:"client_id"`
	Filters  []string `json:"filters"`
}

func newMemory(cfg Config) memory {
	if cfg.StateDir == "" {
		return memory{}
	}
	return memory{path: filepath.Join(cfg.StateDir, "subscriptions.json"), url: cfg.URL, client: cfg.ClientID}
}

// load gives the filters, none if the file is missing or of another session.
func (m memory) load() ([]string, error) {
	if m.path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(m.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("remember subscriptions: %w", err)
	}
	var r remembered
	if json.Unmarshal(text, &r) != nil || r.URL != m.url || r.ClientID != m.client {
		return nil, nil //nolint:nilerr // a torn file is as good as none: at worst, topics stay that nobody claims
	}
	return r.Filters, nil
}

// save writes the file anew, by a rename: it is whole at any time.
func (m memory) save(filters []string) error {
	if m.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(remembered{m.url, m.client, filters}, "", "  ")
	if err != nil {
		return fmt.Errorf("remember subscriptions: %w", err)
	}
	if old, err := os.ReadFile(m.path); err == nil && string(old) == string(text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(m.path), 0o750); err != nil {
		return fmt.Errorf("remember subscriptions: %w", err)
	}
	if err := os.WriteFile(m.path+".new", text, 0o600); err != nil {
		return fmt.Errorf("remember subscriptions: %w", err)
	}
	if err := os.Rename(m.path+".new", m.path); err != nil {
		return fmt.Errorf("remember subscriptions: %w", err)
	}
	return nil
}
