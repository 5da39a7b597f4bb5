package simulator

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"
)

// span is two numbers; one number stands for both.
type span [2]float64

// UnmarshalYAML reads a number or a pair.
func (s *span) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		var one float64
		if err := n.Decode(&one); err != nil {
			return typeFault(n, "%q is neither a number nor a pair like [1.3, 1.5]", n.Value)
		}
		*s = span{one, one}
		return nil
	}
	var pair []float64
	if err := n.Decode(&pair); err != nil || len(pair) != 2 {
		return typeFault(n, "want a number or a pair like [1.3, 1.5]")
	}
	*s = span(pair)
	return nil
}

// duration is a time.Duration that must carry its unit: a bare 10 would be nanoseconds.
type duration time.Duration

// UnmarshalYAML reads a duration like 20m or 350ms.
func (d *duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		return typeFault(n, "%q is no duration: give one with its unit, like 90s or 20m", n.Value)
	}
	*d = duration(v)
	return nil
}

func (d duration) seconds() float64 { return time.Duration(d).Seconds() }

// durationSpan is a span of durations, in seconds.
type durationSpan span

// UnmarshalYAML reads a duration or a pair of them.
func (s *durationSpan) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		var one duration
		if err := one.UnmarshalYAML(n); err != nil {
			return err
		}
		*s = durationSpan{one.seconds(), one.seconds()}
		return nil
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) != 2 {
		return typeFault(n, "want a duration or a pair like [30s, 5m]")
	}
	for i, c := range n.Content {
		var one duration
		if err := one.UnmarshalYAML(c); err != nil {
			return err
		}
		s[i] = one.seconds()
	}
	return nil
}

// typeFault is a fault of one value. The decoder goes on after an error of this type alone, and so finds them all.
func typeFault(n *yaml.Node, format string, args ...any) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: column %d: ", n.Line, n.Column) + fmt.Sprintf(format, args...)}}
}
