package normalize

import "time"

// parseTime reads an RFC 3339 §5.6 timestamp, strictly: a capital T and Z, a point before the fraction, no leap second. Digits
// after the ninth of the fraction are cut off. The result is UTC, and that of time.Parse wherever both take the text, which a test
// holds.
func parseTime(b []byte) (time.Time, bool) {
	if len(b) < len("2006-01-02T15:04:05Z") || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return time.Time{}, false
	}
	century, ok0 := twoDigits(b, 0, 99)
	year, ok1 := twoDigits(b, 2, 99)
	month, ok2 := twoDigits(b, 5, 12)
	day, ok3 := twoDigits(b, 8, 31)
	hour, ok4 := twoDigits(b, 11, 23)
	minute, ok5 := twoDigits(b, 14, 59)
	second, ok6 := twoDigits(b, 17, 59)
	year += 100 * century
	if !ok0 || !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || month < 1 || day < 1 || day > daysIn(year, month) {
		return time.Time{}, false
	}
	nanos, zone, ok := fraction(b[19:])
	if !ok {
		return time.Time{}, false
	}
	east, ok := offset(zone)
	if !ok {
		return time.Time{}, false
	}
	seconds := daysSince1970(year, month, day)*86400 + int64(hour*3600+minute*60+second-east)
	return time.Unix(seconds, nanos).UTC(), true
}

// twoDigits reads two digits at i that must not exceed most.
func twoDigits(b []byte, i, most int) (int, bool) {
	tens, ones := b[i]-'0', b[i+1]-'0'
	n := int(tens)*10 + int(ones)
	return n, tens <= 9 && ones <= 9 && n <= most
}

// fraction reads ".123" in nanoseconds, if it is there, and gives what follows.
func fraction(b []byte) (nanos int64, rest []byte, ok bool) {
	if b[0] != '.' {
		return 0, b, true
	}
	unit := int64(100_000_000)
	i := 1
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		nanos += int64(b[i]-'0') * unit
		unit /= 10
	}
	return nanos, b[i:], i > 1
}

// offset reads Z or ±hh:mm, in seconds east of Greenwich.
func offset(b []byte) (seconds int, ok bool) {
	if len(b) == 1 && b[0] == 'Z' {
		return 0, true
	}
	if len(b) != len("+00:00") || b[3] != ':' || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	hours, ok1 := twoDigits(b, 1, 23)
	minutes, ok2 := twoDigits(b, 4, 59)
	seconds = hours*3600 + minutes*60
	if b[0] == '-' {
		seconds = -seconds
	}
	return seconds, ok1 && ok2
}

func daysIn(year, month int) int {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

// daysSince1970 counts days in the Gregorian calendar, with years that begin in March so that the leap day comes last
// (Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil). The year must not be negative.
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	year += 400 // keeps the divisions below on positive numbers in the year 0
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	return int64(year*365 + year/4 - year/100 + year/400 + dayOfYear - 719468 - 146097)
}
