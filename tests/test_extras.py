"""What is imported is declared, room by room; and what an extra brings is asked for before it is missed."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mi_lab.ground.extras import EXTRAS

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CORE = set(PROJECT["dependencies"])
NEEDS = {  # a room, and the extras that it may need beyond the core
    "ground": [],
    "estimation": ["sklearn", "flows"],
    "experiments": [],
    "representation": ["images"],
    "results": ["book"],
    "runner": ["cluster"],
    "pages": ["book", "lab"],
    "lab": ["lab"],
}
TOOLS = {  # declared, and not imported by mi_lab
    "book": {"jupyter-book", "papermill", "sphinx-mathjax-offline", "sympy"},  # build it, run and fill its notebooks
    "lab": {"jupyterlab"},
}
OWN_FILES = "pandas"  # reads a user's Parquet files; arrays.py says so where it is missing
PATHS = sorted((ROOT / "mi_lab").rglob("*.py"))


def canonical(name):
    return re.sub("[-_.]+", "-", name).lower()


def distributions(names):
    return {canonical(Requirement(name).name) for name in names}


COMES_FROM = importlib.metadata.packages_distributions()


def brings(module):
    """The distribution that a module comes from."""
    [name] = {canonical(name) for name in COMES_FROM[module]}
    return name


class Imports(ast.NodeVisitor):
    """The modules of others that a file imports, and those that it asks for."""

    def __init__(self, path):
        self.asked, self.found = set(), set()
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def visit_If(self, node):
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Call(self, node):
        if ast.unparse(node.func) == "require":
            self.asked |= {argument.value for argument in node.args}
        if ast.unparse(node.func) == "importlib.import_module" and isinstance(node.args[0], ast.Constant):
            self._add(node.args[0].value)
        self.generic_visit(node)

    def visit_Import(self, node):
        for alias in node.names:
            self._add(alias.name)

    def visit_ImportFrom(self, node):
        self._add(node.module)

    def _add(self, name):
        module = name.split(".")[0]
        if module not in sys.stdlib_module_names and module not in ("mi_lab", OWN_FILES):
            self.found.add(module)


FOUND = {path: Imports(path) for path in PATHS}


def imported_by(room):
    return set().union(*(seen.found for path, seen in FOUND.items() if path.is_relative_to(ROOT / "mi_lab" / room)))


@pytest.mark.parametrize("room", NEEDS)
def test_a_room_imports_what_the_core_and_its_extras_declare_and_no_more(room):
    brought = {extra: distributions(PROJECT["optional-dependencies"][extra]) for extra in NEEDS[room]}
    beyond = {brings(module) for module in imported_by(room)} - distributions(CORE)
    assert beyond <= set().union(*brought.values())
    for extra, declared in brought.items():
        others = set().union(*(brought[other] for other in brought if other != extra))
        assert beyond & declared - others, f"{room} does not need {extra}"


def test_estimation_needs_the_whole_core():
    imported = {brings(module) for module in imported_by("estimation") | imported_by("ground")}
    assert imported == distributions(CORE) | distributions(
        [name for extra in NEEDS["estimation"] for name in PROJECT["optional-dependencies"][extra]]
    )


def test_the_table_of_extras_says_what_is_imported_of_what_is_declared():
    extras = dict(PROJECT["optional-dependencies"])
    assert extras.pop("all") == ["mi_lab[book,images,lab,cluster,sklearn,flows]"]
    assert set(extras) == set(EXTRAS) == {"book", "images", "lab", "cluster", "sklearn", "flows"}
    for extra, modules in EXTRAS.items():
        assert {brings(module) for module in modules} == distributions(extras[extra]) - TOOLS.get(extra, set())
    found = set().union(*(seen.found for seen in FOUND.values()))
    assert set().union(*EXTRAS.values()) == {module for module in found if brings(module) not in distributions(CORE)}


def test_everything_declared_is_pinned():
    pins = {canonical(line.split("==")[0]) for line in (ROOT / "requirements.txt").read_text().splitlines()}
    declared = [
        *CORE,
        *(name for extra, names in PROJECT["optional-dependencies"].items() if extra != "all" for name in names),
    ]
    assert distributions(declared) <= pins


def test_what_is_beyond_the_core_is_asked_for_before_it_is_imported():
    for path, seen in FOUND.items():
        packages = [folder / "__init__.py" for folder in path.parents if folder.is_relative_to(ROOT / "mi_lab")]
        asked = seen.asked.union(*(FOUND[package].asked for package in packages))  # which are loaded before it
        assert seen.found <= CORE | asked, f"{path.relative_to(ROOT)} does not ask for {seen.found - CORE - asked}"


COMPARED = "compared = mi_lab.compare(*np.random.default_rng(0).normal(size=(2, 300, 1)), 'gaussian', progress=False)"


def sentence(hidden, code, folder):
    """The last line that a process says which cannot import one module."""
    hiding = f"import sys; sys.modules['{hidden}'] = None; import numpy as np, mi_lab; {code}"
    environment = os.environ | {"MI_LAB_RESULTS": str(folder), "MI_LAB_CACHE": str(folder)}
    done = subprocess.run([sys.executable, "-c", hiding], capture_output=True, text=True, env=environment)
    return done.stderr.rstrip().splitlines()[-1].removeprefix("ModuleNotFoundError: ")


@pytest.mark.parametrize(
    ("hidden", "extra", "code"),
    [
        ("plotly", "book", "import mi_lab.pages.figures"),
        ("fastjsonschema", "book", "mi_lab.load('fig-2a')"),
        ("joblib", "book", "mi_lab.run('fig-2a', 'smoke')"),
        ("sphinx", "book", "import mi_lab.pages.site.sphinx_ext"),
        ("anywidget", "lab", "from mi_lab.pages.interactive import widgets; widgets.correlation().live()"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)  # they load PyTorch
            for case in (
                ("plotly", "book", f"{COMPARED}; compared.figure()"),
                ("torchvision", "images", "mi_lab.run('table-1-rotation', 'smoke', data='mnist', workers=1)"),
                ("sklearn", "sklearn", "from mi_lab.representation import probes; probes.saga_accuracy(None, [])"),
                ("ipywidgets", "lab", "from mi_lab.lab.your_pairs import YourPairs"),
                ("ipywidgets", "lab", "from mi_lab.lab.estimator_lab import EstimatorLab"),
                ("ipywidgets", "lab", "from mi_lab.lab.critics_seen import CriticsSeen"),
                ("zuko", "flows", "mi_lab.estimate(*np.random.default_rng(0).normal(size=(2, 300, 1)), 'mienf')"),
                ("distributed", "cluster", "mi_lab.run('fig-2a', 'smoke', scheduler='tcp://127.0.0.1:9')"),
            )
        ),
    ],
)
def test_a_missing_extra_is_one_sentence_that_names_it(hidden, extra, code, tmp_path):
    wanted = f"{hidden} is not installed; it comes with the extra '{extra}': pip install 'mi_lab[{extra}]'."
    assert sentence(hidden, code, tmp_path) == wanted


@pytest.mark.slow
def test_without_plotly_a_comparison_is_still_told(tmp_path):
    code = f"import sys; sys.modules['plotly'] = None; import numpy as np, mi_lab; {COMPARED}"
    told = f"{code}; print(compared); sys.exit(compared._repr_html_() is not None)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True)
    assert done.returncode == 0 and " nats" in done.stdout, done.stderr[-1500:]


def test_live_pages_ask_for_their_own_extra_first():
    for page in ("your_pairs", "estimator_lab", "critics_seen"):
        code = f"import sys; sys.modules |= dict.fromkeys(sys.argv[1:]); import mi_lab.lab.{page}"
        command = [sys.executable, "-c", code, *set().union(*EXTRAS.values())]
        told = subprocess.run(command, capture_output=True, text=True).stderr
        assert told.splitlines()[-1].endswith("it comes with the extra 'lab': pip install 'mi_lab[lab]'."), page


def test_verifying_without_an_extra_is_one_sentence():
    code = "import sys; sys.modules['joblib'] = None; from mi_lab.__main__ import main; sys.exit(main(['verify']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.splitlines()[0].startswith("joblib is not installed")
    assert len(done.stderr.splitlines()) == 1
