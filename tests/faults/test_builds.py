"""Builds of a book that are killed, and two at once in one folder: a book of two pages, built as the whole one is."""

import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
KILLS = 10
CHAPTER = """---
file_format: mystnb
kernelspec: {name: python3}
---
# A figure

```{code-cell} python
from mi_lab import load
from mi_lab.pages.figures import curves_of
curves_of(load("fig-1d"), "dv")
```
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The sources: one page, one figure, the configuration of the whole book."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "index.md").write_text("# A small book\n")
    (folder / "chapter.md").write_text(CHAPTER)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters: [{file: chapter}]\n")
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / "book").mkdir()
    for name in ("references.bib", "favicon.svg"):
        shutil.copy(ROOT / "book" / name, folder / "book")
    (folder / "results").mkdir()
    for path in (ROOT / "book" / "results").glob("*.json"):
        shutil.copy(path, folder / "results")
    return folder


def start(small, out):
    command = [Path(sys.executable).parent / "jupyter-book", "build", small, "-W", "--all", "--path-output", out]
    environment = os.environ | {"MI_LAB_RESULTS": str(small / "results"), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def finish(process):
    text, _ = process.communicate(timeout=300)
    assert process.returncode == 0, text[-3000:]
    return text


def pages(out):
    """What a reader gets, by the name of the page."""
    names = ("index.html", "chapter.html")
    return {name: (out / "_build" / "html" / name).read_text(encoding="utf-8") for name in names}


def hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.slow
def test_builds_that_are_killed_and_two_at_once(small, tmp_path, kills):
    before, began = hashes(small / "results"), time.monotonic()
    finish(start(small, tmp_path / "whole"))
    seconds, out, draw = time.monotonic() - began, tmp_path / "killed", random.Random(0)
    for _ in range(KILLS):
        process = start(small, out)
        time.sleep(draw.uniform(0.1, 0.9) * seconds)
        process.kill()  # its kernel, if one was started, notices by itself
        process.communicate()
    both = [start(small, out), start(small, out)]
    texts = [finish(process) for process in both]
    assert sum("another build in" in text for text in texts) == 1
    whole, rebuilt = pages(tmp_path / "whole"), pages(out)
    lost = sum(hashes(small / "results").get(name) != held for name, held in before.items())
    half = sum(rebuilt[name] != text for name, text in whole.items())
    kills.append(["building", str(KILLS), str(lost), str(half)])
    assert lost == half == 0 and "mi-plot" in rebuilt["chapter.html"]
