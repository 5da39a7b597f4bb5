package app

import (
	"net"
	"strings"
	"testing"

	"cutline/internal/config"
	"cutline/internal/notify"
)

func TestConnect_knocksAtEveryReceiverThatHasADoor(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	open, shut := ln.Addr().String(), "127.0.0.1:1"
	var cfg config.Config
	cfg.Notify.Routes = []notify.Route{
		{ID: "hook", Webhook: &notify.Webhook{URL: "http://" + open}},
		{ID: "mail", Email: &notify.Email{Server: open}},
		{ID: "tak", CoT: &notify.CoT{URL: "tls://" + open}},
		{ID: "fusion", SAPIENT: &notify.SAPIENT{URL: "tcp://" + open}},
		{ID: "nobody", SAPIENT: &notify.SAPIENT{URL: "tls://" + shut}},
		{ID: "everybody", CoT: &notify.CoT{URL: "udp://239.2.3.1:6969"}},
	}
	got := Connect(t.Context(), cfg)
	if len(got) != 5 { // a datagram to everybody is answered by nobody
		t.Fatalf("%+v", got)
	}
	for i, c := range got {
		if c.Name != "notify "+cfg.Notify.Routes[i].ID || c.OK != (c.At == open) || !c.OK && !strings.Contains(c.What, "refused") {
			t.Errorf("%+v", c)
		}
	}
}
