package score

import "slices"

// TrackReport is how well tracks followed targets, friendly ones among them, on the grid of one second.
type TrackReport struct {
	Seconds int `json:"seconds"` // of the grid
	Targets int `json:"targets"`
	Tracks  int `json:"tracks"`       // with an event
	Shown   int `json:"tracks_shown"` // of them, those that an operator saw

	// SIAP (Votruba et al. 2001, "Single integrated air picture metrics"; Stone Soup metricgenerator/tracktotruthmetrics.py). What they
	// call the ID of a target is its class here.
	Completeness     float64 `json:"completeness"`
	CompleteCovered  float64 `json:"completeness_covered"` // of the targets that a sensor could see; 1 where the truth calls none so
	CoveredSeconds   int     `json:"covered_seconds"`      // that it is of, summed over the targets
	Ambiguity        float64 `json:"ambiguity"`
	Spuriousness     float64 `json:"spuriousness"`
	PositionAccuracy float64 `json:"position_accuracy_m"`
	VelocityAccuracy float64 `json:"velocity_accuracy_mps"`
	NumberChangeRate float64 `json:"number_change_rate_hz"`
	LongestSegment   float64 `json:"longest_segment"`
	IDCompleteness   float64 `json:"id_completeness"` // of tracked targets, those of which some track names a class
	IDCorrectness    float64 `json:"id_correctness"`  // those of which every track names the right one
	IDAmbiguity      float64 `json:"id_ambiguity"`    // those of which some do and some do not

	// GOSPA, α = 2, p = 2 (Rahmathullah, García-Fernández, Svensson 2017) and OSPA, p = 2 (Schuhmacher, Vo, Vo 2008), means over the grid.
	GOSPA        float64 `json:"gospa_m"`
	Localisation float64 `json:"gospa_localisation_m2"`
	MissedMean   float64 `json:"gospa_missed"`
	FalseMean    float64 `json:"gospa_false"`
	OSPA         float64 `json:"ospa_m"`

	// CLEAR-MOT (Bernardin, Stiefelhagen 2008), identity (Ristani et al. 2016) and HOTA (Luiten et al. 2020).
	MOTA             float64    `json:"mota"`
	MOTP             float64    `json:"motp_m"`
	Switches         int        `json:"id_switches"`
	SwitchesInterval [2]float64 `json:"id_switches_interval"` // 95 %, Poisson
	IDF1             float64    `json:"idf1"`
	IDR              float64    `json:"idr"`
	HOTA             float64    `json:"hota"`
	DetA             float64    `json:"hota_detection"`
	AssA             float64    `json:"hota_association"`

	// NEES of positions, each event of a track against the target that it follows by SIAP's association, at its time: 1 where the stated
	// covariance is honest, more where it is too small. Of a group the first is against its middle, the second the mean over its members.
	// Inside is the share within the 95 % ellipse.
	NEES       float64    `json:"nees"`
	NEESOfAny  float64    `json:"nees_members"`
	NEESBand   [2]float64 `json:"nees_band"` // 95 % of means of so many independent looks; those of one track are not
	NEESInside float64    `json:"nees_inside"`
	NEESLooks  int        `json:"nees_looks"`

	// StandardErrors of the figures above, by their names: jackknife over tenths of the run.
	StandardErrors map[string]float64 `json:"standard_errors"`
}

// trackReport walks the grid twice: what follows whom must be known before it can be counted.
func (r *Run) trackReport() TrackReport {
	rep := TrackReport{Targets: len(r.targets), Tracks: len(r.tracks)}
	for k := range r.tracks {
		if slices.ContainsFunc(r.tracks[k].rows, func(w row) bool { return w.seen }) {
			rep.Shown++
		}
	}
	g, ok := r.grid()
	if !ok {
		whole := sums{}
		rep.fill(whole.figures())
		return rep
	}
	n := g.length()
	parts := make([]sums, tenths)
	part := func(m *moment) *sums { return &parts[m.index*tenths/n] }
	s := newSIAP(r)
	mot := newMOT(r)
	id := newIdentity(r)
	h := newHOTA(r)
	g.each(func(m *moment) {
		p := part(m)
		p.moments++
		p.truths += float64(len(m.truths))
		p.shown += float64(len(m.tracks))
		s.watch(m)
		m.gospa(p, r.o.Cutoff, &mot.matcher)
		mot.watch(m, p)
		id.watch(m)
		h.watch(m)
	})
	s.settle()
	id.settle()
	h.settle()
	g, _ = r.grid()
	g.each(func(m *moment) {
		p := part(m)
		s.count(m, p)
		id.count(m, p)
		h.count(m)
	})
	var whole sums
	for i := range parts {
		whole.add(&parts[i])
	}
	rep.Seconds, rep.CoveredSeconds = n, int(whole.covered)
	rep.fill(whole.figures())
	rep.NumberChangeRate, rep.LongestSegment = s.segments()
	rep.Switches, rep.SwitchesInterval = int(whole.switches), poisson(int(whole.switches))
	rep.HOTA, rep.DetA, rep.AssA = h.figures()
	rep.NEESLooks, rep.NEESBand = int(whole.looks), neesBand(int(whole.looks))
	rep.StandardErrors = standardErrors(parts)
	return rep
}

func (r *TrackReport) fill(f map[string]float64) {
	for name, field := range r.means() {
		*field = f[name]
	}
}

// means are the fields that sums.figures makes, by their names in JSON.
func (r *TrackReport) means() map[string]*float64 {
	return map[string]*float64{
		"completeness": &r.Completeness, "completeness_covered": &r.CompleteCovered, "ambiguity": &r.Ambiguity, "spuriousness": &r.Spuriousness,
		"position_accuracy_m": &r.PositionAccuracy, "velocity_accuracy_mps": &r.VelocityAccuracy,
		"id_completeness": &r.IDCompleteness, "id_correctness": &r.IDCorrectness, "id_ambiguity": &r.IDAmbiguity,
		"gospa_m": &r.GOSPA, "gospa_localisation_m2": &r.Localisation, "gospa_missed": &r.MissedMean, "gospa_false": &r.FalseMean,
		"ospa_m": &r.OSPA, "mota": &r.MOTA, "motp_m": &r.MOTP, "idf1": &r.IDF1, "idr": &r.IDR,
		"nees": &r.NEES, "nees_members": &r.NEESOfAny, "nees_inside": &r.NEESInside,
	}
}
