package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"cutline/internal/journal"
	"cutline/internal/web"
)

func TestReporter_saysWhatIsAwayForLongOnceAndThatItIsBack(t *testing.T) {
	start := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	c := web.Component{OK: true}
	full := false
	var got []string
	now := 0
	r := reporter{
		sector: "emerson", told: map[string]bool{},
		health: func() map[string]web.Component { return map[string]web.Component{"influx": c} },
		put: func(_ context.Context, e journal.Entry) error {
			if full {
				return errors.New("full")
			}
			k := e.Input.Command
			got = append(got, fmt.Sprint(now, " ", e.Sector, " ", k.Name, " ", k.Other, " ", k.Undo, " ", k.Comment))
			return nil
		},
	}
	for ; now < 200; now++ {
		switch now {
		case 10, 60: // a restart, then an outage
			c = web.Component{Since: at(now), Message: "refused"}
		case 15, 150:
			c = web.Component{OK: true, Since: at(now), Message: "fine"}
		}
		full = now >= 90 && now < 95
		r.look(t.Context(), at(now))
	}
	if !slices.Equal(got, []string{
		"0 emerson report influx true ", "95 emerson report influx false refused", "150 emerson report influx true fine",
	}) {
		t.Errorf("got %q", got)
	}
}
