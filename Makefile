PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A file rather than the directory, so that an installation that broke off half-way is not taken for a whole one.
INSTALLED := $(VENV)/installed

.PHONY: run test check format lint types imports bench soak

run: $(INSTALLED)
	$(BIN)/detrun run examples/transfer.py --seed 7 --journal .detrun/example-$$$$.bin && $(BIN)/detrun replay .detrun/example-$$$$.bin
	PATH="$(CURDIR)/$(BIN):$$PATH" examples/run-break-replay.sh

test: $(INSTALLED)
	$(BIN)/pytest --numprocesses auto

check: format lint types imports test

format: $(INSTALLED)
	$(BIN)/ruff format --check

lint: $(INSTALLED)
	$(BIN)/ruff check

types: $(INSTALLED)
	$(BIN)/mypy

imports: $(INSTALLED)
	$(BIN)/lint-imports

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks.loop && $(BIN)/python -m benchmarks.network
	$(BIN)/python -m benchmarks.inside && $(BIN)/python -m benchmarks.journal
	$(BIN)/python -m benchmarks.explore
	$(BIN)/python -m benchmarks.live
	$(BIN)/python -m benchmarks.values && $(BIN)/python -m benchmarks.rpc
	$(BIN)/python -m benchmarks.sockets

soak: $(INSTALLED)
	$(BIN)/pytest --numprocesses auto -m soak

# The build backend is installed first and used without isolation: a second run, with everything in place, needs no network.
$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "pip>=25.1" hatchling
	$(BIN)/python -m pip install --quiet --no-build-isolation --editable . --group dev --group libraries
	touch $@
