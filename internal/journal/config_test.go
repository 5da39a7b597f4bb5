package journal_test

import (
	"slices"
	"testing"
	"time"

	"cutline/internal/journal"
)

func TestCheck_reportsEveryFault(t *testing.T) {
	var got []string
	note := func(path, _ string) { got = append(got, path) }
	journal.Defaults().Check(note)
	if got != nil {
		t.Errorf("the defaults are at fault: %v", got)
	}
	journal.Config{URL: "http://x", MinFree: -1, MaxAge: -1, CommitWait: time.Minute, AuditBytes: -1}.Check(note)
	journal.Config{MaxBytes: 64e6, Replicas: 1}.Check(note)
	want := []string{"url", "max_bytes", "min_free", "max_age", "commit_wait", "audit_bytes", "replicas", "dir"}
	if !slices.Equal(got, want) {
		t.Errorf("faults at %v, want %v", got, want)
	}
}

func TestBytes_readsWhatPeopleWrite(t *testing.T) {
	for text, want := range map[string]journal.Bytes{
		"20GB": 20e9, "512 MiB": 512 << 20, "1000": 1000, "1.5kb": 1500, "0": 0, "7b": 7, " 2TiB ": 2 << 40, "3tb": 3e12, "1KiB": 1024,
	} {
		var got journal.Bytes
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
		var again journal.Bytes
		if err := again.UnmarshalText([]byte(got.String())); err != nil || again != want {
			t.Errorf("%q is written as %q, which is %d, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "GB", "-1GB", "1XB", "1e30GB", "NaN", "20 G", "infGB"} {
		var got journal.Bytes
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestSync_readsAlwaysOrATime(t *testing.T) {
	for text, want := range map[string]journal.Sync{"always": 0, "100ms": journal.Sync(100 * time.Millisecond)} {
		var got journal.Sync
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want || got.String() != text {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "never", "0s", "-1s", "10"} {
		var got journal.Sync
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
