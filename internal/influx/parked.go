package influx

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// park is the file of the lines that the server refused, each run of them after a comment with the server's words. It is line
// protocol: mended by hand, it can be written to the server. It has a bound; the journal holds what it was made of.
type park struct {
	path string
	max  int64
}

func newPark(cfg Config) park {
	return park{path: filepath.Join(cfg.Dir, "parked.lp"), max: int64(cfg.ParkedMaxMiB) << 20}
}

// keep appends lines and returns when they are on the disk: their record is acknowledged next.
func (p park) keep(lines []byte, reason string, now time.Time) (err error) {
	if info, err := os.Stat(p.path); err == nil && info.Size() >= p.max {
		if err := os.Rename(p.path, p.path+".old"); err != nil {
			return fmt.Errorf("park refused lines: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(p.path), 0o750); err != nil {
		return fmt.Errorf("park refused lines: %w", err)
	}
	file, err := os.OpenFile(p.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("park refused lines: %w", err)
	}
	defer func() {
		if e := file.Close(); e != nil && err == nil {
			err = fmt.Errorf("park refused lines: %w", e)
		}
	}()
	var text bytes.Buffer
	comment := strings.Map(func(r rune) rune { // a line feed would end the comment
		if r < ' ' {
			return ' '
		}
		return r
	}, reason)
	fmt.Fprintf(&text, "# %s %s\n", now.UTC().Format(time.RFC3339), comment)
	text.Write(lines)
	if _, err := file.Write(text.Bytes()); err != nil {
		return fmt.Errorf("park refused lines: %w", err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("park refused lines: %w", err)
	}
	return nil
}
