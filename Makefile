# Everything a developer or operator of one machine does. On Debian `make run`
# installs what is missing; only Go and make must be there before.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# Steps follow each other as written; the tools themselves use all processors.
.NOTPARALLEL:
.DEFAULT_GOAL := build

# Folders with PDF files for bench-extract; one with truth.json is measured in
# full, one without for speed and memory.
EXTRACTION ?= ../shared/bench/extraction ../shared/corpus

# Flags for `vraagbaak serve`: make run ARGS="--addr :9090"
ARGS ?=

# Pinned by number; the file name carries it, so that a new number builds anew.
GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT := bin/tools/golangci-lint-$(GOLANGCI_LINT_VERSION)

WEB_SOURCES := $(shell find web \
	\( -path web/node_modules -o -path web/dist -o -name '*.go' \) -prune -o -type f -print)

.PHONY: run test build setup-build setup-run setup-test lint fmt bench bench-extract demo clean
.PHONY: bin/vraagbaak # go build itself knows best what changed

run: setup-run bin/vraagbaak
	exec bin/vraagbaak serve $(ARGS)

build: setup-build bin/vraagbaak

# Install what is missing; with nothing to do they only look at some files.
setup-build setup-run setup-test: setup-%:
	@.ci/setup $*

# Two at a time: some of these start a PostgreSQL or a browser of their own.
test: setup-test bin/vraagbaak
	go test -p 2 -timeout 15m ./...
	npm --prefix web test --if-present

bin/vraagbaak: web/dist/manifest.json
	go build -o $@ ./cmd/vraagbaak

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	npm --prefix web ci --no-audit --no-fund
	touch $@

web/dist/manifest.json: web/node_modules/.package-lock.json $(WEB_SOURCES)
	npm --prefix web run build
	touch $@

# govulncheck is not part of this: it needs the vulnerability database from the
# network at every run, and a build must not depend on that. Run it by hand.
lint: setup-build $(GOLANGCI_LINT) web/dist/manifest.json
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	if [[ -n $$unformatted ]]; then echo "not formatted (make fmt):" $$unformatted; exit 1; fi
	go vet ./...
	$(GOLANGCI_LINT) run --allow-parallel-runners
	npm --prefix web run check --if-present

$(GOLANGCI_LINT):
	mkdir -p bin/tools
	GOFLAGS= GOBIN=$(CURDIR)/bin/tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv bin/tools/golangci-lint $@

fmt:
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

# Go benchmarks: compare ratios within one run, not figures of two machines.
bench: setup-test bin/vraagbaak
	go test -p 1 -run '^$$' -bench . -benchmem -timeout 30m ./...
	bin/vraagbaak bench chat

# Reading PDF files beside pdftotext and the light reader, in one table.
bench-extract: setup-test bin/vraagbaak
	bin/vraagbaak bench extract $(EXTRACTION)

# The PDF files of the demo corpus from their Markdown.
demo:
	go generate ./ingest/demo

clean:
	rm -rf bin web/dist/* web/node_modules
