package testenv

import (
	"errors"
	"os"
	"testing"

	"cutline/internal/influxd"
)

// InfluxDB is a running server with an empty bucket for the test.
type InfluxDB struct {
	t        testing.TB
	cfg      influxd.Config
	server   *influxd.Server
	external string

	Org, Bucket, Token string
}

// Influx starts an InfluxDB 1.8 for the test, with the database "border". If CUTLINE_TEST_INFLUX_URL names a server (any 2.x),
// that one is used instead, with the organisation, bucket and token in CUTLINE_TEST_INFLUX_ORG, _BUCKET and _TOKEN: the bucket
// should be empty, and a test that stops the server skips itself.
func Influx(t testing.TB) *InfluxDB {
	t.Helper()
	if url := os.Getenv("CUTLINE_TEST_INFLUX_URL"); url != "" {
		return &InfluxDB{
			t: t, external: url, Org: os.Getenv("CUTLINE_TEST_INFLUX_ORG"),
			Bucket: os.Getenv("CUTLINE_TEST_INFLUX_BUCKET"), Token: os.Getenv("CUTLINE_TEST_INFLUX_TOKEN"),
		}
	}
	binary, err := influxd.Find(root(t))
	if errors.Is(err, influxd.ErrNotFound) {
		missing(t, "InfluxDB", "make bin/influxd")
	}
	if err != nil {
		t.Fatal(err)
	}
	out := new(output)
	i := &InfluxDB{t: t, cfg: influxd.Config{Binary: binary, Dir: t.TempDir(), Log: out}, Org: "ops", Bucket: "border/autogen"}
	t.Cleanup(func() {
		i.Kill() // its data goes with the test: there is nothing to flush for
		out.showOnFailure(t, "influxd")
	})
	i.Start()
	if err := i.server.CreateDatabase(t.Context(), "border"); err != nil {
		t.Fatal(err)
	}
	return i
}

// URL of the server, the same after Stop and Start.
func (i *InfluxDB) URL() string {
	if i.external != "" {
		return i.external
	}
	return "http://" + i.cfg.Addr
}

// Server is the child, for what testenv does not offer itself; nil for an outside server and while stopped.
func (i *InfluxDB) Server() *influxd.Server { return i.server }

// Start brings a stopped server back on its port, with its data.
func (i *InfluxDB) Start() {
	i.t.Helper()
	i.own()
	server, err := influxd.Start(i.t.Context(), i.cfg)
	if err != nil {
		i.t.Fatal(err)
	}
	i.server, i.cfg.Addr = server, server.Addr()
}

// Stop ends the server in good order.
func (i *InfluxDB) Stop() {
	i.t.Helper()
	i.own()
	if i.server == nil {
		return
	}
	if err := i.server.Stop(); err != nil {
		i.t.Error(err)
	}
	i.server = nil
}

// Kill ends it at once.
func (i *InfluxDB) Kill() {
	if i.server != nil {
		i.server.Kill()
		i.server = nil
	}
}

// own skips a test that would stop somebody else's server.
func (i *InfluxDB) own() {
	i.t.Helper()
	if i.external != "" {
		i.t.Skip("this test stops the server, and CUTLINE_TEST_INFLUX_URL names one that is not the test's own")
	}
}
