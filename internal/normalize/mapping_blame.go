package normalize

import "cutline/internal/record"

// blame finds where in the payload a field of the message comes from that is wrong, and by which step. element is the number of the
// detection in the message, noIndex for its head, or for the only one.
func (w *maker) blame(element int, field, why string) record.Reject {
	at := w.at[:0:0]
	if n := len(w.m.levels) - 1; element != noIndex {
		at = w.from[element*n : (element+1)*n]
	}
	s, rest := w.stepOf(field)
	if s == nil {
		if field != "" {
			why = field + ": " + why
		}
		return record.Reject{Path: w.prefix(len(at), at), Reason: why}
	}
	return record.Reject{Path: jsonPath(w.pathOf(s, at), rest), Reason: s.place() + ": " + why}
}

// stepOf finds the step that gives a field of the message, or the object around it, or the first field inside it.
func (w *maker) stepOf(field string) (s *step, rest string) {
	for _, s := range w.m.steps {
		if s.target.name == field {
			return s, ""
		}
	}
	for _, s := range w.m.steps {
		if rest, inside := cutDot(field, s.target.name); inside {
			return s, rest
		}
	}
	for _, s := range w.m.steps {
		if _, inside := cutDot(s.target.name, field); inside {
			return s, ""
		}
	}
	return nil, ""
}

// cutDot gives what comes behind object and a dot.
func cutDot(field, object string) (rest string, ok bool) {
	if len(field) <= len(object) || field[:len(object)] != object || field[len(object)] != '.' {
		return "", false
	}
	return field[len(object)+1:], true
}

// pathOf is the path in the payload of what a step reads.
func (w *maker) pathOf(s *step, at []int) string {
	switch {
	case s.origin == fromPath:
		return appendParts(w.prefix(s.level, at), s.parts)
	case s.origin == fromNothing && len(s.vars) > 0:
		return appendParts(w.prefix(s.vars[0].at.level, at), s.vars[0].parts)
	}
	return w.prefix(len(at), at)
}

// fault rejects what a step reads.
func (w *maker) fault(s *step, why string) {
	w.part = true
	w.refuse(w.pathOf(s, w.at), s.place()+": "+why)
}

func (w *maker) refuse(path, why string) {
	if w.d.faults++; w.d.faults <= maxRejects {
		w.d.rejects = append(w.d.rejects, record.Reject{Path: path, Reason: why})
	}
}
