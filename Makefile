# signalmesh: SignalR servers that are their own backplane.
# "make" lists what can be made.

GO          ?= go
BUILD       := build
PROGRAM     := $(BUILD)/signalmesh
E2E         := cmd/signalmesh/e2e
INTEROP     := cmd/signalmesh/interop
FAULTS      := $(BUILD)/faults
DEPLOY      := $(BUILD)/deploy
BENCH       := $(BUILD)/bench/bench
NATS        := $(BUILD)/bench/nats-server
HOT         := ^Benchmark(ThreeServersSaturated|PingPong|Broadcast/1000|Invocation|Append|SplitAndParse|Bind)
KEPT        := docs/benchmarks.txt
BENCHSTAT   := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
SOAKTIME    ?= 10m
SWARMTIME   ?= 2m
NATIVE      := $(BUILD)/nuget/native
RUNTIMES    ?= linux-x64 linux-arm64 win-x64 osx-arm64
NUGETS      ?= dist/nuget
NUGETVER    ?= $(or $(patsubst v%,%,$(shell git describe --tags --match 'v[0-9]*' --abbrev=0 2>/dev/null)),0.0.0-dev)
SCRIPT      := $(BUILD)/demo/signalr.min.js
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 30s
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build build/signalmesh
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(PROGRAM) ./cmd/signalmesh

.PHONY: man
man: build ## man pages of all commands, in build/man
	$(PROGRAM) man $(BUILD)/man

.PHONY: demo
demo: build $(SCRIPT) ## three servers and a chat page, until Ctrl-C (needs Go and Node.js)
	@$(PROGRAM) demo --signalr-js $(SCRIPT)

.PHONY: test
test: test-go test-agreement test-interop test-java test-dotnet test-page ## all tests; installs Chromium from the system's packages if it is missing

.PHONY: test-go
test-go: ## the Go tests, with the race detector (needs redis-server)
	$(GO) test -race -shuffle=on ./...
	cd $(INTEROP)/routers && $(GO) test -race -shuffle=on ./... # a module of its own
	$(GO) test -run '^TestRawHandshakesThatNeverFinish$$' ./signalr # ten thousand are too many for the race detector

.PHONY: test-agreement
test-agreement: ## the simulations' two ways of running, held against each other
	$(GO) test -run '^TestBothModes' ./simulations/stack

.PHONY: test-swarm
test-swarm: build ## random scenarios of the simulation, new ones for SWARMTIME (2m); SEED=n. Not in "make test": 1 to 2 of 100 scenarios still fail
	$(PROGRAM) sim swarm --for $(SWARMTIME) --out $(BUILD)/swarm $(if $(SEED),--seed $(SEED))

.PHONY: swarm
swarm: build ## the same for an hour, and on after a failure; SEED=n
	$(PROGRAM) sim swarm --for 1h --keep-going --out $(BUILD)/swarm $(if $(SEED),--seed $(SEED))

.PHONY: swarm-planted
swarm-planted: ## how long the swarm takes to find each of ten faults planted in mesh/core, 10 minutes each at most; SEED=n, RUN=name
	$(GO) run ./simulations/swarm/planted $(if $(SEED),-seed $(SEED)) $(if $(RUN),-run "$(RUN)")

.PHONY: test-interop
test-interop: $(INTEROP)/node_modules ## Microsoft's JavaScript clients, and Redis', against real servers, with the race detector
	cd $(INTEROP) && npm test --silent

.PHONY: test-java
test-java: ## Microsoft's Java client against two real servers, with the race detector; needs Maven and Java 17, and does nothing without Maven
	@if ! command -v mvn >/dev/null; then echo "test-java: not run: mvn is not on the PATH; install Maven and a JDK, version 17 or later"; exit 0; fi; \
		$(GO) build -race -o $(BUILD)/race/ ./$(INTEROP)/server && \
		mvn --batch-mode --no-transfer-progress -Dstyle.color=never --file $(INTEROP)/java/pom.xml test -Dserver=$(abspath $(BUILD)/race/server)

.PHONY: test-dotnet-redis
test-dotnet-redis: ## ASP.NET Core servers at Redis endpoints of nodes, compared with redis-server, one minute (needs the .NET SDK and redis-server; without dotnet it reports that and succeeds)
	$(GO) run ./$(INTEROP)/dotnet redis

.PHONY: test-dotnet-clients
test-dotnet-clients: ## Microsoft's .NET clients 8, 10 and 11 at hubs in Go, compared with ASP.NET Core, one minute (needs the .NET SDK and redis-server; without dotnet it reports that and succeeds)
	$(GO) run ./$(INTEROP)/dotnet clients

.PHONY: test-dotnet-churn
test-dotnet-churn: ## ASP.NET Core and Go servers with 1,000 clients while nodes are killed, stopped and cut off, one minute; CLIENTS=n
	CLIENTS=$(CLIENTS) $(GO) run ./$(INTEROP)/dotnet churn

.PHONY: nuget
nuget: ## build dist/nuget/*.nupkg, the package for ASP.NET Core (needs the .NET SDK)
	@$(MAKE) --no-print-directory $(addprefix $(NATIVE)/,$(RUNTIMES))
	dotnet pack node/aspnetcore -c Release -v quiet --nologo -p:Version=$(NUGETVER) -o $(NUGETS)

# The program of the node for one runtime of .NET.
.PHONY: $(addprefix $(NATIVE)/,$(RUNTIMES))
$(addprefix $(NATIVE)/,$(RUNTIMES)): $(NATIVE)/%:
	CGO_ENABLED=0 GOOS=$(patsubst osx,darwin,$(patsubst win,windows,$(word 1,$(subst -, ,$*)))) GOARCH=$(patsubst x64,amd64,$(word 2,$(subst -, ,$*))) \
		$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $@/signalmesh-node$(if $(filter win-%,$*),.exe) ./cmd/signalmesh

# The package of the test has the program for this machine only: the others take minutes.
.PHONY: test-dotnet
test-dotnet: test-dotnet-redis test-dotnet-churn ## both, and the package for ASP.NET Core in new applications and in docs/aspnetcore (needs the .NET SDK and redis-server; without dotnet it reports that and succeeds)
	@if command -v dotnet >/dev/null; then \
		$(MAKE) --no-print-directory nuget NUGETS=$(BUILD)/nuget/test RUNTIMES=linux-$(subst x86_64,x64,$(subst aarch64,arm64,$(shell uname -m))) $(INTEROP)/node_modules && \
		cd $(INTEROP) && node --test --test-concurrency=1 package/foursteps.mjs package/example.mjs; \
	else echo "test-dotnet: not run: dotnet is not on the PATH; install the .NET SDK 10"; fi

.PHONY: test-page
test-page: build $(SCRIPT) chromium ## the demo page, and Microsoft's client, in Chromium; screenshots in build/artifacts
	$(GO) build -race -o $(BUILD)/e2e/ ./$(E2E)/server
	cd $(E2E) && node --test --test-concurrency=1

.PHONY: test-faults
test-faults: $(FAULTS) ## real processes under faults of the network, 3 minutes (Linux, root); RECORD=1 writes docs/reliability.md, RUN=name, SEED=n
	$(FAULTS) $(if $(RUN),-run "$(RUN)") $(if $(SEED),-seed $(SEED)) $(if $(RECORD),-record docs/reliability.md)

.PHONY: test-deploy
test-deploy: build $(DEPLOY) $(INTEROP)/node_modules ## restarts behind HAProxy and nginx, 2 minutes (Linux, haproxy, nginx); RECORD=1 writes docs/reliability.md, ARGS=…
	cd cmd/signalmesh/deploy && node --test
	$(DEPLOY) -program $(PROGRAM) $(if $(RECORD),-record docs/reliability.md) $(ARGS)

.PHONY: $(DEPLOY)
$(DEPLOY):
	$(GO) build -o $@ ./cmd/signalmesh/deploy

.PHONY: check-manifests
check-manifests: ## the Kubernetes manifests, against the schemas of Kubernetes
	cd cmd/signalmesh/deploy/manifests && $(GO) vet ./... && $(GO) test ./...

.PHONY: soak
soak: $(FAULTS) ## the same faults at random for SOAKTIME (10m), and nothing may grow; SEED=n
	$(FAULTS) -soak $(SOAKTIME) $(if $(SEED),-seed $(SEED))

.PHONY: $(FAULTS)
$(FAULTS):
	$(GO) build -o $@ ./cmd/signalmesh/faults

.PHONY: sim
sim: build ## simulate meshes in virtual time, in under two minutes; no promise may break
	@for s in steady burst partition-heal asymmetric-link rolling-restart churn lossy-wan slow-node flash-join group-heavy three-regions; do \
		$(PROGRAM) sim run $$s --seed $(or $(SEED),1) --out $(BUILD)/sim/$$s || exit 1; done

.PHONY: check
check: check-manifests ## formatting, vet, staticcheck, go.mod, manifests
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) mod tidy -diff
	cd $(INTEROP)/routers && $(GO) vet ./... && $(GO) run $(STATICCHECK) ./... && $(GO) mod tidy -diff

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (30s)
	@for f in $$(grep -rlE '^func Fuzz' --include='*_test.go' .); do \
		for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9]*)\(.*/\1/p' $$f); do \
			echo "$$(dirname $$f) $$name"; $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) ./$$(dirname $$f) || exit 1; \
		done; done

.PHONY: bench
bench: $(BENCH) $(NATS) ## the mesh beside Redis and others, 20 minutes (Linux); RECORD=1 writes docs/benchmarks.md, RUN=regexp, ARGS=…
	$(BENCH) $(if $(RUN),-run "$(RUN)") $(if $(RECORD),-record docs/benchmarks.md) $(ARGS)
	$(if $(RUN),,@$(MAKE) --no-print-directory bench-dotnet)

.PHONY: bench-dotnet
bench-dotnet: ## ASP.NET Core on the mesh beside ASP.NET Core on Redis, 3 minutes (Linux; without dotnet or redis-server it reports that and succeeds); RECORD=1, ROUNDS=n, CLIENTS=n
	@if command -v redis-server >/dev/null; then \
		RECORD=$(RECORD) ROUNDS=$(ROUNDS) CLIENTS=$(CLIENTS) $(GO) run ./$(INTEROP)/dotnet bench; \
	else echo "bench-dotnet: NOT RUN: redis-server is not on the PATH"; fi

.PHONY: bench-quick
bench-quick: $(BENCH) $(NATS) ## the same, briefly: two minutes
	$(BENCH) -quick $(if $(RUN),-run "$(RUN)") $(ARGS)

.PHONY: profile
profile: $(BENCH) ## CPU and allocation profiles of a saturated mesh server, in build/profile
	$(BENCH) -profile $(BUILD)/profile $(ARGS)

.PHONY: $(BENCH)
$(BENCH):
	$(GO) build -o $@ ./cmd/signalmesh/bench

.PHONY: $(NATS)
$(NATS):
	@cd cmd/signalmesh/bench/nats && $(GO) build -o $(abspath $@) . || { rm -f $(abspath $@); echo "go on without NATS: its server could not be built"; }

.PHONY: bench-go
bench-go: ## all Go benchmarks, in some three minutes; docs/benchmarks.md explains them
	$(GO) test -run '^$$' -bench . -benchmem -timeout 10m ./...

.PHONY: bench-compare
bench-compare: ## the Go benchmarks of the hot paths beside the figures kept; RECORD=1 keeps these instead
	@mkdir -p $(BUILD)
	$(GO) test -run '^$$' -bench '$(HOT)' -benchmem -count 6 -benchtime 0.5s ./mesh ./signalr ./signalr/protocol ./signalr/redisbackplane | tee $(BUILD)/hot.txt
	$(if $(RECORD),cp $(BUILD)/hot.txt $(KEPT),$(GO) run $(BENCHSTAT) $(KEPT) $(BUILD)/hot.txt)

.PHONY: cover
cover: ## test coverage by function, and build/cover.html
	@mkdir -p $(BUILD)
	$(GO) test -coverpkg=./... -coverprofile=$(BUILD)/cover.out ./...
	$(GO) tool cover -html=$(BUILD)/cover.out -o $(BUILD)/cover.html
	$(GO) tool cover -func=$(BUILD)/cover.out | tail -1

.PHONY: clean
clean: ## remove what was built and fetched
	rm -rf $(BUILD) dist $(E2E)/node_modules $(INTEROP)/node_modules

# Microsoft's browser client, from npm; it is not kept in the repository.
$(SCRIPT): $(E2E)/node_modules
	cd $(E2E) && node bundle.mjs

%/node_modules: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: chromium
chromium:
	@command -v $${CHROMIUM:-chromium} >/dev/null || { echo "installing Chromium from the system's packages"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null || \
		{ echo "install Chromium and run again, or set CHROMIUM to its path"; exit 1; }; }
