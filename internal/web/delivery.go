package web

import (
	"net/http"
	"time"
)

// Deliveries says how far an alert has come on each way out.
type Deliveries struct {
	Alert      string     `json:"alert"`
	Revision   int        `json:"revision"` // of the alert now
	Deliveries []Delivery `json:"deliveries"`
}

// Delivery is one way out.
type Delivery struct {
	Route    string    `json:"route"`              // mqtt, or the route's id
	State    string    `json:"state"`              // delivered, waiting, refused, skipped
	Revision int       `json:"revision,omitempty"` // of the alert, that the far side has
	Time     time.Time `json:"time,omitzero"`      // of its confirmation or refusal
	Error    string    `json:"error,omitempty"`    // why it waits or is refused
}

func (s *Server) getDelivery(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); !ok {
		return
	}
	e, err := s.picture.subject(subject{id: r.PathValue("id")})
	if err != nil {
		refuse(w, err)
		return
	}
	out := Deliveries{Alert: e.Alert.ID, Revision: e.Alert.Revision, Deliveries: []Delivery{}}
	if s.deps.Deliveries != nil {
		out.Deliveries = append(out.Deliveries, s.deps.Deliveries(e)...)
	}
	reply(w, http.StatusOK, out)
}
