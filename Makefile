# Two commands are enough on a fresh machine: `make book` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# one thread per process: PyTorch's default threads spin against each other on a busy machine
export OMP_NUM_THREADS ?= 1

.PHONY: book test check lab clean

book: .venv/installed
	$(BIN)/jupyter-book build . -W --keep-going --all
	@echo "The book is ready: open $(CURDIR)/_build/html/index.html"

test: .venv/installed
	$(BIN)/python -m pytest
	@echo "All tests passed. Skipped ones, if any, are listed above with their reason."

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lab: .venv/installed
	$(BIN)/jupyter lab book

clean:
	rm -rf _build .venv .pytest_cache .mypy_cache .ruff_cache *.egg-info

# the stamp is written last, so a broken install is not taken for a finished one
.venv/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"mi_lab needs Python 3.11 or newer; this is {v.major}.{v.minor}. Try: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
