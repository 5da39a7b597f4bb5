package app

import (
	"context"
	"errors"
	"fmt"
)

// stage is a part of the daemon that runs until its context ends, then passes on what it still holds and returns.
type stage struct {
	name string
	run  func(context.Context) error
}

// runStages runs stages, listed in the data's direction, until ctx ends or one of them returns. Then it stops them one after
// the other in that order, each only when the one before it is done: no stage feeds one that has gone.
func runStages(ctx context.Context, stages ...stage) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ends, errs := make([]context.CancelFunc, len(stages)), make([]chan error, len(stages))
	for i, s := range stages {
		own, end := context.WithCancel(context.WithoutCancel(ctx)) // its turn comes below, not with ctx
		ends[i], errs[i] = end, make(chan error, 1)
		go func() {
			defer close(errs[i])
			defer stop()
			if err := s.run(own); err != nil && own.Err() == nil {
				errs[i] <- fmt.Errorf("%s: %w", s.name, err)
			}
		}()
	}
	<-ctx.Done()
	var all []error
	for i := range stages {
		ends[i]()
		all = append(all, <-errs[i])
	}
	return errors.Join(all...)
}
