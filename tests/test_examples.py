"""The example in the docstring of every public name runs, and says what it says."""

import doctest
import inspect
import shutil
import time

import pytest

import mi_lab

MADE_BY = {"Limit": "ceiling", "Comparison": "compare", "Estimate": "estimate", "Result": "load"}


@pytest.fixture
def results(committed_results, tmp_path, monkeypatch):
    """A folder of results that examples may write to, with the one that they read."""
    (tmp_path / "own").mkdir()
    shutil.copy(committed_results / "fig-2a.laptop.json", tmp_path / "own")
    monkeypatch.setenv("MI_LAB_RESULTS", str(tmp_path / "own"))


def examples(name):
    [found] = doctest.DocTestFinder(recurse=False).find(getattr(mi_lab, name), name, module=False, globs={})
    return found


@pytest.mark.usefixtures("results")
@pytest.mark.parametrize("name", mi_lab.__all__)
def test_the_example_says_what_it_says(name):
    found = examples(name)
    used = [example.source for example in found.examples if "import" not in example.source]
    assert any(MADE_BY.get(name, name) in source for source in used)
    assert any(example.want for example in found.examples)
    began = time.process_time()
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(found)
    assert outcome.failed == 0 and outcome.attempted == len(found.examples)
    assert time.process_time() - began < 4  # seconds of a processor, on a slow one


@pytest.mark.parametrize(
    "name", ["ceiling", "compare", "estimate", "load", "read_pairs", "run", "train", "v_entropy", "v_information"]
)
def test_a_docstring_names_every_parameter_of_its_function_and_what_it_returns_and_raises(name):
    public = getattr(mi_lab, name)
    told = public.__doc__
    assert all(f"{heading}\n    {'-' * len(heading)}\n" in told for heading in ("Parameters", "Returns", "Raises"))
    parameters = told.split("Parameters\n")[1].split("Returns\n")[0]
    assert [
        p
        for p in inspect.signature(public).parameters
        if f"\n    {p} : " not in parameters and f"\n    **{p}\n" not in parameters
    ] == []
