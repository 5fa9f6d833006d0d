"""The page "Your own data" against the code: every flag stands on it, with an example that raises it."""

import ast
import re
from pathlib import Path

import pytest

import mi_lab
from mi_lab.pages import glued

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "book" / "your-own-data.md").read_text(encoding="utf-8")
CELLS = [
    re.sub(r"\A(:.*\n)+", "", cell) for cell in re.findall(r"```\{code-cell\} ipython3\n(.*?)```", PAGE, re.DOTALL)
]
ROWS = re.findall(r"^\| \*(.+?)\* \|.*\| `(flags\(.+?\))` \|$", PAGE, re.MULTILINE)


def flags_of_the_code():
    """The names of all flags that an estimate can have, from the calls that make them."""
    for path in (ROOT / "mi_lab" / "estimation" / "pairs").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "Flag":
                name = call.args[0]
                yield name.value if isinstance(name, ast.Constant) else "y follows from x"  # the one that has a part


@pytest.fixture(scope="module")
def raised(request):
    """What the cells of the page define, and the names of the flags that each of its estimates had."""
    patch = pytest.MonkeyPatch()
    request.addfinalizer(patch.undo)
    patch.setattr(glued, "glue", lambda name, value: None)
    patch.setenv("MI_LAB_RESULTS", str(ROOT / "book" / "results"))
    names, own = [], mi_lab.estimate

    def estimate(*args, **settings):
        found = own(*args, **settings)
        names.append({flag.name for flag in found.flags})
        return found

    patch.setattr(mi_lab, "estimate", estimate, raising=False)
    cells = {}
    for cell in CELLS:
        exec(compile(cell, "your-own-data", "exec"), cells)  # noqa: S102 - our own page
    return cells, names


def test_every_flag_is_raised_by_a_cell_or_by_a_line_of_the_table(raised):
    _, names = raised
    shown = set().union(*names) | {flag for flag, _ in ROWS}
    assert shown == set(flags_of_the_code())


@pytest.mark.parametrize(("flag", "code"), ROWS, ids=[flag for flag, _ in ROWS])
def test_a_line_of_the_table_raises_its_flag(raised, flag, code):
    cells, names = raised
    eval(code, cells)  # noqa: S307 - our own page
    assert flag in names[-1]


def test_the_table_has_a_line_for_each_flag_of_training():
    assert len(ROWS) == 8
