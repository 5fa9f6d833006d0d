"""All exercises as notebooks for a class, run as a class would run them."""

import re
from pathlib import Path

import nbclient
import nbformat
import pytest

from mi_lab.pages.site.classroom import write_class

pytestmark = pytest.mark.book
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def notebooks(book):
    order = re.findall(r"book/([\w-]+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    students, teacher = (nbformat.read(path, as_version=4) for path in write_class(book.parent, order))
    return students, teacher


def test_every_chapter_with_exercises_is_there_and_only_the_teacher_has_solutions(notebooks):
    pages = [path.read_text("utf-8") for path in (ROOT / "book").glob("*.md")]
    wanted = sum(bool(re.search(r"^## Exercises?$", page, re.M)) for page in pages)
    students, teacher = (["".join(cell.source) for cell in notebook.cells] for notebook in notebooks)
    for texts in (students, teacher):
        assert sum(text.startswith("## ") for text in texts) == wanted > 10
    assert not any(re.search("solutions?</summary>|### Solution|<details>", text, re.I) for text in students)
    assert sum(text.startswith("### Solutions") for text in teacher) == wanted
    assert students.count("# your work") == wanted
    assert not [text for text in (*students, *teacher) if "{glue" in text or "../../book" in text]


@pytest.mark.slow
def test_both_run(notebooks, committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))
    for notebook in notebooks:
        nbclient.NotebookClient(notebook, timeout=300).execute()
    assert sum(cell.cell_type == "code" for cell in notebooks[1].cells) >= 4
