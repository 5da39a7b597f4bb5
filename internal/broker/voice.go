package broker

import (
	"fmt"
	"log/slog"
	"sync/atomic"
)

// voice passes on what the server says. The server ends the process on a fatal fault when it logs by itself; here the fault
// becomes the error of Start.
type voice struct {
	log   *slog.Logger
	fatal atomic.Pointer[string]
}

func (v *voice) Noticef(format string, args ...any) {
	v.log.Debug("broker", "says", fmt.Sprintf(format, args...))
}
func (v *voice) Debugf(string, ...any) {}
func (v *voice) Tracef(string, ...any) {}
func (v *voice) Warnf(format string, args ...any) {
	v.log.Warn("broker warns", "says", fmt.Sprintf(format, args...))
}

func (v *voice) Errorf(format string, args ...any) {
	v.log.Error("broker fault", "says", fmt.Sprintf(format, args...))
}

func (v *voice) Fatalf(format string, args ...any) {
	why := fmt.Sprintf(format, args...)
	v.fatal.Store(&why)
}
