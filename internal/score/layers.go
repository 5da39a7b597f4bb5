package score

import (
	"fmt"
	"math"
	"strings"
)

// The layers of a map, from the ground up.

// views are the sensors and what they can see.
func (c *canvas) views(w *window) {
	for i := range c.place.Views {
		v := &c.place.Views[i]
		p := c.run.enu(v.Lat, v.Lon)
		x, y := w.at(p.E, p.N)
		colour := "#3070c0"
		switch v.Kind {
		case "camera":
			colour = "#8050b0"
		case "ground":
			colour = "#907020"
		}
		reach := v.Reach * w.scale
		if v.Width >= 360 {
			fmt.Fprintf(&c.b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" fill-opacity=\".06\" stroke=\"%s\" stroke-opacity=\".35\"/>\n",
				x, y, reach, colour, colour)
		} else {
			fmt.Fprintf(&c.b, "<path d=\"%s\" fill=\"%s\" fill-opacity=\".05\" stroke=\"%s\" stroke-opacity=\".35\"/>\n",
				wedge(x, y, reach, v.From, v.Width), colour, colour)
		}
		fmt.Fprintf(&c.b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\" fill=\"%s\"/>\n", x-3.5, y-3.5, colour)
		if v.Kind != "ground" || w.close {
			c.text(x+6, y-6-12*float64(c.before(i)), colour, v.Sensor)
		}
	}
}

// before counts the sensors on the same mast that were named already.
func (c *canvas) before(i int) (n int) {
	for k := range i {
		if distance(c.place.Views[k].Lat, c.place.Views[k].Lon, c.place.Views[i].Lat, c.place.Views[i].Lon) < 20 {
			n++
		}
	}
	return n
}

// wedge is a part of a disc, azimuths clockwise from north.
func wedge(x, y, reach, from, width float64) string {
	point := func(azimuth float64) (float64, float64) {
		sin, cos := math.Sincos(azimuth * math.Pi / 180)
		return x + reach*sin, y - reach*cos
	}
	x1, y1 := point(from)
	x2, y2 := point(from + width)
	large := 0
	if width > 180 {
		large = 1
	}
	return fmt.Sprintf("M%.1f %.1fL%.1f %.1fA%.1f %.1f 0 %d 1 %.1f %.1fZ", x, y, x1, y1, reach, reach, large, x2, y2)
}

// border is the line, and at the map's right edge the names of its sides.
func (c *canvas) border(w *window) {
	for _, line := range c.place.Lines {
		var p pen
		for i := range line {
			if i > 0 {
				p.dense(w, &c.run.frame, line[i-1], line[i])
			}
			at := c.run.frame.ENU(line[i])
			p.to(w.at(at.E, at.N))
		}
		fmt.Fprintf(&c.b, "<path d=\"%s\" fill=\"none\" stroke=\"#222\" stroke-width=\"2.5\"/>\n", p.String())
		x := w.x + w.w - 30
		if y, east, ok := p.near(x); ok && !w.close {
			for i, name := range c.place.Sides {
				off := 18.0           // up
				if (i == 0) != east { // the first side lies to the left of the line's direction
					off = -off
				}
				fmt.Fprintf(&c.b, `<text x="%.1f" y="%.1f" text-anchor="middle" dominant-baseline="middle" font-size="16" font-weight="bold">`+
					"%s</text>\n", x, y-off, escape(name))
			}
		}
	}
}

// paths are the true ones, coloured by class.
func (c *canvas) paths(w *window) {
	for k := range c.run.targets {
		g := &c.run.targets[k]
		var p pen
		for i := range g.rows {
			if at := g.rows[i].at; at < w.begin || at > w.end {
				continue
			}
			if i > 0 && g.rows[i].at-g.rows[i-1].at > truthGap {
				p.lift()
			}
			x, y := w.at(g.rows[i].e, g.rows[i].n)
			p.to(x, y)
		}
		if p.empty() {
			continue
		}
		colour := classColour(g)
		fmt.Fprintf(&c.b, `<path d="%s" fill="none" stroke="%s" stroke-width="4" stroke-opacity=".45" stroke-linejoin="round"/>`+"\n",
			p.String(), colour)
		fmt.Fprintf(&c.b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", p.x0, p.y0, colour)
		if w.close {
			c.text(p.x0+5, p.y0-4, colour, g.id)
		}
	}
}

func classColour(g *target) string {
	switch {
	case g.friendly:
		return "#30a050"
	case g.class == "person":
		return "#2060d0"
	case g.class == "vehicle":
		return "#d07000"
	case g.class == "animal":
		return "#8a5a2b"
	}
	return "#606060"
}

// tracks are what an operator was shown; red while they were no target's.
func (c *canvas) tracks(w *window) {
	for k := range c.run.tracks {
		l := &c.run.tracks[k]
		var good, bad pen
		var dots [2]strings.Builder
		spans := c.follows[k]
		for i := range l.rows {
			t := &l.rows[i]
			if t.at < w.begin || t.at > w.end || !t.seen {
				good.lift()
				bad.lift()
				continue
			}
			for len(spans) > 0 && spans[0][1] < t.at {
				spans = spans[1:]
			}
			use, other, at := &bad, &good, 1
			if len(spans) > 0 && spans[0][0] <= t.at {
				use, other, at = &good, &bad, 0
			}
			other.lift()
			x, y := w.at(t.e, t.n)
			use.to(x, y)
			if w.close {
				fmt.Fprintf(&dots[at], "M%.1f %.1fh0", x, y)
			}
		}
		for at, colour := range []string{"#101010", "#e02020"} {
			if p := []*pen{&good, &bad}[at]; !p.empty() {
				fmt.Fprintf(&c.b, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.2\"/>\n", p.String(), colour)
				fmt.Fprintf(&c.b, "<path d=\"%s\" stroke=\"%s\" stroke-width=\"3.5\" stroke-linecap=\"round\"/>\n", dots[at].String(), colour)
			}
		}
	}
}

// crossings are the true ones: a ring where it was told, a cross where it was missed.
func (c *canvas) crossings(w *window) {
	for i := range c.run.crossed {
		t := &c.run.crossed[i]
		if at := t.Time.UnixNano(); at < w.begin || at > w.end {
			continue
		}
		p := c.run.enu(t.Lat, t.Lon)
		x, y := w.at(p.E, p.N)
		colour, missed := c.crossingColour(t)
		if missed {
			fmt.Fprintf(&c.b, "<path d=\"M%.1f %.1fl14 14m0 -14l-14 14\" stroke=\"%s\" stroke-width=\"4\"/>\n", x-7, y-7, colour)
			continue
		}
		fmt.Fprintf(&c.b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"7\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", x, y, colour)
	}
}

// alerts are triangles where they say that it happened: filled green as they should be, red false, orange double.
func (c *canvas) alerts(w *window) {
	for i := range c.run.said {
		a := &c.run.said[i]
		if at := a.at.UnixNano(); at < w.begin || at > w.end {
			continue
		}
		p := c.run.enu(a.lat, a.lon)
		x, y := w.at(p.E, p.N)
		colour := "#22aa44"
		switch c.wrongs[a.id] {
		case "false":
			colour = "#e00000"
		case "double":
			colour = "#f08000"
		}
		fmt.Fprintf(&c.b, "<path d=\"M%.1f %.1fl5 9h-10z\" fill=\"%s\" stroke=\"#fff\" stroke-width=\".7\"><title>%s</title></path>\n",
			x, y-5, colour, escape(fmt.Sprintf("%s %s %s, counts %d, %s", a.id, a.class, a.direction, a.count, a.at.UTC().Format("15:04:05"))))
	}
}
