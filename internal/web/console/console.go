// Package console is the operator's page as the daemon serves it: the built files of this folder's sources (Svelte and TypeScript in
// src, built by `make console` into dist) embedded, with their types, entity tags and compressed forms.
//
//	src ─ vite ─► dist ─ go:embed ─► Handler ─► the browser
//
// dist is part of the project, so that `go build` needs no Node.js; a test builds the sources again and demands the same bytes.
// Everything that the page needs comes from here: it asks no other host for anything. Start at Handler.
package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// types of the files that a build makes. The machine's own table is not asked: it differs between machines, and a script with a wrong
// type is refused by the browser.
var types = map[string]string{ //nolint:gochecknoglobals // a fixed table
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
}

// page is one file of the build.
type page struct {
	kind, tag, cache string
	plain            []byte
	packed           func() []byte // the same by gzip; nil where it would not be smaller
}

// Handler serves the page at / and what it loads under /assets/, for a mux that routes just these here. The names under /assets/ hold
// a hash of the contents, so a browser may keep them for ever; the page itself it asks for each time.
func Handler() http.Handler {
	pages := make(map[string]page)
	files, _ := fs.Sub(dist, "dist") // the name is fixed, and embedded
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		pages["/"+name] = newPage(name, body)
		return err // of an embedded file: none
	})
	pages["/"] = pages["/index.html"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		p.serve(w, r)
	})
}

func newPage(name string, body []byte) page {
	sum := sha256.Sum256(body)
	p := page{kind: types[path.Ext(name)], tag: hex.EncodeToString(sum[:8]), cache: "no-cache", plain: body}
	if p.kind == "" {
		p.kind = "application/octet-stream"
	}
	if strings.HasPrefix(name, "assets/") {
		p.cache = "public, max-age=31536000, immutable"
	}
	if path.Ext(name) != ".woff2" { // packed already
		p.packed = sync.OnceValue(func() []byte { return pack(body) })
	}
	return p
}

func pack(body []byte) []byte {
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	_, _ = zw.Write(body) // memory takes all
	_ = zw.Close()
	return out.Bytes()
}

func (p page) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", p.kind)
	h.Set("Cache-Control", p.cache)
	h.Set("Vary", "Accept-Encoding")
	body, tag := p.plain, `"`+p.tag+`"`
	if p.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body, tag = p.packed(), `"`+p.tag+`-gz"`
	}
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(body) // a client that has gone is no fault of ours
}
