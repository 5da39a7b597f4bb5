package influx

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// verdict is what an answer means for the lines that were sent.
type verdict uint8

const (
	again    verdict = iota // nothing is decided: send the same once more, later
	accepted                // all of them are stored
	refused                 // at least one of them never will be
	tooLarge                // fewer of them may pass
)

// answer to a write.
type answer struct {
	verdict verdict
	why     string        // for people; empty if accepted
	ours    bool          // somebody must change a setting or a right before it can pass
	wait    time.Duration // asked for by the server; 0 if it asked for none
	dropped int           // lines the server says it dropped; 0 if it does not say
}

// lineFaults are the words by which InfluxDB 1.8, 2 and 3 speak of lines in a 400. A 400 without any of them is about the
// request (a precision, a bucket): no line may be given up for it.
var lineFaults = [...]string{ //nolint:gochecknoglobals // a fixed table
	"partial write", "unable to parse", "failed to parse", "field type conflict", "line protocol",
	"points beyond retention policy", "outside retention policy", "time outside range", "max key size exceeded",
}

// judge reads a status with its body. 204 alone is a success: a proxy's 200 with a login page has stored nothing.
func judge(status int, header http.Header, body string, now time.Time) answer {
	a := answer{why: strings.TrimSpace(fmt.Sprintf("%d %s: %s", status, http.StatusText(status), reason(header, body)))}
	switch {
	case status == http.StatusNoContent:
		return answer{verdict: accepted}
	case status == http.StatusRequestEntityTooLarge:
		a.verdict = tooLarge
	case status == http.StatusUnprocessableEntity, status == http.StatusBadRequest && speaksOfLines(a.why):
		a.verdict = refused
		a.dropped = dropped(a.why)
	case status == http.StatusTooManyRequests, status/100 == 5:
		a.wait = retryAfter(header.Get("Retry-After"), now)
	default:
		a.ours = true
	}
	return a
}

// reason is the server's own: 2.x and 1.8 give JSON, 1.8 and its proxies a header as well.
func reason(header http.Header, body string) string {
	if why := header.Get("X-Influxdb-Error"); why != "" {
		return why
	}
	const enough = 500
	return strings.TrimSpace(body[:min(len(body), enough)])
}

func speaksOfLines(why string) bool {
	for _, words := range lineFaults {
		if strings.Contains(why, words) {
			return true
		}
	}
	return false
}

// dropped reads the number in "partial write: field type conflict: … dropped=3".
func dropped(why string) int {
	_, rest, ok := strings.Cut(why, "dropped=")
	if !ok {
		return 0
	}
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(rest[:end])
	if err != nil {
		return 0
	}
	return n
}

// retryAfterMax bounds what a server may ask for: a proxy's mistake of a day must not stop us for a day.
const retryAfterMax = 5 * time.Minute

// retryAfter reads seconds or a date (RFC 9110 §10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	var wait time.Duration
	if s, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(s) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), retryAfterMax)
}
