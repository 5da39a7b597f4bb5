package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cutline/internal/record"
)

// longestPast is what a daemon gives at once unless http.history_span says otherwise.
const longestPast = 24 * time.Hour

// History hands the events of a period to fn in the order of their times, of all types if none is named. It asks day by day, and goes on
// where an answer was cut short; events of that instant may come twice.
func (c *Client) History(ctx context.Context, from, to time.Time, fn func(*record.Event) error, types ...record.Type) error {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	for from.Before(to) {
		until := from.Add(longestPast)
		if until.After(to) {
			until = to
		}
		q := values("from", from.UTC().Format(time.RFC3339Nano), "to", until.UTC().Format(time.RFC3339Nano), "type", strings.Join(words, ","))
		more, err := c.piece(ctx, q, fn)
		if err != nil {
			return err
		}
		if more.IsZero() {
			more = until
		} else if !more.After(from) {
			return errors.New("the history does not go on: more happened in one instant than http.history_bytes lets through")
		}
		from = more
	}
	return nil
}

// piece asks for one period; more is where the rest of it begins, zero if it came whole.
func (c *Client) piece(ctx context.Context, q url.Values, fn func(*record.Event) error) (more time.Time, err error) {
	target := c.base + "/api/v1/history?" + q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return more, fmt.Errorf("ask %s: %w", target, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return more, fmt.Errorf("ask the daemon: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return more, problem(resp)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var rest struct{ Type string }
		var e record.Event
		if err := json.Unmarshal(lines.Bytes(), &rest); err == nil && rest.Type == "more" {
			err = json.Unmarshal(lines.Bytes(), &struct{ Time *time.Time }{&more})
			return more, err
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return more, fmt.Errorf("read the history: %w", err)
		}
		if err := fn(&e); err != nil {
			return more, err
		}
	}
	if err := lines.Err(); err != nil {
		return more, fmt.Errorf("read the history: %w", err)
	}
	return more, nil
}
