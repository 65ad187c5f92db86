# The targets people type. Everything lands in .venv and .cache; make clean removes both.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKED := $(BIN)/python -m pip install --quiet --require-hashes --requirement requirements
PYTEST_FLAGS ?= -n auto --maxprocesses 4
PROMETHEUS_OPERATOR := github.com/prometheus-operator/prometheus-operator
RUNTIME := --extra argocd --extra bot --extra redis
LOCK := UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-annotate $(LOCK_FLAGS)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help demo test quick soak coverage lint format kernel crds definitions lock bench docs picture clean

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

demo: $(VENV)/installed ## Render and check this repository's fleets, and deploy dev to a cluster
	@examples/demo.sh

test: $(VENV)/tested ## Run all tests (what CI runs)
	@$(BIN)/pytest $(PYTEST_FLAGS)

quick: $(VENV)/tested ## Run the tests that compile nothing and take no time of note: 3 minutes
	@$(BIN)/pytest $(PYTEST_FLAGS) -m 'not peers and not slow'

soak: $(VENV)/tested ## Kill, stop and starve the reconciler for an hour, on a real API server
	@$(BIN)/pytest -m soak

coverage: $(VENV)/tested ## Run all tests and count what of each package they reach
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(PYTEST_FLAGS)
	@$(BIN)/python -m tests.coverage_by_package

lint: $(VENV)/tested ## Check style, types and the direction of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@cd kernel && test -z "$$($$(go env GOROOT)/bin/gofmt -l .)" && go vet ./... && go vet -tags checks ./...

format: $(VENV)/tested ## Put the code into the one layout
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	@cd kernel && $$(go env GOROOT)/bin/gofmt -w .

kernel: $(VENV)/installed ## Compile the kernel again if its sources changed
	@$(BIN)/python hatch_build.py

crds: $(VENV)/created ## Take the custom resource definitions from the modules pinned in crds/go.mod
	@cd crds && go mod download && go mod verify && \
	  from=$$(go list -m -f '{{.Dir}}' $(PROMETHEUS_OPERATOR))/example/prometheus-operator-crd && \
	  for kind in podmonitors prometheusrules servicemonitors; do \
	    install -m 644 "$$from/monitoring.coreos.com_$$kind.yaml" .; done

definitions: $(VENV)/tested ## Write the custom kinds that the kernel knows by heart, from pinned modules
	@$(BIN)/python kernel/definitions.py "$${RECONCILER_PEERS:-$${XDG_CACHE_HOME:-$$HOME/.cache}/reconciler/peers}"

lock: $(VENV)/created ## Lock the packages that pyproject.toml asks for; LOCK_FLAGS=--upgrade takes newer ones
	@$(LOCKED)/lock.txt
	@$(LOCK) --group build --output-file requirements/build.txt
	@$(LOCK) --group go --output-file requirements/go.txt
	@$(LOCK) --group lock --output-file requirements/lock.txt
	@$(LOCK) $(RUNTIME) --output-file requirements/runtime.txt pyproject.toml
	@$(LOCK) $(RUNTIME) --group test --group lint --group docs --constraints requirements/runtime.txt \
	  --output-file requirements/development.txt pyproject.toml

bench: $(VENV)/tested ## Measure against kustomize, side by side
	@$(BIN)/python -m benchmarks

docs: $(VENV)/tested ## Write what is made from the program and the fleets, and build the site
	@$(BIN)/python docs/tools/command_line.py > docs/reference/command-line.md
	@$(BIN)/python docs/tools/environment.py
	@$(BIN)/python docs/tools/architecture.py > docs/images/architecture.svg
	@$(BIN)/python docs/tools/checks.py > docs/reference/checks.md
	@PYTHONPATH=. $(BIN)/python docs/tools/health.py > docs/reference/health.md
	@$(BIN)/python docs/tools/plaintext.py > docs/reference/plaintext-secrets.md
	@$(BIN)/python docs/tools/gethrelay_tables.py docs/apps/gethrelay.md
	@$(BIN)/mkdocs build --strict --quiet

picture: $(VENV)/installed ## Record the terminal in the README again
	@$(BIN)/python docs/tools/picture.py

clean: ## Remove everything that these targets made, but for Go's and pip's own caches
	@! test -x $(BIN)/reconciler || $(BIN)/reconciler testbed down --name demo
	rm -rf "$${RECONCILER_PEERS:-$${XDG_CACHE_HOME:-$$HOME/.cache}/reconciler/peers}"
	rm -rf $(VENV) .cache site dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf reconciler/render/bin

$(VENV)/created: requirements/build.txt requirements/go.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with make PYTHON=...")'
	@echo "Preparing $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(LOCKED)/build.txt
	@$(BIN)/python -c 'import hatch_build, sys; sys.exit(not hatch_build.find_go())' \
	  || $(LOCKED)/go.txt
	@touch $@

$(VENV)/installed: $(VENV)/created requirements/runtime.txt pyproject.toml hatch_build.py $(wildcard kernel/*.go kernel/internal/*/*.go kernel/internal/*/tables/*.json kernel/internal/*/definitions/*.json) kernel/go.mod
	@echo "Compiling the kernel (a minute the first time) and installing ..."
	@$(LOCKED)/runtime.txt
	@$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/tested: $(VENV)/installed requirements/development.txt
	@$(LOCKED)/development.txt
	@touch $@
