package app

import (
	"context"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
	"cutline/internal/web"
)

const (
	reportEvery = time.Second
	awayFor     = 30 * time.Second // that InfluxDB must be away before somebody is called: a restart of it is no alarm
)

// reporter says in INPUT what is wrong with a part of the daemon, and when it is well again: there it becomes an alert like any other, and
// a replay has it too. What is wrong with the journal itself can be said only when it takes records again.
type reporter struct {
	sector string // whose alert it is
	health func() map[string]web.Component
	put    func(ctx context.Context, e journal.Entry) error
	told   map[string]bool // by part: whether it was wrong when it was told last; a part that is not in it has not been told of
}

// run looks until ctx ends.
func (r *reporter) run(ctx context.Context) error {
	r.told = map[string]bool{}
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			r.look(ctx, now.UTC())
		}
	}
}

func (r *reporter) look(ctx context.Context, now time.Time) {
	health := r.health()
	for _, part := range []string{"journal", "influx", "configuration"} {
		c, known := health[part]
		if !known || !c.OK && now.Sub(c.Since) < awayFor && part == "influx" {
			continue
		}
		if before, told := r.told[part]; told && before == !c.OK {
			continue
		}
		command := record.Command{Name: record.Report, Other: part, By: "cutline", Comment: c.Message, Undo: c.OK, Time: now}
		in := record.Input{Kind: record.CommandGiven, Received: now, Command: &command}
		if r.put(ctx, journal.Entry{Sector: r.sector, Input: in}) == nil {
			r.told[part] = !c.OK
		}
	}
}

// troubled are the parts that report themselves: the configuration, the journal once it has been looked through, InfluxDB if there is one.
func (p *parts) troubled() map[string]web.Component {
	all := map[string]web.Component{"configuration": p.config.health()}
	if p.journal.Status().Audit != nil {
		all["journal"] = p.auditHealth()
	}
	if p.influx != nil {
		all["influx"] = p.influxHealth()
	}
	return all
}
