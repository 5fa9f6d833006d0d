from pathlib import Path

import pytest
import torch

# The tests' tensors are small: waking threads costs more than they save, and the order of a sum would depend on them.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """No test reads or writes the user's cache or the stored results of the book."""
    monkeypatch.setenv("MI_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MI_LAB_RESULTS", str(tmp_path / "results"))


@pytest.fixture
def committed_results():
    """The results that the book shows."""
    return Path(__file__).parent.parent / "book" / "results"


@pytest.fixture(scope="session")
def told(request):
    """Rows of a table that is printed at the end of the tests, by the table's title; the first row is its head."""
    tables = request.config.stash.setdefault(_TABLES, {})
    if hasattr(request.config, "workeroutput"):
        request.config.workeroutput["tables"] = tables
    return tables


@pytest.fixture
def kills(told):
    """The table of killed processes: doing what, how many, and how many results were lost or left half written."""
    return told.setdefault("kill -9", [["while", "kills", "lost", "half read"]])


def pytest_collection_modifyitems(items):
    """While one process builds the book for its first test, the other has tests that need none: it would wait."""
    first = ["tests/book/test_book.py", "tests/estimation", "tests/runner"]
    items.sort(key=lambda item: next((at for at, start in enumerate(first) if item.nodeid.startswith(start)), 9))


_TABLES = pytest.StashKey[dict[str, list[list[str]]]]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    """Takes over the tables of a parallel test process."""
    for title, rows in getattr(node, "workeroutput", {}).get("tables", {}).items():
        kept = node.config.stash.setdefault(_TABLES, {}).setdefault(title, rows[:1])
        kept.extend(rows[1:])


def pytest_terminal_summary(terminalreporter, config):
    for title, rows in config.stash.get(_TABLES, {}).items():
        terminalreporter.section(title)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for first, *rest in rows:
            cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
            terminalreporter.write_line("   ".join([first.ljust(widths[0]), *cells]))
