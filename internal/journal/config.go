package journal

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Config of the journal.
type Config struct {
	Dir        string        `mapstructure:"dir"`         // of the embedded server's streams and of the ledger
	URL        string        `mapstructure:"url"`         // of an outside NATS server with JetStream; Dir holds the ledger alone then
	MaxBytes   Bytes         `mapstructure:"max_bytes"`   // cap of INPUT and PICTURE together, counted before compression
	MaxAge     time.Duration `mapstructure:"max_age"`     // what is older and has been read by all is removed; 0 keeps it until MaxBytes
	MinFree    Bytes         `mapstructure:"min_free"`    // with less free on the disk of Dir nothing is stored, as at MaxBytes
	Sync       Sync          `mapstructure:"sync"`        // always, or the time between two fsyncs
	KeepRaw    bool          `mapstructure:"keep_raw"`    // keep the payload beside the detections that were made of it
	CommitWait time.Duration `mapstructure:"commit_wait"` // how long the first input of a commit waits for others
	AuditBytes Bytes         `mapstructure:"audit_bytes"` // how much of INPUT's end is read and checked at start
	Replicas   int           `mapstructure:"replicas"`    // copies in a cluster; 1 on a single server
	ReadOnly   bool          `mapstructure:"-"`           // make and change no stream: for a recorded journal
}

// Defaults are for one box. Waiting 5 ms gathers some hundred inputs at the rates where fsync would else be the limit, and is a
// tenth of the latency that an alert may have. Reading 256 MB takes about a second. A server that runs out of disk stops writing
// for good, so MinFree must stop us first.
func Defaults() Config {
	return Config{
		Dir: "data/journal", MaxBytes: 20e9, MaxAge: 30 * 24 * time.Hour, MinFree: 512e6, KeepRaw: true,
		CommitWait: 5 * time.Millisecond, AuditBytes: 256e6, Replicas: 1,
	}
}

// leastBytes is the smallest cap with which one commit and its events always fit.
const leastBytes = 64e6

// Check reports every bad field by its path.
func (c Config) Check(fault func(path, what string)) {
	if c.Dir == "" && c.URL == "" {
		fault("dir", "want a directory, or url for an outside server")
	}
	if c.URL != "" {
		if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" {
			fault("url", "want nats://host:4222 or tls://host:4222")
		}
	}
	if c.MaxBytes < leastBytes {
		fault("max_bytes", "want 64MB or more")
	}
	if c.MinFree < 0 {
		fault("min_free", "want 0 or more")
	}
	if c.MaxAge < 0 {
		fault("max_age", "want 0 or more")
	}
	if c.CommitWait < 0 || c.CommitWait > time.Second {
		fault("commit_wait", "want from 0 to 1s: every acknowledgement waits for it")
	}
	if c.AuditBytes < 0 {
		fault("audit_bytes", "want 0 or more")
	}
	if c.Replicas < 1 || c.Replicas > 5 {
		fault("replicas", "want from 1 to 5")
	}
}

// Bytes is a size as people write it: "20GB", "512 MiB", "1000".
type Bytes int64

// The units, the longest first where one ends in another.
var units = []struct { //nolint:gochecknoglobals // a fixed table
	name string
	size float64
}{
	{"kib", 1 << 10},
	{"mib", 1 << 20},
	{"gib", 1 << 30},
	{"tib", 1 << 40},
	{"kb", 1e3},
	{"mb", 1e6},
	{"gb", 1e9},
	{"tb", 1e12},
	{"b", 1},
	{"", 1},
}

// UnmarshalText reads a size. KB, MB, GB and TB are powers of 1000, KiB to TiB of 1024; the case of letters is free.
func (b *Bytes) UnmarshalText(text []byte) error {
	word := strings.ToLower(strings.TrimSpace(string(text)))
	for _, u := range units {
		number, ok := strings.CutSuffix(word, u.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if size := v * u.size; err == nil && size >= 0 && size < 1<<62 {
			*b = Bytes(size)
			return nil
		}
		break
	}
	return fmt.Errorf("%q is no size: want a number and a unit, as in 20GB or 512MiB", text)
}

// MarshalText writes the size in the biggest unit of 1000 that divides it.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

func (b Bytes) String() string {
	for _, u := range [...]struct {
		name string
		size Bytes
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}} {
		if b != 0 && b%u.size == 0 {
			return strconv.FormatInt(int64(b/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10) + "B"
}

// Sync is the longest time that something stored may not be on the disk. Zero, "always", is the promise of the whole: fsync
// before an acknowledgement. Anything else survives a kill of the process, not a loss of power.
type Sync time.Duration

var errSync = errors.New("want always, or a time with its unit, as in 100ms")

// UnmarshalText reads "always" or a duration above zero.
func (s *Sync) UnmarshalText(text []byte) error {
	if string(text) == "always" {
		*s = 0
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d <= 0 {
		return fmt.Errorf("%q: %w", text, errSync)
	}
	*s = Sync(d)
	return nil
}

// MarshalText is the inverse of UnmarshalText.
func (s Sync) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Sync) String() string {
	if s == 0 {
		return "always"
	}
	return time.Duration(s).String()
}
