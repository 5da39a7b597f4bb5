package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/feed"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/web/client"
)

// replaying is the command line of rejects --replay.
type replaying struct {
	on, dry bool
	file    string
}

func replayFlags(cmd *cobra.Command) *replaying {
	var r replaying
	cmd.Flags().BoolVar(&r.on, "replay", false, "publish again what the configuration can read now")
	cmd.Flags().StringVar(&r.file, "config", "", "the YAML file with the mended mapping (required with --replay)")
	cmd.Flags().BoolVar(&r.dry, "dry-run", false, "with --replay: say what would be done, and do nothing")
	return &r
}

// run asks the daemon for its rejects, and sends on what is read now.
func (r *replaying) run(cmd *cobra.Command, daemon, sensor string, limit int) error {
	cfg, err := load(cmd, r.file)
	if err != nil {
		return err
	}
	n, err := normalize.New(cfg.Sensors)
	if err != nil {
		return err
	}
	var stored []*record.Event
	if err := ask(cmd, daemon, func(ctx context.Context, c *client.Client) error {
		stored, err = c.Rejects(ctx, sensor, limit)
		return err
	}); err != nil {
		return err
	}
	slices.Reverse(stored)
	var good []feed.Sent
	judged := 0
	for _, e := range once(stored) {
		verdict, ok := judge(n, e, time.Now())
		say(cmd.OutOrStdout(), "%s %s: %s", e.Received.Format(time.RFC3339), e.Topic, verdict)
		if judged++; ok {
			good = append(good, feed.Sent{Topic: e.Topic, Payload: e.Payload})
		}
	}
	if r.dry || len(good) == 0 {
		say(cmd.ErrOrStderr(), "%s, of which %d would be sent again", count(judged, "payload"), len(good))
		return nil
	}
	taken, err := feed.Publish(cmd.Context(), brokerOf(&cfg), good)
	say(cmd.ErrOrStderr(), "%s, of which %d were sent again", count(judged, "payload"), taken)
	if err != nil {
		return fmt.Errorf("publish again: %w", err)
	}
	return nil
}

// once leaves out the further rejects of one payload: each fault is an event of its own, and the first has the payload.
func once(events []*record.Event) (first []*record.RejectEvent) {
	type key struct {
		at    time.Time
		topic string
	}
	place := map[key]int{}
	for _, e := range events {
		r := e.Reject
		if r == nil {
			continue
		}
		k := key{r.Received, r.Topic}
		i, seen := place[k]
		switch {
		case !seen:
			place[k] = len(first)
			first = append(first, r)
		case len(first[i].Payload) == 0:
			first[i] = r
		}
	}
	return first
}

// judge reads a stored payload as it would be read if it came now; ok is false if it must not be sent. Its detections must have the times
// that they would have had when it first came: a payload without a time of its own would put what was somewhere then there now.
func judge(n *normalize.Normalizer, e *record.RejectEvent, now time.Time) (verdict string, ok bool) {
	if len(e.Payload) == 0 {
		return "the payload is not kept", false
	}
	_, then := n.Normalize(e.Received, e.Topic, e.Payload)
	_, in := n.Normalize(now, e.Topic, e.Payload)
	if len(in.Rejects) > 0 {
		r := in.Rejects[0]
		if r.Path == "" {
			return "refused still: " + r.Reason, false
		}
		return fmt.Sprintf("refused still: %s: %s", r.Path, r.Reason), false
	}
	detections := 0
	for i := range in.Scans {
		detections += len(in.Scans[i].Detections)
	}
	if !reflect.DeepEqual(in.Scans, then.Scans) {
		return "tells no time of its own, and would count as of now: not sent", false
	}
	if detections == 0 {
		return "is read now, and holds no detection: not sent", false
	}
	return "is read now: " + count(detections, "detection"), true
}
