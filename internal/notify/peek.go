package notify

import (
	"net"
	"time"
)

// patience is how long a Read may take that is known to find something.
const patience = time.Second

// attend sets the time that the next Read of conn may take: a moment, or so long that it is sure to find what has come.
func attend(conn net.Conn, wait time.Duration) error {
	if err := conn.SetReadDeadline(time.Time{}); err != nil { // the last one's is over, and would keep heard from looking
		return err //nolint:wrapcheck // by the caller
	}
	wait = max(wait, time.Millisecond)
	if heard(conn) {
		wait = max(wait, patience)
	}
	return conn.SetReadDeadline(time.Now().Add(wait)) //nolint:wrapcheck // by the caller
}
