# The targets of the house; `make` alone lists them. What needs packages installs them into .venv first, by itself.
PYTHON ?= python3
ARGS ?=

BIN := .venv/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check
INSTALL := $(PIP) install --constraint constraints.txt
CODE := $(wildcard server otel_bridge tests bench docs)
PROTOS := $(wildcard proto/tracking/v1/*.proto)

.DEFAULT_GOAL := help
.PHONY: help run test test-faults check generate check-generated format bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo '  Arguments are passed on: make run ARGS="--http-port 9000", make test ARGS="-k debounce"'

run: .venv/runtime ## install what is needed and start the service, with its data in ./data
	@echo "Starting tracking serve (data in ./data, Ctrl+C stops it)"
	@exec $(BIN)/tracking serve $(ARGS)

test: .venv/development ## install what is needed and run the whole test suite
	@echo "Running the tests"
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

test-faults: .venv/development ## run the fault tests at full length (many minutes)
	@echo "Running the fault tests at full length"
	@$(BIN)/python -m pytest -m faults $(ARGS)

check: .venv/development check-generated ## check style, types, imports, the contract and the documents
	@echo "Checking style"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet --diff
	@echo "Checking types"
	@$(BIN)/mypy --no-error-summary $(CODE)
	@echo "Checking who imports whom"
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter
	@echo "Checking the contract"
	@$(BIN)/buf lint
	@$(BIN)/buf format --diff --exit-code
	@echo "Checking the documents"
	@$(BIN)/python -m pytest --quiet tests/docs

generate: .venv/development ## write the stubs in proto/gen anew, from the contract in proto/tracking
	@echo "Generating the stubs"
	@rm -f proto/gen/tracking/v1/*_pb2*
	@$(call generate_into,proto/gen)

check-generated: .venv/development ## check that the stubs in proto/gen are those of the contract
	@echo "Checking that the stubs are fresh"
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && $(call generate_into,"$$fresh") && \
	diff -r -x __init__.py -x py.typed -x __pycache__ proto/gen "$$fresh" > /dev/null || \
	{ echo "proto/gen is not what proto/tracking says: run 'make generate' and commit the result" >&2; exit 1; }

format: .venv/development ## format the code and the contract
	@echo "Formatting"
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet
	@$(BIN)/buf format --write

bench: .venv/development ## run the benchmarks
	@echo "Running the benchmarks"
	@$(BIN)/python bench/run.py $(ARGS)

clean: ## remove what the other targets made, but never ./data
	@echo "Removing .venv, caches and builds"
	@rm -rf .venv .cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Messages of every file, and gRPC stubs (typed, for mypy) of the files that hold a service.
generate_into = PATH="$(CURDIR)/$(BIN):$$PATH" && export PATH && \
	python -m grpc_tools.protoc --proto_path=proto --python_out=$(1) --pyi_out=$(1) $(PROTOS) && \
	python -m grpc_tools.protoc --proto_path=proto --grpc_python_out=$(1) --mypy_grpc_out=quiet:$(1) $(filter %_service.proto,$(PROTOS))

# The files in .venv say what is installed in it; a change of the requirements installs anew.
.venv/made:
	@command -v "$(PYTHON)" > /dev/null || \
	{ echo "Python 3.11 or newer is needed, and there is no $(PYTHON): make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or newer is needed, and $(PYTHON) is $$("$(PYTHON)" --version 2>&1): make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null || \
	{ echo "$(PYTHON) cannot make virtual environments: install the package python3-venv (apt-get install python3-venv)" >&2; exit 1; }
	@echo "Making a virtual environment in .venv"
	@"$(PYTHON)" -m venv --clear .venv
	@touch $@

.venv/runtime: .venv/made pyproject.toml constraints.txt
	@echo "Installing the service and what it needs into .venv (about half a minute)"
	@$(INSTALL) hatchling
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

.venv/development: .venv/made pyproject.toml constraints.txt
	@echo "Installing the service, its tests and tools into .venv (about a minute)"
	@$(INSTALL) hatchling
	@$(INSTALL) --no-build-isolation --editable '.[dev]'
	@touch .venv/runtime $@
