# What can be done here, from nothing: a machine with make, a shell and Python 3.11 or newer. See CONTRIBUTING.md.

.DEFAULT_GOAL := help
.PHONY: help install demo test up check hunt bench soak packages lint tests second-road requirements docs

# Tests start hundreds of programs of ours: each would compile the whole house anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

help:
	@echo 'make install   .venv with everything in it'
	@echo 'make demo      everything from nothing: a service, a real job in each language, results; ends by itself'
	@echo 'make up        the service in the foreground, on ./data'
	@echo 'make check     lint, types, contracts and the quick tests (under a minute)'
	@echo 'make test      everything from nothing, as CI runs it; installs the Debian packages it needs when it may'
	@echo 'make hunt      what holds for any input, tried with many more inputs than in a test run, and new ones each time'
	@echo 'make bench     benchmarks; WHAT="slurm staging" chooses by name'
	@echo 'make soak      ten minutes of fifty nodes, of which some are killed and all cut off again and again'

install: .venv/installed

.venv/installed: pyproject.toml uv.lock requirements-dev.txt scripts/install scripts/python
	scripts/install auto
	@touch $@

packages:
	scripts/packages
	scripts/apptainer

demo: install
	$(BIN)/python -m scripts.demo

up: install
	$(BIN)/dragoman serve --data data

check: install lint
	$(PYTEST) -q -n auto --dist worksteal -m 'not slow and not serial'

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src tests scripts $(wildcard bench)
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m scripts.docs --check

# One after another, also under make -j: packages come first, and serial tests want the machine for themselves.
test:
	$(MAKE) packages
	$(MAKE) install
	$(MAKE) lint
	$(MAKE) tests
	$(MAKE) second-road

# The tests of a file go together: they share a service, and some tell a story in their order.
tests: install
	scripts/tests --hypothesis-profile=repeatable -n 3 --dist loadfile -m 'not serial'
	scripts/tests --hypothesis-profile=repeatable -m serial

second-road:
	scripts/second-road

hunt: install
	$(PYTEST) -q -n auto --dist worksteal --hypothesis-profile=hunt --timeout=3600 -m 'hypothesis and not serial'

bench: install
	$(BIN)/python -m bench $(WHAT)

# Needs root, for the line that is cut. NODES and SECONDS say how many nodes, and for how long.
NODES := 50
SECONDS := 600

soak: install
	DRAGOMAN_TEST_NODES=$(NODES) DRAGOMAN_TEST_SECONDS=$(SECONDS) $(PYTEST) -q tests/agent/test_swarm.py

# After a change of the dependencies: uv lock, then make requirements.
requirements: install
	scripts/requirements

docs: install
	$(BIN)/python -m scripts.docs
