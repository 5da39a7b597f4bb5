package sensor_test

import (
	"slices"
	"testing"

	"cutline/internal/sensor"
)

func TestTopic_capturesAreLevelsInBraces(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		topic, filter, own string
		captures           []string
	}{
		{"border/emerson/twr-01/detections", "border/emerson/twr-01/detections", "border/emerson/twr-01/detections", []string{"", "", "", ""}},
		{"site/{sensor}/radar", "site/+/radar", "site/twr-01/radar", []string{"", "sensor", ""}},
		{"{region}/{sensor}/#", "+/+/#", "+/twr-01/#", []string{"region", "sensor", ""}},
		{"site/a{sensor}/{}", "site/a{sensor}/{}", "site/a{sensor}/{}", []string{"", "", ""}},
		{"", "", "", []string{""}},
	} {
		if got := sensor.Filter(tc.topic); got != tc.filter {
			t.Errorf("%s: filter %s, want %s", tc.topic, got, tc.filter)
		}
		if got := sensor.OwnTopic(tc.topic, "twr-01"); got != tc.own {
			t.Errorf("%s: own topic %s, want %s", tc.topic, got, tc.own)
		}
		if got := sensor.Captures(tc.topic); !slices.Equal(got, tc.captures) {
			t.Errorf("%s: captures %q, want %q", tc.topic, got, tc.captures)
		}
	}
}
