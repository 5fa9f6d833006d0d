"""What the kernel of a chapter publishes: the same as the functions of others that load more."""

import nbclient
import nbformat
import pytest

from mi_lab.pages.theme import FIGURE_MIME, IN_BOOK


def outputs(code):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook).execute()
    return notebook.cells[0].outputs


@pytest.fixture(autouse=True)
def _in_book(monkeypatch):
    monkeypatch.setenv(IN_BOOK, "1")


def test_a_value_is_glued_as_myst_nb_does_it():
    values = "glue('a', '3.14'); glue('b', 2); glue('c', HTML('<b>x</b>'))"
    ours = outputs(f"from IPython.display import HTML\nfrom mi_lab.pages.glued import glue\n{values}")
    theirs = outputs(
        "from IPython.display import HTML\nfrom myst_nb import glue as shown\n"
        f"def glue(name, value): shown(name, value, display=False)\n{values}"
    )
    assert len(ours) == 3 and ours == theirs


FIGURE = "import plotly.graph_objects as go\nfrom mi_lab.pages import theme\nfigure = go.Figure(go.Scatter(y=[1, 2]))\n"


def test_a_figure_is_published_as_plotly_does_it_and_outside_of_the_book_as_a_page_that_draws_it_too(monkeypatch):
    [quick] = outputs(f"{FIGURE}figure")
    monkeypatch.delenv(IN_BOOK)
    first, second = outputs(f"{FIGURE}figure\ndisplay(figure, figure)")
    assert set(quick.data) == {FIGURE_MIME}
    assert quick.data[FIGURE_MIME] == first.data[FIGURE_MIME] == second.data[FIGURE_MIME]
    [theirs] = outputs(f"{FIGURE.replace('from mi_lab.pages import theme', '')}figure")
    assert quick.data == {FIGURE_MIME: theirs.data[FIGURE_MIME]}
    # plotly.js comes once
    assert len(first.data["text/html"]) > 1_000_000 > 20_000 > len(second.data["text/html"])


def test_a_chapter_that_draws_loads_neither_torch_nor_sphinx():
    code = """
        import sys
        from mi_lab.pages.chapters import appendix_c, beyond_the_report, evidence, how_fast, verdicts
        from mi_lab.pages.glued import glue
        from mi_lab.pages.interactive import explorer
        glue("a", 3)
        import plotly.graph_objects as go
        display(go.Figure())
        print({"torch", "sphinx", "docutils", "nbformat", "jsonschema", "scipy"} & set(sys.modules))
    """
    assert outputs("if True:" + code)[-1].text == "set()\n"
