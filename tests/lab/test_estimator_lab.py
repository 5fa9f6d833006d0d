"""The live page of estimators, driven through its widgets."""

import asyncio
import dataclasses
import time
from pathlib import Path

import plotly.graph_objects as go
import pytest
from live import executed, said, set_widgets, stop_after, train

import mi_lab
from mi_lab import CorrelatedGaussians
from mi_lab.estimation import training
from mi_lab.experiments import registry, sweep_costs
from mi_lab.ground.gaussian import mi_from_correlation
from mi_lab.ground.names import EXPLORED, NEGATIVES, READOUTS
from mi_lab.lab.estimator_lab import EstimatorLab
from mi_lab.pages.chapters import your_runs
from mi_lab.results.rounding import round_numbers
from mi_lab.results.store import read, results_dir
from mi_lab.runner.running import run

SMALL = {"batch_size": 16, "width": 6, "epochs": 4, "dim": 3, "mi": 2.0}
ENDLESS = 10**6


@pytest.fixture(autouse=True)
def short_epochs(monkeypatch):
    for module in (training, sweep_costs):
        monkeypatch.setattr(module, "steps_per_epoch", lambda batch_size: 5)


@pytest.fixture
def lab():
    page = EstimatorLab()
    set_widgets(page, **SMALL)
    return page


def names(lab):
    return [trace.name for trace in lab.figure.data if trace.name and trace.mode == "lines" and trace.name != "log N"]


def curves_shown(lab):
    """y values of the smoothed curves by name."""
    return {trace.name: trace.y for trace in lab.figure.data if trace.name in names(lab)}


@pytest.mark.parametrize(
    ("estimator", "negatives", "critic"),
    [
        ("nwj", "shuffle", "joint"),
        ("mine", "derangement", "separable"),
        ("js", "all_pairs", "joint"),
        ("infonce", "independent", "bilinear"),
        ("dv", "shuffle", "optimal"),
    ],
)
def test_its_curve_is_that_of_train_to_the_bit(lab, estimator, negatives, critic):
    choices = {"estimator": estimator, "negatives": negatives, "critic": critic}
    asyncio.run(train(lab, **choices, layers=2, seed=7, learning_rate=1e-2))
    [curve] = mi_lab.train(
        [CorrelatedGaussians(dim=3, mi=2.0)],
        [7],
        estimator_name=estimator,
        negatives=negatives,
        critic=critic,
        batch_size=16,
        epochs=4,
        hidden=(6, 6),
        learning_rate=1e-2,
        device="cpu",
    )
    assert lab.runs[0].record["curves"] == curve.curves
    assert len(names(lab)) == len(READOUTS[estimator])
    assert "finished" in said(lab) and lab.console.progress.value == lab.console.progress.max == 4 * 5
    assert lab.console.progress.description == "epoch 4/4"


def test_correlation_and_true_mi_move_together_through_the_dimension(lab):
    task = lab.gaussians
    task.dim.value = 20
    task.correlation.value = 0.5
    assert task.mi.value == round(mi_from_correlation(0.5, 20), 2) and task.correlation.value == 0.5
    task.mi.value = 10.0
    assert mi_from_correlation(task.correlation.value, 20) == pytest.approx(10, abs=0.02) and task.mi.value == 10
    task.dim.value = 10  # keeps the true MI
    assert task.mi.value == 10 and mi_from_correlation(task.correlation.value, 10) == pytest.approx(10, abs=0.02)
    task.dim.value = 1  # cannot keep it
    assert task.mi.value == task.mi.max < mi_from_correlation(0.9999, 1) < task.mi.max + 0.01
    assert task.correlation.value <= 0.9999
    assert lab.settings()["true_mi"] == task.mi.value and lab.settings()["dim"] == 1
    for value in (0.0, 0.1234, 0.9999):  # a browser sends back what it shows, rounded to the slider's step
        task.correlation.value = value
        told = task.mi.value
        task.correlation.value = round(task.correlation.value, 4)
        assert task.mi.value == told


def test_it_stops_within_a_second_and_answers_meanwhile(lab):
    async def drive():
        set_widgets(lab, epochs=ENDLESS, batch_size=1024, width=256)
        gaps, stopped = [], asyncio.Event()

        async def watch():
            last = time.perf_counter()
            while not stopped.is_set():
                await asyncio.sleep(0)
                gaps.append(time.perf_counter() - last)
                last = time.perf_counter()

        watcher = asyncio.create_task(watch())
        took = await stop_after(lab, 1.0)
        stopped.set()
        await watcher
        return took, max(gaps)

    took, longest = asyncio.run(drive())
    assert took < 1 and longest < 0.5
    [one] = lab.runs
    assert 1 <= one.epochs < ENDLESS and f"stopped after {one.epochs} of {ENDLESS} epochs" in said(lab)
    assert len(one.record["curves"]["nwj"]["mean"]) == one.epochs


def test_it_draws_while_it_trains(lab):
    async def drive():
        set_widgets(lab, epochs=ENDLESS)
        lab.console.start.click()
        seen = []
        for _ in range(3):
            await asyncio.sleep(0.4)
            seen.append(lab.figure.data[1].x[-1])
        lab.console.stop.click()
        await lab.console.task
        return seen

    first, second, third = asyncio.run(drive())
    assert 0 < first < second < third < lab.runs[0].epochs + 1


def test_runs_lie_over_one_another_named_by_what_differs(lab):
    async def drive():
        await train(lab)
        alone = names(lab)
        await train(lab, negatives="derangement")
        await train(lab, estimator="js", batch_size=32)
        return alone

    assert asyncio.run(drive()) == ["1: NWJ, 2 nats, N = 16"]
    assert names(lab) == [
        "1: NWJ, N = 16, shuffle",
        "2: NWJ, N = 16, derangement",
        "3: JS read through NWJ, N = 32, derangement",
        "3: JS plug-in, N = 32, derangement",
    ]
    colours = [trace.line.color for trace in lab.figure.data if trace.name in names(lab)]
    assert len(set(colours)) == 3 and colours[2] == colours[3]
    marks = {trace.name: trace for trace in lab.figure.data if trace.mode == "markers"}
    assert set(marks) == {"true MI", "ceiling I<sub>N</sub>", "I<sub>N</sub> of a shuffle"}
    assert marks["true MI"].y == (2, 2, 2) and list(marks["true MI"].marker.color) == [*colours[:3]]
    expected = [mi_lab.ceiling(CorrelatedGaussians(dim=3, mi=2.0), n).value for n in (16, 32)]
    assert marks["ceiling I<sub>N</sub>"].y == (expected[0],)
    assert marks["I<sub>N</sub> of a shuffle"].y == tuple(expected)
    levels = [trace.y[0] for trace in lab.figure.data if trace.legendgroup == "log N"]
    assert levels == pytest.approx([2.7726, 3.4657], abs=1e-4)


def test_more_runs_than_colours_are_drawn_too(lab):
    async def drive():
        for seed in range(11):
            await train(lab, seed=seed, epochs=1)

    asyncio.run(drive())
    assert len(names(lab)) == 11
    assert len({trace.line.color for trace in lab.figure.data if trace.name in names(lab)}) == 10


def test_clear_empties_the_figure_but_keeps_a_run_under_way(lab):
    async def drive():
        await train(lab)
        colour = lab.figure.data[1].line.color
        set_widgets(lab, epochs=ENDLESS)
        lab.console.start.click()
        await asyncio.sleep(0.3)
        lab.clear.click()
        assert [run.number for run in lab.runs] == [2] and names(lab) == ["2: NWJ, 2 nats, N = 16"]
        assert lab.figure.data[1].line.color != colour  # its own, as before
        drawn = lab.figure.data[1].x[-1]
        await asyncio.sleep(0.5)
        assert lab.figure.data[1].x[-1] > drawn  # and it is drawn on
        lab.console.stop.click()
        await lab.console.task

    asyncio.run(drive())
    lab.clear.click()
    assert lab.runs == [] and len(lab.figure.data) == 0 and not lab.which.options


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"width": 0}, "hidden must be at least 1, not 0."),
        ({"layers": 0}, "hidden must hold at least one value."),
        ({"epochs": 0}, "epochs must be at least 1, not 0."),
        ({"seed": -1}, "seeds must be at least 0, not -1."),
        ({"batch_size": 4096, "negatives": "all_pairs"}, "choose a smaller N or width, or other negatives."),
        ({"width": 10**8, "batch_size": 64}, "hidden must be at most 65536, not 100000000."),
    ],
)
def test_a_wrong_setting_is_one_sentence(lab, settings, sentence):
    set_widgets(lab, **settings)
    lab.console.start.click()
    assert said(lab).endswith(sentence) and lab.console.task is None
    assert lab.runs == [] and not lab.console.start.disabled
    good = SMALL | {"layers": 1, "seed": 0, "negatives": "shuffle"}
    asyncio.run(train(lab, **good))
    assert "Run 1 is finished" in said(lab)


@pytest.mark.parametrize(
    "largest",
    [
        {"batch_size": 2048, "negatives": "all_pairs", "critic": "separable", "width": 512},
        {"batch_size": 4096, "width": 512, "layers": 2},
    ],
)
def test_the_largest_steps_it_takes_let_it_stop_within_a_second(lab, largest):
    set_widgets(lab, **largest, epochs=ENDLESS)
    assert asyncio.run(stop_after(lab, 0.1)) < 1


@pytest.fixture
def breaking(monkeypatch):
    """Samples are no numbers from the third step of the third epoch on."""
    draw, drawn = training.draw_batch, []

    def broken(*given):
        drawn.append(1)
        batch = draw(*given)
        return batch._replace(x=batch.x * float("nan")) if len(drawn) > 12 else batch

    monkeypatch.setattr(training, "draw_batch", broken)


def test_a_run_that_stops_being_finite_is_drawn_up_to_there_and_said_so(lab, breaking):
    asyncio.run(train(lab, epochs=ENDLESS))
    assert "stopped being finite in epoch 3 and is drawn up to there" in said(lab)
    assert lab.figure.data[1].x == (1, 2) and len(lab.figure.data[1].y) == 2
    assert not lab.console.busy and lab.runs[0].epochs < ENDLESS  # it does not go on for nothing
    stored = lab.runs[0].store()
    assert stored.runs[0]["first_nonfinite_epoch"] == stored.spec.epochs == 3
    assert read(results_dir() / stored.file_name).runs[0]["curves"] == stored.runs[0]["curves"]


def test_a_training_that_breaks_off_says_so_and_the_page_goes_on(lab, monkeypatch):
    def no_memory(*given):
        raise RuntimeError("not enough memory: you tried to allocate 8 TB\nand a trace")

    with monkeypatch.context() as patch:
        patch.setattr(training, "draw_batch", no_memory)
        asyncio.run(train(lab))
    assert said(lab) == "The training broke off: not enough memory: you tried to allocate 8 TB"
    asyncio.run(train(lab))
    assert "Run 2 is finished" in said(lab)


@pytest.mark.parametrize(
    ("settings", "experiment"),
    [
        ({"mi": 3.07, "layers": 2}, "explorer-nwj-shuffle"),
        ({"estimator": "js", "negatives": "all_pairs"}, "explorer-js-all_pairs"),
        ({"estimator": "mine", "negatives": "independent", "critic": "separable"}, "explorer-mine-shuffle"),
    ],
)
def test_a_stored_run_is_read_and_repeated(lab, settings, experiment, tmp_path, monkeypatch):
    asyncio.run(train(lab, **settings, seed=3, learning_rate=3e-3))
    lab.store.click()
    [path] = results_dir().glob("*.json")
    assert path.name in said(lab) and path.name.startswith(f"{experiment}.laptop+")
    stored = read(path)
    assert stored.experiment == experiment and stored.profile == "laptop"
    assert stored.runs[0]["curves"] == round_numbers(lab.runs[0].record["curves"])
    assert stored.spec.true_mi == (settings.get("mi", 2.0),) and stored.spec.seeds == (3,)
    assert stored.spec.negatives == lab.controls["negatives"].value and stored.provenance["steps"] == 4 * 5

    again = run(stored.experiment, stored.profile, workers=1, progress=False, folder=tmp_path, **stored.overrides)
    assert again.file_name == path.name
    assert read(tmp_path / path.name).runs == stored.runs

    shown = []
    monkeypatch.setattr(your_runs, "display", lambda *things: shown.extend(things))
    your_runs.show_other_results()
    assert len([thing for thing in shown if isinstance(thing, go.Figure)]) == len(stored.spec.readouts)


def test_a_stopped_run_is_stored_with_the_epochs_it_has(lab, tmp_path):
    set_widgets(lab, epochs=ENDLESS, batch_size=512)
    asyncio.run(stop_after(lab, 0.3))
    lab.store.click()
    [path] = results_dir().glob("*.json")
    stored = read(path)
    assert stored.spec.epochs == lab.runs[0].epochs >= 1
    again = run(stored.experiment, stored.profile, workers=1, progress=False, folder=tmp_path, **stored.overrides)
    assert read(tmp_path / path.name).runs == stored.runs
    assert again.runs[0]["curves"] == round_numbers(lab.runs[0].record["curves"])


def test_the_chosen_run_is_stored(lab):
    async def drive():
        await train(lab)
        await train(lab, estimator="dv")

    asyncio.run(drive())
    assert lab.which.value == 2  # the newest, until another is chosen
    lab.which.value = 1
    lab.store.click()
    [path] = results_dir().glob("*.json")
    assert read(path).spec.estimator == "nwj" and said(lab).startswith("Run 1 is stored")


def test_what_cannot_be_stored_is_refused_in_a_sentence(lab, tmp_path, monkeypatch):
    lab.store.click()
    assert said(lab) == "There is no run to store; train one first."

    async def drive():
        set_widgets(lab, epochs=ENDLESS)
        lab.console.start.click()
        lab.store.click()
        told = said(lab)
        lab.console.stop.click()
        await lab.console.task
        return told

    assert "still being trained" in asyncio.run(drive())
    assert lab.runs[0].epochs == 0  # stopped before its first step
    lab.store.click()
    assert "no whole epoch yet" in said(lab)
    asyncio.run(train(lab, epochs=1))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MI_LAB_RESULTS", str(tmp_path / "file"))
    lab.store.click()
    assert "cannot be written" in said(lab)
    assert not list(Path(tmp_path).rglob("*.json"))


def test_every_word_of_the_field_can_be_chosen(lab):
    assert lab.controls["negatives"].options == NEGATIVES and lab.controls["estimator"].options == EXPLORED
    fields = {field.name for field in dataclasses.fields(registry.experiment("explorer-nwj-shuffle").report)}
    assert set(lab.settings()) == fields - {"activation", "dropout", "weight_decay", "precision", "task"}


def test_the_notebook_runs_and_its_kernel_answers_stop_while_it_trains():
    with executed("estimators") as cell:

        def click(button):
            comm = cell(f"print(lab.console.{button}.model_id)").strip()
            content = {"comm_id": comm, "data": {"method": "custom", "content": {"event": "click"}}}
            cell.client.kc.shell_channel.send(cell.client.kc.session.msg("comm_msg", content))

        cell("lab.controls['batch_size'].value, lab.controls['epochs'].value = 512, 10**6")
        click("start")
        time.sleep(1)
        assert cell("print(lab.console.busy)") == "True\n"
        click("stop")
        pressed = time.perf_counter()
        while cell("print(lab.console.busy)") != "False\n":
            assert time.perf_counter() < pressed + 2
        assert int(cell("print(lab.runs[0].epochs)")) >= 1
