# The front door: `make` says what there is. Everything it makes lies in bin/ and data/, which git does not see.

INFLUXD_VERSION := v1.8.10
LINT_VERSION    := v2.15.0
FUZZTIME        ?= 20s
FUZZTIME_TEST   ?= 5000x
FUZZ            ?= .
ARGS            ?=

# The race detector needs a C compiler; a machine with Go alone tests without it, and CI fails if it has none.
RACE := $(if $(shell command -v gcc),-race,$(if $(CI),-race))

export GOBIN := $(CURDIR)/bin
export CGO_ENABLED ?= $(if $(RACE),1,0)

help: ## this list
	@awk -F ':.*## ' '/^[a-z\/.-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build bin/influxd ## the whole system on this machine, with simulated sensors (ARGS="--seed 7 --speed 4")
	./bin/cutline demo $(ARGS)

build: ## bin/cutline and bin/cutline-sim, static
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/...

test: check bin/influxd ## all that CI needs: vet, format, every test with the race detector, seconds of each fuzz target
	@$(MAKE) --no-print-directory fuzz FUZZTIME=$(FUZZTIME_TEST)
	go test $(RACE) -timeout 40m ./...

short: ## the tests that need no server, for the minute before a commit
	go test -short ./...

check: ## vet, format, go.mod
	go vet ./...
	@out=$$(gofmt -l cmd internal simulator); test -z "$$out" || { echo "not formatted (make fmt):"; echo "$$out"; exit 1; }
	@go mod verify >/dev/null || { echo "go.sum does not fit the module cache"; exit 1; }

lint: bin/golangci-lint ## the linters of .golangci.yml
	bin/golangci-lint run ./...

fmt: bin/golangci-lint ## format all code
	bin/golangci-lint fmt ./...

# protoc is Debian's protobuf-compiler. Who has none leaves the messages of SAPIENT as they are.
generate: bin/protoc-gen-go ## write again what is made from other files: configs/schema.json, SAPIENT's messages (tests say when they are stale)
	go test ./internal/config -run '^TestSchema' -update
	@command -v protoc >/dev/null || { echo "no protoc: internal/sapient/sapient.pb.go stays as it is"; exit 0; }; \
		protoc --plugin=bin/protoc-gen-go -Iinternal/sapient --go_out=internal/sapient --go_opt=paths=source_relative sapient.proto

# Only packages that use golden files know the flag.
GOLDEN = $(shell grep -rl --include='*_test.go' '"cutline/internal/golden"' internal simulator cmd | xargs -rn1 dirname | sort -u | sed 's,^,./,')

golden: ## rewrite every golden file with what the tests make; read the diff like code
	go test $(GOLDEN) -update

# A fuzz target runs alone, so each is a run of its own. FUZZTIME is a time, or a number of inputs with an x behind it; before
# Go 1.27 a time may end in "context deadline exceeded", which is no finding (golang/go#75804). Without a bound on
# minimizing, Go spends most of the time on making interesting inputs shorter.
fuzz: ## each fuzz target for FUZZTIME (20s), two at a time (FUZZ='FuzzFormat[A-Z]': the wire formats alone)
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' internal simulator cmd | grep -E '$(FUZZ)' | sort | sed 's,/[^/]*:func , ,' | \
		xargs -P2 -L1 sh -c 'out=$$(go test -run "^$$" -fuzz "^$$1\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x -parallel 1 ./$$0 2>&1) \
			&& echo "fuzz $$0 $$1: $$(echo "$$out" | grep -o "execs: [0-9]*" | tail -1)" || { echo "fuzz $$0 $$1"; echo "$$out"; exit 255; }'

bench: ## every benchmark, one package after the other (some ten minutes); docs/performance.md says what they mean
	go test -p 1 -run '^$$' -bench . -benchmem ./...

# Real returns are scored as well where they are; they are not part of the project.
AUTOFERRY ?= ../shared/data/autoferry
SEEDS     ?= 5

score: build ## all scenarios with SEEDS (5) seeds through cutline replay, as docs/score.md (ARGS="--scenarios emerson")
	./bin/cutline-sim suite --cutline bin/cutline --seeds $(SEEDS) --autoferry $(AUTOFERRY) --reports data/score \
		--commit "$$(git describe --always --dirty 2>/dev/null || echo unknown)" --out docs/score.md $(ARGS)

bin/influxd: ## the InfluxDB that demo and tests start, made with Go alone (a minute, once)
	@mkdir -p bin
	CGO_ENABLED=0 go install github.com/influxdata/influxdb/cmd/influxd@$(INFLUXD_VERSION)

bin/protoc-gen-go:
	@mkdir -p bin
	go install google.golang.org/protobuf/cmd/protoc-gen-go

bin/golangci-lint:
	@mkdir -p bin
	CGO_ENABLED=0 go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

console: ## the operator's page, built anew from its sources (Node.js 20.19 or later; nothing else needs it)
	cd internal/web/console && npm ci --no-audit --no-fund && npm run check && npm run build

clean: ## take away what was made
	rm -rf bin data
	go clean -testcache

.DEFAULT_GOAL := help
.PHONY: help demo build test short check lint fmt generate golden fuzz bench score console clean
