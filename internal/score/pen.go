package score

import (
	"fmt"
	"html"
	"math"
	"strings"

	"cutline/internal/geo"
)

// pen draws a path, and leaves out points that nobody could see: a day of a target is 86,400 of them.
type pen struct {
	b      strings.Builder
	down   bool
	x, y   float64 // the last point drawn
	x0, y0 float64 // the first one
	n      int
	xs, ys []float64
}

// tooNear is how far apart two points of a path must be, in pixels.
const tooNear = 0.7

func (p *pen) to(x, y float64) {
	if p.down && math.Hypot(x-p.x, y-p.y) < tooNear {
		return
	}
	word := "L"
	if !p.down {
		word = "M"
	}
	if p.n == 0 {
		p.x0, p.y0 = x, y
	}
	fmt.Fprintf(&p.b, "%s%.1f %.1f", word, x, y)
	p.down, p.x, p.y = true, x, y
	p.n++
	p.xs, p.ys = append(p.xs, x), append(p.ys, y)
}

func (p *pen) lift() { p.down = false }

func (p *pen) empty() bool { return p.n == 0 }

func (p *pen) String() string { return p.b.String() }

// dense draws what lies between two places, straight in longitude and latitude: on the map that is a bow.
func (p *pen) dense(w *window, f *geo.Frame, a, b geo.LLA) {
	from, to := f.ENU(a), f.ENU(b)
	n := int(to.Sub(from).Range() / 1000)
	for k := 1; k < min(n, 500); k++ {
		part := geo.Degrees(float64(k) / float64(n))
		q := f.ENU(geo.LLA{Lat: a.Lat + part*(b.Lat-a.Lat), Lon: a.Lon + part*(b.Lon-a.Lon)})
		x, y := w.at(q.E, q.N)
		p.to(x, y)
	}
}

// near is where the path crosses x, and whether it goes east there.
func (p *pen) near(x float64) (y float64, east, ok bool) {
	for i := 1; i < len(p.xs); i++ {
		if (p.xs[i-1]-x)*(p.xs[i]-x) <= 0 && p.xs[i] != p.xs[i-1] {
			return p.ys[i-1] + (x-p.xs[i-1])/(p.xs[i]-p.xs[i-1])*(p.ys[i]-p.ys[i-1]), p.xs[i] > p.xs[i-1], true
		}
	}
	return 0, false, false
}

func escape(s string) string { return html.EscapeString(s) }

// legend says what is what, and how much of it there is.
func (c *canvas) legend() {
	r := &c.rep
	title := fmt.Sprintf("%d of %d crossings found, %d false alerts, %d double; %d targets, %d tracks; %s to %s",
		r.Found, r.True, r.False, r.Duplicates, len(c.run.targets), len(c.run.tracks),
		c.run.first.UTC().Format("2006-01-02 15:04:05"), c.run.last.UTC().Format("15:04:05Z"))
	fmt.Fprintf(&c.b, "<text x=\"%.0f\" y=\"32\" font-size=\"18\" font-weight=\"bold\">%s</text>\n", plotMargin, escape(title))
	x := plotMargin
	entry := func(picture, name string) {
		fmt.Fprintf(&c.b, "<g transform=\"translate(%.1f 54)\">%s<text x=\"30\" y=\"5\">%s</text></g>\n", x, picture, escape(name))
		x += 48 + 6.7*float64(len(name))
	}
	for _, l := range []struct{ name, colour string }{
		{"person", "#2060d0"}, {"vehicle", "#d07000"}, {"animal", "#8a5a2b"}, {"friendly", "#30a050"},
	} {
		entry(fmt.Sprintf(`<g stroke="%[1]s"><path d="M0 0h24" stroke-width="4" stroke-opacity=".45"/><circle r="2" fill="%[1]s"/></g>`,
			l.colour), l.name)
	}
	entry(`<path d="M0 0h24" stroke="#101010" stroke-width="1.2"/>`, "track")
	entry(`<path d="M0 0h24" stroke="#e02020" stroke-width="1.2"/>`, "track of nobody")
	entry(`<circle cx="12" r="7" fill="none" stroke="#118833" stroke-width="2"/>`, "crossing, told")
	entry(`<path d="M5 -7l14 14m0 -14l-14 14" stroke="#d00000" stroke-width="4"/>`, "missed")
	entry(`<circle cx="12" r="7" fill="none" stroke="#888888" stroke-width="2"/>`, "animal's, friend's")
	entry(`<path d="M12 -5l5 9h-10z" fill="#22aa44"/>`, "alert")
	entry(`<path d="M12 -5l5 9h-10z" fill="#e00000"/>`, "false alert")
	entry(`<path d="M12 -5l5 9h-10z" fill="#f08000"/>`, "double alert")
	x = plotMargin
	y := 54.0 + 24
	for _, l := range []struct{ name, colour string }{{"radar", "#3070c0"}, {"camera", "#8050b0"}, {"ground sensor", "#907020"}} {
		fmt.Fprintf(&c.b, `<g transform="translate(%.1f %.1f)"><rect x="5" y="-6" width="14" height="12" fill="%[3]s" fill-opacity=".12" `+
			"stroke=\"%[3]s\"/><text x=\"30\" y=\"5\">%[4]s</text></g>\n", x, y, l.colour, l.name)
		x += 48 + 6.7*float64(len(l.name))
	}
	c.text(x, y+5, "#555", "a dot is where a path begins; sensors that move are not drawn; hills are not in a sensor's view")
}
