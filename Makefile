# A thin front door: each target installs what is missing, configures, builds, runs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := all
.PHONY: all debug demo test test-long bench fuzz format lint install clean help packages

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)

all: packages        ## release build: build/sluice and build/kubectl-sluice
	@test/build release sluice kubectl-sluice
	@echo "built build/sluice and build/kubectl-sluice"

debug: packages      ## debug build of everything, tests included
	@test/build debug all

demo: all            ## from a Git commit to an automatic rollback, on a cluster in one process (KEEP=1 leaves it up)
	@examples/demo/run $(if $(KEEP),--keep)

test: packages       ## all tests but the long profile; ends with "N passed, N failed"
	@test/run

test-long: packages  ## the long profile: also sanitizers and the second compiler
	@test/run --long

bench: packages      ## measure and store: bytes per Rollout, writes per rollout, latency, cold start
	@test/build release sluice bench sequential
	@test/bench/run
	@test/bench/sequential

fuzz: packages       ## throw random input at the condition language and at the answers of each provider, 10 minutes each (SECONDS=60)
	@test/build fuzz fuzz_conditions fuzz_answers
	@SECONDS_EACH=$(if $(filter command line environment%,$(origin SECONDS)),$(SECONDS),600) test/fuzz/run

format: packages     ## clang-format on every source; writes deploy/install.yaml anew
	@git ls-files '*.h' '*.cc' | xargs clang-format-19 -i
	@deploy/generate >deploy/install.yaml.new && mv deploy/install.yaml.new deploy/install.yaml

lint: packages       ## formatting, clang-tidy and the coroutine rules
	@test/lint

install: all         ## install the two programs below $(PREFIX)
	@cmake --install build --prefix $(PREFIX)

packages:
	@cmake/install-packages

clean:               ## remove all build folders
	@rm -rf build

help:                ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## */\t/' | expand -t 12
