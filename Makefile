# Front doors. CI calls these and nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build bench test test-swift test-browser check demo demo-leak queue-model chaos chaos-mutants mutants fuzz device-matrix device-kills vm-test vm-powercut

# Left over in an environment, it would make an ordinary build a mutant; scripts/with-mutants sets it for its own.
unexport KIOSK_MUTANTS

BIN = $(shell swift build --show-bin-path)
RELEASE = $(shell swift build -c release --show-bin-path)
# The measurements of queue-bench; device-bench has the others.
QUEUE_BENCH = enqueue jetstream seal drain-small drain-large memory ready backlog
CITIZEN ?= rare
# A build whose device hosts look for leaks and bad accesses, in Swift and in C.
SANITIZED = --scratch-path .build-asan --sanitize=address -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

run: ## the whole system with virtual hardware, on loopback; Ctrl-C stops it
	@scripts/install-deps run
	@swift build
	@exec "$(BIN)/kiosk-bench" run

build: ## everything, tests included
	@scripts/install-deps test
	@swift build --build-tests

test: test-swift test-browser ## all tests: Swift suites, end to end, and the page in a real browser

test-swift: build ## the Swift suites only
	@scripts/venv
	@scripts/test-swift

test-browser: build ## the page and the whole story in a real Chromium
	@scripts/venv
	@scripts/test-browser "$(BIN)/kiosk-bench"

check: ## format, import rule, strings, scripts
	@scripts/install-deps test
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests
	@scripts/check-imports
	@scripts/check-web
	@scripts/check-new-device
	@scripts/device-matrix --check
	@shellcheck scripts/install-deps scripts/venv scripts/test-swift scripts/test-browser scripts/fuzz scripts/with-mutants Tests/VM/image/build Tests/VM/image/customise .ci/run
	@echo "check: ok"

bench: ## what devices and queue cost, beside a peer in the same run; an optimised build; NAMES="reader scan print idle preview enqueue jetstream seal drain-small drain-large memory ready backlog"
	@scripts/install-deps bench
	@for product in queue-bench device-bench kiosk-device kioskd platformd test-photo-decoder; do swift build -c release --product $$product; done
	@$(if $(or $(filter $(QUEUE_BENCH),$(NAMES)),$(if $(NAMES),,all)),"$(RELEASE)/queue-bench" $(filter $(QUEUE_BENCH),$(NAMES)))
	@$(if $(or $(filter-out $(QUEUE_BENCH),$(NAMES)),$(if $(NAMES),,all)),"$(RELEASE)/device-bench" $(filter-out $(QUEUE_BENCH),$(NAMES)))

demo: build ## the story without a screen, verified at the platform; KILL=1 kills kioskd and platformd on the way
	@"$(BIN)/kiosk-bench" demo --citizen "$(CITIZEN)" $(if $(KILL),--kill)

demo-leak: ## proves the residue search: a deliberately leaking build must be caught
	@scripts/install-deps test
	@scripts/with-mutants leak

chaos: ## power cuts and kills under load, verified at the platform; CUTS=200 KILLS=200 SEED=
	@scripts/install-deps test
	@for product in platformd queue-load kioskctl forgetfs chaos; do swift build --product $$product; done
	@"$(BIN)/chaos" --cuts "$(or $(CUTS),200)" --kills "$(or $(KILLS),200)" $(if $(SEED),--seed "$(SEED)")

queue-model: build ## a random walk of the queue and of a model beside it; STEPS=100000 SEED=
	@KIOSK_MODEL_STEPS="$(or $(STEPS),100000)" KIOSK_MODEL_SEED="$(or $(SEED),$$RANDOM)" swift test --skip-build --filter '^OutboxTests\.ModelTests' 2>&1 | grep -E '^queue-model:|recorded an issue|KIOSK_MODEL_SEED'

chaos-mutants: ## proves the chaos rig: every deliberately broken queue must be caught
	@scripts/install-deps test
	@scripts/with-mutants chaos

mutants: ## demo-leak and chaos-mutants out of one build
	@scripts/install-deps test
	@scripts/with-mutants leak chaos

device-matrix: build ## every class of device against simulator, recording and real component; VM=0 leaves the virtual machine out, CLASS= for one
	@$(if $(filter 0,$(VM)),,scripts/install-deps vm)
	@swift build --product kiosk-device $(SANITIZED) 2>&1 | grep -v '__asan_' # the linker names each of the sanitizer's own symbols
	@scripts/device-matrix --host .build-asan/debug/kiosk-device $(if $(filter 0,$(VM)),--no-vm) $(CLASS)

vm-test: ## scenarios with kernel devices in a virtual machine; SCENARIO=name for one, SHORT=1 for CI's choice
	@scripts/install-deps vm
	@for product in vm-agent vm-device vm-city kiosk-device queue-load platformd; do swift build --product $$product; done
	@Tests/VM/vm-test $(if $(SHORT),--short) $(SCENARIO)

device-kills: ## kills and stops device hosts under citizens at the screen; no session may be lost; KILLS=100 SEED=
	@scripts/install-deps run
	@for product in kiosk-bench kioskd kiosk-device platformd; do swift build --product $$product; done
	@"$(BIN)/kiosk-bench" device-kills --kills "$(or $(KILLS),100)" $(if $(SEED),--seed "$(SEED)")

vm-powercut: ## hard power-offs of the virtual machine under load, verified at the platform; CUTS=10 SEED=
	@scripts/install-deps vm
	@for product in vm-agent vm-city queue-load platformd; do swift build --product $$product; done
	@Tests/VM/vm-powercut --cuts "$(or $(CUTS),10)" $(if $(SEED),--seed "$(SEED)")

fuzz: ## what parses the bytes of devices, of the other end of the link and of packets, under libFuzzer with ASan and UBSan; SECONDS=10
	@scripts/install-deps build
	@scripts/fuzz "$(or $(SECONDS),10)"
