package alert

import (
	"fmt"
	"time"

	"cutline/internal/record"
	"cutline/internal/sensor"
)

// Outage is a time in which a sensor says nothing, or says that it is off.
type Outage struct {
	Sensor  *sensor.Definition
	Ordinal int       // of the sensor's outages, from 1
	Since   time.Time // when it was heard last, or began to be awaited
	Offline bool      // by its own word, or its broker's
}

// Sensor raises the alert of an outage. There is one for each, however its reason changes while it lasts.
func (b *Book) Sensor(now time.Time, o Outage, out []record.Event) []record.Event {
	s := o.Sensor
	name := id(b.sector, SensorSilent, s.ID, o.Ordinal)
	if b.Open(name) {
		return out
	}
	a := Alert{Told: record.AlertEvent{
		ID: name, Kind: SensorSilent, State: Unacknowledged, Priority: Medium, Change: ChangeNew,
		Time: o.Since, Raised: now, Updated: now, Count: 1, Confidence: 1, Sensor: s.ID,
	}}
	if s.HasPose {
		a.Told.Lat, a.Told.Lon = round(float64(s.Pose.Lat), 7), round(float64(s.Pose.Lon), 7)
	}
	label := string(s.Kind) + " " + s.ID
	if o.Offline {
		a.Told.Rule = "it reported itself offline"
		a.Told.Text = fmt.Sprintf("%s is offline since %s: what it watched is not watched by it", title(label), clock(o.Since))
	} else {
		a.Told.Rule = fmt.Sprintf("nothing heard for more than %s", s.MaxSilence)
		a.Told.Text = fmt.Sprintf("%s has been silent since %s: it sees nothing of what it watches", title(label), clock(o.Since))
	}
	b.state.Open = append(b.state.Open, a)
	return append(out, event(b.sector, &a.Told))
}

// SensorBack ends the alert of an outage.
func (b *Book) SensorBack(now time.Time, o Outage, out []record.Event) []record.Event {
	if k := b.find(id(b.sector, SensorSilent, o.Sensor.ID, o.Ordinal)); k >= 0 {
		return b.end(now, k, "it is heard again", out)
	}
	return out
}
