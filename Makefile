# `make` alone prints what there is; `make book` and `make test` are enough on a fresh machine.
PYTHON ?= python3
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# where the book's pages link to, as https://github.com/owner/name; without it they link nowhere
export REPOSITORY ?=
# one thread per process: PyTorch's default threads spin against each other on a busy machine
export OMP_NUM_THREADS ?= 1

.PHONY: help book test test-slow test-all test-library check lab class verify report bench bench-accuracy bench-peers audit sbom hashes dist publish clean FORCE

help: ## print this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1 # \2/p' $(firstword $(MAKEFILE_LIST)) | awk -F ' # ' '{ printf "%-20s %s\n", $$1, $$2 }'

book: _build/built ## build the book, then print the page to open
	@echo "The book is ready: open $(CURDIR)/_build/html/index.html"

# all pages or none, since a result may change where no cell did; folders, too, so that a deleted file counts;
# book/ with its slash, as book is a target; the log of commits because the book names its revision
SOURCES = $(shell find _config.yml _toc.yml book/ mi_lab/ $(MI_LAB_RESULTS) -not -path '*/__pycache__*')
_build/built: .venv/installed _build/settings $(SOURCES) $(wildcard .git/logs/HEAD)
	$(BIN)/jupyter-book build . -W --keep-going --all
	@touch $@

# rewritten only if it differs, so that another address or folder of results builds the book again
_build/settings: FORCE
	@mkdir -p $(@D)
	@test "$$(cat $@ 2>&1)" = "$(REPOSITORY) $(MI_LAB_RESULTS)" || echo "$(REPOSITORY) $(MI_LAB_RESULTS)" > $@

# a file at a time, in the order of tests/conftest.py
PYTEST = $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

test: .venv/installed ## the quick tests
	$(PYTEST) -m "not slow"
	@echo "All quick tests passed. Skipped ones, if any, are listed above with their reason."

test-slow: .venv/installed ## the slow ones: installs, builds, kills, soaks, and ten times the spoiled inputs
	MI_LAB_FUZZ_INPUTS=2000 $(PYTEST) -m "slow or fuzz"

test-all: test ## the quick tests, then the slow ones
	@$(MAKE) --no-print-directory test-slow

test-library: .venv/installed ## the library's own tests, which need neither the book nor a browser
	$(BIN)/python -m pytest -m "not slow" tests/ground tests/estimation tests/representation tests/results tests/test_examples.py

check: .venv/installed ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# JupyterLab would ask for a newer one of itself
OFFLINE = --LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate
lab: .venv/installed ## open the live notebooks
	$(BIN)/jupyter lab $(OFFLINE) book/lab

class: book ## all exercises as a notebook for students, and as one with solutions
	@$(BIN)/python -m mi_lab.pages.site.classroom _build

# about a minute per stored result; NAME=fig-2a for one
verify: .venv/installed ## recompute the stored results; NAME=fig-2a for one
	$(BIN)/python -m mi_lab verify $(NAME)

# days on two cores, a night on a GPU; NAME="fig-2a fig-1b" for some. Repeat it to go on where it was stopped
report: .venv/installed ## run Section 3 at the report's own size
	$(BIN)/python -m mi_lab report $(NAME)

# what is installed, with licences, as CycloneDX
sbom: .venv/installed .tools/installed ## list what is installed, with licences
	@mkdir -p _build
	.tools/bin/cyclonedx-py environment --output-reproducible --output-file _build/sbom.json .venv/bin/python
	@echo "The bill of materials is in _build/sbom.json"

# known vulnerabilities of what is pinned; without a network it says that nothing was asked, and that is no failure
audit: ## ask for known vulnerabilities of what is pinned
	@$(MAKE) --no-print-directory .tools/installed || echo "NOT AUDITED: the tool could not be installed; repeat this with a network."
	@test ! -e .tools/installed || $(PYTHON) .ci/audit.py .tools/bin/pip-audit

# after a change of requirements.txt; uv writes the hashes of all files, whatever machine it runs on
hashes: .tools/installed ## write the hashes of requirements.txt anew
	sed -n '/^# The SHA-256/,/^# PyTorch/p' requirements-hashes.txt > requirements-hashes.new
	sed -E '/^(#|torch(vision)?==)/d; s/ *#.*//' requirements.txt | .tools/bin/uv pip compile - --quiet --no-deps \
	  --generate-hashes --no-annotate --no-header >> requirements-hashes.new
	mv requirements-hashes.new requirements-hashes.txt

# tools that neither the book nor its tests need
.tools/installed: .ci/tools.txt
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/tools.txt
	@touch $@

# quiet machine, please: every contestant is measured on the same two cores in turn
bench: .venv/installed ## measure this machine's training
	$(BIN)/python tests/benchmarks/speed.py
	$(BIN)/python tests/benchmarks/images.py

bench-accuracy: .venv/installed .bench/installed ## measure the estimate of own pairs beside other libraries, and store that
	for part in seconds errors coverage independence; do \
		$(BIN)/python tests/benchmarks/accuracy.py $$part --peers .bench --folder book/results || exit; \
	done

bench-peers: .venv/installed .bench/installed ## measure it beside other libraries, and store that
	$(BIN)/python tests/benchmarks/speed.py --peers .bench --folder book/results
	$(BIN)/python tests/benchmarks/images.py --folder book/results

# the peers want other versions than ours: torch-mist does not declare pandas, benchmark-mi breaks with a newer jax
.bench/installed:
	$(PYTHON) -m venv .bench/torch-mist
	.bench/torch-mist/bin/python -m pip install --quiet --disable-pip-version-check torch-mist==0.2.17 pandas torch==2.14.1
	$(PYTHON) -m venv .bench/benchmark-mi
	.bench/benchmark-mi/bin/python -m pip install --quiet --disable-pip-version-check benchmark-mi==0.1.3 jax==0.4.33 jaxlib==0.4.33
	$(PYTHON) -m venv .bench/dcor
	.bench/dcor/bin/python -m pip install --quiet --disable-pip-version-check dcor==0.7
	@touch $@

# the wheel is made from the archive of the sources, which shows that nothing is missing there
dist: .venv/installed ## the package as a wheel and as an archive of its sources, in dist/
	rm -rf dist
	$(BIN)/python -c 'from setuptools import build_meta; build_meta.build_sdist("dist")'
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist dist/*.tar.gz
	rm -r mi_lab.egg-info # or it would tell of this version when another is there

# one commit without a past, since the book is made anew; GIT_INDEX_FILE keeps it out of this checkout's index
publish: book ## push the built book to the branch gh-pages of origin, from which GitHub shows it
	@touch _build/html/.nojekyll
	export GIT_INDEX_FILE=$(CURDIR)/_build/index; rm -f $$GIT_INDEX_FILE; \
	  git --work-tree=_build/html add --all --force && tree=$$(git write-tree) && \
	  commit=$$(git commit-tree -m "The book at $$(git rev-parse HEAD)" $$tree) && \
	  git push --force origin $$commit:refs/heads/gh-pages

clean: ## remove all that was made here
	rm -rf _build dist .venv .bench .tools .pytest_cache .mypy_cache .ruff_cache *.egg-info

# the stamp is written last, so a broken install is not taken for a finished one
.venv/installed: requirements.txt requirements-hashes.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"mi_lab needs Python 3.11 or newer; this is {v.major}.{v.minor}. Try: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-hashes.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
