// Package golden compares what a test made with a file beside it, and rewrites the file under -update.
//
//	go test ./internal/normalize -update
//
// A changed golden file is read in review like code. Only tests import this package.
package golden

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files with what the tests make") //nolint:gochecknoglobals // a test flag

// Check fails the test unless the file at path holds exactly got; under -update it writes got there instead.
func Check(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path) //nolint:gosec // a path that the test names
	if err != nil {
		t.Fatalf("%v: run this test with -update to write it, then read the file", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update rewrites it):\n--- want\n%s\n--- got\n%s", path, want, got)
	}
}
