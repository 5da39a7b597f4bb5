package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tiles is a file that begins as one of PMTiles does.
func tiles(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "base.pmtiles")
	if err := os.WriteFile(path, []byte("PMTiles\x03 and the rest"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSite_isWhatTheDaemonSaysWithTheServersOwnSettings(t *testing.T) {
	cfg := testConfig()
	s, _ := running(t, cfg, newFake(), Deps{})
	var got Site
	w := answered(s, http.MethodGet, "/api/v1/site")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Sensors == nil || got.Border.Features == nil || got.Basemap != nil {
		t.Errorf("nothing is configured: %v %s", err, w.Body)
	}
	cfg.Name, cfg.Simulated, cfg.BasemapFile = "Emerson", true, tiles(t)
	s, _ = running(t, cfg, newFake(), Deps{Site: func() Site { return Site{Name: "emerson", Version: "v1"} }})
	w = answered(s, http.MethodGet, "/api/v1/site")
	err := json.Unmarshal(w.Body.Bytes(), &got)
	if err != nil || got.Basemap == nil || got.Name != "Emerson" || got.Version != "v1" || !got.Simulated ||
		got.Basemap.PMTiles != basemapPath {
		t.Errorf("%v %s", err, w.Body)
	}
}

func TestBasemap_comesInRanges(t *testing.T) {
	cfg := testConfig()
	s, _ := running(t, cfg, newFake(), Deps{})
	if w := answered(s, http.MethodGet, basemapPath); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "basemap_file") {
		t.Errorf("none: %d %s", w.Code, w.Body)
	}
	cfg.BasemapFile = tiles(t)
	s, _ = running(t, cfg, newFake(), Deps{})
	for header, want := range map[string]struct {
		code int
		body string
	}{
		"":             {http.StatusOK, "PMTiles\x03 and the rest"},
		"bytes=0-6":    {http.StatusPartialContent, "PMTiles"},
		"bytes=-4":     {http.StatusPartialContent, "rest"},
		"bytes=900-99": {http.StatusRequestedRangeNotSatisfiable, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost"+basemapPath, nil)
		if header != "" {
			r.Header.Set("Range", header)
		}
		w := httptest.NewRecorder()
		s.handler().ServeHTTP(w, r)
		if w.Code != want.code || want.body != "" && w.Body.String() != want.body || want.body != "" && w.Header().Get("ETag") == "" {
			t.Errorf("%q: %d %q", header, w.Code, w.Body)
		}
	}
	if err := os.Remove(cfg.BasemapFile); err != nil {
		t.Fatal(err)
	}
	if w := answered(s, http.MethodGet, basemapPath); w.Code != http.StatusNotFound {
		t.Errorf("the file is gone: %d %s", w.Code, w.Body)
	}
}

func TestCheckBasemap_wantsVersion3(t *testing.T) {
	if err := checkBasemap(tiles(t)); err != nil {
		t.Error(err)
	}
	for _, content := range []string{"", "PMTiles\x02", "{\"type\":\"FeatureCollection\"}"} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := checkBasemap(path); err == nil || !strings.Contains(err.Error(), "PMTiles") {
			t.Errorf("%q: %v", content, err)
		}
	}
}
