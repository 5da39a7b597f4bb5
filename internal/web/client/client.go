// Package client asks a running daemon over its HTTP API: what the commands alerts, ack, status and rejects do.
//
//	c, err := client.New("127.0.0.1:8080")
//	err = c.Follow(ctx, client.From{}, func(m client.Message) error { … })
//
// Events come back as the core emitted them. An answer that is an error is an *Error with the server's own words. Start at
// Client.Follow for the stream, which connects again by itself and misses nothing.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cutline/internal/record"
)

// Client of one daemon. It may be used by several goroutines.
type Client struct {
	base string
	http *http.Client
	idle time.Duration // a stream that brings nothing for this long, not even a heartbeat, is taken for dead
}

// Error is an answer other than success.
type Error struct {
	Code    int    // of HTTP
	Message string // the server's
}

func (e *Error) Error() string { return e.Message }

// New makes a client of the daemon at address: host:port, or a URL without a path.
func New(address string) (*Client, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("daemon at %q: give host:port or http://host:port", address)
	}
	transport := &http.Transport{ResponseHeaderTimeout: 30 * time.Second, IdleConnTimeout: 30 * time.Second, Proxy: http.ProxyFromEnvironment}
	return &Client{base: u.Scheme + "://" + u.Host, http: &http.Client{Transport: transport}, idle: time.Minute}, nil
}

// Close ends idle connections. The client may be used again.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Filter of alerts; empty fields let all pass, and words may be joined by commas.
type Filter struct {
	State, Kind, Sector string
	Limit               int
}

// Alerts are the current and the last ended ones, newest first.
func (c *Client) Alerts(ctx context.Context, f Filter) ([]*record.Event, error) {
	var out alerts
	q := values("state", f.State, "kind", f.Kind, "sector", f.Sector, "limit", number(f.Limit))
	err := c.get(ctx, "/api/v1/alerts", q, &out)
	return out.Alerts, err
}

// Alert of an id.
func (c *Client) Alert(ctx context.Context, id string) (*record.Event, error) {
	out := new(record.Event)
	err := c.get(ctx, "/api/v1/alerts/"+url.PathEscape(id), nil, out)
	return out, err
}

// Rejects are the newest refused payloads, newest first; of one sensor if it is named, and at most limit if that is not 0.
func (c *Client) Rejects(ctx context.Context, sensor string, limit int) ([]*record.Event, error) {
	var out rejects
	err := c.get(ctx, "/api/v1/rejects", values("sensor", sensor, "limit", number(limit)), &out)
	return out.Rejects, err
}

// Status of the daemon and its parts.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var out Status
	err := c.get(ctx, "/api/v1/status", nil, &out)
	return out, err
}

// Do does something to an alert. It returns the alert as it is then; shown is false if the command is safe in the journal, but the
// daemon does not show it yet.
func (c *Client) Do(ctx context.Context, id string, a Act) (alert *record.Event, shown bool, err error) {
	body, err := json.Marshal(a)
	if err != nil {
		return nil, false, fmt.Errorf("%s %q: %w", a.Name, id, err)
	}
	target := c.base + "/api/v1/alerts/" + url.PathEscape(id) + "/" + a.Name
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, false, fmt.Errorf("%s %q: %w", a.Name, id, err)
	}
	req.Header.Set("Content-Type", "application/json")
	alert = new(record.Event)
	code, err := c.do(req, alert)
	return alert, code == http.StatusOK, err
}

func (c *Client) get(ctx context.Context, path string, q url.Values, into any) error {
	target := c.base + path
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", target, err)
	}
	_, err = c.do(req, into)
	return err
}

// maxAnswer bounds what is read of an answer, in bytes: above any picture that the daemon holds.
const maxAnswer = 256 << 20

func (c *Client) do(req *http.Request, into any) (code int, err error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask the daemon: %w: is it running, and does it listen there (http.listen)", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	if resp.StatusCode >= http.StatusMultipleChoices {
		return resp.StatusCode, problem(resp)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into); err != nil {
		return resp.StatusCode, fmt.Errorf("read the daemon's answer: %w", err)
	}
	return resp.StatusCode, nil
}

// problem reads an error's body; something else than the daemon may have answered.
func problem(resp *http.Response) error {
	var p refusal
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err := json.Unmarshal(body, &p); err != nil || p.Error == "" {
		p.Error = "the daemon answered " + resp.Status
	}
	return &Error{Code: resp.StatusCode, Message: p.Error}
}

// values of a query from names and values in turn; empty ones are left out.
func values(pairs ...string) url.Values {
	q := make(url.Values)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
