"""What the tests of the live pages share: how to drive a page, and a notebook with a kernel."""

import asyncio
import html
import re
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent.parent / "book" / "lab"


def said(lab):
    """The line of words."""
    return html.unescape(re.sub("<[^>]*>", "", lab.console.status.value))


async def train(lab, **settings):
    """Set the widgets, press Start and wait for the end; the run must have started."""
    set_widgets(lab, **settings)
    before = lab.console.task
    lab.console.start.click()
    assert lab.console.task is not before, said(lab)
    await asyncio.wait_for(lab.console.task, 30)


def set_widgets(lab, **settings):
    for name, value in settings.items():
        control = lab.controls[name] if name in lab.controls else getattr(lab.gaussians, name)
        control.value = value


async def stop_after(lab, seconds):
    """Press Start, then Stop, and return how long the stop took."""
    lab.console.start.click()
    await asyncio.sleep(seconds)
    assert lab.console.busy and lab.console.start.disabled and not lab.console.stop.disabled
    pressed = time.perf_counter()
    lab.console.stop.click()
    await asyncio.wait_for(lab.console.task, 30)
    assert not lab.console.start.disabled and lab.console.stop.disabled
    return time.perf_counter() - pressed


@contextmanager
def executed(name):
    """The notebook's cells run in a kernel; yields a function that runs another cell there and returns what it prints.

    Under the function's ``client`` is the client of that kernel.
    """
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=60, kernel_name="python3")

    def run(source):
        cell = nbformat.v4.new_code_cell(source)
        notebook.cells.append(cell)
        client.execute_cell(cell, len(notebook.cells) - 1)
        return "".join(output.get("text", "") for output in cell.outputs)

    run.client = client
    with client.setup_kernel():
        for number, cell in enumerate(list(notebook.cells)):
            client.execute_cell(cell, number)
        shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        assert [list(output.data) for output in shown if "data" in output] and len(shown) == 1
        assert "application/vnd.jupyter.widget-view+json" in shown[0].data
        yield run
