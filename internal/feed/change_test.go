package feed

import (
	"slices"
	"testing"

	"cutline/internal/sensor"
	"cutline/internal/testenv"
)

func TestChange_aNewSensorIsHeardAndAGoneOneIsNotOverTheSameConnection(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	j := &store{}
	f := start(t, settings(t, broker.URL()), j, twoSensors[0])
	connected(t, f)
	p := publish(t, broker.URL())
	p.send(topic, 0, 1)

	f.Change(twoSensors, reader{[]string{"twr-01", "cam-01"}})
	until(t, "the new sensor is heard", func() bool {
		p.send(twoSensors[1].Topic, 1, 2)
		return slices.Contains(j.payloads(), "m00001")
	})
	f.Change(twoSensors[1:], reader{[]string{"cam-01"}})
	until(t, "the old topic is given up", func() bool {
		filters, err := f.memory.load()
		return err == nil && !slices.Contains(filters, topic)
	})
	p.send(topic, 2, 3)
	p.send(twoSensors[1].Topic, 3, 4)
	until(t, "the last message is there", func() bool { return slices.Contains(j.payloads(), "m00003") })
	if slices.Contains(j.payloads(), "m00002") {
		t.Error("a topic that was given up still comes")
	}
	if n := f.Status().Connects; n != 1 {
		t.Errorf("%d connections, want the first one alone", n)
	}
}

// A topic that moves below a wildcard, and back, is heard all the while.
func TestChange_aWiderFilterLosesNothing(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	j := &store{}
	f := start(t, settings(t, broker.URL()), j, twoSensors[0])
	connected(t, f)
	p := publish(t, broker.URL())
	wide := []sensor.Definition{{ID: "twr-01", Sector: "emerson", Topic: "border/emerson/+/detections"}}
	const each = 200
	for k := range 4 {
		next := wide
		if k%2 == 1 {
			next = twoSensors[:1]
		}
		f.Change(next, reader{[]string{"twr-01"}})
		p.send(topic, k*each, (k+1)*each)
	}
	until(t, "all are there", func() bool { return len(j.times()) == 4*each })
	if n := f.Status().Connects; n != 1 {
		t.Errorf("%d connections, want the first one alone", n)
	}
}

func TestChange_whileTheBrokerIsAwayIsMadeUpFor(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	j := &store{}
	f := start(t, settings(t, broker.URL()), j, twoSensors[0])
	connected(t, f)
	broker.Stop()
	until(t, "it is away", func() bool { return !f.Status().Connected })
	f.Change(twoSensors, reader{[]string{"twr-01", "cam-01"}})
	broker.Start()
	connected(t, f)
	p := publish(t, broker.URL())
	p.send(twoSensors[1].Topic, 0, 1)
	until(t, "the new sensor is heard", func() bool { return j.len() > 0 })
}
