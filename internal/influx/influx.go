// Package influx writes the journal to InfluxDB: detections from INPUT, the picture from PICTURE, by the schema of the contract.
//
//	INPUT cursor   ─ Next ─► lines ─► batch ─┐
//	                                         ├─ POST /api/v2/write, one at a time ─ 204 ─► cursor Ack
//	PICTURE cursor ─ Next ─► lines ─► batch ─┘
//
// What it promises. Every record that its cursors give reaches the server at least once: a cursor is acknowledged only after a
// 204. Duplicates change nothing: a record makes the same line, to the byte, whenever and however often it is written, and
// InfluxDB keeps one point per series and timestamp. What sets two detections of one sensor and instant apart is a tie-breaker
// in the nanoseconds, made of their content (stamp.go); the journal's sequence would not do, since a broker that sends a message
// twice gives it two sequences.
//
// What goes wrong, and what is done (answer.go decides, deliver.go does it): the server is away, overloaded or answers 5xx: back
// off, for ever, as long as Retry-After says. It refuses us (401, 403, 404): the same, said as an error, since somebody must act;
// the token file is read again before each try. A batch is too large (413): halves. A line is refused (400 and 422 that speak of
// lines): halves until it is alone, then it goes to parked.lp with the server's words and the rest goes on. A 400 that speaks of
// something else never costs a line. The asynchronous WriteAPI of the client library is not used: it drops.
//
// InfluxDB 1.8 and 2.x both take this: a bucket of 1.8 is "database/retention-policy", its token "user:password" or empty. Start
// at writer.go.
package influx

import (
	"net"
	"net/url"
	"time"
)

// Config of the writer. The zero URL means that there is no InfluxDB.
type Config struct {
	URL       string `mapstructure:"url"`        // http://127.0.0.1:8086
	Org       string `mapstructure:"org"`        // of InfluxDB 2; 1.8 ignores it
	Bucket    string `mapstructure:"bucket"`     // of InfluxDB 2; "database/retention-policy" of 1.8
	TokenFile string `mapstructure:"token_file"` // a file with the token; "user:password" for 1.8; empty: no token

	Gzip        string        `mapstructure:"gzip"`         // auto (all but loopback), always, never
	BatchPoints int           `mapstructure:"batch_points"` // a request holds about this many
	FlushEvery  time.Duration `mapstructure:"flush_every"`  // no point waits longer for its batch
	Timeout     time.Duration `mapstructure:"timeout"`      // of one request
	MaxBackoff  time.Duration `mapstructure:"max_backoff"`  // between tries while the server is away

	Dir          string `mapstructure:"dir"`            // parked.lp is here: the lines that the server refuses
	ParkedMaxMiB int    `mapstructure:"parked_max_mib"` // when parked.lp reaches it, it becomes parked.lp.old
}

// Defaults are for one server nearby. Batches of 5,000 points are what InfluxData recommends (docs.influxdata.com, "Optimize
// writes"); a second is as fresh as a dashboard looks. A request that takes longer than 30 s is dead. Thirty seconds of back-off
// at most, so that a server that is back is found soon.
func Defaults() Config {
	return Config{
		Gzip: "auto", BatchPoints: 5000, FlushEvery: time.Second, Timeout: 30 * time.Second, MaxBackoff: 30 * time.Second,
		Dir: "data", ParkedMaxMiB: 16,
	}
}

// Check reports each setting that cannot work. Without a URL nothing else matters.
func (c Config) Check(fault func(path, what string)) {
	if c.URL == "" {
		return
	}
	if u, err := url.Parse(c.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		fault("url", "want http://host:port or https://host:port")
	}
	if c.Bucket == "" {
		fault("bucket", "want a bucket's name, or database/retention-policy for InfluxDB 1.8")
	}
	switch c.Gzip {
	case "auto", "always", "never":
	default:
		fault("gzip", "want auto, always or never")
	}
	if c.BatchPoints < 1 || c.BatchPoints > 50_000 {
		fault("batch_points", "want 1 to 50000")
	}
	within := func(path string, d, low, high time.Duration) {
		if d < low || d > high {
			fault(path, "want "+low.String()+" to "+high.String())
		}
	}
	within("flush_every", c.FlushEvery, 10*time.Millisecond, time.Minute)
	within("timeout", c.Timeout, time.Second, 10*time.Minute)
	within("max_backoff", c.MaxBackoff, 100*time.Millisecond, 10*time.Minute)
	if c.Dir == "" {
		fault("dir", "want a directory for the lines that the server refuses")
	}
	if c.ParkedMaxMiB < 1 || c.ParkedMaxMiB > 10_240 {
		fault("parked_max_mib", "want 1 to 10240")
	}
}

// compress says whether requests are compressed. On loopback it would cost the two of us more than the wire saves.
func (c Config) compress() bool {
	if c.Gzip != "auto" {
		return c.Gzip == "always"
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}
