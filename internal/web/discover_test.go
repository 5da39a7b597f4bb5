package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestDiscovery_listensAsLongAsItIsAsked(t *testing.T) {
	var fault error
	s, _ := running(t, testConfig(), newFake(), Deps{Discover: func(ctx context.Context) (Discovery, error) {
		<-ctx.Done()
		return Discovery{Publishers: 1, YAML: "sensors:\n"}, fault
	}})
	w := answered(s, http.MethodGet, "/api/v1/discover?for_s=0.01")
	var got Discovery
	if err := json.Unmarshal(w.Body.Bytes(), &got); w.Code != http.StatusOK || err != nil || got.Publishers != 1 || got.YAML != "sensors:\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, wrong := range []string{"0", "61", "-1", "NaN", "long"} {
		if w := answered(s, http.MethodGet, "/api/v1/discover?for_s="+wrong); w.Code != http.StatusBadRequest {
			t.Errorf("for_s=%s: %d %s", wrong, w.Code, w.Body)
		}
	}
	fault = errors.New("the broker is away")
	w = answered(s, http.MethodGet, "/api/v1/discover?for_s=0.01")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "away") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestDiscovery_isForOneAtATime(t *testing.T) {
	began, end := make(chan struct{}), make(chan struct{})
	s, _ := running(t, testConfig(), newFake(), Deps{Discover: func(context.Context) (Discovery, error) {
		close(began)
		<-end
		return Discovery{}, nil
	}})
	first := make(chan int)
	go func() { first <- answered(s, http.MethodGet, "/api/v1/discover").Code }()
	<-began
	if w := answered(s, http.MethodGet, "/api/v1/discover"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("the second is answered %d %s", w.Code, w.Body)
	}
	close(end)
	if code := <-first; code != http.StatusOK {
		t.Errorf("the first is answered %d", code)
	}
}
