package normalize

import (
	"slices"
	"strings"

	"cutline/internal/detection"
)

// sort of value that a field of the contract takes.
type sort uint8

const (
	aText sort = iota
	aReal
	aWhole
	aTime
	aFlag
	aClass
	aList
)

// target is a field of the contract that a mapping can fill.
type target struct {
	name string // position.lat
	sort sort
	dim  dimension // of a number: which units fit
}

// targets are the fields of a detection (DESIGN, native message), those of one object together: that is the order in which a mapping
// writes them.
func targets() []target {
	all := []target{
		{"time", aTime, instant},
		{"scan", aWhole, plainNumber},
		{"simulated", aFlag, plainNumber},
		{"id", aText, plainNumber},
		{"track", aText, plainNumber},
		{"confidence", aReal, ratio},
		{"snr_db", aReal, plainNumber},
		{"class", aClass, plainNumber},
		{"media", aList, plainNumber},
		{"position.lat", aReal, angle},
		{"position.lon", aReal, angle},
		{"position.alt_m", aReal, length},
		{"position.alt_ref", aText, plainNumber},
		{"polar.range_m", aReal, length},
		{"polar.azimuth_deg", aReal, direction},
		{"polar.elevation_deg", aReal, angle},
		{"polar.range_rate_mps", aReal, speed},
		{"error.east_m", aReal, length},
		{"error.north_m", aReal, length},
		{"error.corr", aReal, plainNumber},
		{"error.range_m", aReal, length},
		{"error.azimuth_deg", aReal, angle},
		{"error.elevation_deg", aReal, angle},
		{"error.range_rate_mps", aReal, speed},
		{"velocity.east_mps", aReal, speed},
		{"velocity.north_mps", aReal, speed},
		{"velocity.speed_mps", aReal, speed},
		{"velocity.course_deg", aReal, direction},
		{"platform.lat", aReal, angle},
		{"platform.lon", aReal, angle},
		{"platform.alt_m", aReal, length},
		{"platform.alt_ref", aText, plainNumber},
		{"platform.heading_deg", aReal, direction},
		{"field_of_view.azimuth_deg", aReal, direction},
		{"field_of_view.width_deg", aReal, angle},
		{"field_of_view.range_m", aReal, length},
	}
	for _, word := range detection.ClassNames() {
		all = append(all, target{"class." + word, aReal, ratio})
	}
	return all
}

// MappingTargets lists the names that a mapping's step can have in "to".
func MappingTargets() []string {
	var names []string
	for _, t := range targets() {
		names = append(names, t.name)
	}
	return names
}

func findTarget(name string) (target, bool) {
	all := targets()
	i := slices.IndexFunc(all, func(t target) bool { return t.name == name })
	if i < 0 {
		return target{}, false
	}
	return all[i], true
}

// meant is the target that is most like a name which is none: by the whole name, or by its last part, since people leave out the
// object around a field.
func meant(name string) string {
	names := MappingTargets()
	if near := nearest(name, names); near != "" {
		return near
	}
	_, last, _ := cutLast(name)
	var ends []string
	for _, n := range names {
		_, end, _ := cutLast(n)
		ends = append(ends, end)
	}
	if near := nearest(last, ends); near != "" {
		return names[slices.Index(ends, near)]
	}
	return ""
}

// cutLast parts a dotted name before its last part.
func cutLast(name string) (object, field string, nested bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}

// headTargets are the objects and fields that the head of a sweep can have.
func headTarget(name string) bool {
	object, _, nested := cutLast(name)
	return name == "time" || name == "scan" || name == "simulated" || nested && (object == "platform" || object == "field_of_view")
}
