"""The widgets of the built book, driven in a real browser as a reader would, and held against mi_lab."""

import copy
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import in_tiers, until

from mi_lab import CorrelatedGaussians, ceiling, correlation_from_mi, load, mi_from_correlation, train
from mi_lab.estimation import bounds
from mi_lab.estimation.adam import Adam
from mi_lab.estimation.catalogue import estimator
from mi_lab.estimation.critics import make_critic
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.negatives import draw_batch, merge, score
from mi_lab.estimation.steps import make_step
from mi_lab.experiments.reported import TABLE_1_ACCURACY, TABLE_4
from mi_lab.ground import discrete
from mi_lab.pages.chapters.autoencoders import cells
from mi_lab.pages.interactive import explorer, widgets
from mi_lab.results.curves import final

pytestmark = pytest.mark.book
ASSETS = Path(widgets.__file__).parent / "assets"
WIDGETS = {
    "correlation": "background",
    "interaction": "background",
    "sampler": "background",
    "explorer": "explorer",
    "train": "train",
    "play": "index",
    "weights": "supervised-autoencoder",
    "finding-2": "index",
    "finding-3": "index",
}
BRIEF = ["correlation", "explorer", "play"]
"""Of each kind one, for the quick tier: numbers of a formula, stored curves, a training."""


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
            until(page, f"!document.querySelector('#{name} .mi-summary').textContent.match(/^(Loading|Drawing)/)")
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
    assert sum(path.stat().st_size for path in ASSETS.glob("*.js")) <= 75_000


@pytest.mark.parametrize("name", in_tiers(WIDGETS, BRIEF))
def test_it_draws_summarises_and_holds_its_data_as_a_table(opened, name):
    _, widget = opened(name)
    assert widget.locator("svg").count() >= 1
    assert all(len(title) > 30 for title in widget.locator("svg title").all_text_contents())
    assert len(widget.get_by_role("status").text_content()) > 40
    assert not widget.locator("table").last.is_visible()
    if name not in ("train", "play"):  # they have nothing to tell before it was started
        widget.locator(".mi-table > summary").click()
        assert widget.locator("tbody tr").count() >= 2


@pytest.mark.parametrize("name", in_tiers(WIDGETS, BRIEF))
def test_every_control_has_a_label_and_answers_to_the_keyboard(opened, name):
    page, widget = opened(name)
    for slider in widget.locator("input:visible").all():
        named = "field => (field.ariaLabel ?? field.labels[0].textContent).length > 2 && field.labels.length < 2"
        assert slider.evaluate(named)
        slider.focus()
        before = slider.input_value(), widget.get_by_role("status").text_content()
        page.keyboard.press("ArrowUp" if slider.get_attribute("type") == "number" else "ArrowRight")
        assert slider.input_value() != before[0] and widget.get_by_role("status").text_content() != before[1]
        until(page, f"location.hash.startsWith('#{name}?')")
    widget.get_by_role("button", name="Reset").click()
    again, fresh = widget.get_by_role("status").text_content(), opened(name)[1].get_by_role("status").text_content()
    assert again == fresh


@pytest.mark.parametrize("name", in_tiers(WIDGETS, BRIEF))
def test_its_address_brings_the_same_back(opened, name):
    page, widget = opened(name)
    for choice in widget.locator("select:visible").all():
        choice.select_option(index=1)
    for slider in widget.locator("input:visible").all():
        slider.focus()
        for _ in range(3):
            page.keyboard.press("ArrowUp")
    if name == "correlation":  # an MI between two steps of its slider
        widget.get_by_label("dimension d").fill("1")
        widget.get_by_label("correlation ρ").fill("0.3")
    page.wait_for_timeout(300)  # the address follows when the hand rests
    address = page.evaluate("location.hash")  # page.url lags behind what a script sets
    _, again = opened(name, address.split("?")[1])
    assert again.get_by_role("status").text_content() == widget.get_by_role("status").text_content()


def test_a_link_wakes_a_widget_that_nobody_came_near(opened):
    page, _ = opened("correlation")
    assert page.locator("#sampler").get_attribute("data-ready") is None
    page.evaluate("location.hash = '#sampler?mi=15&n=32'")
    until(page, "document.querySelector('#sampler .mi-summary')?.textContent.includes('of 32 pairs at 15 nats')")
    until(page, "Math.abs(document.querySelector('#sampler').getBoundingClientRect().top) < 300")


def test_a_link_restores_a_setting(opened):
    page, widget = opened("correlation", "mi=7.5&dim=5")
    assert shown(widget, "mutual information") == 7.5 and shown(widget, "dimension d") == 5
    assert shown(widget, "correlation ρ") == pytest.approx(correlation_from_mi(7.5, 5), abs=5e-4)
    page.evaluate("location.hash = '#correlation?mi=2&dim=20'")
    until(page, "document.querySelector('#correlation .mi-summary').textContent.includes(' 2 nats')")


HOSTILE = [
    "mi=1e99&dim=1e9",
    "mi=-5&dim=0",
    "mi=NaN&dim=x",
    "mi=&dim=",
    "<img src=x onerror=alert(1)>=1&mi=<b>7</b>",
    "mi=5&mi=9%",
]


@pytest.mark.parametrize("state", in_tiers(HOSTILE, HOSTILE[2:5:2]))
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


@pytest.mark.parametrize("name", in_tiers(WIDGETS, BRIEF))
def test_without_javascript_the_table_stands_there(opened, name):
    _, widget = opened(name, java_script_enabled=False)
    assert widget.locator("table").last.is_visible() and widget.get_by_text("needs JavaScript").is_visible()


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


def test_the_samplers_negatives_are_those_chosen(opened):
    _, widget = opened("sampler", "mi=10&n=32")
    means = {}
    for scheme in ("shuffle", "derangement", "all_pairs"):
        widget.get_by_label("negatives").select_option(scheme)
        means[scheme] = {row[0]: number(row[1]) for row in values(widget)}
        assert means[scheme]["InfoNCE"] == means["shuffle"]["InfoNCE"]  # which always compares with all pairs
    # DV sees a fixed point in two shuffles of three, none in a derangement, and 31 times the pairs in all of them
    assert means["shuffle"]["DV"] < means["all_pairs"]["DV"] < means["derangement"]["DV"]


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


def values(widget):
    """The table of a widget, as text."""
    if not widget.locator(".mi-table").evaluate("details => details.open"):
        widget.locator(".mi-table > summary").click()
    return [row.locator("td").all_text_contents() for row in widget.locator("tbody tr").all()]


def number(text):
    return float(text.replace("−", "-"))


def test_the_explorer_shows_what_is_stored(opened, committed_results):
    _, widget = opened("explorer", "n=512&mi=5")
    result = load("explorer-nwj-shuffle", folder=committed_results)
    rows = {(float(row[0]), int(row[1])): row for row in values(widget)}
    assert set(rows) == {(run["true_mi"], run["batch_size"]) for run in result.runs}
    for run in result.runs:
        row = rows[run["true_mi"], run["batch_size"]]
        assert number(row[5 + run["seed"]]) == pytest.approx(final(run, "nwj"), rel=6e-3)  # shown with three digits
        assert number(row[3]) == pytest.approx(run["ceiling"]["value"], rel=6e-3)
    ends = [final(run, "nwj") for run in result.select(true_mi=5.0, batch_size=512)]
    told = widget.get_by_role("status").text_content()
    assert [float(v) for v in re.search(r"epochs ([\d.]+) and ([\d.]+);", told).groups()] == pytest.approx(
        ends, rel=6e-3
    )
    source = widget.locator("details.mi-provenance")
    assert re.fullmatch(r"stored profile \w+ · \d+ epochs .*seeds 0, 1", source.locator("summary").text_content())
    assert not source.locator("p").is_visible()
    source.locator("summary").click()
    assert "-p experiment explorer-nwj-shuffle" in source.locator("p").inner_text()


def test_the_explorer_says_what_was_not_run_and_offers_the_nearest(opened):
    page, widget = opened("explorer", "n=512&mi=12")
    told = widget.get_by_role("status").text_content()
    assert "12 nats with N = 512 was not run" in told and "the truth is 10 nats" in told
    widget.get_by_role("button", name="Move the sliders to 10 nats and N = 512").click()
    assert "was not run" not in widget.get_by_role("status").text_content()
    until(page, "location.hash.includes('mi=10')")  # which follows a moment later
    widget.get_by_label("critic").select_option("2x512")
    widget.get_by_label("negatives").select_option("all_pairs")
    assert "was not run" in widget.get_by_role("status").text_content()
    assert widget.locator("svg").count() == 0  # nothing is drawn that was not run
    assert not widget.locator(".mi-provenance").is_visible()  # and no other run's source is told
    widget.locator(".mi-offers button").first.click()
    page.wait_for_selector("#explorer svg")
    assert page.evaluate("document.activeElement.className") == "mi-summary"  # the button is gone, the focus is not


def on_axis(svg, axis):
    """What a place in a chart stands for, by the numbers at its ticks."""
    ticks = svg.locator("text").evaluate_all(
        """(texts, axis) => texts.filter((t) => t.getAttribute("text-anchor") === (axis === "x" ? "middle" : "end"))
          .map((t) => [t.textContent, +t.getAttribute(axis) - (axis === "x" ? 0 : 4)])""",
        axis,
    )
    ticks = [(number(text), place) for text, place in ticks if re.fullmatch(r"−?[\d.]+", text)]
    (first, start), (last, end) = min(ticks), max(ticks)
    return lambda place: first + (place - start) / (end - start) * (last - first)


def places(svg, css):
    """The points of a line in a chart."""
    found = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", svg.locator(css).get_attribute("d"))
    return [(float(x), float(y)) for x, y in found]


@pytest.mark.parametrize("mi", [5.0, 20.0])
def test_the_explorer_draws_what_it_tells(opened, committed_results, mi):
    _, widget = opened("explorer", f"estimator=nwj-nwj&critic=1x64&negatives=derangement&n=64&mi={mi:g}")
    part = explorer.parts(committed_results)["nwj-nwj-1x64-derangement"]
    [point] = [point for point in part["points"] if (point["mi"], point["n"]) == (mi, 64)]
    curves, finals = widget.locator("svg.mi-chart").all()
    x, y = on_axis(curves, "x"), on_axis(curves, "y")
    drawn = [(x(a), y(b)) for a, b in places(curves, 'path[stroke-width="2"]')]
    middle = np.mean(point["runs"], axis=0)
    assert [a for a, _ in drawn] == pytest.approx(part["epochs_of"][200], abs=0.1)
    assert [b for _, b in drawn] == pytest.approx(list(middle), abs=0.02)
    # at 20 nats a seed falls far below the chart: its line leaves the chart and does not run along the edge
    assert (min(middle) < -10) == (mi == 20) and (curves.locator("svg").bounding_box()["height"] > 100)
    band = [y(b) for _, b in places(curves, "path[fill-opacity]")]
    assert min(band) == pytest.approx(min(map(min, point["runs"])), abs=0.02)
    chosen = finals.locator(".chosen")
    x, y = on_axis(finals, "x"), on_axis(finals, "y")
    assert x(float(chosen.get_attribute("cx"))) == pytest.approx(mi, abs=0.05)
    assert y(float(chosen.get_attribute("cy"))) == pytest.approx(max(-3, np.mean(point["at"])), abs=0.05)
    line = [y(b) for _, b in places(finals, 'path[stroke-width="3"]')]
    assert line == pytest.approx([np.mean(p["at"]) for p in part["points"] if p["n"] == 64], abs=0.05)


def test_the_explorer_links_correlation_and_true_mi(opened):
    _, widget = opened("explorer")
    widget.get_by_label("correlation ρ").fill("0.9")
    assert shown(widget, "true MI") == pytest.approx(mi_from_correlation(0.9, 20), abs=0.06)


@pytest.mark.parametrize("name", ["dv-dv", "mine-dv", "nwj-nwj", "js-nwj", "js-plug_in", "infonce-infonce"])
def test_the_page_trains_as_mi_lab_does(opened, name):
    page, _ = opened("train")
    until(page, "'makeTrainer' in MILab")
    for negatives, n in (("shuffle", 32), ("derangement", 16), ("all_pairs", 12)):
        steps_are_those_of_mi_lab(page, name, negatives, n)


def steps_are_those_of_mi_lab(page, name, negatives, n):
    width, rate, mi = 32, 1e-3, 5.0
    chosen, generators = estimator(name.split("-")[0]), [torch.Generator().manual_seed(3)]
    critic = make_critic("joint", [CorrelatedGaussians(mi=mi)], generators, Layers((width,)))
    objective, mlp = chosen.objective, critic.mlp
    step = make_step(critic, objective, Adam(list(critic.parameters()), rate), torch.zeros(1), generators)
    batches, expected = [], []
    for _ in range(3):
        batch = draw_batch([CorrelatedGaussians(mi=mi)], n, negatives, generators)
        index = (
            None
            if batch.y_negative is None
            else [batch.y[0].eq(row).all(1).nonzero().item() for row in batch.y_negative[0]]
        )
        begun = mlp.stacked[0].tolist()
        batches.append([begun, batch.x.flatten().tolist(), batch.y.flatten().tolist(), index])
        with torch.inference_mode():
            scores = score(critic, batch)
            known = copy.deepcopy(objective)
            critic.pull_back(merge(*known(scores.positive, scores.negative), scores.whole.shape))
            gradient = mlp.stacked.grad[0].clone()
            mlp.stacked.grad.zero_()
            positive, negative = step(batch)
            value = float(chosen.readouts[name.split("-")[1]](positive.double(), negative.double())[0])
        expected.append((value, gradient, mlp.stacked[0].clone()))
    found = page.evaluate(
        """([batches, settings]) => {
          const trainer = MILab.makeTrainer(MILab.gaussian), model = trainer.create(settings);
          return batches.map(([begun, x, y, index]) => {
            model.parameters.set(begun);
            const value = trainer.step(model, { x: Float64Array.from(x), y: Float64Array.from(y), index });
            return [value, [...model.gradient], [...model.parameters]];
          });
        }""",
        [
            batches,
            {"estimator": name, "negatives": negatives, "width": width, "rate": rate, "mi": mi, "n": n, "seed": 0},
        ],
    )
    for (value, gradient, parameters), (wanted, by_hand, moved) in zip(found, expected, strict=True):
        assert value == pytest.approx(wanted, abs=1e-5)
        torch.testing.assert_close(torch.tensor(gradient), by_hand, atol=1e-5, rtol=1e-5)
        # DV and InfoNCE do not see a shift of all scores, so the last bias follows rounding errors alone
        shift = 1 if name.split("-")[0] in ("dv", "mine", "infonce") else 0
        seen = slice(0, len(parameters) - shift)
        torch.testing.assert_close(torch.tensor(parameters[seen]), moved[seen], atol=1e-5, rtol=0)


def test_a_live_run_is_that_of_its_seed(opened):
    page, _ = opened("train")
    until(page, "'makeTrainer' in MILab")
    settings = {"estimator": "nwj-nwj", "negatives": "shuffle", "width": 32, "rate": 1e-3, "mi": 5, "n": 16}
    runs = page.evaluate(
        """(settings) => [0, 0, 1].map((seed) => {
          const trainer = MILab.makeTrainer(MILab.gaussian), model = trainer.create({ ...settings, seed });
          return [0, 1, 2].map(() => trainer.step(model));
        })""",
        settings,
    )
    assert runs[0] == runs[1] and all(a != b for a, b in zip(runs[0], runs[2], strict=True))


def test_a_live_run_rises_as_a_stored_one_does(opened):
    page, _ = opened("train")
    until(page, "'makeTrainer' in MILab")
    settings = {"estimator": "nwj-nwj", "negatives": "shuffle", "width": 64, "rate": 1e-3, "mi": 2.5, "n": 64}
    live = page.evaluate(
        """(settings) => [0, 1, 2].map((seed) => {
          const trainer = MILab.makeTrainer(MILab.gaussian), model = trainer.create({ ...settings, seed });
          let sum = 0;
          for (let i = 0; i < 800; i++) sum += trainer.step(model);
          return sum / 800;
        })""",
        settings,
    )
    tasks = [CorrelatedGaussians(mi=2.5)] * 3
    ours = train(
        tasks, [0, 1, 2], estimator_name="nwj", batch_size=64, epochs=1, hidden=(64,), learning_rate=1e-3, device="cpu"
    )
    means = torch.tensor([run.curves["nwj"]["mean"][0] for run in ours])
    # whole first epochs of three seeds differ by a few hundredths of a nat
    assert float(torch.tensor(live).mean()) == pytest.approx(float(means.mean()), abs=0.08)


@pytest.mark.parametrize("place", ["http", "file"])
def test_training_starts_pauses_and_begins_anew_while_the_page_stays_awake(browser, served, book, place):
    context = browser.new_context()
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    address = served if place == "http" else f"file://{book}"
    page.goto(f"{address}/book/train.html#train?n=512&width=128&rate=0.001")
    page.wait_for_selector("#train[data-ready=true]")
    widget = page.locator("#train")
    assert "Press Start" in widget.get_by_role("status").text_content()
    widget.get_by_role("button", name="Start").click()
    steps = "Number(document.querySelector('#train .mi-speed').textContent.match(/(\\d+) steps ·/)?.[1] ?? 0)"
    until(page, f"{steps} > 20")
    waits = page.evaluate(
        """async () => {
          const waits = [];
          for (let i = 0; i < 20; i++) {
            const from = performance.now();
            await new Promise((done) => setTimeout(done, 0));
            waits.push(performance.now() - from);
          }
          return waits.sort((a, b) => a - b);
        }"""
    )
    assert waits[10] < 60  # a step alone takes longer on the page's own thread; the median, for the machine may be busy
    widget.locator("summary").focus()
    page.wait_for_timeout(500)  # drawn several times meanwhile
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    # one truth at a time: the number that moves stands under the chart alone
    assert (
        widget.get_by_role("status").text_content()
        == "Training NWJ, 10 nats, N = 512: the line under the chart counts."
    )
    assert not widget.get_by_role("button", name="Start").count()
    widget.get_by_role("button", name="Pause").click()
    until(page, "document.querySelector('#train .mi-summary').textContent.includes('The estimate of this live run is')")
    assert widget.get_by_role("button", name="Go on").is_visible()
    before = page.evaluate(steps)
    page.wait_for_timeout(400)
    assert page.evaluate(steps) <= before + 120  # the slice that was under way may still have come in
    widget.get_by_role("button", name="Clear the curve").click()
    assert "Press Start" in widget.get_by_role("status").text_content()
    assert problems == []
    context.close()


def test_a_link_cannot_ask_for_more_than_the_sliders(opened):
    _, widget = opened("train", "n=1e9&width=1e9&rate=9&negatives=all_pairs&estimator=rm")
    told = widget.get_by_role("status").text_content()
    assert "N = 128" in told and "128 units" in told and "NWJ" in told and "learning rate 0.01" in told


def test_a_setting_of_the_explorer_can_be_trained(opened):
    page, widget = opened("explorer", "estimator=js-nwj&negatives=shuffle&n=1024&mi=20")
    widget.get_by_role("button", name="Train this setting").click()
    page.wait_for_url("**/train.html#train?*")
    page.wait_for_selector("#train[data-ready=true]")
    told = page.locator("#train").get_by_role("status").text_content()
    assert (
        "JS read through NWJ, 20 nats, N = 512, learning rate 1e−4" in told
    )  # as many pairs as a browser is asked to bear


@pytest.mark.parametrize("seed", [None, 0, 1])
def test_interaction_information_is_that_of_mi_lab(opened, seed):
    _, widget = opened("interaction")
    weights = np.zeros((2, 2, 2))
    weights[[0, 0, 1, 1], [0, 1, 1, 0], [0, 1, 0, 1]] = 1  # what it shows at first: exclusive or
    if seed is not None:
        weights = np.random.default_rng(seed).integers(0, 9, (2, 2, 2))
        for x, y, z in np.ndindex(2, 2, 2):
            field = widget.get_by_label(f"x = {x}, y = {y}, z = {z}")
            field.fill(str(weights[x, y, z]))
            field.blur()
    table = weights / weights.sum()
    found = {row[0]: number(row[1]) for row in values(widget)}
    expected = {"H(X)": discrete.entropy(table, 0), "H(X,Y,Z)": discrete.entropy(table, 0, 1, 2)}
    expected |= {"I(X;Y)": discrete.information(table, 0, 1), "I(Y;Z|X)": discrete.information(table, 1, 2, 0)}
    expected |= {"I(X;Y;Z)": discrete.interaction(table)}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=6e-3, abs=1e-6), name


def test_the_weights_of_three_variables_stand_in_a_table(opened):
    page, widget = opened("interaction")
    heads = widget.locator("fieldset th[scope=col]").all_inner_texts()
    assert heads == ["z = 0", "z = 1"]
    rows = widget.locator("fieldset tr:visible")
    assert rows.locator("th[scope=row]").all_inner_texts()[1:] == [f"x = {x}, y = {y}" for x in (0, 1) for y in (0, 1)]
    assert rows.nth(2).locator("input").nth(1).get_attribute("aria-label") == "x = 0, y = 1, z = 1"
    widget.get_by_label("start from").select_option("rotations")
    assert rows.count() == 9  # four values of X
    sizes = page.evaluate(
        "[...document.querySelectorAll('#interaction select')].map((e) => e.scrollWidth - e.clientWidth)"
    )
    assert all(over <= 1 for over in sizes)


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, {"width": 390, "height": 844}])
def test_no_name_of_a_value_moves_its_slider(opened, viewport):
    page, widget = opened("finding-2")
    page.set_viewport_size(viewport)
    slider, places = widget.locator("input[type=range]"), set()
    for _ in range(6):
        box = slider.bounding_box()
        places.add((round(box["y"] + page.evaluate("scrollY")), round(box["width"])))
        slider.press("ArrowLeft")
    assert len(places) == 1


@pytest.mark.parametrize(("preset", "shared"), [("xor", -0.693), ("copy", 0.693), ("independent", 0)])
def test_a_preset_shares_what_it_is_named_for(opened, preset, shared):
    _, widget = opened("interaction", f"preset={preset}")
    found = {row[0]: number(row[1]) for row in values(widget)}
    assert found["I(X;Y;Z)"] == shared and found["H(X)"] == found["H(Y)"] == found["H(Z)"] == 0.693
    assert found["H(X,Y,Z)"] == {"xor": 1.39, "copy": 0.693, "independent": 2.08}[preset]
    middle = widget.locator("svg circle:is(.draw, .negative)").evaluate_all(
        """discs => discs.map((d) => ["cx", "cy", "class", "r"].map((name) => d.getAttribute(name)))
          .filter(([x, y]) => x === "210" && y === "168").map(([x, y, ...seen]) => seen)"""
    )
    # areas are to scale: 26 is the radius of a bit
    assert middle == ([] if shared == 0 else [["draw" if shared > 0 else "negative", "26"]])


def test_the_two_labelings_give_one_table(opened):
    tables = []
    for preset in ("rotations", "random"):
        _, widget = opened("interaction", f"preset={preset}")
        tables.append(values(widget))
        found = {row[0]: number(row[1]) for row in tables[-1]}
        assert found["I(Y;Z)"] == found["I(X;Y;Z)"] == 0 and found["I(X;Z)"] == found["I(X;Y)"] == 0.693
    assert tables[0] == tables[1]


def test_the_ceiling_of_the_page_is_that_of_mi_lab(opened):
    page, _ = opened("train")
    for mi in (0.001, 0.5, 2.0, 6.0, 10.0, 30.0):
        for n in (16, 512):
            [found, mean] = page.evaluate("([mi, n]) => [MILab.gaussian.ceiling(mi, 20, n), mi]", [mi, n])
            limit = ceiling(CorrelatedGaussians(mi=mi), n, samples=50_000)
            assert abs(found - limit.value) < 5 * limit.stderr + 1e-5 and found < min(mean, math.log(n))


def test_the_first_page_trains_when_it_is_asked_to_and_not_before(opened):
    page, widget = opened("play")
    before = widget.locator(".mi-drawing").inner_html()
    page.wait_for_timeout(600)
    assert (
        widget.locator(".mi-drawing").inner_html() == before
        and "Press Play" in widget.get_by_role("status").text_content()
    )
    names = widget.locator("svg text.note").all_text_contents()
    assert names[0] == "the truth" and names[1] == "log N = 4.16" and names[2].startswith("ceiling 4.1")
    y = on_axis(widget.locator("svg.mi-chart"), "y")
    assert [y(b) for _, b in places(widget, "path.truth")] == pytest.approx([20, 20], abs=0.05)
    widget.get_by_role("button", name="Play").click()
    until(page, "document.querySelector('#play .live').getAttribute('d').length > 60")
    widget.get_by_label("pairs in a batch").fill("7")  # another N begins anew by itself
    until(page, "document.querySelector('#play .mi-summary').textContent.includes('N = 128')")
    until(page, "document.querySelector('#play .live').getAttribute('d').length > 60")
    widget.get_by_role("button", name="Pause").click()
    until(page, "document.querySelector('#play .mi-summary').textContent.includes('The estimate of this live run')")


def test_a_curve_that_leaves_its_chart_has_a_mark_with_its_value(opened):
    _, widget = opened("explorer", "estimator=nwj-nwj&critic=1x64&negatives=derangement&n=64&mi=20")
    mark = widget.locator("svg.mi-chart").first.locator("text.left")
    assert re.fullmatch(r"[▲▼] −?[\d.e+]+", mark.text_content())


# every slider of every widget over its range, and what is read of it: its output and what a screen reader is told
READ_ALL = """async (id) => {
  const widget = document.getElementById(id), rows = [];
  for (const field of widget.querySelectorAll("input[type=range]")) {
    if (!field.checkVisibility()) continue;
    const [low, high, step] = [field.min, field.max, field.step].map(Number), count = Math.round((high - low) / step);
    for (let i = 0; i <= count; i += Math.max(1, Math.floor(count / 100))) {
      field.value = low + i * step;
      field.dispatchEvent(new Event("input"));
      const said = field.getAttribute("aria-valuetext"), output = widget.querySelector(`output[for="${field.id}"]`);
      rows.push([field.id, step, +field.value, said, output.textContent]);
      if (i % 10 === 0) await new Promise((done) => setTimeout(done));
    }
  }
  return rows;
}"""
POWERS = {"n": 2, "width": 2, "rate": 10}


@pytest.mark.parametrize("name", in_tiers([n for n in WIDGETS if n != "interaction"], BRIEF))  # which has no slider
def test_every_number_is_shown_in_the_form_of_its_kind_over_the_whole_range(opened, name):
    page, _ = opened(name)
    rows = page.evaluate(READ_ALL, name)
    assert len(rows) >= 4
    for identity, step, place, said, seen in rows:
        assert said == seen
        key = identity.rsplit("-", 1)[1]
        value = POWERS[key] ** place if key in POWERS else place
        if key in ("tap", "weight"):
            continue  # names
        text = re.match(r"[−\d.e]+", said).group()
        if key in ("n", "width", "seed", "dim"):
            assert text == str(round(value)), (key, value, said)  # a count is whole
        else:
            # what follows from another slider stands between two of its own steps
            assert number(text) == pytest.approx(value, rel=6e-3, abs=step), (key, value, said)
            assert ("e" in text) == (value < 1e-3 and value > 0), (key, value, said)


def test_the_form_of_a_number(opened):
    page, _ = opened("correlation")
    wanted = {
        1024: "1024", 32768: "32768", 1020.4: "1020", 12.345: "12.3", 0.00123: "0.00123", 2.69e-15: "0",
        1.78e-5: "1.78e−5", -3.1416: "−3.14", 123456.7: "1.23e+5", 999.6: "1000", 0: "0",
    }  # fmt: skip
    assert page.evaluate("values => values.map(value => MILab.format(value))", list(wanted)) == list(wanted.values())


@pytest.mark.parametrize("name", ["correlation", "explorer", "train"])
def test_a_setting_is_copied_as_a_link_and_as_python_that_gives_the_same(opened, name, committed_results, monkeypatch):
    page, widget = opened(name)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    widget.get_by_role("button", name="Copy link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.search(rf"{WIDGETS[name]}\.html#{name}\?.*mi=10", link)
    widget.get_by_role("button", name="Copy as Python").click()
    code = page.evaluate("navigator.clipboard.readText()")
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))
    *lines, last = code.replace("epochs=5", "epochs=1").strip().split("\n")
    space = {}
    exec("\n".join(lines), space)  # noqa: S102 - our own
    value = eval(last, space)  # noqa: S307 - our own
    if name == "correlation":
        assert value == pytest.approx(10, abs=1e-6)
    elif name == "explorer":
        runs = load("explorer-nwj-shuffle", folder=committed_results).select(true_mi=10.0, batch_size=64)
        assert value == [run["curves"]["nwj"]["mean"] for run in runs]
    else:
        assert len(value) == 1 and 0 < value[0] < 10


def test_two_hundred_moves_in_a_second_leave_the_address_right(opened):
    page, widget = opened("correlation")
    page.evaluate(
        """() => {
          const field = document.getElementById("correlation-dim");
          for (let i = 0; i < 200; i++) { field.value = 1 + (i % 50); field.dispatchEvent(new Event("input")); }
        }"""
    )
    until(page, "location.hash.includes('dim=50')")
    assert shown(widget, "dimension d") == 50


@pytest.mark.parametrize("name", [*BRIEF, *in_tiers(["sampler", "train", "finding-3"], [])])
def test_no_move_blocks_the_page(opened, name):
    page, _ = opened(name, "n=256" if name == "sampler" else "")
    slow = page.evaluate(
        """(id) => {
          const times = [];
          for (const field of document.querySelectorAll(`#${id} input[type=range]`)) {
            if (!field.checkVisibility()) continue;
            for (let i = 0; i < 6; i++) {
              field.stepUp(i % 2 ? -1 : 1);
              const from = performance.now();
              field.dispatchEvent(new Event("input"));
              times.push(performance.now() - from);
            }
          }
          return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
        }""",
        name,
    )
    assert slow < 50  # milliseconds; the median, for the machine may be busy


def test_a_link_lands_on_its_widget_though_the_page_above_it_grows(opened):
    page, widget = opened("sampler", "mi=5")
    page.wait_for_timeout(1500)
    assert abs(widget.bounding_box()["y"]) < 120


def test_a_dimension_that_holds_less_says_so_and_gives_the_wish_back(opened):
    _, widget = opened("correlation", "mi=20&dim=20")
    widget.get_by_label("dimension d").fill("2")
    assert "asked were 20 nats" in widget.get_by_role("status").text_content()
    widget.get_by_label("dimension d").fill("20")
    assert shown(widget, "mutual information") == 20 and "asked" not in widget.get_by_role("status").text_content()


def test_the_second_finding_is_the_reports_table(opened):
    _, widget = opened("finding-2")
    found = {row[0]: [float(v) for v in row[1:]] for row in values(widget)}
    assert found == {name: list(v) for name, v in TABLE_1_ACCURACY.items()}
    assert widget.locator(".mi-evidence").text_content() == "report"


def test_the_weights_explorer_shows_table_4_beside_the_reports(opened, committed_results):
    _, widget = opened("weights", "pretext=random_labels&architecture=plainnet18&measure=mlp&weight=3")
    ours = cells(load("table-4-plainnet18", folder=committed_results))
    told = widget.get_by_role("status").text_content()
    for key, words in ((("none", "0"), "without a decoder"), (("linear", "inf"), "with a linear decoder")):
        assert f"{ours[key]['mlp']:.1f} {words}" in told
        assert f"{TABLE_4['plainnet18'][key]['mlp']:.1f} {words}" in told
    assert widget.locator("svg .chosen").count() == 2  # the report's, a dot on each bar
    widget.get_by_label("weight λ").fill("0")
    assert "with a linear decoder" not in widget.get_by_role("status").text_content()
    assert "table-4-plainnet18" in widget.locator("p.mi-source").text_content()
    row = next(row for row in values(widget) if row[:3] == ["random labels", "PlainNet18", "MLP accuracy [%]"])
    keys = [("none", "0"), *(("linear", w) for w in ("0.25", "1", "inf"))]
    assert row[4:] == [f"{ours[key]['mlp']:.1f} ({TABLE_4['plainnet18'][key]['mlp']:.1f})" for key in keys]


def test_the_third_finding_loses_information_to_a_line_alone(opened):
    _, widget = opened("finding-3", "twist=0")
    seen = []
    for twist in (0, 0.5, 1, 2):
        widget.get_by_label("twist").fill(str(twist))
        rows = {row[0]: number(row[1]) for row in values(widget)}
        assert rows["MI of point and class"] == 0.693
        seen.append(rows["linear V-information"])
    assert 0.5 < seen[0] <= 0.693 and seen == sorted(seen, reverse=True) and 0 <= seen[-1] < 0.05


def test_the_same_file_lives_in_a_notebook(browser, committed_results):
    """As Jupyter does with an anywidget: import its module, and give it a model and an element."""
    folder = committed_results
    made = (explorer.explorer(folder=folder, inline=True), explorer.train(folder=folder, inline=True))
    for widget in (widgets.correlation(), *made):
        live = widget.live()
        context = browser.new_context()
        page = context.new_page()
        problems = []
        page.on("pageerror", lambda error, problems=problems: problems.append(str(error)))
        page.evaluate(
            """async ([esm, css, html]) => {
              document.head.appendChild(document.createElement("style")).textContent = css;
              const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
              const made = (await import(address)).default;
              const el = document.body.appendChild(document.createElement("div"));
              window.ending = made.render({ model: { get: (name) => ({ html })[name] }, el });
            }""",
            [str(live._esm), str(live._css), live.html],
        )
        page.wait_for_selector(".mi-widget[data-ready=true] svg", state="attached")
        slider = page.locator("input").first
        before = page.get_by_role("status").text_content()
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("status").text_content() != before and problems == []
        assert page.evaluate("location.hash") == ""  # a notebook's address is not the widget's
        if widget is made[1]:  # its worker ends with the view
            steps = "Number(document.querySelector('.mi-speed').textContent.match(/(\\d+) steps ·/)?.[1] ?? 0)"
            page.get_by_role("button", name="Start").click()
            until(page, f"{steps} > 20")
            page.evaluate("async () => (await window.ending)()")
            page.wait_for_timeout(300)
            before = page.evaluate(steps)
            page.wait_for_timeout(600)
            assert page.evaluate(steps) == before
        context.close()
