package app

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestRunStages_stopsInTheDatasDirection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var ended []string // written by one stage at a time, if the promise holds: -race would tell
		named := func(name string) stage {
			return stage{name, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(time.Second) // the bubble's clock: it passes on what it holds
				ended = append(ended, name)
				return ctx.Err()
			}}
		}
		done := make(chan error)
		go func() { done <- runStages(ctx, named("feed"), named("journal"), named("influx")) }()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("an ordered stop is no error, got %v", err)
		}
		if want := []string{"feed", "journal", "influx"}; !slices.Equal(ended, want) {
			t.Errorf("ended %v, want %v", ended, want)
		}
	})
}

func TestRunStages_stopsAllWhenOneFailsAndSaysWhich(t *testing.T) {
	broken := errors.New("disk gone")
	stopped := false
	err := runStages(t.Context(),
		stage{"feed", func(ctx context.Context) error { <-ctx.Done(); stopped = true; return nil }},
		stage{"journal", func(context.Context) error { return broken }},
	)
	if !errors.Is(err, broken) || err.Error() != "journal: disk gone" {
		t.Errorf("the error is %v", err)
	}
	if !stopped {
		t.Error("the other stage still runs")
	}
}
