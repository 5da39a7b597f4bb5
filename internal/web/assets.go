package web

import (
	_ "embed" // the files of assets
	"net/http"
)

//go:embed assets/openapi.json
var openAPIJSON []byte

// file answers with bytes that never change.
func file(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body) // a client that has gone is no fault of ours
	}
}
