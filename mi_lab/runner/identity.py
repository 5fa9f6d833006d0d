"""What a kept training was made by: a digest of the code that its values depend on, and the versions of what that uses.

The digest covers a module and all of mi_lab that it imports, directly or through others, as their syntax says: nobody
keeps a list. Docstrings, comments, what a raised exception says and what is ``Shown`` of an estimator are no part of
it. It is the same under every version of Python.
"""

import ast
import functools
import importlib.metadata
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mi_lab.ground.files import digest
from mi_lab.ground.records import Shown

_PACKAGE = Path(__file__).parents[1]
_MOVE_NO_NUMBER = {"mi_lab", "filelock", "pooch", "tqdm"}  # they lock, fetch what has its checksum, and tell


@functools.cache
def versions(entry: str) -> dict[str, str]:
    """What must agree before anything that the module ``entry`` trained is used again; by name, as a message tells."""
    texts = sources()
    used = packages(entry, texts) - {"torch"}
    return {
        "mi_lab code": code_digest(entry, texts),
        "PyTorch version": str(torch.__version__),
        **{f"{package} version": _version(package) for package in sorted(used)},
    }


def packages(entry: str, texts: Mapping[str, str]) -> set[str]:
    """What ``entry`` and all that it reaches import of other packages, but for those that move no number."""
    tops = {name.split(".")[0] for module in reached(entry, texts) for name in imports(texts[module])}
    return tops - sys.stdlib_module_names - _MOVE_NO_NUMBER


@functools.cache
def _version(package: str) -> str:
    [*found] = importlib.metadata.packages_distributions().get(package, [])
    return importlib.metadata.version(found[0]) if found else "not installed"


def sources() -> dict[str, str]:
    """The text of every module of mi_lab by its dotted name; a package's own name stands for its ``__init__``."""
    texts = {}
    for path in sorted(_PACKAGE.rglob("*.py")):
        parts = path.relative_to(_PACKAGE.parent).with_suffix("").parts
        texts[".".join(parts).removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    return texts


def code_digest(entry: str, texts: Mapping[str, str]) -> str:
    """A digest of the modules among ``texts`` that ``entry`` reaches, itself included, but for what they only say."""
    return digest({name: _bare(texts[name]) for name in reached(entry, texts)})[:16]


def reached(entry: str, texts: Mapping[str, str]) -> set[str]:
    """The modules among ``texts`` that are loaded for ``entry``, wherever in a module the import stands."""
    found, waiting = set[str](), [entry]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [imported for imported in imports(texts[name]) if imported in texts]
    return found


@functools.lru_cache(maxsize=512)
def imports(text: str) -> list[str]:
    """Dotted names that a module's imports may mean; those for the type checker alone are none."""
    names: list[str] = []
    for node in _within(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names] + [str(node.module)]
    return names


def _within(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return []
    return [node, *(inner for child in ast.iter_child_nodes(node) for inner in _within(child))]


@functools.lru_cache(maxsize=512)
def _bare(text: str) -> Any:
    return _plain(_WithoutWords().visit(ast.parse(text)))


def _plain(node: Any) -> Any:
    """A part of a syntax tree as plain data, without empty fields: versions of Python differ in those, as in all of
    ``ast.dump``, and ``ast.unparse`` in its quotes."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    return [type(node).__name__, {name: _plain(one) for name, one in ast.iter_fields(node) if one not in (None, [])}]


class _WithoutWords(ast.NodeTransformer):
    """Leaves out what only says something: statements that are but a text, and what exceptions and ``Shown`` hold."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        is_shown = isinstance(node.func, ast.Name) and node.func.id == Shown.__name__
        return node.func if is_shown else self.generic_visit(node)
