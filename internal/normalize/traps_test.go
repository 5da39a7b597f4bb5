package normalize_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// traps are the ways in which formats of others have led receivers astray, in the order of the list that this project was given, and where
// each is held: a case folder of this package (good or bad, with a word that must stand in its want.json), or tests by package and name.
var traps = []struct {
	trap  string
	cases map[string]string
	tests []string
}{
	{"latitude and longitude swapped, or under the label of another system: refused, never put right", map[string]string{
		"cot-bad-swapped": "exchanged?", "dji-cloud-bad-latitude-of-97": "exchanged?", "axis-bad-radar-swapped": "exchanged?",
		"remoteid-bad-swapped": "exchanged?", "sapient-v2-bad-latitude-under-the-label-of-utm": "no UTM",
	}, nil},
	{"0/0 and the values that mean unknown", map[string]string{
		"dji-cloud-no-fix-is-no-fault": "no position", "dji-cloud-laser-without-a-signal": "unknown", "cot-unknown-numbers": `"track": "gw.T417"`,
		"cot-unknown-numbers-that-came-by-protobuf": `"track": "gw.T417"`, "cot-telephone-without-a-fix": `"battery_pct": 61`,
		"remoteid-unknown-values": "", "ais-sentence-unknown-speed-and-course": "",
	}, nil},
	{"feet and knots beside metres; km/h; mph or km/h that nobody labels", map[string]string{
		"readsb-barometric-height-is-not-used": "", "frigate-event-of-a-person": `"azimuth_deg": 172`, "owntracks-transition": "",
	}, []string{"normalize.TestTraps_unlabelledSpeedIsNotUsed"}},
	{"what an altitude counts from", map[string]string{
		"axis-radar-frame-with-positions": `"alt_hae_m": 211.79`, "dji-cloud-traffic-that-a-drone-warns-of": `"alt_hae_m": 453.21`,
		"dji-cloud-position-of-our-own": `"alt_hae_m": 318.4`,
	}, nil},
	{"headings from −180 to 180; a course of 360", map[string]string{
		"dji-cloud-laser-target": `"heading_deg": 188.5`, "cot-bad-course-and-speed": "-171 is outside 0 to 360",
	}, nil},
	{"times in every unit, of the day, of the minute, of a fix long ago", map[string]string{
		"dji-cloud-bad-time-in-seconds": "another unit", "frigate-bad-several": "check the unit",
		"axis-bad-clock-of-a-frame":                     "check the sensor's clock",
		"cot-bad-time-with-a-colon-before-the-fraction": "want an RFC 3339 time",
	}, []string{"normalize.TestCoT_theTimeIsThatOfTheMeasurement"}},
	{"values as texts, numbers as floats, keys with spaces and in two spellings", map[string]string{
		"axis-event-pir-on": `"geometry": "trip"`, "sapient-v2-both-spellings-and-numbers-as-text": "", "remoteid-texts-for-unknown": "",
	}, nil},
	{"absent, empty and false are three things", map[string]string{
		"axis-frame-that-saw-nothing-has-no-list": `"sweep": true`, "axis-frame-in-an-envelope": `"sweep": true`,
		"axis-event-pir-off": `"unknown"`, "axis-event-object-analytics-without-time-and-source": `"person": 1`,
	}, nil},
	{"updates in parts, that must become one", map[string]string{
		"dji-cloud-part-without-a-position": `"status"`, "dji-cloud-part-of-one-aircraft-tells-its-battery": `"battery_pct": 64`,
	}, []string{"normalize.TestDJI_partsOfOneAircraftAreOneTrackAndNoFault"}},
	{"one object with two names, one name for two objects", map[string]string{
		"axis-frame-head-and-human-are-one": `"azimuth_deg": 17.6`, "dji-cloud-dock-stands-on-the-ground": `"status"`,
	}, nil},
	{"several objects in one payload, compression, a NUL at the end, no JSON at all", map[string]string{
		"cot-several-with-headers-and-no-newline": `"track": "c"`, "dji-cloud-bad-two-objects-and-a-comment": "text after the end",
		"cot-bad-protobuf": "protobuf", "ais-json-several-and-other-reports": "",
	}, []string{"normalize.FuzzFormatNative", "normalize.FuzzFormatCoT"}},
	{"the same message twice", map[string]string{
		"frigate-end-repeats-the-last-frame": `"status"`, "frigate-same-frame-tells-nothing-new": `"status"`,
	}, []string{
		"fusion.TestTracker_orderOfArrivalAndDuplicatesWithinTheWindowChangeNothing", "fusion.TestTracker_aDetectionTwiceInAScanCountsOnce",
	}},
	{"a jump over the line between two reports, jitter along it, a track that ends on it", nil, []string{
		"border.TestWatch_aGapOverTheLineIsInferred", "border.TestWatch_aWalkAlongTheLineIsNoCrossing",
		"border.TestWatch_aTrackThatCoastsOverTheLineHasNotCrossed",
	}},
	{"an alert that is muted as it gets worse, or gone before it is seen; a filter that drops the message with the alarm", map[string]string{
		"cot-emergency-is-told": "911 Alert", "cot-bad-hostile-among-ours": "not one of ours", "frigate-review-whose-severity-rises": `"status"`,
	}, []string{"notify.TestNotifier_anAlertIsToldAgainUntilSomebodyAcknowledges"}},
	{"a quiet sensor and a dead one", map[string]string{
		"frigate-state-offline-is-a-will": `"offline"`, "frigate-state-of-detection-switched-off": "degraded",
		"dji-cloud-topology-empty-is-offline": "offline",
	}, []string{
		"sector.TestHealth_aWillIsOfflineAtOnceAndTheNextMessageIsOnline", "sector.TestCoverage_aSilentSensorLeavesAHole",
		"feed.TestFeed_undoesSubscriptionsThatAreNoLongerConfigured",
	}},
	{"positions by a jammed or deceived receiver", map[string]string{"ais-bad-position-by-jamming": "jammed"}, nil},
}

func TestTraps_eachOfTheSixteenIsHeldByATest(t *testing.T) {
	if len(traps) != 16 {
		t.Fatalf("%d traps", len(traps))
	}
	for i, trap := range traps {
		if len(trap.cases)+len(trap.tests) == 0 {
			t.Errorf("%d: %s: nothing holds it", i+1, trap.trap)
		}
		for name, word := range trap.cases {
			want, err := os.ReadFile(filepath.Join("testdata/cases", name, "want.json"))
			if err != nil || !strings.Contains(string(want), word) {
				t.Errorf("%d: %s: %s has no %q in its want.json (%v)", i+1, trap.trap, name, word, err)
			}
		}
		for _, test := range trap.tests {
			if !testExists(t, test) {
				t.Errorf("%d: %s: there is no %s", i+1, trap.trap, test)
			}
		}
	}
}

// testExists looks for a test by its package and name.
func testExists(t *testing.T, test string) bool {
	t.Helper()
	pkg, name, _ := strings.Cut(test, ".")
	files, err := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	head := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(name) + `\(`)
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && head.Match(text) {
			return true
		}
	}
	return false
}

// Frigate's speed is mph or km/h by a setting that no message tells: whatever it says, there is no velocity.
func TestTraps_unlabelledSpeedIsNotUsed(t *testing.T) {
	n := newNormalizer(t, frigateCamera("a", 60, 120))
	event := string(frigateEvent("a", 100, 200))
	for _, speed := range []string{"0", "0.77", "400", "null"} {
		payload := strings.Replace(event, `"label"`, `"current_estimated_speed":`+speed+`,"velocity_angle":180,"label"`, 1)
		_, in := n.Normalize(receivedAt, "frigate/events", []byte(payload))
		if plotsOf(in) != 1 || in.Scans[0].Detections[0].HasVelocity {
			t.Errorf("%s: %+v %v", speed, in.Scans, in.Rejects)
		}
	}
}
