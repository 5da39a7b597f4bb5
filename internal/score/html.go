package score

import (
	"fmt"
	"strings"
)

// HTML is the whole report on one page that needs nothing else: the map above, the figures below. svg is what Plot has drawn.
func (r Report) HTML(title string, svg []byte) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>%[1]s</title>
<style>
body{font:14px/1.5 sans-serif;margin:2em;color:#222}
svg{width:100%%;height:auto;border:1px solid #ccc}
table{border-collapse:collapse;margin:1em 0}
td,th{padding:.15em .9em .15em 0;text-align:left;border-bottom:1px solid #ddd}
td.n{text-align:right;font-variant-numeric:tabular-nums}
pre{background:#f6f6f2;padding:1em;overflow:auto}
</style></head><body>
<h1>%[1]s</h1>
`, escape(title))
	b.Write(svg)
	b.WriteString("<table><tr><th>figure<th>value<th>between (95 %)</tr>\n")
	for _, f := range r.figures() {
		between := ""
		if f.interval != [2]float64{} {
			between = fmt.Sprintf("%s to %s", number(f.interval[0]), number(f.interval[1]))
		}
		fmt.Fprintf(&b, "<tr><td>%s<td class=n>%s<td class=n>%s</tr>\n", escape(f.name), number(f.value), between)
	}
	fmt.Fprintf(&b, "</table>\n<pre>%s</pre>\n</body></html>\n", escape(r.String()))
	return []byte(b.String())
}

// number has as many decimals as one can read something from.
func number(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
