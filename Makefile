# make demo and make test do everything on a fresh Debian 12 machine; make help lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin

.PHONY: help setup demo test check bench campaign clean constraints

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 22

setup: ## install what is missing: Debian packages, .venv, pinned wheels
	@deploy/setup.sh

demo: setup ## run the main job on real components; KEEP=1 leaves it running
	@$(BIN)/python -m sandbox.demo $(if $(KEEP),--keep)

# Whole installations wait for real clocks, so they get the machine for themselves.
test: check ## run every test
	@$(BIN)/python -m pytest -n 4 --dist loadgroup -q -m "not acceptance"
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -q -m acceptance

check: setup ## lint, types and architecture only
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

campaign: setup ## seeded scenarios in virtual time: repaired, escalated, harmed; SEED= SCENARIOS= ONLY= SCENARIO= VERBOSE=1 JOBS=
	@$(BIN)/python -m sandbox.campaign $(if $(SEED),--seed $(SEED)) $(if $(SCENARIOS),--scenarios $(SCENARIOS)) \
		$(if $(ONLY),--only $(ONLY)) $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(VERBOSE),--verbose) $(if $(JOBS),--jobs $(JOBS))

constraints: setup ## write the versions that are installed now to constraints.txt
	@deploy/constraints.sh

clean: ## remove what setup and the tests made
	@rm -rf .venv .links .cache .work .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info

bench: setup ## measure speed and memory as ratios to a ceiling
	@PYTHONPATH=. $(BIN)/python tests/benchmarks/rules.py
	@PYTHONPATH=. $(BIN)/python tests/benchmarks/cases.py
	@PYTHONPATH=. $(BIN)/python tests/benchmarks/webhook.py
