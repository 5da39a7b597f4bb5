package notify

import (
	"strings"
	"testing"
)

func TestTry_tellsEachReceiverOfATestAndOfItsEnd(t *testing.T) {
	hook, post, tak, hub := newReceiver(t), newPostOffice(t, nil, false), newTAKServer(t, nil), newFusion(t)
	cfg := Defaults()
	cfg.Routes = []Route{
		{ID: "hook", Webhook: &Webhook{URL: hook.url()}, Sectors: []string{"emerson"}, Priorities: []Priority{"critical"}},
		{ID: "duty", Email: &Email{Server: post.addr, Security: NoTLS, From: "c@ops.example", To: []string{"d@ops.example"}}},
		{ID: "atak", CoT: &CoT{URL: "tcp://" + tak.addr}},
		{ID: "hub", SAPIENT: &SAPIENT{URL: "tcp://" + hub.addr}},
		{ID: "nobody", Webhook: &Webhook{URL: "http://127.0.0.1:1"}},
	}
	cfg.Fill()
	trials := Try(t.Context(), cfg, Deps{Site: testSite()})
	if len(trials) != 5 {
		t.Fatalf("%d trials", len(trials))
	}
	for _, trial := range trials {
		if (trial.Err != nil) != (trial.Route == "nobody") {
			t.Errorf("%+v", trial)
		}
	}
	if trials[4].Path != "routes[4].webhook" || trials[2].Path != "routes[2].cot" {
		t.Errorf("%+v", trials)
	}
	if got := hook.all(); len(got) != 2 || !strings.Contains(got[0].body, "TEST of the route hook: nobody has crossed") ||
		!strings.Contains(got[0].body, `"simulated":true`) || !strings.Contains(got[1].body, `"change":"end"`) {
		t.Errorf("the receiver has %+v", got)
	}
	if n := len(post.all()); n != 2 {
		t.Errorf("%d mails", n)
	}
	eventually(t, "the test on the map, and its end", func() bool { return len(tak.received()) == 2 && tak.received()[1] != "" })
	eventually(t, "the test at the hub", func() bool { return len(hub.received()) == 2 })
	if some := Try(t.Context(), cfg, Deps{}, "duty"); len(some) != 1 || some[0].Route != "duty" || len(post.all()) != 4 {
		t.Errorf("of one route: %+v", some)
	}
}
