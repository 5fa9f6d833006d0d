"""Imports between rooms go one way, downwards, as the table says; the light rooms and all below them need no torch."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mi_lab
from mi_lab.runner.identity import imports, reached, sources

BELOW = {  # a room, and the rooms that it may import from
    "ground": [],
    "estimation": ["ground"],
    "experiments": ["ground"],
    "representation": ["ground", "estimation"],
    "results": ["ground", "experiments"],
    "runner": ["ground", "estimation", "experiments", "representation", "results"],
    "pages": ["ground", "experiments", "results"],
    "lab": ["ground", "estimation", "experiments", "results", "runner", "pages"],
}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
LIGHT = ["ground", "experiments", "results", "pages"]
TEXTS = sources()
ROOM = {name: name.split(".")[1] for name in TEXTS if name not in ("mi_lab", "mi_lab.__main__")}


def test_every_module_is_in_a_room_and_imports_from_rooms_below_it():
    assert set(ROOM.values()) == set(BELOW)
    for name, room in ROOM.items():
        for other in {ROOM[found] for found in imports(TEXTS[name]) if found in ROOM} - {room}:
            assert other in BELOW[room], f"{name} imports from {other}"


def test_the_map_draws_the_same_walls():
    text = (Path(__file__).parent.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    told = re.findall(r"^(\w+) ──▶ (.*)$", text, re.MULTILINE)
    assert {room: below.split(", ") for room, below in told} == {room: below for room, below in BELOW.items() if below}
    drawing = text.split("lists.\n\n```\n")[1].split("\n\n")[0]
    line = {room: drawing[: re.search(rf"\b{room}\b", drawing).start()].count("\n") for room in BELOW}
    assert all(line[room] < line[other] for room, below in BELOW.items() for other in below)


def test_no_name_stands_for_two_modules_and_none_is_long():
    last = [name.split(".")[-1] for name in TEXTS]
    assert len(set(last)) == len(last), sorted(name for name in last if last.count(name) > 1)
    assert not [name for name, text in TEXTS.items() if text.count("\n") - docstring_lines(text) > 300]


def docstring_lines(text):
    """Lines of docstrings, which may explain as much as they like."""
    said = [
        node.body[0] for node in ast.walk(ast.parse(text)) if isinstance(node, DOCUMENTED) and ast.get_docstring(node)
    ]
    return sum(one.end_lineno - one.lineno for one in said)


def test_public_names_are_the_same_for_those_who_read_and_those_who_run():
    [block] = [node for node in ast.parse(TEXTS["mi_lab"]).body if isinstance(node, ast.If)]
    said = {alias.asname: f"{node.module}.{alias.name}" for node in block.body for alias in node.names}
    assert said == {name: f"{home}.{name}" for name, home in mi_lab._HOMES.items()} and sorted(said) == mi_lab.__all__


def test_importing_one_module_loads_no_other_on_the_way():
    for package in {name.rpartition(".")[0] for name in ROOM} - {"mi_lab"}:
        loaded = [name for name in imports(TEXTS[package]) if name.startswith("mi_lab.")]
        # a missing extra is told before it is missed
        assert not [name for name in loaded if not name.startswith("mi_lab.ground.extras")], package


def test_results_are_read_within_a_tenth_of_a_second():
    code = "import time; t = time.process_time(); from mi_lab.results import load; print(time.process_time() - t)"
    # of the processor, and the least of three: a busy machine loads no slower for it
    took = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(3)]
    assert min(took) < 0.1


def test_imports_name_their_module_in_full():
    for name, text in TEXTS.items():
        assert not [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom) and n.level], name


@pytest.mark.parametrize("room", LIGHT)
def test_nothing_in_a_light_room_reaches_torch(room):
    for name in (name for name in ROOM if ROOM[name] == room):
        for on_the_way in reached(name, TEXTS):
            heavy = {found.split(".")[0] for found in imports(TEXTS[on_the_way])} & {"torch", "torchvision"}
            assert not heavy, f"{name} reaches {heavy} through {on_the_way}"


def test_pages_load_without_torch():
    modules = ", ".join(["mi_lab", *(name for name in ROOM if ROOM[name] in LIGHT)])
    code = f"import sys, {modules}; mi_lab.load, mi_lab.mi_from_correlation; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
