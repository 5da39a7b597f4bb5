package track

import "cutline/internal/detection"

// BestClass is the name of the most probable class, and its probability: for who speaks of tracks and knows no detections.
func (t *Track) BestClass() (name string, probability float64) {
	c, p := t.Class.Best()
	return c.String(), p
}

// ClassProbability is that of a class by its name; 0 for a word that is none.
func (t *Track) ClassProbability(name string) float64 {
	c, ok := detection.ParseClass(name)
	if !ok {
		return 0
	}
	return t.Class[c]
}
