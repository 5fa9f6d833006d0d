"""What a kept training was made by: PyTorch's version, and a digest of the code that its values depend on.

The digest covers a module and all of mi_lab that it imports, directly or through others, as their syntax says: nobody
keeps a list. Docstrings and comments are no part of it.
"""

import ast
import functools
from collections.abc import Mapping
from pathlib import Path

import torch

from mi_lab.ground.files import digest

_PACKAGE = Path(__file__).parents[1]


@functools.cache
def versions(entry: str) -> dict[str, str]:
    """What must agree before anything that the module ``entry`` trained is used again; by name, as a message tells."""
    return {"mi_lab code": code_digest(entry, sources()), "PyTorch version": str(torch.__version__)}


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
def _bare(text: str) -> str:
    return ast.dump(_WithoutWords().visit(ast.parse(text)))


class _WithoutWords(ast.NodeTransformer):
    """Leaves out every statement that is but a text: docstrings of modules, classes, functions and constants."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node
