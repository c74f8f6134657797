# Needs only Python 3.11+ with pip and venv; `make PYTHON=python3.12 setup` picks one.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
PLAY    := $(VENV)/.playable
BUNDLE  := bundles/troupe-bundle-standard
SITE    := $(VENV)/site
WIRE    := .venv-wire
# Left out of the usual environment: litellm is larger than all the rest, and takes seconds to import.
APART   := plugins/llm_backends/troupe-llm-litellm
PLUGINS := $(filter-out $(APART),$(patsubst %/pyproject.toml,%,$(wildcard plugins/*/*/pyproject.toml bundles/*/pyproject.toml)))
MEMBERS := . $(PLUGINS)

# Tests start hundreds of Pythons, each of which would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help play setup test format lint types mypy pyright check check-long check-wire bench reference site constraints clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

play: $(PLAY)  ## watch a focus group; needs no key, and installs only what it takes
	@$(BIN)/troupe run examples/studies/cold_soup.toml --pace 0.2

setup: $(STAMP)  ## make .venv with all members but troupe-llm-litellm, editable, and the tools

test: $(STAMP)  ## all quick tests
	$(BIN)/pytest -n 2 --dist worksteal -m "not long"

format: $(STAMP)  ## put the code in order
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

lint: $(STAMP)  ## format, rules and layers, without changing anything
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-logo

types: mypy pyright  ## mypy on all code, pyright on tests/typing

mypy: $(STAMP)
	$(BIN)/mypy

pyright: $(STAMP)
	$(BIN)/pyright

# Each of the first has one core's work; the tests take two by themselves.
check:  ## everything a change must pass: lint, types, test
	@$(MAKE) --no-print-directory -j 2 mypy lint pyright
	@$(MAKE) --no-print-directory test

check-long: $(STAMP)  ## the tests marked long
	$(BIN)/pytest -n 2 -m long

check-wire: $(WIRE)/.installed  ## by way of litellm, and against its own server; not in .ci/run
	$(WIRE)/bin/pytest -p no:cacheprovider $(APART)

bench: $(STAMP)  ## the benchmarks
	$(BIN)/python -m benchmarks

reference: $(STAMP)  ## write docs/reference anew from the code that it is about
	$(BIN)/python docs/write_reference.py

# In an environment of its own, since nothing else needs what makes it. From scratch each time, since each page shows the lists.
# A warning is an error: a link that leads nowhere is one, and so is a page that no list has.
site: $(SITE)/.installed  ## make the documentation site, build/site
	rm -rf build/site
	$(SITE)/bin/sphinx-build -q -E -W --keep-going -c docs/site -d build/pages . build/site
	@echo "build/site/index.html"

# Keeps the pins that still fit; `make constraints UPGRADE=1` takes the newest of everything. The file names no registry.
constraints: $(BIN)/uv  ## write constraints.txt anew from the pyproject files
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header --no-emit-index-url \
	  $(addprefix --no-emit-package=,troupe-core $(notdir $(PLUGINS))) $(if $(UPGRADE),--upgrade) \
	  --output-file constraints.txt --group dev --group docs $(addsuffix /pyproject.toml,$(MEMBERS))

clean:  ## remove .venv, caches and builds
	rm -rf $(VENV) $(WIRE) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Troupe needs Python 3.11 or later: make PYTHON=python3.11 setup")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(addprefix -c ,$(wildcard constraints.txt)) uv

# The bundle says what is in it; uv takes the members of the workspace from here, editable.
$(PLAY): constraints.txt $(addsuffix /pyproject.toml,$(MEMBERS)) | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -b constraints.txt -e $(BUNDLE)
	@touch $@

# The directories are here so that a plugin that came or went counts as a change.
# --exact in CI only: it takes out what is not listed, such as a plugin that somebody tries out in this environment.
$(STAMP): constraints.txt $(addsuffix /pyproject.toml,$(MEMBERS)) $(wildcard plugins/* bundles) | $(BIN)/uv
	$(BIN)/uv pip install --quiet $(if $(CI),--exact) --python $(BIN)/python -c constraints.txt -b constraints.txt \
	  --group dev $(addprefix -e ,$(MEMBERS))
	@touch $(PLAY) $@

$(SITE)/.installed: constraints.txt pyproject.toml | $(BIN)/uv
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(SITE)
	$(BIN)/uv pip install --quiet --exact --python $(SITE)/bin/python -c constraints.txt --group docs
	@touch $@

# Without constraints.txt: litellm's server wants older versions of much that the tools here want newer.
$(WIRE)/.installed: pyproject.toml $(APART)/pyproject.toml | $(BIN)/uv
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(WIRE)
	$(BIN)/uv pip install --quiet --exact --python $(WIRE)/bin/python -b constraints.txt --group wire \
	  $(addprefix -e ,. plugins/testing/troupe-testing plugins/resilience/troupe-resilience \
	  plugins/llm_backends/troupe-llm-openai $(APART))
	@touch $@
