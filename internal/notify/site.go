package notify

import "cutline/internal/geo"

// Site is what the settings say of the place: outputs that draw a map show it.
type Site struct {
	Name    string
	Lines   [][]geo.LLA // of the border
	Sensors map[string]Place
}

// Place of a sensor that stands somewhere.
type Place struct {
	At   geo.LLA
	Kind string // radar, camera, …
}
