package influx

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	influxdb "github.com/influxdata/influxdb-client-go/v2"
)

// always names a field that every point of a measurement has: to count it is to count points.
var always = [...]struct{ measurement, field string }{ //nolint:gochecknoglobals // a fixed table
	{"detection", "confidence"},
	{"track", "existence"},
	{"crossing", "confidence"},
	{"alert", "confidence"},
	{"sensor", "rate"},
	{"coverage", "watched_fraction"},
	{"reject", "count"},
}

// CountPoints asks the server by Flux how many points of each measurement it holds, of the time from since on. Measurements of
// which it holds none are missing. It needs a server with Flux: InfluxDB 2, or 1.8 with flux-enabled.
func CountPoints(ctx context.Context, cfg Config, since time.Time) (map[string]int64, error) {
	token, err := readToken(cfg.TokenFile)
	if err != nil {
		return nil, err
	}
	options := influxdb.DefaultOptions().SetApplicationName("cutline").SetHTTPRequestTimeout(uint(cfg.Timeout.Seconds()))
	client := influxdb.NewClientWithOptions(strings.TrimSuffix(cfg.URL, "/")+"/", token, options)
	defer client.Close()
	counts := make(map[string]int64)
	result, err := client.QueryAPI(cfg.Org).Query(ctx, countQuery(cfg.Bucket, since))
	if err != nil {
		return nil, fmt.Errorf("count points: %w", err)
	}
	defer func() { _ = result.Close() }()
	for result.Next() {
		n, ok := result.Record().Value().(int64)
		if !ok {
			return nil, fmt.Errorf("count points: the server counts %v", result.Record().Value())
		}
		counts[result.Record().Measurement()] += n
	}
	if result.Err() != nil {
		return nil, fmt.Errorf("count points: %w", result.Err())
	}
	return counts, nil
}

// countQuery counts series by series, where the server can do it in its storage, and adds up.
func countQuery(bucket string, since time.Time) string {
	var pairs []string
	for _, a := range always {
		pairs = append(pairs, fmt.Sprintf(`(r._measurement == %q and r._field == %q)`, a.measurement, a.field))
	}
	return fmt.Sprintf(`from(bucket: %s) |> range(start: %s) |> filter(fn: (r) => %s) |> count()
		|> group(columns: ["_measurement"]) |> sum()`,
		strconv.Quote(bucket), since.UTC().Format(time.RFC3339Nano), strings.Join(pairs, " or "))
}
