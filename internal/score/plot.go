package score

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// Place is what a map shows beside truth and events.
type Place struct {
	Sides [2]string // left and right of the line in its direction
	Lines [][]geo.LLA
	Views []View // of the sensors that stay where they are
}

// Sizes of a map, in pixels, and of its close-ups.
const (
	plotWidth    = 1600.0
	plotMargin   = 40.0
	plotMaxTall  = 1100.0
	insetSize    = 385.0
	insetGap     = 20.0
	insetsInARow = 4
	maxInsets    = 8
	insetMetres  = 400.0
	insetTime    = 150 * time.Second // before and after
	legendTall   = 78.0
)

// window is a part of the plane and of the run, and where on the sheet it is drawn.
type window struct {
	west, north    float64 // of the plane, at the upper left corner, metres
	scale          float64 // pixels a metre
	x, y, w, h     float64 // on the sheet
	begin, end     int64
	close          bool // a close-up: with names, and dots where a track's events are
	title, comment string
}

func (w *window) at(e, n float64) (x, y float64) {
	return w.x + (e-w.west)*w.scale, w.y + (w.north-n)*w.scale
}

// Plot draws the run as an SVG: the line, the sensors with what they see, true paths, tracks, crossings and alerts; below the map
// a close-up of each missed crossing and each wrong alert, the first eight of them. Positions are those of the plane, north is up.
func (r *Run) Plot(p Place) []byte {
	r.layOut()
	c := canvas{run: r, place: p, follows: r.whoIsFollowed()}
	c.judge()
	whole := c.whole()
	insets := c.insets(whole.y + whole.h + insetGap)
	height := whole.y + whole.h + plotMargin
	if n := len(insets); n > 0 {
		height = insets[n-1].y + insetSize + plotMargin
	}
	fmt.Fprintf(&c.b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" `+
		`font-family="sans-serif" font-size="12">`+"\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		plotWidth, height, plotWidth, height)
	c.legend()
	c.draw(&whole, 0)
	for i := range insets {
		c.draw(&insets[i], i+1)
	}
	c.b.WriteString("</svg>\n")
	return []byte(c.b.String())
}

// whoIsFollowed says of each track when it was a target's, in Unix nanoseconds.
func (r *Run) whoIsFollowed() [][][2]int64 {
	follows := make([][][2]int64, len(r.tracks))
	g, ok := r.grid()
	if !ok {
		return follows
	}
	s := newSIAP(r)
	g.each(s.watch)
	s.settle()
	for k := range s.follows {
		for _, p := range s.follows[k].spans {
			follows[k] = append(follows[k], [2]int64{g.begin + int64(p.begin-1)*step, g.begin + int64(p.last+1)*step})
		}
	}
	return follows
}

// canvas is a map being drawn.
type canvas struct {
	run     *Run
	place   Place
	follows [][][2]int64
	rep     CrossingReport
	wrongs  map[string]string // alert by its id: false, double
	missed  map[string]bool   // crossings by target and time
	b       strings.Builder
}

func (c *canvas) judge() {
	c.rep = c.run.crossingReport()
	c.wrongs, c.missed = map[string]string{}, map[string]bool{}
	for _, w := range c.rep.FalseAlerts {
		c.wrongs[w.ID] = "false"
	}
	for _, w := range c.rep.DuplicateAlerts {
		c.wrongs[w.ID] = "double"
	}
	for _, m := range c.rep.Missed {
		c.missed[m.Target+m.Time.String()] = true
	}
}

// whole is the window of everything: targets, sensors, and the line near them.
func (c *canvas) whole() window {
	b := bounds{west: math.Inf(1), east: math.Inf(-1), south: math.Inf(1), north: math.Inf(-1)}
	for k := range c.run.targets {
		for i := range c.run.targets[k].rows {
			b.take(c.run.targets[k].rows[i].e, c.run.targets[k].rows[i].n)
		}
	}
	for i := range c.place.Views {
		p := c.run.enu(c.place.Views[i].Lat, c.place.Views[i].Lon)
		b.take(p.E, p.N)
	}
	for i := range c.run.said {
		p := c.run.enu(c.run.said[i].lat, c.run.said[i].lon)
		b.take(p.E, p.N)
	}
	if b.west > b.east {
		b.take(0, 0)
	}
	margin := 0.03*max(b.east-b.west, b.north-b.south) + 100
	b.west, b.east, b.south, b.north = b.west-margin, b.east+margin, b.south-margin, b.north+margin
	w := window{begin: math.MinInt64, end: math.MaxInt64, x: plotMargin, y: plotMargin + legendTall, west: b.west, north: b.north}
	w.scale = min((plotWidth-2*plotMargin)/(b.east-b.west), plotMaxTall/(b.north-b.south))
	w.w, w.h = (b.east-b.west)*w.scale, (b.north-b.south)*w.scale
	return w
}

type bounds struct{ west, east, south, north float64 }

func (b *bounds) take(e, n float64) {
	if math.Abs(e) > 200e3 || math.Abs(n) > 200e3 { // an alert at 0/0 would make the map a dot
		return
	}
	b.west, b.east, b.south, b.north = min(b.west, e), max(b.east, e), min(b.south, n), max(b.north, n)
}

func (r *Run) enu(lat, lon float64) geo.ENU {
	return r.frame.ENU(geo.LLA{Lat: geo.Degrees(lat), Lon: geo.Degrees(lon)})
}

// insets are the close-ups of what went wrong, in order of time.
func (c *canvas) insets(y float64) (all []window) {
	type trouble struct {
		at       time.Time
		lat, lon float64
		title    string
	}
	var found []trouble
	for _, m := range c.rep.Missed {
		found = append(found, trouble{m.Time, m.Lat, m.Lon, "missed: " + m.Target + " " + m.Direction})
	}
	for _, list := range []struct {
		word string
		all  []Wrong
	}{{"false alert: ", c.rep.FalseAlerts}, {"double alert: ", c.rep.DuplicateAlerts}} {
		for _, w := range list.all {
			found = append(found, trouble{w.Time, w.Lat, w.Lon, list.word + cmp.Or(w.Near, "nobody near")})
		}
	}
	slices.SortStableFunc(found, func(a, b trouble) int { return a.at.Compare(b.at) })
	for i, f := range found[:min(len(found), maxInsets)] {
		p := c.run.enu(f.lat, f.lon)
		all = append(all, window{
			west: p.E - insetMetres, north: p.N + insetMetres, scale: insetSize / (2 * insetMetres), close: true,
			x: plotMargin - 15 + float64(i%insetsInARow)*(insetSize+5), y: y + float64(i/insetsInARow)*(insetSize+2*insetGap) + insetGap,
			w: insetSize, h: insetSize, begin: f.at.Add(-insetTime).UnixNano(), end: f.at.Add(insetTime).UnixNano(),
			title: f.at.UTC().Format("15:04:05") + "  " + f.title, comment: fmt.Sprintf("%.0f m wide, ±%.0f s", 2*insetMetres, insetTime.Seconds()),
		})
	}
	return all
}

// draw makes one window, from the ground up.
func (c *canvas) draw(w *window, index int) {
	frame := fmt.Sprintf(`x="%.1f" y="%.1f" width="%.1f" height="%.1f"`, w.x, w.y, w.w, w.h)
	fmt.Fprintf(&c.b, "<clipPath id=\"w%d\"><rect %s/></clipPath>\n<g clip-path=\"url(#w%d)\">\n", index, frame, index)
	fmt.Fprintf(&c.b, "<rect %s fill=\"#f7f7f2\"/>\n", frame)
	c.views(w)
	c.border(w)
	c.paths(w)
	c.tracks(w)
	c.crossings(w)
	c.alerts(w)
	c.scaleBar(w)
	c.b.WriteString("</g>\n")
	fmt.Fprintf(&c.b, "<rect %s fill=\"none\" stroke=\"#999\"/>\n", frame)
	if w.title != "" {
		c.text(w.x, w.y-5, "#222", w.title)
	}
}

func (c *canvas) text(x, y float64, colour, s string) {
	fmt.Fprintf(&c.b, "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", x, y, colour, html.EscapeString(s))
}

func (c *canvas) scaleBar(w *window) {
	length := 1.0
	for _, l := range []float64{10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000} {
		if l*w.scale <= w.w/5 {
			length = l
		}
	}
	x, y := w.x+12, w.y+w.h-12
	fmt.Fprintf(&c.b, "<path d=\"M%.1f %.1fv5h%.1fv-5\" fill=\"none\" stroke=\"#222\"/>\n", x, y-5, length*w.scale)
	name := fmt.Sprintf("%.0f m", length)
	if length >= 1000 {
		name = fmt.Sprintf("%.0f km", length/1000)
	}
	c.text(x+length*w.scale+6, y, "#222", strings.TrimSuffix(name+"; the map is "+w.comment, "; the map is "))
}

// sort of a true crossing on the map.
func (c *canvas) crossingColour(t *record.Truth) (colour string, missed bool) {
	if c.missed[t.Target+t.Time.String()] {
		return "#d00000", true
	}
	if categoryOf(t) != wanted {
		return "#888888", false
	}
	return "#118833", false
}
