# make results | report | test | smoke | bench | lint: each creates .venv itself when it is missing.
PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
BIN := .venv/bin
INSTALLED := .venv/installed
# CUDA=1: with what jobs on a GPU need (docs/cuda.md).
CUDA ?=
# A bar of the whole run in a terminal; elsewhere Snakemake's own lines, which say why each job runs.
SHOWING := $(shell test -t 2 && echo --logger rich)
READY := $(INSTALLED) $(if $(filter-out 0,$(CUDA)),.venv/cuda)
DEVINTERP := .venv-devinterp
DEVINTERP2 := .venv-devinterp2
SMOKE := $(BIN)/snakemake --directory build/smoke --configfile tests/config/smoke.yaml

# Snakemake, matplotlib and compiled code keep files in the user's cache; without a home they need another.
XDG_CACHE_HOME ?= $(shell (mkdir -p "$$HOME/.cache" && test -w "$$HOME/.cache") 2>/dev/null \
	&& echo "$$HOME/.cache" || echo "$(CURDIR)/.cache")
export XDG_CACHE_HOME

.PHONY: results report test test-slow docs smoke bench bench-sizes bench-scaling bench-gpu bench-planning bench-devinterp bench-library verify lint format reference gallery clean help

results: $(READY)  ## every table, figure and animation of config.yaml
	$(BIN)/snakemake $(SHOWING) --cores $(CORES)

report: $(READY)  ## results/report: pages that show what was found (index.html), one file of them for sending (lgi_report.html)
	$(BIN)/snakemake $(SHOWING) --cores $(CORES) report

test: $(READY)  ## the tests that take seconds; those of the workflow read build/smoke and finish it first
	$(BIN)/pytest -n 2 --dist loadfile

test-slow: $(READY)  ## the longer ones
	$(BIN)/pytest -n 2 --dist loadfile -m slow

smoke: $(READY)  ## the whole workflow in small, in a folder of its own, twice: the second run has nothing to do
	rm -rf build/smoke && mkdir -p build/smoke
	$(SMOKE) --cores $(CORES)
	$(SMOKE) --cores 1 --dry-run | grep "Nothing to be done"

bench: $(READY)  ## the engines beside straightforward PyTorch and devinterp, as ratios, and where a run's CPU time goes
	$(BIN)/python -m benchmarks

bench-sizes: $(READY)  ## what an iteration costs as image and N grow, into docs
	$(BIN)/python -m benchmarks.gaussians_sizes

bench-scaling: $(READY)  ## what each task costs as each of its sizes grows, into docs
	$(BIN)/python -m benchmarks.scaling

bench-gpu:  ## the engines for CUDA beside those for the CPU, into docs: same bits, seconds, roofline
	benchmarks/gpu.sh

bench-planning: $(READY)  ## what a dry run of 1,000 to 10,000 runs costs
	$(BIN)/python -m benchmarks.planning

bench-devinterp: $(INSTALLED) $(DEVINTERP)/installed $(DEVINTERP2)/installed  ## LLC estimates beside those of devinterp 1.0.0 and 2.0.1, each in an environment of its own
	$(BIN)/python -m benchmarks.devinterp $(DEVINTERP)/bin/python $(DEVINTERP2)/bin/python

bench-library: $(INSTALLED) $(DEVINTERP)/installed  ## LLC of a PyTorch module beside devinterp 1.0.0: seconds, memory, threads
	$(BIN)/python -m benchmarks.library $(DEVINTERP)/bin/python

verify: $(INSTALLED)  ## reads every run file, table and trace of results/, lists those that are not whole
	$(BIN)/python -m lgi.verify results

lint: $(INSTALLED)  ## formats, names, docstrings, types, rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

format: $(INSTALLED)  ## rewrites the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/snakefmt Snakefile rules

reference: $(INSTALLED)  ## the pages of docs that follow from the code: references, schema of the configuration
	$(BIN)/python -m docs.writers

docs: $(INSTALLED)  ## the documentation as a site, into build/docs
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs build/docs
	@echo "open build/docs/index.html"

gallery: $(INSTALLED)  ## small copies of the pictures that README and docs show
	$(BIN)/snakemake --cores $(CORES) gallery

clean:  ## removes the environments and Snakemake's state, keeps results
	rm -rf .venv $(DEVINTERP) $(DEVINTERP2) .snakemake

help:  ## these targets
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

# The stamp is written last, so that a broken install is made again.
$(INSTALLED): envs/requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("lgi needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r envs/requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/cuda: envs/cuda.lock $(INSTALLED)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint envs/requirements.lock -r envs/cuda.lock
	touch $@

$(DEVINTERP)/installed: VERSION := 1.0.0
$(DEVINTERP)/installed: benchmarks/devinterp-requirements.txt
$(DEVINTERP2)/installed: VERSION := 2.0.1
$(DEVINTERP2)/installed: benchmarks/devinterp2-requirements.txt

$(DEVINTERP)/installed $(DEVINTERP2)/installed: envs/requirements.lock
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check \
		--constraint envs/requirements.lock --requirement $(filter benchmarks/%,$^) \
	&& $(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps devinterp==$(VERSION) \
	|| { echo "$(@D) could not be made: pip's message is above. It needs a package index," \
		"that is, a network; only bench-devinterp and bench-library need it." >&2; exit 1; }
	touch $@
