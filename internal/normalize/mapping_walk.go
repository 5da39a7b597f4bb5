package normalize

import (
	"slices"
	"strconv"

	"github.com/expr-lang/expr/vm"

	"cutline/internal/detection"
	"cutline/internal/sensor"
)

// maxMade bounds the message that a mapping makes of a payload, in bytes: a payload of nothing but {} with a default for every field
// must not take more.
const maxMade = 1 << 20

// span is where a value stands in a payload; end is 0 if there is none.
type span struct {
	begin, end int
}

// maker makes a message of cutline/v1 of one payload.
type maker struct {
	d *decoder
	m *mapping

	spans [][]span // of each level, of its element that is being read
	at    []int    // of each level below the payload, the index of that element
	out   []byte
	from  []int // the indices of each detection in out, one after the other
	made  int   // detections in out
	room  []byte
	part  bool // a detection was refused: the look is not complete

	machine vm.VM
	env     map[string]any

	// Room for a message of one detection, so that a payload costs one piece of memory. Without pointers last: the collector stops there.
	levelRoom [2][]span
	spanRoom  [16]span
	outRoom   [640]byte
}

// json reads a payload by the sensor's mapping. One that is all right and holds no detection is a sign of life: a status that states
// nothing.
func (d *decoder) json() ([]detection.Scan, *detection.Status) {
	scans, empty := d.mapped()
	if empty {
		return nil, &detection.Status{EventTime: d.received}
	}
	return scans, nil
}

// mapped says by empty that the payload is all right and holds no detection.
func (d *decoder) mapped() (scans []detection.Scan, empty bool) {
	m := d.source.mapping
	d.levels = maxForeignDepth
	w := maker{d: d, m: m, at: make([]int, len(m.levels)-1)}
	if text, why := transcode(m.encoding, d.buf); why != "" {
		d.fault("", "%s", why)
		return nil, false
	} else if m.encoding != "" && m.encoding != sensor.JSON {
		d.buf = text
	}
	w.memory()
	twice := w.walk(m.levels[0].tree, 0)
	if d.end(); d.broken != "" || twice {
		return nil, false
	}
	w.message()
	if w.made == 0 && (!m.sweep || w.part) {
		return nil, d.faults == 0
	}
	return w.read(), false
}

// memory asks for what the payload needs in few pieces: most are one detection.
func (w *maker) memory() {
	slots := 0
	for i := range w.m.levels {
		slots += w.m.levels[i].slots
	}
	all := w.spanRoom[:]
	if slots > len(all) {
		all = make([]span, slots)
	}
	if w.spans = w.levelRoom[:]; len(w.m.levels) > len(w.spans) {
		w.spans = make([][]span, len(w.m.levels))
	}
	for i := range w.m.levels {
		n := w.m.levels[i].slots
		w.spans[i], all = all[:n], all[n:]
	}
	w.out = w.outRoom[:0]
	if most := 256 + len(w.d.buf); most > cap(w.out) {
		w.out = make([]byte, 0, most)
	}
	if w.m.exprs {
		w.env = make(map[string]any, 8)
	}
}

// message writes the head, if there is one, and the detections.
func (w *maker) message() {
	if !w.m.list {
		w.element()
		return
	}
	if w.m.sweep {
		w.out = append(w.out, '{')
		w.objects(w.m.head)
		if w.d.faults > 0 {
			return // without its time or place a sweep is nothing
		}
		w.out = append(w.out, `"detections":`...)
	}
	w.out = append(w.out, '[')
	w.array(0)
	w.out = append(w.out, ']')
	if w.m.sweep {
		w.out = append(w.out, '}')
	}
}

// array goes through the elements of the list below level l.
func (w *maker) array(l int) {
	next := w.m.levels[l].next
	s := w.spans[next.level][next.slot]
	r := &w.d.reader
	r.pos = s.begin
	if s.end == 0 {
		w.noArray(l, "missing: want the list of the detections, empty if there is none")
		return
	}
	switch {
	case r.peek() == '[':
	case r.has("null"):
		return // to many a sender that is an empty list
	default:
		w.noArray(l, w.d.describe("")+": want the list of the detections")
		return
	}
	tree := w.m.levels[l+1].tree
	r.open()
	for a := (array{}); r.item(&a); {
		w.at[l] = a.count - 1
		clear(w.spans[l+1])
		twice := w.walk(tree, l+1)
		after := r.pos
		switch {
		case twice:
		case l+1 < len(w.m.levels)-1:
			w.array(l + 1)
		case len(w.out) > maxMade:
			w.part = true
			w.refuse("", "the mapping makes more than 1 MiB of this payload")
			return
		default:
			w.element()
		}
		r.pos = after
	}
	w.at[l] = 0
}

// noArray rejects a payload, or an element of it, without the list.
func (w *maker) noArray(l int, why string) {
	w.refuse(appendParts(w.prefix(l, w.at), w.m.levels[l].array), w.m.as.place()+": "+why)
	w.part = true
}

// walk reads the value that is next along the tree, and notes where those stand that are asked for. It passes all of the value. It is
// true if one of them is given twice, which is rejected.
func (w *maker) walk(n *node, l int) (bad bool) {
	r := &w.d.reader
	c := r.peek()
	begin := r.pos
	if n.slot != noSlot && w.spans[l][n.slot].end != 0 {
		w.refuse(w.prefix(l, w.at)+w.m.named(ref{l, n.slot}), "given twice: send each field once")
		w.part, bad = true, true
	}
	if n == w.m.levels[l].tree && c != '{' && len(n.next) > 0 && !n.fixed {
		w.noObject(l, c)
		return true
	}
	switch {
	case c == '{' && len(n.next) > 0:
		for o := r.object(); r.member(&o); {
			if to := n.key(r.key); to != nil {
				bad = w.walk(to, l) || bad
			} else {
				r.skip()
			}
		}
	case c == '[' && n.fixed:
		bad = w.indices(n, l) || bad
	default:
		r.skip()
	}
	if n.slot != noSlot {
		w.spans[l][n.slot] = span{begin, r.pos}
	}
	return bad
}

// noObject rejects what should have the fields that the mapping reads.
func (w *maker) noObject(l int, c byte) {
	why := w.d.describe("") + ": want an object with the fields that the mapping reads"
	if c == '[' && !w.m.list {
		why += "; if each element is a detection, add {from: $[], as: detection}"
	}
	w.refuse(w.prefix(l, w.at), why)
	w.part = true
	w.d.skip()
}

// indices is walk for an array of which single elements are asked for.
func (w *maker) indices(n *node, l int) (twice bool) {
	r := &w.d.reader
	count := 0
	if n.last { // how many there are must be known before
		ahead := reader{buf: r.buf, pos: r.pos, depth: r.depth}
		ahead.open()
		for a := (array{}); ahead.item(&a); count = a.count {
			ahead.skip()
		}
	}
	r.open()
	for a := (array{}); r.item(&a); {
		begin, done := r.pos, false
		for i := range n.next {
			e := &n.next[i]
			if e.part.array && (e.part.index == a.count-1 || e.part.index == a.count-1-count) {
				r.pos = begin // two paths may lead to it, from either end
				twice = w.walk(e.node, l) || twice
				done = true
			}
		}
		if !done {
			r.skip()
		}
	}
	return twice
}

// prefix is the path in the payload of the element of level l with the given indices.
func (w *maker) prefix(l int, at []int) string {
	text := ""
	for i := range min(l, len(at)) {
		text = appendParts(text, w.m.levels[i].array) + "[" + strconv.Itoa(at[i]) + "]"
	}
	return text
}

// read reads what was made as a message of cutline/v1, and tells its faults by the paths of the payload.
func (w *maker) read() []detection.Scan {
	made := decoder{
		reader: reader{buf: w.out}, source: w.d.source, received: w.d.received, index: noIndex, item: noIndex, made: w,
	}
	scans := made.nativeDetections()
	if made.broken != "" {
		w.d.fault("", "the mapping made no message of it: %s", made.listed()[0].Reason)
		return nil
	}
	before := w.d.faults
	w.d.faults += made.faults
	w.d.rejects = append(w.d.rejects, made.rejects[:min(len(made.rejects), max(0, maxRejects-before))]...)
	if !w.part {
		return scans
	}
	for i := range scans {
		scans[i].Sweep = false // a detection of it was refused: what is missing was perhaps seen
	}
	return slices.DeleteFunc(scans, func(s detection.Scan) bool { return len(s.Detections) == 0 })
}
