package influx

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"
)

// minBackoff is the first wait: a server that restarts is back in about a second.
const minBackoff = 250 * time.Millisecond

// deliver returns nil when every line of b is stored or parked. Until then it tries, for as long as ctx lives; once stop is
// closed it does not wait for another try.
func (w *Writer) deliver(ctx context.Context, stop <-chan struct{}, b *batch) error {
	if b.len() == 0 {
		return nil
	}
	return w.run(ctx, stop, b, 0, b.len())
}

// run delivers the lines i to j of b.
func (w *Writer) run(ctx context.Context, stop <-chan struct{}, b *batch, i, j int) error {
	wait := minBackoff
	for {
		a := w.post(ctx, b.lines(i, j))
		switch {
		case a.verdict == accepted:
			w.health.up(j - i)
			return nil
		case a.verdict == refused && (j-i == 1 || a.dropped == j-i), a.verdict == tooLarge && j-i == 1:
			err := w.park.keep(b.lines(i, j), a.why, time.Now())
			w.health.parked(j-i, a.why, err)
			return nil
		case a.verdict == refused, a.verdict == tooLarge:
			mid := i + (j-i)/2
			if err := w.run(ctx, stop, b, i, mid); err != nil {
				return err
			}
			return w.run(ctx, stop, b, mid, j)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("write to influxdb: %w", ctx.Err())
		}
		w.health.down(a)
		select {
		case <-time.After(max(a.wait, wait/2+rand.N(wait/2))): //nolint:gosec // jitter
		case <-stop:
			return fmt.Errorf("write to influxdb: stopped while it takes no points: %s", a.why)
		}
		wait = min(2*wait, w.cfg.MaxBackoff)
	}
}

// post sends lines in one request. Only one is under way at a time: two would race for the same shard, and the second could not
// be taken back if the first fails.
func (w *Writer) post(ctx context.Context, lines []byte) answer {
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return answer{why: ctx.Err().Error()}
	}
	body, err := w.body(lines)
	if err != nil {
		return answer{why: err.Error(), ours: true}
	}
	if err := w.authorize(); err != nil {
		return answer{why: err.Error(), ours: true}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.writeURL, bytes.NewReader(body))
	if err != nil {
		return answer{why: err.Error(), ours: true}
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	if w.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	began := time.Now()
	resp, err := w.client.HTTPService().DoHTTPRequestWithResponse(req, nil)
	if err != nil {
		return answer{why: err.Error()}
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	_, _ = io.Copy(io.Discard, resp.Body) // to the end, or the connection cannot be used again
	_ = resp.Body.Close()
	w.health.metrics.request.Observe(time.Since(began).Seconds())
	if err != nil && resp.StatusCode != http.StatusNoContent {
		return answer{why: fmt.Sprintf("%s: %v", resp.Status, err)}
	}
	return judge(resp.StatusCode, resp.Header, string(text), time.Now())
}

// body is what goes over the wire.
func (w *Writer) body(lines []byte) ([]byte, error) {
	if !w.gzip {
		return lines, nil
	}
	w.packed.Reset()
	zip, err := gzip.NewWriterLevel(&w.packed, gzip.BestSpeed) // lines are alike: the better levels gain little for twice the time
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	if _, err := zip.Write(lines); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return w.packed.Bytes(), nil
}

// authorize reads the token file again: a token that is replaced while we run is taken without a restart.
func (w *Writer) authorize() error {
	token, err := readToken(w.cfg.TokenFile)
	if err != nil {
		return err
	}
	if token != "" {
		w.client.HTTPService().SetAuthorization("Token " + token)
	}
	return nil
}

func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the file that the configuration names
	if err != nil {
		return "", fmt.Errorf("token_file: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
