"""A notebook that papermill has rerun: quiet while it ran, readable after, and whole as a page of its own."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent


def rerun(folder, *parameters):
    command = [TOOLS / "papermill", "book/experiments/nwj.ipynb", folder / "out.ipynb", *parameters]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.book
def test_its_figures_are_in_the_page_that_nbconvert_makes_of_it_and_its_streams_are_one_line(tmp_path, browser):
    done = rerun(tmp_path, "-p", "profile", "smoke", "-p", "workers", "2")
    assert done.returncode == 0, done.stderr[-2000:]
    outputs = [one for cell in nbformat.read(tmp_path / "out.ipynb", 4).cells for one in cell.get("outputs", [])]
    streams = [one.text for one in outputs if one.output_type == "stream"]
    assert streams == ["stored as fig-2a.smoke.json\n"]
    [bar] = [one.data for one in outputs if "fig-2a: " in str(one.get("data", {}).get("text/plain"))]
    assert list(bar) == ["text/plain"] and bar["text/plain"].startswith("fig-2a: 100%|") and "2/2" in str(bar)
    subprocess.run([TOOLS / "jupyter", "nbconvert", "--to", "html", tmp_path / "out.ipynb"], check=True, env=os.environ)
    page = browser.new_page()
    page.route("https://**", lambda route: route.abort())  # the reader has no network
    page.goto((tmp_path / "out.html").as_uri())
    page.wait_for_selector(".js-plotly-plot .scatterlayer .js-line")
    page.close()


def test_a_misspelt_parameter_shows_its_sentence_and_none_of_our_calls(tmp_path):
    done = rerun(tmp_path, "-p", "profil", "smoke", "--no-progress-bar")
    told = done.stderr.split('Exception encountered at "In [3]":')[1].split()
    assert " ".join(told) == "ValueError: unknown parameter 'profil'; did you mean 'profile'?"
    [error] = [
        one
        for cell in nbformat.read(tmp_path / "out.ipynb", 4).cells
        for one in cell.get("outputs", [])
        if one.output_type == "error"
    ]
    assert error.traceback == ["ValueError: unknown parameter 'profil'; did you mean 'profile'?"]
