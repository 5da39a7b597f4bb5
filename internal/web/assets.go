package web

import (
	_ "embed" // the files of assets
	"net/http"
)

var (
	//go:embed assets/index.html
	indexHTML []byte
	//go:embed assets/style.css
	styleCSS []byte
	//go:embed assets/openapi.json
	openAPIJSON []byte
)

// file answers with bytes that never change.
func file(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body) // a client that has gone is no fault of ours
	}
}
