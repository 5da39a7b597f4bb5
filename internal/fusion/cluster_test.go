package fusion

import "testing"

// A centre of returns is a place, whose east is no slant range.
func TestCluster_aCentreIsNoSlantRange(t *testing.T) {
	s := newScene(t, radar("a", 0, 0))
	frame, site := s.frame, &s.tracker.sites[0]
	var plots []plot
	for _, e := range []float64{-2, 2} {
		d := s.polar("a", e, 800, 0)
		p, ok := site.newPlot(&site.look, &d, &frame)
		if !ok {
			t.Fatal("no plot")
		}
		plots = append(plots, p)
	}
	centre := cluster(plots, 8)
	if len(centre) != 1 {
		t.Fatalf("%d clusters", len(centre))
	}
	noise := centre[0].R
	centre[0].rise(300)
	if centre[0].R != noise || centre[0].Lift != 0 {
		t.Errorf("of one who flies its noise is %v and not %v", centre[0].R[0][0], noise[0][0])
	}
}
