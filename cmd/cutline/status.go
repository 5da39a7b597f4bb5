package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

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
		fmt.Fprintf(&b, "%s  %-16s since %s  %s\n", word, c.Name, screen.Day(c.Since), c.Message)
	}
	for _, name := range slices.Sorted(maps.Keys(status.Rates)) {
		fmt.Fprintf(&b, "%10.1f  %s per second\n", status.Rates[name], name)
	}
	for _, name := range slices.Sorted(maps.Keys(status.Lags)) {
		fmt.Fprintf(&b, "%10d  journal messages still to be read by %s\n", status.Lags[name], name)
	}
	fmt.Fprintf(&b, "started %s", screen.Day(status.Started))
	for _, name := range slices.Sorted(maps.Keys(status.Versions)) {
		fmt.Fprintf(&b, ", %s %s", name, strings.TrimPrefix(status.Versions[name], name)) // Go calls itself go1.26
	}
	return b.String() + "\n"
}
