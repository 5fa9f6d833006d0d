"""Calls that this project never makes, each with the reason; found in the syntax tree, not in the text."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "eval": "text from outside would become code",
    "exec": "text from outside would become code",
    "os.system": "a shell reads its argument",
    "os.popen": "a shell reads its argument",
    "pickle.load": "unpickling runs what the file says",
    "pickle.loads": "unpickling runs what the file says",
    "pandas.read_pickle": "unpickling runs what the file says",
    "joblib.load": "unpickling runs what the file says",
    "shutil.unpack_archive": "an archive may name files outside its folder",
    "yaml.load": "a document may name objects to build",
    "tempfile.mktemp": "another process may take the name first",
}
SOURCES = [*sorted((ROOT / "mi_lab").rglob("*.py")), *sorted((ROOT / "tests" / "benchmarks").glob("*.py"))]


def problems_of(tree):
    """Every forbidden call, as 'line: name: reason'."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name, given = ast.unparse(call.func), {k.arg: ast.unparse(k.value) for k in call.keywords}
        method = name.rsplit(".", 1)[-1]
        if name in FORBIDDEN:
            yield f"{call.lineno}: {name}: {FORBIDDEN[name]}"
        if given.get("shell", "False") != "False":
            yield f"{call.lineno}: shell: a shell reads its argument"
        if given.get("allow_pickle", "False") != "False":
            yield f"{call.lineno}: allow_pickle: unpickling runs what the file says"
        if name == "torch.load" and given.get("weights_only") != "True":
            yield f"{call.lineno}: torch.load: it unpickles anything unless weights_only=True"
        if method in ("extract", "extractall"):
            yield f"{call.lineno}: {method}: an archive may name files outside its folder; read its members instead"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_forbidden_is_called(path):
    assert list(problems_of(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("eval('1')", "eval"),
        ("subprocess.run(c, shell=True)", "shell"),
        ("np.load(f, allow_pickle=True)", "allow_pickle"),
        ("torch.load(f)", "torch.load"),
        ("torch.load(f, weights_only=False)", "torch.load"),
        ("tar.extractall(p)", "extractall"),
        ("pickle.loads(b)", "pickle.loads"),
    ],
)
def test_each_would_be_found(code, word):
    [found] = problems_of(ast.parse(code))
    assert word in found


def test_what_is_allowed_is_not_found():
    allowed = "torch.load(f, weights_only=True); np.load(f, allow_pickle=False); subprocess.run(['a'], shell=False)"
    assert list(problems_of(ast.parse(allowed))) == []


MERGED = re.compile("^(<{7} |={7}$|>{7} )", re.MULTILINE)
TEXTS = (".py", ".md", ".js", ".css", ".ipynb", ".yml", ".toml", ".cff", ".bib", ".txt", "")


def test_no_file_is_half_merged():
    """Inside a string the marks of a merge are no error of syntax; on a page a reader would see them."""
    told = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if told.returncode:
        pytest.skip("not a checkout")
    paths = [ROOT / name for name in told.stdout.splitlines() if Path(name).suffix in TEXTS]
    assert len(paths) > 300
    assert [str(path) for path in paths if MERGED.search(path.read_text(encoding="utf-8"))] == []
    assert MERGED.search("a" + chr(10) + "<" * 7 + " HEAD")
