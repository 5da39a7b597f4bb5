package normalize

// How an item of ASTERIX says how long it is (Part 1 of the specification, §4.3).
const (
	axFixed    = iota
	axExtended // pieces of size bytes, until one that ends in a bit of 0
	axRepeated // a count, and so many pieces of size bytes
	axExplicit // its own length in the first byte
	axCompound // a bit for each part that is there, and the parts
)

// axItem is an item of a record, or a part of one.
type axItem struct {
	name  string // as in I048/040, where we read it or a fault may lie in it; empty: only its length matters
	form  uint8
	size  int
	parts []axItem // of a compound
}

// fixed makes parts of one size after the other.
func fixed(sizes ...int) []axItem {
	all := make([]axItem, len(sizes))
	for i, size := range sizes {
		all[i].size = size
	}
	return all
}

// ages are parts of one byte each.
func ages(n int) []axItem {
	all := make([]axItem, n)
	for i := range all {
		all[i].size = 1
	}
	return all
}

// Numbers of the items that are read, as the bits of a record's field specification count them from 1.
const (
	ax48Time, ax48Type, ax48Polar             = 2, 3, 4
	ax48Mode3, ax48Address, ax48Ident         = 5, 8, 9
	ax48Track, ax48Cartesian, ax48Velocity    = 11, 12, 13
	ax48Status, ax48Height                    = 14, 19
	ax62Time, ax62Place, ax62Velocity         = 4, 5, 7
	ax62Derived, ax62Track, ax62Status        = 11, 12, 13
	ax62Altitude, ax62Accuracy                = 18, 27
	ax62DerivedAddress, ax62AccuracyCartesian = 0, 0 // the first parts of theirs
)

// axMonoradar are the items of category 048, edition 1.21 and later, in the order of their bits.
var axMonoradar = []axItem{ //nolint:gochecknoglobals // a fixed table
	{name: "I048/010", size: 2},
	{name: "I048/140", size: 3},
	{name: "I048/020", form: axExtended, size: 1},
	{name: "I048/040", size: 4},
	{name: "I048/070", size: 2},
	{name: "I048/090", size: 2},
	{name: "I048/130", form: axCompound, parts: fixed(1, 1, 1, 1, 1, 1, 1)},
	{name: "I048/220", size: 3},
	{name: "I048/240", size: 6},
	{name: "I048/250", form: axRepeated, size: 8},
	{name: "I048/161", size: 2},
	{name: "I048/042", size: 4},
	{name: "I048/200", size: 4},
	{name: "I048/170", form: axExtended, size: 1},
	{name: "I048/210", size: 4},
	{name: "I048/030", form: axExtended, size: 1},
	{name: "I048/080", size: 2},
	{name: "I048/100", size: 4},
	{name: "I048/110", size: 2},
	{name: "I048/120", form: axCompound, parts: []axItem{{size: 2}, {form: axRepeated, size: 6}}},
	{name: "I048/230", size: 2},
	{name: "I048/260", size: 7},
	{name: "I048/055", size: 1},
	{name: "I048/050", size: 2},
	{name: "I048/065", size: 1},
	{name: "I048/060", size: 2},
	{name: "the special purpose field", form: axExplicit},
	{name: "the reserved expansion field", form: axExplicit},
}

// axSystemTrack are those of category 062, edition 1.16 and later. One without a name and size is spare.
var axSystemTrack = []axItem{ //nolint:gochecknoglobals // a fixed table
	{name: "I062/010", size: 2},
	{},
	{name: "I062/015", size: 1},
	{name: "I062/070", size: 3},
	{name: "I062/105", size: 8},
	{name: "I062/100", size: 6},
	{name: "I062/185", size: 4},
	{name: "I062/210", size: 2},
	{name: "I062/060", size: 2},
	{name: "I062/245", size: 7},
	{name: "I062/380", form: axCompound, parts: []axItem{
		{size: 3},
		{size: 6},
		{size: 2},
		{size: 2},
		{size: 2},
		{size: 2},
		{size: 2},
		{form: axExtended, size: 1},
		{form: axRepeated, size: 15},
		{size: 2},
		{size: 2},
		{size: 7},
		{size: 2},
		{size: 2},
		{size: 2},
		{size: 2},
		{size: 2},
		{size: 2},
		{size: 1},
		{size: 8},
		{size: 1},
		{size: 6},
		{size: 2},
		{size: 1},
		{form: axRepeated, size: 8},
		{size: 2},
		{size: 2},
		{size: 2},
	}},
	{name: "I062/040", size: 2},
	{name: "I062/080", form: axExtended, size: 1},
	{name: "I062/290", form: axCompound, parts: fixed(1, 1, 1, 1, 2, 1, 1, 1, 1, 1)},
	{name: "I062/200", size: 1},
	{name: "I062/295", form: axCompound, parts: ages(31)},
	{name: "I062/136", size: 2},
	{name: "I062/130", size: 2},
	{name: "I062/135", size: 2},
	{name: "I062/220", size: 2},
	{name: "I062/390", form: axCompound, parts: []axItem{
		{size: 2},
		{size: 7},
		{size: 4},
		{size: 1},
		{size: 4},
		{size: 1},
		{size: 4},
		{size: 4},
		{size: 3},
		{size: 2},
		{size: 2},
		{form: axRepeated, size: 4},
		{size: 6},
		{size: 1},
		{size: 7},
		{size: 7},
		{size: 2},
		{size: 7},
	}},
	{name: "I062/270", form: axExtended, size: 1},
	{name: "I062/300", size: 1},
	{name: "I062/110", form: axCompound, parts: fixed(1, 4, 6, 2, 2, 1, 1)},
	{name: "I062/120", size: 2},
	{name: "I062/510", form: axExtended, size: 3},
	{name: "I062/500", form: axCompound, parts: fixed(4, 2, 4, 1, 1, 2, 2, 1)},
	{name: "I062/340", form: axCompound, parts: fixed(2, 4, 2, 2, 2, 1)},
	{},
	{},
	{},
	{},
	{},
	{name: "the reserved expansion field", form: axExplicit},
	{name: "the special purpose field", form: axExplicit},
}

// length is how many bytes of b are the item's; false if it does not fit into them.
func (it *axItem) length(b []byte) (n int, ok bool) {
	switch it.form {
	case axExtended:
		for more := true; more; n += it.size {
			if n+it.size > len(b) {
				return 0, false
			}
			more = b[n+it.size-1]&1 != 0
		}
	case axRepeated:
		if len(b) == 0 {
			return 0, false
		}
		n = 1 + int(b[0])*it.size
	case axExplicit:
		if len(b) == 0 || b[0] == 0 {
			return 0, false
		}
		n = int(b[0])
	case axCompound:
		ok = it.each(b, func(_ int, _ []byte, end int) { n = end })
		return n, ok
	default:
		n = it.size
	}
	return n, n > 0 && n <= len(b)
}

// each calls f with each part of a compound that is there, and where it ends. A compound without a part ends with its bits.
func (it *axItem) each(b []byte, f func(number int, part []byte, end int)) bool {
	bits, ok := (&axItem{form: axExtended, size: 1}).length(b)
	if !ok {
		return false
	}
	f(-1, nil, bits)
	n := bits
	for i := range bits * 7 {
		if b[i/7]&(0x80>>(i%7)) == 0 {
			continue
		}
		if i >= len(it.parts) {
			return false
		}
		size, ok := it.parts[i].length(b[n:])
		if !ok {
			return false
		}
		f(i, b[n:n+size], n+size)
		n += size
	}
	return true
}

// part is a part of a compound; nil if it is not there.
func (it *axItem) part(b []byte, number int) (found []byte) {
	if len(b) > 0 {
		it.each(b, func(i int, part []byte, _ int) {
			if i == number {
				found = part
			}
		})
	}
	return found
}
