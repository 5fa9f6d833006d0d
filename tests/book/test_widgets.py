"""The widgets of the built book, driven in a real browser as a reader would, and held against mi_lab."""

import re
from pathlib import Path

import pytest
import torch

from mi_lab import CorrelatedGaussians, correlation_from_mi, mi_from_correlation
from mi_lab.estimation import bounds
from mi_lab.pages import widgets

pytestmark = pytest.mark.book
ASSETS = Path(widgets.__file__).parent / "assets"
WIDGETS = {"correlation": "background", "sampler": "background"}


@pytest.fixture
def opened(browser, served):
    """Opens a widget by name, with a state in the URL; the page reports what goes wrong on it."""
    contexts = []

    def open_(name, state="", **settings):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(f"{served}/book/{WIDGETS[name]}.html" + (f"#{name}?{state}" if state else ""))
        widget = page.locator(f"#{name}")
        widget.scroll_into_view_if_needed()
        if settings.get("java_script_enabled", True):
            page.wait_for_selector(f"#{name}[data-ready=true]")
        return page, widget

    yield open_
    for context in contexts:
        for page in context.pages:
            assert page.problems == []
        context.close()


def shown(widget, label):
    """What a slider's output says, and the number in it."""
    text = widget.get_by_label(label).first.evaluate("field => field.getAttribute('aria-valuetext')")
    return float(re.match(r"[−\d.e]+", text).group().replace("−", "-"))


def test_our_own_script_is_small():
    assert sum(path.stat().st_size for path in ASSETS.glob("*.js")) < 60_000


@pytest.mark.parametrize("name", WIDGETS)
def test_it_draws_summarises_and_holds_its_data_as_a_table(opened, name):
    _, widget = opened(name)
    assert widget.locator("svg").count() >= 1
    assert all(len(title) > 30 for title in widget.locator("svg title").all_text_contents())
    assert len(widget.get_by_role("status").text_content()) > 40
    assert not widget.locator("table").is_visible()
    widget.locator("summary").click()
    assert widget.locator("tbody tr").count() >= 4


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_has_a_label_and_answers_to_the_keyboard(opened, name):
    page, widget = opened(name)
    for slider in widget.locator("input").all():
        assert slider.evaluate("field => field.labels.length === 1 && field.labels[0].textContent.length > 2")
        slider.focus()
        before = slider.input_value(), widget.get_by_role("status").text_content()
        page.keyboard.press("ArrowRight")
        assert slider.input_value() != before[0] and widget.get_by_role("status").text_content() != before[1]
        assert page.url.split("#")[1].startswith(f"{name}?")
    widget.get_by_role("button", name="Reset").click()
    again, fresh = widget.get_by_role("status").text_content(), opened(name)[1].get_by_role("status").text_content()
    assert again == fresh


def test_a_link_restores_a_setting(opened):
    page, widget = opened("correlation", "mi=7.5&dim=5")
    assert shown(widget, "mutual information") == 7.5 and shown(widget, "dimension d") == 5
    assert shown(widget, "correlation ρ") == pytest.approx(correlation_from_mi(7.5, 5), abs=5e-4)
    page.evaluate("location.hash = '#correlation?mi=2&dim=20'")
    page.wait_for_function("document.querySelector('#correlation .mi-summary').textContent.includes(' 2 nats')")


@pytest.mark.parametrize(
    "state",
    [
        "mi=1e99&dim=1e9",
        "mi=-5&dim=0",
        "mi=NaN&dim=x",
        "mi=&dim=",
        "<img src=x onerror=alert(1)>=1&mi=<b>7</b>",
        "mi=5&mi=9%",
    ],
)
def test_a_hostile_link_does_nothing_but_what_a_slider_could(opened, state):
    _, widget = opened("correlation", state)
    for label, least, most in (("mutual information", 0, 30), ("dimension d", 1, 100), ("correlation ρ", 0, 0.999)):
        assert least <= shown(widget, label) <= most
    assert widget.locator("img, b").count() == 0


def test_the_two_sliders_of_one_thing_follow_each_other(opened):
    _, widget = opened("correlation")
    widget.get_by_label("correlation ρ").fill("0.9")
    assert shown(widget, "mutual information") == pytest.approx(mi_from_correlation(0.9, 20), rel=5e-3)
    widget.get_by_label("dimension d").fill("40")  # MI stays, and takes less correlation
    assert shown(widget, "correlation ρ") == pytest.approx(
        correlation_from_mi(mi_from_correlation(0.9, 20), 40), abs=1e-3
    )


@pytest.mark.parametrize("name", WIDGETS)
def test_without_javascript_the_table_stands_there(opened, name):
    _, widget = opened(name, java_script_enabled=False)
    assert widget.locator("table").is_visible() and widget.get_by_text("needs JavaScript").is_visible()


@pytest.mark.parametrize("mi", [0.5, 5.0, 30.0])
def test_same_draws_same_numbers_as_mi_lab(opened, mi):
    page, _ = opened("sampler")
    n, task = 32, CorrelatedGaussians(mi=mi)
    x, y = (part.double() for part in task.sample(n, torch.Generator().manual_seed(0)))
    positive = task.log_ratio(x, y)[None]
    matrix = task.log_ratio(x[:, None], y[None])
    rows = torch.stack([torch.cat([matrix[i, :i], matrix[i, i + 1 :]]) for i in range(n)])[None]
    found = page.evaluate(
        """([x, y, rho]) => {
          const { logRatio, bounds } = MILab.gaussian;
          const positive = x.map((row, i) => logRatio(row, y[i], rho));
          const rows = x.map((row, i) => y.filter((_, j) => j !== i).map((other) => logRatio(row, other, rho)));
          const flat = ["dv", "js_nwj", "plug_in"].map((name) => [name, bounds[name](positive, rows.flat())]);
          return { positive, ...Object.fromEntries(flat), infonce: bounds.infonce(positive, rows) };
        }""",
        [x.tolist(), y.tolist(), task.correlation],
    )
    assert found["positive"] == pytest.approx(positive[0].tolist(), rel=1e-6, abs=1e-6)
    for name in ("dv", "js_nwj", "plug_in", "infonce"):
        assert found[name] == pytest.approx(float(getattr(bounds, name)(positive, rows)), rel=1e-6, abs=1e-6)
    assert page.evaluate("mi => MILab.gaussian.miOf(MILab.gaussian.rhoOf(mi, 20), 20)", mi) == pytest.approx(
        mi, rel=1e-9
    )


def test_random_numbers_of_the_page_are_what_they_claim(opened):
    page, _ = opened("sampler")
    normal, fixed, deranged = page.evaluate(
        """() => {
          const { uniforms, normals, permutation } = MILab.gaussian;
          const uniform = uniforms(1), normal = normals(uniform);
          const count = (index) => index.filter((j, i) => j === i).length;
          const fixed = Array.from({ length: 4000 }, () => count(permutation(16, uniform)));
          const deranged = Array.from({ length: 200 }, () => count(permutation(16, uniform, false)));
          return [Array.from({ length: 40000 }, normal), fixed, deranged];
        }"""
    )
    normal, fixed = torch.tensor(normal), torch.tensor(fixed, dtype=torch.float64)
    assert abs(float(normal.mean())) < 4 / 200 and abs(float(normal.var()) - 1) < 4 * (2 / 40000) ** 0.5
    assert abs(float(fixed.mean()) - 1) < 4 / 4000**0.5 and set(deranged) == {
        0
    }  # one fixed point on average, variance one


def test_the_scatter_of_nwj_is_what_theory_says(opened):
    page, _ = opened("sampler")
    found = page.evaluate(
        """() => {
          const { rhoOf, uniforms, normals, sample, logRatio, bounds } = MILab.gaussian;
          const rho = rhoOf(0.5, 20), normal = normals(uniforms(3));
          return Array.from({ length: 2000 }, () => {
            const { x, y } = sample(64, 20, rho, normal), other = sample(64, 20, rho, normal).y;
            const scores = (partners) => x.map((row, i) => logRatio(row, partners[i], rho));
            return bounds.js_nwj(scores(y), scores(other));
          });
        }"""
    )
    # the ratio has heavy tails: at half a nat 2000 batches pin the standard deviation to a few per cent
    assert float(torch.tensor(found).std()) == pytest.approx(widgets.nwj_deviation(0.5, 64), rel=0.15)
    assert abs(float(torch.tensor(found).mean()) - 0.5) < 4 * widgets.nwj_deviation(0.5, 64) / 2000**0.5
