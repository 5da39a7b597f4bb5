package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cutline/internal/screen"
	"cutline/internal/web/client"
)

// statusText is the daemon's state for people.
func statusText(s screen.Style, status client.Status) string {
	var b strings.Builder
	for _, c := range status.Components {
		word := s.Good("ok  ")
		if !c.OK {
			word = s.Bad("BAD ")
		}
		fmt.Fprintf(&b, "%s  %-16s since %s  %s\n", word, c.Name, c.Since.UTC().Format(time.DateTime)+"Z", c.Message)
	}
	for _, name := range slices.Sorted(maps.Keys(status.Rates)) {
		fmt.Fprintf(&b, "%10.1f  %s per second\n", status.Rates[name], name)
	}
	for _, name := range slices.Sorted(maps.Keys(status.Lags)) {
		fmt.Fprintf(&b, "%10d  journal messages before %s\n", status.Lags[name], name)
	}
	fmt.Fprintf(&b, "started %sZ", status.Started.UTC().Format(time.DateTime))
	for _, name := range slices.Sorted(maps.Keys(status.Versions)) {
		fmt.Fprintf(&b, ", %s %s", name, status.Versions[name])
	}
	return b.String() + "\n"
}
