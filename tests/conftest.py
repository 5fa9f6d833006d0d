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
