package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// How often the ledger is written, how often progress is told, how long the end waits for the last acknowledgements.
const (
	flushEvery    = 100 * time.Millisecond
	progressEvery = 200 * time.Millisecond
	drainTimeout  = 30 * time.Second
)

// Progress of a load.
type Progress struct {
	Sent       int64         // messages, each counted once
	Acked      int64         // of them, acknowledged
	Resent     int64         // copies sent again on a new connection
	Reconnects int64         //
	Elapsed    time.Duration // since the connections stood
	Final      bool          // there will be no more
	Rate       float64       // messages per second: acknowledged ones, or sent ones with QoS 0, over the whole time
}

// Run publishes until the duration is over, the messages are sent or ctx ends, then waits for the acknowledgements of all that is
// under way. Broker restarts only delay it. An error says that the broker was not there at the beginning, that messages are not
// acknowledged half a minute after the end, or that the ledger can't be written; what is in the ledger holds all the same.
func Run(ctx context.Context, cfg Config) (Progress, error) {
	var faults []error
	cfg.Check(func(path, what string) { faults = append(faults, fmt.Errorf("%s: %s", path, what)) })
	if cfg.Broker == "" {
		faults = append(faults, errors.New("broker: is missing"))
	}
	if len(faults) > 0 {
		return Progress{}, errors.Join(faults...)
	}
	began := time.Now()
	r := &runner{cfg: &cfg, began: began, book: newBook(cfg.Ledger, &cfg, began)}
	if cfg.Duration > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, cfg.Duration)
		defer stop()
	}
	err := r.publish(ctx, r.links())
	p := r.progress()
	p.Final = true
	if r.cfg.Progress != nil {
		r.cfg.Progress(p)
	}
	return p, errors.Join(err, r.book.end(time.Now(), p.Sent, p.Acked))
}

// runner is one run.
type runner struct {
	cfg    *Config
	began  time.Time
	book   *book
	counts counts
}

// links shares out the sensors, the rate and the messages.
func (r *runner) links() []*link {
	w := newWorld(*r.cfg)
	n := min(r.cfg.Connections, r.cfg.Sensors)
	all := make([]*link, n)
	name := fmt.Sprintf("%s-%x", Prefix, r.began.UnixNano()&0xffffffffff) // a broker ends the older of two equals
	for i := range all {
		all[i] = newLink(r.cfg, fmt.Sprintf("%s-%d", name, i), r.book, &r.counts)
		if r.cfg.Messages > 0 {
			all[i].left = r.cfg.Messages*(i+1)/n - r.cfg.Messages*i/n
		}
	}
	for i := range r.cfg.Sensors {
		l := all[i%n]
		l.sensors = append(l.sensors, newSource(w, i))
		l.rate += r.cfg.Rate / float64(r.cfg.Sensors)
	}
	return all
}

// publish runs the links and writes the ledger meanwhile. If one link fails, the others end as well.
func (r *runner) publish(ctx context.Context, links []*link) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	life, kill := context.WithCancel(context.WithoutCancel(ctx)) // goes on after ctx, for what is under way
	defer kill()
	drain := time.AfterFunc(drainTimeout, kill)
	drain.Stop()
	unhook := context.AfterFunc(ctx, func() { drain.Reset(drainTimeout) })
	errs := make([]error, len(links)+1)
	var work sync.WaitGroup
	for i, l := range links {
		work.Go(func() {
			if errs[i] = l.run(ctx, life); errs[i] != nil {
				stop()
			}
		})
	}
	ended := make(chan struct{})
	go func() { work.Wait(); close(ended) }()
	r.watch(ended)
	errs[len(links)] = r.book.fault()
	unhook()
	drain.Stop()
	return errors.Join(errs...)
}

// watch writes the ledger and tells how far it is, until the links have ended.
func (r *runner) watch(ended <-chan struct{}) {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	told := r.began
	for {
		select {
		case <-ended:
			return
		case now := <-ticker.C:
			_ = r.book.flush() // the links see the error, and end
			if r.cfg.Progress != nil && now.Sub(told) >= progressEvery {
				told = now
				r.cfg.Progress(r.progress())
			}
		}
	}
}

func (r *runner) progress() Progress {
	p := Progress{
		Sent: r.counts.sent.Load(), Acked: r.counts.acked.Load(), Resent: r.counts.resent.Load(),
		Reconnects: r.counts.reconnects.Load(), Elapsed: time.Since(r.began),
	}
	done := p.Acked
	if r.cfg.QoS == 0 {
		done = p.Sent
	}
	p.Rate = float64(done) / p.Elapsed.Seconds()
	return p
}
