import hashlib
import json
import multiprocessing
import time
from types import SimpleNamespace

import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs_version

from mi_lab.pages import theme
from mi_lab.pages.site import sphinx_ext
from mi_lab.pages.site.licences import PLOTLY, notice


def output(figure):
    content = json.loads(figure.to_json())
    return SimpleNamespace(mime_type="application/vnd.plotly.v1+json", content=content, line=3)


def render(figure):
    [node] = sphinx_ext.FigureRenderer.handle_mime(SimpleNamespace(source="page"), output(figure), False)
    return node.astext()


def test_html_holds_the_data_the_words_and_the_table():
    table = {"head": ["a", "b"], "rows": [["1", "2"]], "note": "in nats"}
    html = render(
        theme.figure("x", "y", "what it shows", table=table, provenance="made today").add_scatter(x=[1], y=[2])
    )
    assert 'aria-label="what it shows"' in html and "made today" in html and "<noscript>" in html
    assert "<td>1</td><td>2</td>" in html and "in nats" in html


def test_hostile_text_cannot_leave_its_place():
    evil = '</script><img src=x onerror="alert(1)">'
    table = {"head": [evil], "rows": [[evil]]}
    html = render(theme.figure("x", evil, evil, table=table).add_scatter(x=[1], y=[2], name=evil))
    assert html.count("</script>") == 1 and "<img" not in html


def test_a_figure_without_alt_text_is_a_warning(monkeypatch):
    warnings = []
    monkeypatch.setattr(sphinx_ext._log, "warning", lambda *args, **kwargs: warnings.append(args))
    render(go.Figure().add_scatter(x=[1], y=[2]))
    assert len(warnings) == 1 and "no alt text" in warnings[0][0]
    render(theme.figure("x", "y", "described"))
    assert len(warnings) == 1


def test_a_figure_that_the_page_could_not_draw_is_a_warning(monkeypatch):
    warnings = []
    monkeypatch.setattr(sphinx_ext._log, "warning", lambda *args, **kwargs: warnings.append(args))
    render(theme.figure("x", "y", "described").add_scatter(x=[1], y=[2]).add_heatmap(z=[[1]]))
    assert warnings == []
    render(theme.figure("x", "y", "described").add_scatter3d(x=[1], y=[2], z=[3]))
    assert len(warnings) == 1 and "scatter3d" in warnings[0][0]


def test_our_part_of_plotly_is_of_the_version_that_the_python_package_speaks():
    assert f" v{get_plotlyjs_version()} " in f"{notice(PLOTLY)} "
    # as npm gave it; with a new version of plotly: npm pack plotly.js-cartesian-dist-min@<version>
    assert hashlib.sha256(PLOTLY.read_bytes()).hexdigest() == (
        "79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a"
    )
    assert PLOTLY.with_name("plotly-LICENSE").read_text().startswith("MIT License")


def test_other_outputs_are_left_alone():
    text = SimpleNamespace(mime_type="text/plain", content="x", line=1)
    assert sphinx_ext.FigureRenderer.handle_mime(SimpleNamespace(), text, False) is None


def test_equations_in_docstrings_become_links():
    lines = ["See Eq. 5 and Eq. 12."]
    sphinx_ext._link_equations(None, "function", "f", None, None, lines)
    assert lines == ["See Eq. :eq:`eq-5` and Eq. :eq:`eq-12`."]


@pytest.mark.parametrize("name", ["mi-book.js", "mi-book.css"])
def test_own_scripts_are_packaged_and_small(name):
    path = sphinx_ext.ASSETS / name
    assert 0 < path.stat().st_size < 60_000
    assert "http" not in path.read_text(encoding="utf-8")  # nothing from other hosts


@pytest.mark.parametrize(
    "cut", [["T* = 1\nb\n"], ["T* = 1\n", "b\n"], ["T* =", " 1\nb\n"], ["T", "* = ", "1\nb", "\n"]]
)
def test_what_a_cell_printed_stands_in_one_piece_however_it_was_cut(cut):
    pieces = [{"output_type": "stream", "name": "stdout", "text": text} for text in cut]
    warning = {"output_type": "stream", "name": "stderr", "text": "careful\n"}
    other = {"output_type": "display_data", "data": {}}
    outputs = [pieces[0], warning, other, *pieces[1:]]
    whole = [{**pieces[0], "text": "T* = 1\nb\n"}, warning, other]
    assert sphinx_ext.whole_streams(outputs) == whole
    assert sphinx_ext.whole_streams(outputs) == whole  # the page and the notebook are made of the same outputs
    assert sphinx_ext.whole_streams([]) == []


def test_nothing_is_left_from_an_earlier_build(tmp_path):
    (tmp_path / "html/_modules/mi_lab").mkdir(parents=True)
    (tmp_path / "html/searchindex.js").touch()
    ends = []
    app = SimpleNamespace(outdir=tmp_path / "html", connect=lambda event, end, priority: ends.append(end))
    sphinx_ext._wait_for_others(app)
    assert list((tmp_path / "html").iterdir()) == []
    ends[0](app, None)


def test_a_failed_build_leaves_no_worker_that_waits():
    worker = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,))
    worker.start()
    sphinx_ext._end_workers(None, None)
    assert worker.is_alive()
    sphinx_ext._end_workers(None, ValueError("a chapter failed"))
    worker.join(20)
    assert not worker.is_alive()
