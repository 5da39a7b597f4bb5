package web

import (
	"net/http"
	"strings"
	"testing"

	"cutline/internal/record"
)

func TestDelivery_isToldForEachWayOut(t *testing.T) {
	j := newFake()
	j.add(alertEvent("a1", "unacknowledged", "new", 1))
	s, _ := running(t, testConfig(), j, Deps{})
	if w := answered(s, http.MethodGet, "/api/v1/alerts/a1/delivery"); !strings.Contains(w.Body.String(), `"deliveries":[]`) {
		t.Errorf("nobody is told: %d %s", w.Code, w.Body)
	}
	s, _ = running(t, testConfig(), j, Deps{Deliveries: func(e *record.Event) []Delivery {
		return []Delivery{{Route: "phone", State: "waiting", Error: e.Alert.ID + " waits"}}
	}})
	w := answered(s, http.MethodGet, "/api/v1/alerts/a1/delivery")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `{"route":"phone","state":"waiting","error":"a1 waits"}`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := checker(t)("#/components/schemas/Deliveries", w.Body.Bytes()); err != nil {
		t.Error(err)
	}
	if w := answered(s, http.MethodGet, "/api/v1/alerts/nobody/delivery"); w.Code != http.StatusNotFound {
		t.Errorf("no alert: %d", w.Code)
	}
}
