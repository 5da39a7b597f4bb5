package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cutline/internal/record"
)

// park is the file of the alerts that a receiver refused for good, one JSON line each. It has a bound: at maxParked it begins
// anew, and the one before it is kept as .old. The journal holds the alerts themselves.
type park struct{ path string }

const maxParked = 4 << 20

// Refused is an alert that a receiver would not take, and why.
type Refused struct {
	Time   time.Time    `json:"time"`
	Route  string       `json:"route"`
	Reason string       `json:"reason"`
	Event  record.Event `json:"event"`
}

func newPark(dir, route string) park { return park{filepath.Join(dir, route+".refused.jsonl")} }

// ReadRefused lists what receivers would not take and is still in the files of the routes, by route, the newest last.
func ReadRefused(cfg Config) ([]Refused, error) {
	var all []Refused
	for _, r := range cfg.Routes {
		some, err := newPark(cfg.Dir, r.ID).list()
		if err != nil {
			return nil, fmt.Errorf("route %s: %w", r.ID, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// keep returns when the alert is on the disk: it is acknowledged next.
func (p park) keep(r Refused) (err error) {
	if p.path == "" {
		return errors.New("there is no place for what was refused")
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("keep what was refused: %w", err)
		}
	}()
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if info, err := os.Stat(p.path); err == nil && info.Size() >= maxParked {
		if err := os.Rename(p.path, p.path+".old"); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(p.path), 0o750); err != nil {
		return err
	}
	file, err := os.OpenFile(p.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(append(line, '\n')); err != nil {
		return err
	}
	return file.Sync()
}

// list gives what is in the file, the newest last. A line that a power cut broke is left out.
func (p park) list() ([]Refused, error) {
	data, err := os.ReadFile(p.path)
	if errors.Is(err, fs.ErrNotExist) || p.path == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was refused: %w", err)
	}
	var all []Refused
	for line := range bytes.Lines(data) {
		var r Refused
		if json.Unmarshal(line, &r) == nil {
			all = append(all, r)
		}
	}
	return all, nil
}
