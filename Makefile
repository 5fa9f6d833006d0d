# Two commands are enough on a fresh machine: `make book` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# one thread per process: PyTorch's default threads spin against each other on a busy machine
export OMP_NUM_THREADS ?= 1

.PHONY: book test check lab bench bench-peers verify sbom audit hashes clean

book: _build/built
	@echo "The book is ready: open $(CURDIR)/_build/html/index.html"

# all pages or none, since a result may change where no cell did; folders, too, so that a deleted file counts;
# book/ with its slash, as book is a target; the log of commits because the book names its revision
SOURCES = $(shell find _config.yml _toc.yml book/ mi_lab/ $(MI_LAB_RESULTS) -not -path '*/__pycache__*')
_build/built: .venv/installed $(SOURCES) $(wildcard .git/logs/HEAD)
	$(BIN)/jupyter-book build . -W --keep-going --all
	@touch $@

# in the order of the files, which begins with those of the book: they take longest
test: .venv/installed
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
	@echo "All tests passed. Skipped ones, if any, are listed above with their reason."

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lab: .venv/installed
	$(BIN)/jupyter lab book/lab

# about a minute per stored result; NAME=fig-2a for one
verify: .venv/installed
	$(BIN)/python -m mi_lab verify $(NAME)

# what is installed, with licences, as CycloneDX
sbom: .venv/installed .tools/installed
	@mkdir -p _build
	.tools/bin/cyclonedx-py environment --output-reproducible --output-file _build/sbom.json .venv/bin/python
	@echo "The bill of materials is in _build/sbom.json"

# known vulnerabilities of what is pinned; without a network it says that nothing was asked, and that is no failure
audit:
	@$(MAKE) --no-print-directory .tools/installed || echo "NOT AUDITED: the tool could not be installed; repeat this with a network."
	@test ! -e .tools/installed || $(PYTHON) .ci/audit.py .tools/bin/pip-audit

# after a change of requirements.txt; uv writes the hashes of all files, whatever machine it runs on
hashes: .tools/installed
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
bench: .venv/installed
	$(BIN)/python tests/benchmarks/speed.py
	$(BIN)/python tests/benchmarks/images.py

bench-peers: .venv/installed .bench/installed
	$(BIN)/python tests/benchmarks/speed.py --peers .bench --folder book/results
	$(BIN)/python tests/benchmarks/images.py --folder book/results

# the peers want other versions than ours: torch-mist does not declare pandas, benchmark-mi breaks with a newer jax
.bench/installed:
	$(PYTHON) -m venv .bench/torch-mist
	.bench/torch-mist/bin/python -m pip install --quiet --disable-pip-version-check torch-mist==0.2.17 pandas torch==2.14.1
	$(PYTHON) -m venv .bench/benchmark-mi
	.bench/benchmark-mi/bin/python -m pip install --quiet --disable-pip-version-check benchmark-mi==0.1.3 jax==0.4.33 jaxlib==0.4.33
	@touch $@

clean:
	rm -rf _build .venv .bench .tools .pytest_cache .mypy_cache .ruff_cache *.egg-info

# the stamp is written last, so a broken install is not taken for a finished one
.venv/installed: requirements.txt requirements-hashes.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"mi_lab needs Python 3.11 or newer; this is {v.major}.{v.minor}. Try: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-hashes.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
