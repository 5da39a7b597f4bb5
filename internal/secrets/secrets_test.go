package secrets_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cutline/internal/secrets"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestText_isWhatTheFileHoldsWithoutItsLastLineFeed(t *testing.T) {
	t.Parallel()
	for held, want := range map[string]string{"s3cret\n": "s3cret", "s3 cret\r\n": "s3 cret", " s ": " s ", "": ""} {
		if got, err := secrets.Text("token_file", write(t, held)); err != nil || got != want {
			t.Errorf("of %q: %q, %v", held, got, err)
		}
	}
	if got, err := secrets.Text("token_file", ""); err != nil || got != "" {
		t.Errorf("of no file: %q, %v", got, err)
	}
	if _, err := secrets.Text("token_file", "/nowhere/t"); err == nil || !strings.HasPrefix(err.Error(), "token_file: ") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestTLS_namesTheSettingThatIsWrong(t *testing.T) {
	t.Parallel()
	text := write(t, "no certificate")
	for want, files := range map[string][3]string{
		"ca_file: open":        {"/nowhere/ca.pem", "", ""},
		"ca_file: no PEM":      {text, "", ""},
		"cert_file, key_file:": {"", text, "/nowhere/key"},
	} {
		if _, err := secrets.TLS(files[0], files[1], files[2]); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: %v, want %q", files, err, want)
		}
	}
	if c, err := secrets.TLS("", "", ""); err != nil || c.RootCAs != nil || c.MinVersion == 0 {
		t.Errorf("nothing configured: %+v, %v", c, err)
	}
}
