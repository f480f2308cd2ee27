# `make` lists the targets. Everything works from a fresh clone; nothing needs root but missing Debian packages.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Byte code must be written (see platform/README.md), whatever the machine says.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

PROFILE ?= default
NAME ?=
FOLLOW ?=
ARGS ?=
# Of chaos, bench and fuzz: one row; an earlier run's seed; small sizes; cases for each operation and person.
ROW ?=
SEED ?=
SHORT ?=
CASES ?= 150
# How many share the tests; each starts the servers that its tests ask for. With three, two cores hardly ever wait; a
# fourth makes everything slower, and tests wait for each other's load.
TEST_PROCESSES ?= 3
PYTHON := .venv/bin/python
PLATFORM = $(PYTHON) -m parking_platform --engine $(ENGINE) --profile $(PROFILE)
# Containers, where a Docker engine answers and there is a file for them; else the native platform. ENGINE=native chooses.
ENGINE ?= $$(platform/engine.sh)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: ## what is needed: Python packages, Debian packages, jars (again: nothing)
	@platform/install.sh

.PHONY: install-tests
install-tests:
	@platform/install.sh tests

.PHONY: installed
installed:
	@[ -x $(PYTHON) ] || { echo "Nothing is installed yet: \`make up\` installs and starts everything." >&2; exit 1; }

.PHONY: up
up: install ## start everything that does not run (PROFILE=bench: without rate limits)
	@$(PLATFORM) up

.PHONY: demo
demo: install ## play a booking, and a spot that goes away under two, on what `make up` has started; show who does what
	@$(PYTHON) -m parking_demo journey

.PHONY: down
down: ## stop everything
	@[ ! -x $(PYTHON) ] || $(PLATFORM) down

.PHONY: status
status: installed ## how each process is
	@$(PLATFORM) status

.PHONY: logs
logs: installed ## the end of the logs (NAME=auth: of one service or process; FOLLOW=1: go on)
	@$(PLATFORM) logs $(NAME) $(if $(filter-out 0 no,$(FOLLOW)),--follow)

.PHONY: restart
restart: installed ## restart a service or process (NAME=auth)
	@$(PLATFORM) restart $(NAME)

.PHONY: run
run: installed ## a service's own command, with its settings (NAME=reservation ARGS="replay --group reservation.payments")
	@$(PLATFORM) run $(NAME) $(ARGS)

.PHONY: psql
psql: installed ## psql on a service's database, as the service (NAME=reservation; ARGS="--command 'TABLE payments_seen'")
	@$(PLATFORM) psql $(NAME) $(ARGS)

.PHONY: reset
reset: ## stop everything and delete its data
	@[ ! -x $(PYTHON) ] || $(PLATFORM) reset

.PHONY: test
test: install-tests ## everything: the checks, and all tests; types are checked beside them
	@$(MAKE) --jobs 2 check-others compile-tests
	@$(MAKE) --jobs 2 check-types test-all

# Where there are new ones, each process would compile them for itself.
SOURCES := conftest.py libs services platform gateway tests benchmarks
.PHONY: compile-tests
compile-tests:
	@[ -f .venv/collected ] && [ -z "$$(find $(SOURCES) -name '*.py' -newer .venv/collected -print -quit)" ] || \
		$(PYTHON) -m pytest --collect-only -qq > .venv/collected || { cat .venv/collected; rm .venv/collected; exit 1; }

# Tests that run make themselves must not look for the jobs of this one.
.PHONY: test-all
test-all:
	@env --unset MAKEFLAGS $(PYTHON) -m pytest --numprocesses $(TEST_PROCESSES) --dist loadgroup

.PHONY: test-unit
test-unit: install ## the tests without I/O
	@$(PYTHON) -m pytest -m unit

.PHONY: chaos
chaos: install-tests ## faults under load, judged by what the stores say (ROW=C4: one row; SEED=2; SHORT=1)
	@$(PYTHON) -m tests.chaos $(addprefix --row ,$(ROW)) $(if $(SEED),--seed $(SEED)) $(if $(SHORT),--short)

.PHONY: bench
bench: install-tests ## how fast it is beside a reference in the same run (ROW=reserve: one row; SHORT=1: does it work)
	@$(PYTHON) -m benchmarks $(addprefix --row ,$(ROW)) $(if $(SHORT),--short)

.PHONY: bench-full
bench-full: install-tests ## the same with more rounds, longer and larger (ROW=reserve: one row)
	@$(PYTHON) -m benchmarks --full $(addprefix --row ,$(ROW))

.PHONY: fuzz
fuzz: install-tests ## ask all services whatever their OpenAPI documents allow, and more (CASES=150, SEED= of an earlier run)
	@$(PYTHON) -m tests.fuzz --cases $(CASES) $(if $(SEED),--seed $(SEED))

.PHONY: check
check: install ## linters, types, import rules, docker-compose.yml's schema
	@$(MAKE) --jobs 2 --output-sync check-types check-others

.PHONY: check-types
check-types:
	@nice .venv/bin/basedpyright

.PHONY: check-others
check-others:
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports
	@.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

.PHONY: format
format: install ## write the sources as the formatter wants them
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

.PHONY: lock
lock: install ## write the lock files again from the pyproject files
	@requirements/compile.sh
