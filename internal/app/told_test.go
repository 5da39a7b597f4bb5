package app

import (
	"testing"
	"time"

	"cutline/internal/config"
	"cutline/internal/web"
)

func TestReload_isToldWithThePlaceOfEachFault(t *testing.T) {
	at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	r := &reloader{}
	r.last.Store(&Reload{LoadedAt: at, Restart: []string{"http"}, Faults: []config.Fault{
		{Position: config.Position{File: "a.yaml", Line: 3, Col: 7}, Path: "http.listen", What: "no"},
	}})
	got := r.told()
	want := web.ConfigFault{File: "a.yaml", Line: 3, Column: 7, Path: "http.listen", What: "no"}
	if !got.LoadedAt.Equal(at) || len(got.Restart) != 1 || len(got.Faults) != 1 || got.Faults[0] != want {
		t.Errorf("%+v", got)
	}
}
