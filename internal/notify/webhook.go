package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cutline/internal/record"
	"cutline/internal/secrets"
)

// webhook posts each alert to one address. One that is answered with 2xx is confirmed; one that the receiver will never take (4xx, or
// 500 for longer than give_up) is refused; anything else is tried again for ever: a receiver that is away, that is busy (429, 503), or
// whose proxy finds nobody behind it (502, 504).
type webhook struct {
	cfg    Webhook
	host   string
	encode template

	client  *http.Client // nil: made with the next request, as after a failure: the certificates may be new
	looked  time.Time    // when the receiver was last seen
	failing string       // key of the alert that is answered with 500
	since   time.Time    // when that began
}

// look is how often a receiver that is there is looked at while there is nothing to tell it.
const look = time.Minute

func newWebhook(r *Route, link string) *webhook {
	u, err := url.Parse(r.Webhook.URL)
	if err != nil {
		u = new(url.URL) // the settings have been checked
	}
	return &webhook{cfg: *r.Webhook, host: u.Host, encode: r.Webhook.Template.of(r, u, link)}
}

// Deliver posts the alerts one after the other.
func (w *webhook) Deliver(ctx context.Context, items []Item) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // the end was asked for
	}
	if len(items) == 0 {
		return w.look(ctx)
	}
	for i, item := range items {
		if item.Event.Alert == nil {
			continue
		}
		if err := w.post(ctx, item); err != nil {
			w.client, w.looked = nil, time.Time{}
			var h *halt
			if !errors.As(err, &h) {
				h = &halt{err: err}
			}
			h.done = i
			return h
		}
		w.looked = time.Now()
	}
	return nil
}

// look finds out whether the receiver's port is open: that it is not should be known before the alert that it is for.
func (w *webhook) look(ctx context.Context) error {
	if time.Since(w.looked) < look {
		return nil
	}
	u, err := url.Parse(w.cfg.URL)
	if err != nil {
		return errors.New("webhook.url cannot be read") // it may hold a secret
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	ctx, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
	defer cancel()
	if err := reach(ctx, net.JoinHostPort(u.Hostname(), port)); err != nil {
		return err
	}
	w.looked = time.Now()
	return nil
}

// reach opens a connection to host:port and closes it.
func reach(ctx context.Context, address string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("reach %s: %w", address, err)
	}
	return conn.Close() //nolint:wrapcheck // nothing was sent
}

// post sends one alert. A *halt says that it is refused, or when to try again.
func (w *webhook) post(ctx context.Context, item Item) error {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
	defer cancel()
	req, key, err := w.request(ctx, item)
	if err != nil {
		return err
	}
	if w.client == nil {
		t, err := secrets.TLS(w.cfg.CAFile, w.cfg.CertFile, w.cfg.KeyFile)
		if err != nil {
			return fmt.Errorf("webhook.%w", err)
		}
		w.client = &http.Client{
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, TLSClientConfig: t, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, MaxIdleConns: 1,
			},
			// A redirect would be followed by a GET without the alert, and answered with 200.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	resp, err := w.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // its text has the whole address, and in that there may be a secret
		}
		w.client.CloseIdleConnections()
		return fmt.Errorf("post to %s: %w", w.host, err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // all of it, so that the connection can be used again
	return w.judge(resp, said, key)
}

// judge says what an answer means for the alert of that key.
func (w *webhook) judge(resp *http.Response, said []byte, key string) error {
	code := resp.StatusCode
	if code/100 == 2 {
		w.failing = ""
		return nil
	}
	err := fmt.Errorf("%s answers %s: %s", w.host, resp.Status, excerpt(said))
	switch code {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &halt{err: err, wait: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusProxyAuthRequired:
		return err // a setting is wrong, here or there: what waits is not to be thrown away for it
	}
	if code/100 != 5 {
		return &halt{err: err, refused: true}
	}
	if w.failing != key {
		w.failing, w.since = key, time.Now()
	}
	return &halt{err: err, refused: time.Since(w.since) > w.cfg.GiveUp}
}

// excerpt of what a receiver says of its error, on one line.
func excerpt(said []byte) string {
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(said), "?")), " ")
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200]) + "…"
	}
	return text
}

// retryAfter reads RFC 9110 §10.2.3: seconds, or a date.
func retryAfter(text string, now time.Time) time.Duration {
	if s, err := strconv.Atoi(text); err == nil {
		return time.Duration(max(0, s)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// request for an item. Its key is the same for each try, so that a receiver can drop what it has already.
func (w *webhook) request(ctx context.Context, item Item) (req *http.Request, key string, err error) {
	to, body, err := w.encode(item)
	if err != nil {
		return nil, "", fmt.Errorf("encode for %s: %w", w.host, err)
	}
	if req, err = http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body)); err != nil {
		return nil, "", fmt.Errorf("post to %s: the url cannot be used", w.host)
	}
	key = itemKey(item)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "cutline")
	req.Header.Set("Idempotency-Key", key)
	if err := w.authorize(req); err != nil {
		return nil, "", fmt.Errorf("webhook.%w", err)
	}
	secret, err := secrets.Text("secret_file", w.cfg.SecretFile)
	if err != nil {
		return nil, "", fmt.Errorf("webhook.%w", err)
	}
	if secret != "" {
		sign(req.Header, secret, key, time.Now(), body)
	}
	return req, key, nil
}

func (w *webhook) authorize(req *http.Request) error {
	token, err := secrets.Text("token_file", w.cfg.TokenFile)
	if err != nil {
		return err //nolint:wrapcheck // it names the setting
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	password, err := secrets.Text("password_file", w.cfg.PasswordFile)
	if err != nil {
		return err //nolint:wrapcheck // it names the setting
	}
	if w.cfg.Username != "" {
		req.SetBasicAuth(w.cfg.Username, password)
	}
	return nil
}

// sign a request after the Standard Webhooks specification: HMAC-SHA256 over "id.timestamp.body". A secret that begins with whsec_ is
// base64 behind it, any other is taken as it stands.
func sign(h http.Header, secret, id string, now time.Time, body []byte) {
	raw := []byte(secret)
	if text, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
			raw = decoded
		}
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// itemKey names what is told: an alert's revision, or a reminder of it.
func itemKey(item Item) string {
	a := item.Event.Alert
	key := fmt.Sprintf("%s.%d", a.ID, a.Revision)
	if a.Revision == 0 { // of an older journal
		key = fmt.Sprintf("%s.%s.%d", a.ID, a.Change, a.Updated.UnixMilli())
	}
	if item.Repeat {
		key += ".again." + item.Due.UTC().Format("20060102T150405.000Z")
	}
	return key
}

// coordinates as people write them.
func coordinates(e *record.Event) string {
	return fmt.Sprintf("%.5f, %.5f", e.Alert.Lat, e.Alert.Lon)
}
