"""What a kept training depends on is derived from the code: all that moves a number, and nothing that does not."""

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import in_tiers

from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.experiments.sweep_specs import CeilingTable, Sweep
from mi_lab.runner import identity, sweep_training
from mi_lab.runner.identity import code_digest, reached, sources, versions
from mi_lab.runner.recipes.by_kind import recipe

ROOT = Path(__file__).parents[2]
TEXTS = sources()
STAGED = [e.report for e in EXPERIMENTS.values() if not isinstance(e.report, Sweep | CeilingTable)]
ENTRIES = sorted({sweep_training.__name__, *(recipe(spec).__module__ for spec in STAGED)})
DIGESTS = {entry: code_digest(entry, TEXTS) for entry in ENTRIES}
REACHED = {entry: reached(entry, TEXTS) for entry in ENTRIES}
TRAINING = [
    name
    for name in TEXTS
    if name.startswith(("mi_lab.estimation.", "mi_lab.representation.", "mi_lab.runner.recipes."))
    or name.endswith("_specs")
]
# files of pairs, text and V-information are not kept; by_kind only chooses
UNKEPT = {
    "mi_lab.estimation.pairs",
    "mi_lab.estimation.pairs.decimals",
    "mi_lab.estimation.pairs.header",
    "mi_lab.estimation.pairs.mi_estimator",
    "mi_lab.estimation.pairs.pair_files",
    "mi_lab.estimation.pairs.selecting",
    "mi_lab.estimation.pairs.text",
    "mi_lab.representation.v_information",
    "mi_lab.runner.recipes.by_kind",
}


def with_each(text, wanted, new):
    """The text with every node that is ``wanted`` written as ``new`` makes it of its own source."""
    lines = text.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:n])) for n in range(len(lines))]
    changed = text.encode()
    for node in sorted(filter(wanted, ast.walk(ast.parse(text))), key=lambda node: -node.lineno):
        start, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
        changed = changed[:start] + new(changed[start:end].decode()).encode() + changed[end:]
    return changed.decode()


def constants(text):
    """Names and values of a module's constants."""
    for node in ast.parse(text).body:
        [target, *_] = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(target, ast.Name) and target.id.isupper():
            yield target.id, node.value


def place(node):
    return [getattr(node, f"{end}{axis}", None) for end in ("", "end_") for axis in ("lineno", "col_offset")]


def test_all_that_trains_is_reached_but_for_what_is_named_here():
    assert set(TRAINING) - set.union(*REACHED.values()) == UNKEPT


HELD = [*sorted(set(TRAINING) - UNKEPT), "mi_lab.ground.names", "mi_lab.ground.costs"]


@pytest.mark.parametrize("name", in_tiers(HELD, HELD[::6]))
def test_a_changed_constant_is_another_identity(name):
    for constant, value in constants(TEXTS[name]):
        text = with_each(TEXTS[name], lambda node, own=value: place(node) == place(own), "[{}]".format)
        changed = TEXTS | {name: text}
        moved = {entry for entry in ENTRIES if code_digest(entry, changed) != DIGESTS[entry]}
        assert moved == {entry for entry in ENTRIES if name in REACHED[entry]} != set(), constant


def test_constants_are_found_where_they_are():
    assert {"CRITIC_BATCH", "READOUTS", "TAPS"} < dict(constants(TEXTS["mi_lab.ground.names"])).keys()
    assert "DECODER_STEPS" in dict(constants(TEXTS["mi_lab.experiments.reconstruction_specs"]))
    assert {"LINEAR", "MLP"} < dict(constants(TEXTS["mi_lab.representation.probes"])).keys()
    assert sum(len(list(constants(TEXTS[name]))) for name in TRAINING) > 50


def test_other_words_are_the_same_identity():
    def is_text(node):
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

    said = '"other words"'
    changed = {name: with_each(text, is_text, lambda _: said) + "# and more\n" for name, text in TEXTS.items()}
    assert all(changed[name] != TEXTS[name] for name in TEXTS)
    assert {entry: code_digest(entry, changed) for entry in ENTRIES} == DIGESTS


def test_what_draws_and_what_judges_is_no_part_of_it():
    others = ("mi_lab.pages", "mi_lab.lab", "mi_lab.results.claims", "mi_lab.experiments.registry")
    changed = {name: "GONE = True" if name.startswith(others) else text for name, text in TEXTS.items()}
    assert {entry: code_digest(entry, changed) for entry in ENTRIES} == DIGESTS


def test_imports_for_the_type_checker_alone_do_not_count_and_those_within_functions_do():
    texts = {
        "mi_lab.a": "if TYPE_CHECKING:\n    from mi_lab.b import x\ndef f():\n    import mi_lab.c",
        "mi_lab.b": "",
        "mi_lab.c": "from mi_lab import d",
        "mi_lab.d": "",
    }
    assert reached("mi_lab.a", texts) == {"mi_lab.a", "mi_lab.c", "mi_lab.d"}


def test_titles_and_sources_and_what_a_raised_exception_says_are_the_same_identity():
    changed = {}
    for name, text in TEXTS.items():
        nodes = list(ast.walk(ast.parse(text)))
        said = [node.exc for node in nodes if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
        said += [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "Shown"]
        places = [(ast.Call, *place(node)) for node in said]
        changed[name] = with_each(
            text,
            lambda node, own=places: (type(node), *place(node)) in own,
            lambda old: f"{old.split('(')[0]}('other')",
        )
    assert len([name for name in TEXTS if changed[name] != TEXTS[name]]) > 20
    assert {entry: code_digest(entry, changed) for entry in ENTRIES} == DIGESTS
    other = {"mi_lab.ground.records": TEXTS["mi_lab.ground.records"].replace('("nwj", "plug_in")', '("nwj",)')}
    assert not set(DIGESTS.items()) & {(entry, code_digest(entry, TEXTS | other)) for entry in ENTRIES}


DIGEST = """
import ast, hashlib, json, pathlib, sys
bare = {name: value for name, value in vars(ast).items()}
source = ast.parse(pathlib.Path("mi_lab/runner/identity.py").read_text(encoding="utf-8"))
wanted = [node for node in source.body if getattr(node, "name", "") in ("_plain", "_WithoutWords")]
bare |= {"ast": ast, "Any": object, "Shown": type("Shown", (), {})}
exec(compile(ast.Module(wanted, []), "identity", "exec"), bare)
texts = [pathlib.Path(path).read_text(encoding="utf-8") for path in sys.argv[1:]]
plain = [bare["_plain"](bare["_WithoutWords"]().visit(ast.parse(text))) for text in texts]
print(sys.version_info[:2], hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest())
"""


def test_every_python_that_is_here_has_the_same_identity():
    pythons = {Path(sys.executable), *Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python")}
    paths = [ROOT / f"{name.replace('.', '/')}.py" for name in sorted(set.union(*REACHED.values()))]
    told = [
        subprocess.check_output([python, "-c", DIGEST, *(path for path in paths if path.exists())], cwd=ROOT, text=True)
        for python in pythons
    ]
    assert len({line.rpartition(" ")[2] for line in told}) == 1, told


def test_empty_fields_are_no_part_of_it():
    """Python 3.12 gave functions an empty list of type parameters; 3.13 shows no empty lists."""
    text = "def f(x, *, y=None):\n    return {**x, 'y': y}, lambda: ()"
    newer = ast.parse(text)
    newer.body[0].type_params = []
    newer.body[0]._fields = (*newer.body[0]._fields, "type_params")
    assert identity._plain(newer) == identity._bare(text)
    assert identity._bare("f(None)") != identity._bare("f()") and identity._bare("f(0)") != identity._bare("f('0')")


def test_versions_are_told_by_name_and_are_of_what_is_used():
    assert versions(sweep_training.__name__).keys() == {
        f"{name} version" for name in ("PyTorch", "sklearn", "zuko")
    } | {"mi_lab code"}
    probing = versions("mi_lab.runner.recipes.probing")
    assert probing["sklearn version"] == importlib.metadata.version("scikit-learn")
    assert probing["scipy version"] == importlib.metadata.version("scipy")
    assert "sklearn version" not in versions("mi_lab.runner.recipes.find_border")
    for entry in ENTRIES:
        assert "not installed" not in versions(entry).values()
