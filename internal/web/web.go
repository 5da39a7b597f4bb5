// Package web is the daemon's HTTP side: the API of people and programs, the stream of events, health and metrics.
//
//	PICTURE ─► picture (one goroutine) ─► /api/v1/picture, alerts, sensors, coverage, rejects
//	PICTURE ─► one journal reader per client ─► /api/v1/stream (SSE, id = PICTURE sequence)
//	POST /api/v1/alerts/{id}/ack ─► INPUT, as a command; the correlator decides what comes of it
//
// It decides nothing: what it shows is what the journal holds, and what a person does is a record in the journal. Until the picture
// has been read once, the API answers 503 rather than a part of it.
//
// The stream promises: after a resume (Last-Event-ID) nothing is missed, and at most the one PICTURE message that the client was
// cut off in comes again. A slow client is given its time, then cut off; it never holds up the daemon or grows in memory.
//
// It listens on loopback by default, since there are no accounts yet; it refuses requests of other sites' pages and for other
// hosts' names, and its pages load nothing from elsewhere. Start at routes.go; picture.go is the state, stream.go the stream.
package web
