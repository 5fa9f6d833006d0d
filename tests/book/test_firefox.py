"""The widgets and what answers in the text, in Firefox, where it is installed (Debian's firefox-esr).

Playwright drives a Firefox of its own alone, so this talks Marionette, the protocol of every Firefox.
"""

import json
import shutil
import socket
import subprocess
import time

import pytest
from test_widgets import WIDGETS

pytestmark = pytest.mark.book
PORT = 2829


class Firefox:
    """One session of a headless Firefox."""

    def __init__(self, path, profile):
        settings = {"marionette.port": PORT, "browser.shell.checkDefaultBrowser": False, "app.update.enabled": False}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items()]
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        command = [path, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket, self.sent = self._connected(), 0
        self._answer()  # it introduces itself
        self("WebDriver:NewSession", capabilities={"alwaysMatch": {"acceptInsecureCerts": False}})

    def _connected(self):
        for _ in range(120):
            try:
                return socket.create_connection(("127.0.0.1", PORT), timeout=120)
            except ConnectionRefusedError:
                assert self.process.poll() is None, "Firefox ended at once"
                time.sleep(0.5)
        pytest.fail("Firefox did not open its port in a minute")

    def _answer(self):
        size = b""
        while not size.endswith(b":"):
            size += self._bytes(1)
        return json.loads(self._bytes(int(size[:-1])))

    def _bytes(self, count):
        got = b""
        while len(got) < count:
            piece = self.socket.recv(count - len(got))
            assert piece, "Firefox closed the connection"
            got += piece
        return got

    def __call__(self, command, **parameters):
        self.sent += 1
        text = json.dumps([0, self.sent, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self._answer()
        assert error is None, error
        return result

    def open(self, address):
        self("WebDriver:Navigate", url="about:blank")  # another fragment alone would open nothing
        self("WebDriver:Navigate", url=address)

    def run(self, script, *arguments):
        """The value of a script, which sees the page's own objects."""
        return self("WebDriver:ExecuteScript", script=script, args=list(arguments), sandbox=None)["value"]

    def until(self, condition, seconds=40):
        end = time.monotonic() + seconds
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < end, condition
            time.sleep(0.1)

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("no Firefox: install Debian's firefox-esr to run the widgets in it, too")
    started = Firefox(path, tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.mark.parametrize("place", ["served", "file"])
@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_answers_in_firefox(firefox, served, book, name, place):
    address = served if place == "served" else f"file://{book}"
    firefox.open(f"{address}/book/{WIDGETS[name]}.html#{name}")
    firefox.until(f"document.querySelector('#{name}[data-ready=true] .mi-summary')?.textContent.length > 40")
    firefox.run("window.wrong = []; addEventListener('error', (event) => wrong.push(event.message))")
    firefox.until(f"!/^(Loading|Drawing)/.test(document.querySelector('#{name} .mi-summary').textContent)")
    for slider in firefox.run(
        f"return [...document.querySelectorAll('#{name} input')].map((e) => e.ariaLabel ?? e.id)"
    ):
        moved = firefox.run(
            """const input = [...document.querySelectorAll(`#${arguments[0]} input`)]
                 .find((e) => (e.ariaLabel ?? e.id) === arguments[1]);
               if (!input.checkVisibility()) return null;
               const before = document.querySelector(`#${arguments[0]} .mi-summary`).textContent;
               input.value > (Number(input.min) + Number(input.max)) / 2 ? input.stepDown() : input.stepUp();
               input.dispatchEvent(new Event("input")); input.dispatchEvent(new Event("change"));
               return before;""",
            name,
            slider,
        )
        if moved is not None:
            firefox.until(f"document.querySelector('#{name} .mi-summary').textContent !== {json.dumps(moved)}")
    firefox.until(f"location.hash.startsWith('#{name}?')")
    assert firefox.run("return wrong") == []


def test_training_runs_in_firefox(firefox, served):
    firefox.open(f"{served}/book/train.html#train?mi=5&n=64")
    firefox.until("document.querySelector('#train[data-ready=true] button')")
    firefox.run("[...document.querySelectorAll('#train button')].find((b) => b.textContent === 'Start').click()")
    firefox.until("/[1-9]\\d* steps/.test(document.querySelector('#train .mi-speed').textContent)")


def test_the_text_answers_in_firefox(firefox, served):
    firefox.open(f"{served}/book/nwj.html")
    firefox.until("document.querySelector('button.mi-curve')")
    firefox.run("document.querySelector('button.mi-curve').focus()")
    firefox.until("document.querySelectorAll('#fig-2a .mi-faint').length > 10")
    firefox.run("document.querySelector('a.mi-term').focus()")
    firefox.until("document.querySelector('.mi-tip:not([hidden])')")
    firefox.until("document.querySelectorAll('#fig-2a .mi-faint').length === 0")
