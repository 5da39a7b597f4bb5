package alert

import (
	"fmt"
	"math"
	"strings"

	"cutline/internal/geo"
	"cutline/internal/sensor"
)

// language of a text. Both are written from the same alert, so neither says more than the other.
type language uint8

const (
	english language = iota
	french
)

// bilingual says the same in both.
type bilingual struct{ en, fr string }

func (l language) pick(en, fr string) string {
	if l == french {
		return fr
	}
	return en
}

// who crossed: "Person", "3 people", "Unknown target".
func (l language) who(class string, n int) string {
	var one, many string
	switch class {
	case "person":
		one, many = l.pick("Person", "Une personne"), l.pick("people", "personnes")
	case "vehicle":
		one, many = l.pick("Vehicle", "Un véhicule"), l.pick("vehicles", "véhicules")
	case "animal":
		one, many = l.pick("Animal", "Un animal"), l.pick("animals", "animaux")
	case "boat":
		one, many = l.pick("Boat", "Un bateau"), l.pick("boats", "bateaux")
	case "aircraft":
		one, many = l.pick("Aircraft", "Un aéronef"), l.pick("aircraft", "aéronefs")
	case "drone":
		one, many = l.pick("Drone", "Un drone"), l.pick("drones", "drones")
	default:
		one, many = l.pick("Unknown target", "Une cible inconnue"), l.pick("unknown targets", "cibles inconnues")
	}
	if n > 1 {
		return fmt.Sprintf("%d %s", n, many)
	}
	return one
}

// crossed says that n did, as surely as the level is.
func (l language) crossed(level string, n int) string {
	has := "a"
	if n > 1 {
		has = "ont"
	}
	switch level {
	case Probable:
		return l.pick("probably crossed", has+" probablement franchi la ligne")
	case Inferred:
		return l.pick("must have crossed", has+" dû franchir la ligne")
	}
	return l.pick("crossed", has+" franchi la ligne")
}

// sensor by its kind and id.
func (l language) sensor(s *sensor.Definition) string {
	kind := string(s.Kind)
	if l == french {
		switch s.Kind {
		case sensor.Camera:
			kind = "caméra"
		case sensor.Ground:
			kind = "capteur au sol"
		case sensor.Helicopter:
			kind = "hélicoptère"
		case sensor.Patrol:
			kind = "patrouille"
		case sensor.Radar, sensor.Drone, sensor.AIS, sensor.ADSB:
		}
	}
	if kind == "" {
		return s.ID
	}
	return kind + " " + s.ID
}

// length of so many metres: "410 m", "1.2 km".
func (l language) length(metres float64) string {
	if metres < 1000 {
		return fmt.Sprintf("%.0f m", math.Round(metres/10)*10)
	}
	km := fmt.Sprintf("%.1f km", metres/1000)
	if l == french {
		return comma(km)
	}
	return km
}

// number with one decimal.
func (l language) number(v float64) string {
	s := fmt.Sprintf("%.1f", v)
	if l == french {
		return comma(s)
	}
	return s
}

// verdict of an operator, as the consoles name it.
func (l language) verdict(v string) string {
	if l == english {
		return v
	}
	switch v {
	case "crossing":
		return "franchissement réel"
	case "friendly":
		return "force amie"
	case "weather":
		return "météo"
	case "sensor_fault":
		return "panne de capteur"
	case "duplicate":
		return "doublon"
	case "false":
		return "fausse"
	case "unknown":
		return "inconnu"
	}
	return v // animal
}

// comma is the French decimal point.
func comma(s string) string { return strings.ReplaceAll(s, ".", ",") }

// compass names the direction from a place, as in "north of" it.
func (l language) compass(bearing geo.Radians) string {
	en := [...]string{"north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"}
	fr := [...]string{"au nord", "au nord-est", "à l'est", "au sud-est", "au sud", "au sud-ouest", "à l'ouest", "au nord-ouest"}
	k := int(math.Round(float64(bearing)/(math.Pi/4))) % len(en)
	return l.pick(en[k]+" of", fr[k]+" de")
}
