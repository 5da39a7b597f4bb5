package simulator

import (
	"math"
	"strings"
	"testing"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// of gives the messages of a sensor on one of its topics.
func of(messages []record.Line, sensor, topic string) (out []record.Line) {
	for _, l := range messages {
		if l.Topic == "border/emerson/"+sensor+"/"+topic {
			out = append(out, l)
		}
	}
	return out
}

func faults(t *testing.T, sensor string, change func(*sensorSpec)) []record.Line {
	t.Helper()
	messages, _ := played(t, day(t, Options{Seed: 1, Duration: 6 * minute}, func(s *Scenario) {
		for i := range s.Sensors {
			if s.Sensors[i].ID == sensor && change != nil {
				change(&s.Sensors[i])
			}
		}
	}))
	return messages
}

func with(f ...faultSpec) func(*sensorSpec) { return func(d *sensorSpec) { d.Faults = f } }

func seconds(l record.Line) float64 { return l.Received.Sub(DefaultStart()).Seconds() }

func TestFault_aSilentSensorSaysNothingAndComesBack(t *testing.T) {
	messages := faults(t, "twr-01", with(faultSpec{Kind: "silent", At: durationSpan{60, 180}}))
	for _, topic := range []string{"detections", "status"} {
		before, after := 0, 0
		for _, l := range of(messages, "twr-01", topic) {
			switch at := seconds(l); {
			case at > 61 && at < 180:
				t.Fatalf("a message at %v s", at)
			case at < 61:
				before++
			default:
				after++
			}
		}
		if before == 0 || after == 0 {
			t.Errorf("%s: %d messages before, %d after", topic, before, after)
		}
	}
}

func TestFault_aDeadSensorLeavesItsWill(t *testing.T) {
	messages := faults(t, "cam-01", with(faultSpec{Kind: "dead", At: durationSpan{60, 60}}))
	wills := 0
	for _, l := range of(messages, "cam-01", "status") {
		if string(l.Bytes()) == will {
			wills++
		} else if seconds(l) > 61 {
			t.Errorf("it says %s after its death", l.Bytes())
		}
	}
	if d := of(messages, "cam-01", "detections"); wills != 1 || seconds(d[len(d)-1]) > 61.5 {
		t.Errorf("%d wills, the last look at %v s", wills, seconds(d[len(d)-1]))
	}
}

func TestFault_aStuckSensorRepeatsItsLastValueAtNewTimes(t *testing.T) {
	messages := of(faults(t, "twr-02", with(faultSpec{Kind: "stuck", At: durationSpan{60, 120}})), "twr-02", "detections")
	frozen := ""
	var last sweep
	n := 0
	for _, l := range messages {
		var m sweep
		decode(t, l, &m)
		if m.Time.Sub(DefaultStart()) < time.Minute || m.Time.Sub(DefaultStart()) >= 2*time.Minute {
			last = m
			continue
		}
		_, tail, _ := strings.Cut(string(l.Bytes()), `"simulated"`)
		if frozen == "" {
			frozen = tail
		}
		if tail != frozen || !m.Time.After(last.Time) || *m.Scan != *last.Scan+1 {
			t.Fatalf("not the last value at a new time: %s", l.Bytes())
		}
		last = m
		n++
	}
	if n != 30 {
		t.Errorf("%d repetitions in a minute, want 30", n)
	}
}

func TestFault_zeroIsThePlaceOfAReceiverWithoutAFix(t *testing.T) {
	messages := of(faults(t, "patrol-01", with(faultSpec{Kind: "zero", At: durationSpan{60, 120}})), "patrol-01", "detections")
	zeros := 0
	for _, l := range messages {
		var m sweep
		decode(t, l, &m)
		at := m.Time.Sub(DefaultStart())
		if inside := at >= time.Minute && at < 2*time.Minute; inside != (m.Position.Lat == 0 && m.Position.Lon == 0) {
			t.Fatalf("at %v: %s", at, l.Bytes())
		} else if inside {
			zeros++
		}
	}
	if zeros == 0 {
		t.Error("never at 0/0")
	}
}

func TestFault_aTurnedMastAddsItsTurnToEveryAzimuth(t *testing.T) {
	plain := of(faults(t, "twr-01", nil), "twr-01", "detections")
	turned := of(faults(t, "twr-01", with(faultSpec{Kind: "turned", At: durationSpan{120, 120}, Turn: 3})), "twr-01", "detections")
	moved := 0
	for i, l := range turned {
		var a, b sweep
		decode(t, plain[i], &a)
		decode(t, l, &b)
		bad := 0
		for k := range *a.Detections { // clutter comes in the order of azimuths, and may change places with what is turned
			d := (*b.Detections)[k].Polar.Azimuth - (*a.Detections)[k].Polar.Azimuth
			if late := b.Time.Sub(DefaultStart()) >= 2*time.Minute; late && math.Abs(d-3) < 0.002 {
				moved++
			} else if !late && d != 0 {
				bad++
			}
		}
		if bad > 0 {
			t.Fatalf("turned before its time: %s", l.Bytes())
		}
	}
	if moved < 100 {
		t.Errorf("%d returns are turned by 3°", moved)
	}
}

func TestFault_aRestartBeginsTheNumbersAgain(t *testing.T) {
	for _, sensor := range []string{"twr-01", "cam-01", "drone-01", "patrol-01"} {
		messages := of(faults(t, sensor, with(faultSpec{Kind: "restart", At: durationSpan{90, 90}})), sensor, "detections")
		restarts := 0
		var last int64
		for _, l := range messages {
			var m sweep
			decode(t, l, &m)
			if *m.Scan < last {
				restarts++
				if *m.Scan != 1 || m.Time.Sub(DefaultStart()) < 90*time.Second {
					t.Errorf("%s begins again with %d at %v", sensor, *m.Scan, m.Time)
				}
			}
			last = *m.Scan
		}
		if restarts != 1 {
			t.Errorf("%s begins its numbers again %d times, want once", sensor, restarts)
		}
	}
}

func TestClock_isAheadByItsOffsetAndItsDrift(t *testing.T) {
	plain := faults(t, "twr-01", nil)
	skewed := faults(t, "twr-01", func(d *sensorSpec) { d.Clock = clockSpec{Offset: duration(-400 * time.Millisecond), Drift: 2000} })
	for _, topic := range []string{"detections", "status"} {
		a, b := of(plain, "twr-01", topic), of(skewed, "twr-01", topic)
		for i := range a {
			event := eventTime(t, a[i])
			want := -0.4 + 0.002*event.Sub(DefaultStart()).Seconds()
			if got := eventTime(t, b[i]).Sub(event).Seconds(); math.Abs(got-want) > 0.0021 {
				t.Fatalf("%s: off by %v s, want %v s", topic, got, want)
			}
			if !a[i].Received.Equal(b[i].Received) {
				t.Fatal("a wrong clock moves the receipt")
			}
		}
	}
}

func TestSurvey_theConfigurationIsWrongByWhatItSays(t *testing.T) {
	r := day(t, Options{}, nil)
	spec := r.spec(t, "twr-01")
	at := r.frame.ENU(spec.Pose.lla())
	heading := spec.Pose.Heading
	spec.Survey = surveySpec{East: 12, North: -7, Up: 3, Azimuth: 0.4}
	spec.survey(r.frame)
	got := r.frame.ENU(spec.Pose.lla()).Sub(at)
	if math.Abs(got.E-12) > 0.1 || math.Abs(got.N+7) > 0.1 || spec.Pose.Alt != 248 || spec.Pose.Heading != heading {
		t.Errorf("the written pose is off by %+v, want 12 m east and 7 m south", got)
	}
	if turn := geo.Radians(spec.turn(0)).Degrees(); math.Abs(float64(turn)-0.4) > 1e-9 {
		t.Errorf("azimuths are turned by %v°, want 0.4°", turn)
	}
}
