package normalize

import (
	_ "embed" // for the geoid's table
	"math"

	"cutline/internal/geo"
)

// geoid is the height of mean sea level above the ellipsoid by EGM96 (NGA, WW15MGH.GRD) on a grid of a quarter of a degree: rows from
// 90° north to 90° south, columns from Greenwich eastwards, each value a big-endian int16 of centimetres. It is made from
// github.com/westphae/geomag/pkg/egm96 by TestGeoid_isThatOfTheModule, and read from the binary as it lies: that package
// parses 9.6 MB of text on first use, without a lock, and refuses western longitudes.
//
//go:embed egm96.bin
var geoid string

const (
	geoidRows    = 721
	geoidColumns = 1440
	geoidPerDeg  = 4
)

// undulation is the height of mean sea level above the ellipsoid: HAE = MSL + undulation. Bilinear between the grid's points,
// which is within 0.1 m of the model; the model is within about 1 m of the sea.
func undulation(lat, lon geo.Degrees) geo.Metres {
	y := (90 - float64(lat)) * geoidPerDeg
	x := float64(lon) * geoidPerDeg
	row := min(max(int(y), 0), geoidRows-2)
	west := math.Floor(x)
	column := int(west)
	y, x = y-float64(row), x-west
	north := (1-x)*geoidAt(row, column) + x*geoidAt(row, column+1)
	south := (1-x)*geoidAt(row+1, column) + x*geoidAt(row+1, column+1)
	return geo.Metres((1-y)*north + y*south)
}

func geoidAt(row, column int) float64 {
	column %= geoidColumns
	if column < 0 {
		column += geoidColumns
	}
	i := 2 * (row*geoidColumns + column)
	return float64(int16(uint16(geoid[i])<<8|uint16(geoid[i+1]))) / 100 //nolint:gosec // the table's own form of a signed number
}
