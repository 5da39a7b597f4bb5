package simulator

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// shortDay is how much of each scenario the tests play.
const shortDay = 3 * time.Minute

func scenarioDay(t testing.TB, name string, o Options) *Run {
	t.Helper()
	s, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	o.Start = DefaultStart()
	r, err := New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNames_areAllThatTheProjectPromises(t *testing.T) {
	want := []string{"babel", "decoy", "degraded", "emerson", "forest", "night-flood", "perf", "prairie", "quiet", "river", "swarm"}
	if got := Names(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestScenarios_areNamedLikeTheirFilesAndSayWhatTheyAre(t *testing.T) {
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if s.Name != name {
			t.Errorf("%s.yaml holds scenario %q", name, s.Name)
		}
		if len(s.About) < 40 || len(s.About) > 160 || strings.ContainsAny(s.About, "\n.") && !regexp.MustCompile(`\d\.\d`).MatchString(s.About) {
			t.Errorf("%s: about is no sentence without its full stop: %q", name, s.About)
		}
	}
}

func TestScenarios_eachRunsAndIsTheSameAgain(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{Seed: 1, Duration: shortDay}
			if name == "perf" {
				o.Duration = 4 * time.Second
			}
			capture, truth := files(t, scenarioDay(t, name, o))
			again, truthAgain := files(t, scenarioDay(t, name, o))
			if !bytes.Equal(capture, again) || !bytes.Equal(truth, truthAgain) {
				t.Error("two runs of one seed differ")
			}
			if bytes.Count(capture, []byte{'\n'}) < 100 || bytes.Count(truth, []byte{'\n'}) < 50 {
				t.Errorf("%d messages, %d lines of truth", bytes.Count(capture, []byte{'\n'}), bytes.Count(truth, []byte{'\n'}))
			}
		})
	}
}

// crossingsOf counts the true crossings of a scenario's whole day, by the kind of actor.
func crossingsOf(r *Run) map[string]int {
	n := map[string]int{}
	for _, g := range r.targets {
		for _, c := range g.crosses {
			if c.decided <= r.end {
				kind, _, _ := strings.Cut(g.id, "-0")
				n[kind]++
			}
		}
	}
	return n
}

func TestQuiet_nothingCrosses(t *testing.T) {
	for seed := range uint64(10) {
		if got := crossingsOf(scenarioDay(t, "quiet", Options{Seed: seed})); len(got) > 0 {
			t.Errorf("seed %d: %v", seed, got)
		}
	}
}

func TestDecoy_onlyCrossersCross(t *testing.T) {
	for seed := range uint64(10) {
		got := crossingsOf(scenarioDay(t, "decoy", Options{Seed: seed}))
		if len(got) != 1 || got["crosser"] != 4 {
			t.Errorf("seed %d: %v, want 4 crossers alone", seed, got)
		}
	}
}

func TestSwarm_manyCrossWithinTheSameMinute(t *testing.T) {
	r := scenarioDay(t, "swarm", Options{Seed: 1})
	most := 0
	for at := 0.0; at < r.end; at += 10 {
		n := 0
		for _, g := range r.targets {
			for _, c := range g.crosses {
				if c.at >= at && c.at < at+60 {
					n++
				}
			}
		}
		most = max(most, n)
	}
	if most < 6 {
		t.Errorf("%d crossings in the fullest minute, want 6 or more", most)
	}
}

func TestScenarios_haveCrossingsWhereTheyMeanTo(t *testing.T) {
	for name, least := range map[string]int{"forest": 15, "river": 10, "night-flood": 15, "swarm": 25, "degraded": 13, "prairie": 120} {
		n := 0
		for _, k := range crossingsOf(scenarioDay(t, name, Options{Seed: 1})) {
			n += k
		}
		if n < least {
			t.Errorf("%s: %d crossings, want %d or more", name, n, least)
		}
	}
}

func TestPerf_hasTenThousandTargets(t *testing.T) {
	r := scenarioDay(t, "perf", Options{Seed: 1})
	if n := len(r.see(20)); n < 10000 {
		t.Errorf("%d bodies after 20 s, want 10,000", n)
	}
}

// A day of prairie in under a minute.
func BenchmarkRun_prairieDay(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		files(b, scenarioDay(b, "prairie", Options{Seed: 1}))
	}
}

// The messages of ten thousand targets, made and written: goal 30,000 a second.
func BenchmarkRun_perfMessages(b *testing.B) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r := scenarioDay(b, "perf", Options{Seed: 1, Duration: 10 * time.Second})
		for it, ok := r.Next(); ok; it, ok = r.Next() {
			if it.Truth == nil {
				n++
			}
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
}
