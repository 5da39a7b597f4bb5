package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxLine of a file that is scanned for ids: a capture's line holds one message.
const maxLine = 64 << 20

// ScanIDs finds every id of a load in a text, by lines, and gives them out: a capture of cutline record, an export, a log. Other
// text is passed over.
func ScanIDs(r io.Reader, take func(id string)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), maxLine)
	mark := []byte(Prefix + "-")
	for lines.Scan() {
		text := lines.Bytes()
		for {
			at := bytes.Index(text, mark)
			if at < 0 {
				break
			}
			end := at + len(mark)
			for end < len(text) && (text[end] == '-' || text[end] >= '0' && text[end] <= '9') {
				end++
			}
			if _, _, ok := parseID(string(text[at:end])); ok {
				take(string(text[at:end]))
			}
			text = text[end:]
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("scan for ids: %w", err)
	}
	return nil
}

// Influx is an InfluxDB that the daemon writes to: any 2.x, or 1.8 with Flux.
type Influx struct {
	URL    string
	Org    string // 1.8 ignores it
	Bucket string // of 1.8, database/retention-policy
	Token  string // of 1.8, user:password; empty for none
}

// perRequest is about how many detections one answer holds.
const perRequest = 500_000

// Read gives out the id and the sensor of each detection of the load that the server holds.
func (i Influx) Read(ctx context.Context, l *Ledger, take func(id, sensor string)) error {
	from, to := l.Start.Truncate(time.Millisecond), l.End // a detection's time has whole milliseconds
	if !l.Complete() {
		to = time.Now()
	}
	to = to.Add(time.Second)
	slices := l.sent/perRequest + 1
	step := to.Sub(from)/time.Duration(slices) + 1
	for at := from; at.Before(to); at = at.Add(step) {
		if err := i.query(ctx, at, at.Add(step), take); err != nil {
			return fmt.Errorf("read InfluxDB at %s: %w", i.URL, err)
		}
	}
	return nil
}

// query asks for the detections of a span of time, by Flux: it is what InfluxDB 1.8 and 2 both answer at one address.
func (i Influx) query(ctx context.Context, from, to time.Time, take func(id, sensor string)) error {
	flux := fmt.Sprintf(`from(bucket: %s) |> range(start: %s, stop: %s)
	|> filter(fn: (r) => r._measurement == "detection" and r._field == "id" and r.sector == %q)
	|> keep(columns: ["_value", "sensor"])`,
		strconv.Quote(i.Bucket), from.UTC().Format(time.RFC3339Nano), to.UTC().Format(time.RFC3339Nano), Prefix)
	address := strings.TrimSuffix(i.URL, "/") + "/api/v2/query?" + url.Values{"org": {i.Org}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(flux))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/vnd.flux")
	req.Header.Set("Accept", "application/csv")
	if i.Token != "" {
		req.Header.Set("Authorization", "Token "+i.Token)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end, or of no more use
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return fmt.Errorf("%s: %s", resp.Status, bytes.TrimSpace(text))
	}
	return readCSV(resp.Body, take)
}

// readCSV reads Flux's answer: tables one after the other, each with a header of its own after an empty line. Columns are found
// by their names. An error in mid-answer is a table with a column named error.
func readCSV(body io.Reader, take func(id, sensor string)) error {
	in := csv.NewReader(body)
	in.FieldsPerRecord, in.ReuseRecord = -1, true
	in.Comment = '#' // annotations: types, groups, defaults
	value, sensor, failed := -1, -1, -1
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header(row, &value, &sensor, &failed) {
			continue
		}
		switch {
		case failed >= 0 && failed < len(row):
			return errors.New(row[failed])
		case value < 0 || sensor < 0 || value >= len(row) || sensor >= len(row):
			return fmt.Errorf("the answer is no table of detections: %q", strings.Join(row, ","))
		}
		take(row[value], row[sensor])
	}
}

// header takes the places of the columns from a table's first row, and says whether this is one.
func header(row []string, value, sensor, failed *int) bool {
	v, s, f := -1, -1, -1
	for i, name := range row {
		switch name {
		case "_value":
			v = i
		case "sensor":
			s = i
		case "error":
			f = i
		}
	}
	if (v < 0 || s < 0) && f < 0 {
		return false
	}
	*value, *sensor, *failed = v, s, f
	return true
}
