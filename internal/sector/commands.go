package sector

import "cutline/internal/record"

// correct does what an operator says of tracks. It is INPUT like everything else, so it survives a restart and a replay. handled is false
// for a command that is about alerts.
func (s *Sector) correct(c *record.Command) (path, reason string, handled bool) {
	switch c.Name {
	case record.Split:
		reason = s.fusion.Split(c.Track, c.Other)
	case record.Friendly:
		reason = s.fusion.Friendly(c.Track, c.Undo)
	default:
		return "", "", false
	}
	return "track", reason, true
}
