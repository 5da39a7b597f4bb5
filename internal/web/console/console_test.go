package console

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	q := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, q)
	return w
}

func TestHandler_servesThePageAndAllThatItNames(t *testing.T) {
	t.Parallel()
	page := get(t, "/").Body.Bytes()
	named := regexp.MustCompile(`(?:src|href)="\./([^"]+)"`).FindAllSubmatch(page, -1)
	if len(named) < 3 {
		t.Fatalf("the page names %d files, want a script, a style and an icon: %s", len(named), page)
	}
	for _, m := range named {
		r := get(t, "/"+string(m[1]))
		if r.Code != http.StatusOK || r.Header().Get("Content-Type") == "application/octet-stream" {
			t.Errorf("%s: %d, type %q", m[1], r.Code, r.Header().Get("Content-Type"))
		}
	}
	if r := get(t, "/assets/nothing.js"); r.Code != http.StatusNotFound {
		t.Errorf("a file that is not there: %d", r.Code)
	}
}

// The page's policy allows scripts and styles from files only: one in the page would be refused, and the screen stay black.
func TestPage_hasNothingInline(t *testing.T) {
	t.Parallel()
	page := get(t, "/").Body.Bytes()
	for _, bad := range []string{`<style`, `style="`, `onload=`, `javascript:`, `//cdn`, `https://`} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if regexp.MustCompile(`<script[^>]*>[^<]`).Match(page) {
		t.Error("the page holds a script of its own")
	}
}

func TestHandler_keepsWhatIsNamedByItsContents(t *testing.T) {
	t.Parallel()
	page := get(t, "/").Body.Bytes()
	script := "/" + string(regexp.MustCompile(`assets/index-[^"]+\.js`).Find(page))
	for path, want := range map[string]string{"/": "no-cache", script: "public, max-age=31536000, immutable"} {
		r := get(t, path)
		if got := r.Header().Get("Cache-Control"); got != want {
			t.Errorf("%s: cache-control %q, want %q", path, got, want)
		}
		again := get(t, path, "If-None-Match", r.Header().Get("ETag"))
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s asked for again: %d", path, again.Code)
		}
	}
}

func TestHandler_packsTheSameBytes(t *testing.T) {
	t.Parallel()
	plain, packed := get(t, "/licences.txt"), get(t, "/licences.txt", "Accept-Encoding", "br, gzip")
	if packed.Header().Get("Content-Encoding") != "gzip" || plain.Header().Get("Content-Encoding") != "" {
		t.Fatalf("encodings %q and %q", plain.Header().Get("Content-Encoding"), packed.Header().Get("Content-Encoding"))
	}
	zr, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(zr)
	if err != nil || !bytes.Equal(unpacked, plain.Body.Bytes()) {
		t.Errorf("packed is another text than plain: %v", err)
	}
	if plain.Header().Get("ETag") == packed.Header().Get("ETag") {
		t.Error("both have the same entity tag: a cache would mix them up")
	}
}

// A megabyte by gzip is what a first visit may cost, over the poor link of a post.
func TestBuild_isSmall(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	sum := 0
	page := get(t, "/").Body.String()
	entries, err := dist.ReadDir("dist/assets")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		n := get(t, "/assets/"+e.Name(), "Accept-Encoding", "gzip").Body.Len()
		sum += n
		t.Logf("%8d %s (in the page: %v)", n, e.Name(), strings.Contains(page, e.Name()))
	}
	if sum > most {
		t.Errorf("all files are %d bytes packed, want at most %d", sum, most)
	}
}
