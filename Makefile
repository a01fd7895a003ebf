VERSION := $(shell cat VERSION)
LDFLAGS := -s -w -X main.version=$(VERSION)

IMAGE            ?= ghcr.io/workload-identity-quickstart/quickstart:$(VERSION)
LOCALAZURE_IMAGE ?= ghcr.io/workload-identity-quickstart/localazure:$(VERSION)
WEBSERVICE_IMAGE ?= ghcr.io/workload-identity-quickstart/webservice:$(VERSION)
PLATFORM         ?= linux/$(shell go env GOARCH)
CONTAINER_TOOL   ?= docker

# What the image's labels say, beside the version.
REVISION   = $(shell git describe --always --dirty --abbrev=40 --exclude '*')
CREATED    = $(shell TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)
IMAGE_ARGS = --platform $(PLATFORM) --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) --build-arg CREATED=$(CREATED)

GOLANGCI_LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
SHFMT         := go run mvdan.cc/sh/v3/cmd/shfmt@v3.14.1
ACTIONLINT    := go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

# The race detector needs cgo, and that a C compiler.
RACE := $(if $(shell command -v $$(go env CC)),-race)

# Modules of their own keep what only tests need out of the workload's go.mod.
MODULES := . examples test/peers test/bench test/chart test/pictures test/scripts test/release test/e2e
# Each brings along what it sources.
SCRIPTS := .ci/run $(wildcard scripts/*.sh scripts/release/*.sh test/scripts/bin/* test/scripts/*.bash)
HELM_DOCS     := go run github.com/norwoodj/helm-docs/cmd/helm-docs@v1.14.2 --chart-search-root charts --sort-values-order file --log-level warning

.PHONY: help
help: ## list what can be made
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: build
build: ## build the programs into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

.PHONY: demo
demo: build ## run the workload against an Azure on this machine
	@echo
	@POLL_INTERVAL=0 bin/localazure exec -- bin/quickstart

# -count=1 where go test does not see what a result depends on.
.PHONY: test
test: ## run all tests that need no cluster
	go test $(RACE) ./...
	$(if $(RACE),go test -run TestSoak ./internal/keyvault)
	cd examples && go test $(RACE) ./...
	$(if $(RACE),go test ./test/fleet)
	cd test/peers && go test $(RACE) ./...
	cd test/bench && go test ./...
	cd test/chart && go test -count=1 ./...
	cd test/release && go test -count=1 -timeout 30m ./...
	cd test/scripts && go test ./...
# Go would keep the result when files outside the module change.
	cd test/pictures && go test -count=1 ./...
	$(if $(shell command -v bats),bats test/scripts,@echo 'bats is not installed: the tests of scripts/ are left out (https://bats-core.readthedocs.io)')

.PHONY: fleet
fleet: ## simulate up to 20,000 pods and write docs/fleet.md (a quarter of an hour)
	GOMAXPROCS=1 GOGC=300 go test -count=1 -timeout 2h -v -run TestWriteDocument ./test/fleet -full

.PHONY: bench
bench: ## compare start, memory and speed with those of other programs
	cd test/bench && go run .

.PHONY: e2e
e2e: ## run the end-to-end tests on the cluster that KUBECONFIG names
	cd test/e2e && go test -count=1 -timeout 30m -v ./...

.PHONY: fuzz
fuzz: ## run every fuzz test for ten seconds
	@grep -rl --include='*_test.go' 'func Fuzz' . | while read -r file; do \
		sed -nE 's/^func (Fuzz[A-Za-z0-9]+).*/\1/p' "$$file" | while read -r name; do \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime 10s "$$(dirname "$$file")" || exit 1; \
		done || exit 1; \
	done

.PHONY: lint
lint: ## check the code's style and the go.mod files
	@for module in $(MODULES); do \
		echo "lint $$module"; \
		(cd $$module && go mod tidy -diff && $(GOLANGCI_LINT) run --config $(CURDIR)/.golangci.yml) || exit 1; \
	done
	$(HELM_DOCS) --dry-run | diff - charts/quick-start/README.md # else run make docs
	GOOS=windows GOARCH=amd64 go vet ./...
	$(SHFMT) -i 2 -ci -d $(SCRIPTS) scripts
	shellcheck $(SCRIPTS)
	$(ACTIONLINT)
	scripts/release/stamp.sh --check

.PHONY: docs
docs: ## write the chart's README
	$(HELM_DOCS)

.PHONY: version
version: ## write the version in the file VERSION everywhere else
	scripts/release/stamp.sh

.PHONY: pictures
pictures: ## draw docs/demo.svg and docs/doctor.svg from what the programs write
	cd test/pictures && go test -count=1 -run TestPictures -update .

.PHONY: image
image: ## build the images of the workload and of the local Azure
ifeq ($(CONTAINER_TOOL),buildah)
	buildah bud $(BUILDAH_FLAGS) --build-arg BUILDPLATFORM=linux/$(shell go env GOHOSTARCH) $(IMAGE_ARGS) --target quickstart -t $(IMAGE) .
	buildah bud $(BUILDAH_FLAGS) --build-arg BUILDPLATFORM=linux/$(shell go env GOHOSTARCH) $(IMAGE_ARGS) --target localazure -t $(LOCALAZURE_IMAGE) .
else
	docker buildx build --load $(IMAGE_ARGS) --target quickstart -t $(IMAGE) .
	docker buildx build --load $(IMAGE_ARGS) --target localazure -t $(LOCALAZURE_IMAGE) .
endif

.PHONY: release-artifacts
release-artifacts: ## build everything a release consists of into dist/ (buildah makes the images)
	BUILDAH_FLAGS="$(BUILDAH_FLAGS)" scripts/release/artifacts.sh

.PHONY: webservice-image
webservice-image: ## build the image of the web service in examples/
ifeq ($(CONTAINER_TOOL),buildah)
	buildah bud $(BUILDAH_FLAGS) --platform $(PLATFORM) -f examples/webservice/Dockerfile --ignorefile examples/webservice/Dockerfile.dockerignore -t $(WEBSERVICE_IMAGE) .
else
	docker buildx build --load --platform $(PLATFORM) -f examples/webservice/Dockerfile -t $(WEBSERVICE_IMAGE) .
endif

.PHONY: clean
clean: ## remove what was built
	rm -rf bin dist
