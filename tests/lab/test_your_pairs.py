import asyncio
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from mi_lab.lab import your_pairs
from mi_lab.lab.your_pairs import YourPairs

NOTEBOOK = Path(__file__).parent.parent.parent / "book" / "lab" / "your-pairs.ipynb"
SYNTHETIC, PASTE, UPLOAD, PATH = range(4)
X = np.random.default_rng(0).normal(size=(200, 2))


@pytest.fixture
def lab(monkeypatch):
    """The panel with trainings of a few steps."""
    real = your_pairs.fits
    monkeypatch.setattr(
        your_pairs, "fits", lambda *args, **kw: real(*args, **kw, max_steps=100, hidden=(8,), device="cpu")
    )
    lab = YourPairs()
    lab.estimators.value = ("nwj", "infonce")
    lab.seeds.value = "0"
    return lab


@pytest.fixture
def shown(lab, monkeypatch):
    """What the panel has shown, one after the other: the HTML of the table and the rows of the figure's own."""
    things, show = [], lab._show

    def noted(found):
        show(found)
        assert lab.shown.children == (lab.table, lab.figure) and lab.shown in lab.panel.children and lab.figure.data
        things.append((lab.table.value, lab.figure.layout.meta["table"]["rows"]))

    monkeypatch.setattr(lab, "_show", noted)
    return things


def pressed(lab):
    asyncio.run(lab.estimate())
    assert lab.stop.disabled and not lab.start.disabled
    return lab.status.value


def test_every_estimator_is_shown_when_it_is_finished(lab, shown):
    assert pressed(lab) == "Finished."
    assert [len(rows) for _, rows in shown] == [1, 2]
    html, _ = shown[-1]
    assert "<td>NWJ</td>" in html and "<td>InfoNCE</td>" in html
    assert lab.progress.value == 1


def test_pasted_pairs_and_their_labels_are_estimated(lab, shown):
    lab.source.selected_index = PASTE
    lab.x.value = "\n".join(f"{a:.3f} {b:.3f}" for a, b in X)
    lab.y.value = str([int(a > 0) for a, _ in X])
    lab.negatives.value = "shuffle"
    assert pressed(lab) == "Finished."
    assert shown[-1][1][0][4] == "shuffle"


def test_a_path_or_two_will_do(lab, shown, tmp_path):
    np.savez(tmp_path / "pairs.npz", x=X, y=X[:, :1])
    np.save(tmp_path / "x.npy", X)
    lab.source.selected_index = PATH
    for path, path_y in ((tmp_path / "pairs.npz", ""), (tmp_path / "x.npy", tmp_path / "x.npy")):
        lab.path.value, lab.path_y.value = str(path), str(path_y)
        assert pressed(lab) == "Finished."
    assert len(shown) == 4


def uploaded(tmp_path, *names):
    return tuple(
        {
            "name": name,
            "type": "",
            "size": 0,
            "content": memoryview((tmp_path / name).read_bytes()),
            "last_modified": None,
        }
        for name in names
    )


def test_uploaded_files_are_read_by_their_names(lab, shown, tmp_path, monkeypatch):
    np.savez(tmp_path / "pairs.npz", x=X, y=X[:, :1])
    np.save(tmp_path / "Xs.npy", X)
    np.save(tmp_path / "ys.npy", X[:, :1])
    lab.source.selected_index = UPLOAD
    for names in (("pairs.npz",), ("ys.npy", "Xs.npy")):
        lab.upload = type("Upload", (), {"value": uploaded(tmp_path, *names)})
        x, y = lab._pairs()
        assert x.shape == (200, 2) and y.shape == (200, 1)
        assert pressed(lab) == "Finished."


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"source": PASTE}, "x is empty; paste a line per pair, or JSON lists."),
        ({"source": PATH}, "no path is given; name a file such as pairs.npz."),
        ({"source": PATH, "path": "<b>.npz"}, "&lt;b&gt;.npz is not a file"),
        ({"source": UPLOAD}, "0 files are uploaded"),
        ({"source": PASTE, "x": "1\n2", "y": "1\n2\n3"}, "x has 2 rows and y has 3; row i of x"),
        ({"estimators": ()}, "estimators is empty"),
        ({"seeds": "one"}, "seeds must be a whole number"),
    ],
)
def test_what_is_wrong_is_one_sentence_in_the_status_line(lab, shown, change, sentence):
    for name, value in change.items():
        if name == "source":
            lab.source.selected_index = value
        else:
            getattr(lab, name).value = value
    assert pressed(lab).startswith(sentence)
    assert not shown


@pytest.mark.parametrize(
    ("error", "told"),
    [(RuntimeError("out of memory\nand much more"), "out of memory"), (MemoryError(), "MemoryError")],
)
def test_a_training_that_breaks_off_says_so(lab, shown, monkeypatch, error, told):
    def breaking(*_, **__):
        raise error

    monkeypatch.setattr("mi_lab.lab.your_pairs.fits", breaking)
    assert pressed(lab) == f"The training broke off: {told}"
    assert not shown and not lab.start.disabled


def test_stop_answers_between_slices_and_keeps_what_is_finished(lab, shown):
    async def session():
        lab.start.click()
        assert lab.start.disabled and not lab.stop.disabled
        while not lab.status.value.startswith("infonce (2 of 2)"):
            await asyncio.sleep(0)
        assert 0.5 <= lab.progress.value < 1
        lab.stop.click()
        await lab.task

    asyncio.run(session())
    assert lab.status.value == "Stopped during infonce; shown is what was finished."
    assert len(shown) == 1 and not lab.start.disabled
    assert pressed(lab) == "Finished."


@pytest.mark.slow
def test_a_click_on_stop_reaches_a_kernel_that_is_training():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells[0].source = notebook.cells[0].source.replace("YourPairs()", "(lab := YourPairs())")
    # cells, like clicks, are messages that the kernel hears between slices
    for source in (
        "lab.start.click()",
        "print(lab.task.done()); lab.stop.click()",
        "await lab.task\nprint(lab.status.value)",
    ):
        notebook.cells.append(nbformat.v4.new_code_cell(source))
    NotebookClient(notebook, timeout=60).execute()
    assert "application/vnd.jupyter.widget-view+json" in notebook.cells[0].outputs[0].data
    printed = [output.text for cell in notebook.cells for output in cell.outputs if "text" in output]
    assert printed == ["False\n", "Stopped during cross_fitted; shown is what was finished.\n"]
