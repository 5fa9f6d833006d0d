"""Two pages built without an address of their repository, and with one."""

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
from helpers import refused
from IPython.core.inputtransformer2 import TransformerManager

from mi_lab.pages.site import repository

ROOT = Path(__file__).parents[2]
ADDRESS = "https://github.com/owner/name"
CHAPTER = """---
file_format: mystnb
kernelspec: {name: python3}
---
# A chapter

```{code-cell} python
print(1 + 1)
```
"""
PLAIN = "# A page\n\nThe map is {repository}`ARCHITECTURE.md`.\n"


def build(folder, address):
    (folder / "book").mkdir()
    (folder / "book/chapter.md").write_text(CHAPTER)
    (folder / "book/plain.md").write_text(PLAIN)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/plain\nchapters: [{file: book/chapter}]\n")
    shutil.copy(ROOT / "_config.yml", folder)
    for file in ("references.bib", "favicon.svg", "preview.png"):
        shutil.copy(ROOT / "book" / file, folder / "book")
    command = [Path(sys.executable).parent / "jupyter-book", "build", folder, "-W", "--all"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"REPOSITORY": address})
    return done, folder / "_build" / "html"


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    done, html = build(tmp_path_factory.mktemp("without"), "")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return html


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    done, html = build(tmp_path_factory.mktemp("given"), ADDRESS)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return html


def links(page):
    """The addresses of a page's links to other hosts, by their text."""
    found = re.findall(r'<a [^>]*href="(https:[^"]*)"[^>]*>(.*?)</a>', page.read_text(), re.DOTALL)
    return {re.sub(r"<[^>]*>|\s+", " ", text).strip(): unescape(url) for url, text in found}


@pytest.mark.slow
def test_without_an_address_no_page_leads_to_a_repository(without):
    offered = {"Open in Colab", "Binder", "Edit this page", "Report an error", "ARCHITECTURE.md"}
    for page in ("plain", "chapter"):
        assert not offered & links(without / f"book/{page}.html").keys()
        assert "github.com" not in (without / f"book/{page}.html").read_text()
    assert ">ARCHITECTURE.md</span></code>" in (without / "book/plain.html").read_text()
    assert len(cells(without)) == 2


@pytest.mark.slow
def test_with_one_every_page_can_be_edited_and_corrected(given):
    for page in ("plain", "chapter"):
        found = links(given / f"book/{page}.html")
        assert found["Edit this page"] == f"{ADDRESS}/edit/main/book/{page}.md"
        assert found["Report an error"] == f"{ADDRESS}/issues/new?template=wrong-number.yml&page=book%2F{page}.html"
    assert links(given / "book/plain.html")["ARCHITECTURE.md"] == f"{ADDRESS}/blob/main/ARCHITECTURE.md"


@pytest.mark.slow
def test_a_page_with_code_can_be_run_elsewhere_and_no_other(given):
    found = links(given / "book/chapter.html")
    place = "https://colab.research.google.com/github/owner/name/blob/gh-pages/"
    assert found["Open in Colab"].startswith(place)
    notebook = given / found["Open in Colab"].removeprefix(place)  # that branch holds the built book
    assert json.loads(notebook.read_text())["nbformat"] == 4
    assert found["Binder"] == "https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/book/chapter.md"
    assert not {"Open in Colab", "Binder"} & links(given / "book/plain.html").keys()


def cells(html):
    return json.loads((html / "_sources/book/chapter.ipynb").read_text())["cells"]


@pytest.mark.slow
def test_the_notebook_for_colab_begins_with_its_title_and_what_it_needs(given):
    title, first = cells(given)[:2]
    assert "".join(title["source"]) == "# A chapter"
    code = "".join(first["source"])
    assert f"git clone --quiet --depth 1 --branch main {ADDRESS} mi_lab-source" in code
    scope = {"get_ipython": lambda: pytest.fail("mi_lab is installed here, so nothing is to be fetched")}
    exec(compile(TransformerManager().transform_cell(code), "cell", "exec"), scope)  # noqa: S102
    assert "get_ipython" in TransformerManager().transform_cell(code)


def test_the_first_page_opens_the_live_notebooks(monkeypatch):
    monkeypatch.setenv("REPOSITORY", ADDRESS)
    assert (ROOT / "book/lab").is_dir()
    [binder] = [b["url"] for b in repository.buttons("book/index", True, first=True) if b["text"] == "Binder"]
    assert binder.endswith("?urlpath=lab/tree/book/lab")


def test_pages_about_this_copy_are_not_run_elsewhere(monkeypatch):
    monkeypatch.setenv("REPOSITORY", ADDRESS)
    for page in repository.ABOUT_THIS_COPY:
        assert (ROOT / f"{page}.md").exists()
        assert [b["text"] for b in repository.buttons(page, True)] == ["Edit this page", "Report an error"]


def test_pages_without_cells_in_their_source_are_no_notebooks_there(monkeypatch):
    monkeypatch.setenv("REPOSITORY", ADDRESS)
    of_claims = [path for path in ROOT.glob("book/*.md") if "```{claim}" in path.read_text(encoding="utf-8")]
    assert [f"book/{path.stem}" for path in of_claims] == list(repository.WRITTEN_OUT)
    [page] = repository.WRITTEN_OUT
    assert [b["text"] for b in repository.buttons(page, True)] == ["Open in Colab", "Edit this page", "Report an error"]


@pytest.mark.parametrize("given", [f"{ADDRESS}.git", f"{ADDRESS}/", f"{ADDRESS}.git/"])
def test_the_address_of_a_clone_is_that_of_its_pages(given, monkeypatch):
    monkeypatch.setenv("REPOSITORY", given)
    assert repository.repository() == ADDRESS


@pytest.mark.parametrize("wrong", ["github.com/owner/name", "https://github.com/owner", "https://example.org/a/b"])
def test_another_address_is_refused(wrong, monkeypatch):
    monkeypatch.setenv("REPOSITORY", wrong)
    with refused("https://github.com/owner/name", wrong):
        repository.repository()
