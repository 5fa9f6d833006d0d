"""The built book, once per test session, and a browser that may talk to nobody."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parent.parent.parent
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def book() -> Path:
    """The HTML of the book as `make book` builds it; if that is up to date, it is not built again."""
    with FileLock(ROOT / "_build" / "tests.lock"):
        _succeed(["make", "--no-print-directory", "book"], cwd=ROOT)
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def book_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second build, of the same files in another place. It serves one test alone."""
    out = tmp_path_factory.mktemp("again")
    program = Path(sys.executable).parent / "jupyter-book"
    _succeed([program, "build", ROOT, "-W", "--keep-going", "--all", "--path-output", out])
    return out / "_build" / "html"


def _succeed(command: list[str | Path], **settings: Path) -> None:
    # what a test or the make that called it has set is not for the book
    ours = ("MI_LAB_", "MAKE", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, **settings)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture(scope="session")
def served(book: Path) -> Iterator[str]:
    """The book over http:// on a free port of this machine."""
    handler = functools.partial(_Silent, directory=str(book))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")  # it keeps an event loop running in this thread, which other tests need for their own
def browser():  # type: ignore[no-untyped-def]
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no browser; install Debian's chromium.")
        pytest.skip("no browser: install chromium to run the tests of the built book")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=_QUIET)
        yield chromium
        chromium.close()
