"""All exercises of the book as two notebooks for a class: one to work in, and one with the solutions.

``python -m mi_lab.pages.site.classroom _build`` reads the chapters' notebooks of a built book.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat

from mi_lab.pages.site.notebooks import BESIDE

STUDENTS, TEACHER = "students.ipynb", "teacher.ipynb"
_SECTION = re.compile(r"^## Exercises?\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_SOLUTION = re.compile(r"<details><summary>Solutions?</summary>\n(.*?)</details>", re.DOTALL)
_CODE = re.compile(r"^ *```python\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def write_class(build: Path, order: Sequence[str]) -> list[Path]:
    """Write both notebooks to ``build/class``, chapters in this order; returns where they are."""
    folder = build / "class"
    folder.mkdir(parents=True, exist_ok=True)
    found = [one for name in order for one in exercises(build / "html" / "_sources" / "book" / f"{name}.ipynb")]
    written = []
    for name, solved in ((STUDENTS, False), (TEACHER, True)):
        cells = [nbformat.v4.new_markdown_cell(_title(solved))]
        for title, tasks, solutions in found:
            cells += _chapter(title, tasks, solutions if solved else None)
        for number, cell in enumerate(cells):
            cell.id = f"cell-{number}"
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=_KERNEL), folder / name)
        written.append(folder / name)
    return written


_KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def exercises(path: Path) -> Iterator[tuple[str, str, str]]:
    """Title, tasks and solutions of a chapter that has exercises."""
    if not path.exists():
        return
    notebook = nbformat.read(path, as_version=4)
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = text.replace(BESIDE, "../html/book/")
    if section := _SECTION.search(text):
        solutions = "\n\n".join(found[1].strip() for found in _SOLUTION.finditer(section[1]))
        yield text.split("\n", 1)[0].removeprefix("# "), _SOLUTION.sub("", section[1]).strip(), solutions


def _title(solved: bool) -> str:
    told = "with solutions, for the teacher" if solved else "to work in; the solutions are in the book"
    return f"# Exercises of *Mutual information, measured*\n\nAll of them, {told}."


def _chapter(title: str, tasks: str, solutions: str | None) -> list[Any]:
    cells = [nbformat.v4.new_markdown_cell(f"## {title}\n\n{tasks}")]
    if solutions is None:
        return [*cells, nbformat.v4.new_code_cell("# your work")]
    cells.append(nbformat.v4.new_markdown_cell(f"### Solutions\n\n{solutions}"))
    return [*cells, *(nbformat.v4.new_code_cell(_flush(code)) for code in _CODE.findall(solutions))]


def _flush(code: str) -> str:
    """Code without the indent that it has as a part of a list."""
    lines = code.rstrip().splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[indent:] for line in lines)


if __name__ == "__main__":
    contents = Path("_toc.yml").read_text(encoding="utf-8")
    for path in write_class(Path(sys.argv[1]), re.findall(r"book/([\w-]+)", contents)):
        print(path)
