import dataclasses
from dataclasses import asdict, fields
from itertools import product

import numpy as np
import pytest
from helpers import refused

from mi_lab.experiments.kinds import PROFILES, kind_of, spec_from_dict
from mi_lab.experiments.registry import EXPERIMENTS, experiment
from mi_lab.experiments.sweep_costs import sweep_flops, sweep_steps
from mi_lab.experiments.sweep_specs import CeilingTable, Sweep
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.ground.names import CONTRASTIVE, DENSITIES, EXPLORED, READOUTS

SIZES = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
LARGE, SMALL, REGULARISED = (512, 512), (64,), (512, 512, 512)
# panel: estimator, readout, critic, batch sizes; the rest is App. C.1
PANELS = {
    "fig-1a": ("mine", "dv", LARGE, (1024,)),
    "fig-1b": ("mine", "dv", LARGE, (256,)),
    "fig-1c": ("mine", "dv", LARGE, (32768,)),
    "fig-1d": ("mine", "dv", SMALL, (512,)),
    "fig-2a": ("nwj", "nwj", LARGE, (512,)),
    "fig-2b": ("nwj", "nwj", LARGE, SIZES),
    "fig-3a": ("js", "nwj", SMALL, (512,)),
    "fig-3b": ("js", "plug_in", SMALL, (512,)),
    "fig-3c": ("js", "nwj", REGULARISED, (512,)),
    "fig-3d": ("js", "plug_in", REGULARISED, (512,)),
    "fig-13a": ("js", "nwj", LARGE, (512,)),
    "fig-13b": ("js", "plug_in", LARGE, (512,)),
}
SWEEPS = [name for name, e in EXPERIMENTS.items() if isinstance(e.report, Sweep)]
FIG_2A = experiment("fig-2a")


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_is_the_report_to_the_letter(panel):
    found = experiment(panel)
    estimator, readout, hidden, batch_size = PANELS[panel]
    spec = found.spec("report")
    assert found.panels[panel] == readout and readout in spec.readouts
    assert (spec.estimator, spec.hidden, spec.batch_size) == (estimator, hidden, batch_size)
    assert (spec.epochs, spec.learning_rate, spec.activation, spec.critic) == (1000, 1e-4, "elu", "joint")
    assert (spec.negatives, spec.task, spec.dim, spec.seeds) == ("shuffle", "gaussian", 20, (0,))
    assert (spec.dropout, spec.weight_decay) == (((0.5, 0.3, 0.2), 2.5e-5) if hidden == REGULARISED else ((), 0))
    assert max(spec.true_mi) == 30


def test_a_companion_varies_one_thing_of_its_panel():
    companions = [name for name in EXPERIMENTS if name.startswith("fig") and name.count("-") > 1]
    assert {"fig-1a-derangement", "fig-2a-derangement"} <= set(companions)
    for name in companions:
        own, panel = asdict(experiment(name).report), asdict(experiment(name.rsplit("-", 1)[0]).report)
        changed = [setting for setting in own if own[setting] != panel[setting]]
        # or nothing: a few truths at the report's own length
        one = (["negatives"], ["estimator"], ["activation"], ["hidden"])
        assert changed == [] if name.endswith(("-long", "-bfloat16", "-float32")) else changed in one, name
        assert experiment(name).spec().epochs == 1000 or not name.endswith("-long")


@pytest.mark.parametrize("negatives", ["shuffle", "derangement", "all_pairs"])
def test_the_explorer_is_one_grid_for_every_estimator(negatives):
    parts = {name: experiment(f"explorer-{name}-{negatives}") for name in EXPLORED}
    grids = {dataclasses.replace(part.spec(), estimator="dv") for part in parts.values()}
    assert len(grids) == 1 and {part.spec().estimator for part in parts.values()} == set(EXPLORED)
    spec = grids.pop()
    assert spec.negatives == negatives and spec.hidden == (64,) and len(spec.true_mi) >= 6 and len(spec.seeds) == 2
    assert spec.batch_size == ((64, 128) if negatives == "all_pairs" else (64, 128, 256, 512, 1024))
    assert [list(part.panels.values()) for part in parts.values()] == [list(READOUTS[name]) for name in EXPLORED]


@pytest.mark.parametrize("panel", ["10a", "10b", "11a", "11b", "12a", "12b"])
def test_every_panel_of_all_pairs_is_that_of_the_captions(panel):
    found = experiment(f"fig-{panel}")
    estimator, activation = {"0": ("mine", "relu"), "1": ("nwj", "elu"), "2": ("js", "elu")}[panel[1]]
    hidden = LARGE if panel in ("10b", "11b") else SMALL
    spec = found.spec("report")
    assert (spec.estimator, spec.activation, spec.hidden) == (estimator, activation, hidden)
    assert (spec.negatives, spec.batch_size, spec.learning_rate) == ("all_pairs", (64,), 1e-4)
    # the captions' epochs have 100 batches, ours 800 at this N
    assert spec.epochs * steps_per_epoch(64) == 1000 * 100
    assert found.panels[f"fig-{panel}"] == {"12a": "nwj", "12b": "plug_in"}.get(panel, spec.readouts[0])


@pytest.mark.parametrize("name", [name for name, e in EXPERIMENTS.items() if e.notebook == "all_pairs"])
def test_no_panel_of_all_pairs_costs_more_than_twenty_minutes_of_a_core(name):
    spec = experiment(name).spec()
    # 40 GFLOP/s is what a core of a laptop does, and 1.5 ms what a step takes however small its products are
    assert max(sweep_flops(spec) / 40e9, sweep_steps(spec) * 1.5e-3) <= 20 * 60


def test_the_grid_of_critics_is_that_of_the_report_up_to_1024_units():
    for estimator in ("mine", "nwj"):
        grid = {e.report.hidden for name, e in EXPERIMENTS.items() if name.startswith(f"capacity-{estimator}-")}
        assert grid == {(width,) * layers for width in (64, 128, 256, 512, 1024) for layers in (1, 2, 3)}


@pytest.mark.parametrize("task", ("gaussian", "cubic", "student", "blobs"))
def test_beyond_the_report_every_estimator_has_the_same_grid(task):
    specs = {
        e.report.estimator: e.report
        for e in EXPERIMENTS.values()
        if e.name.startswith("beyond-") and e.name.endswith(task)
    }
    assert set(specs) == set(READOUTS) - {"tre", "mienf", "minde"} - ({"barber_agakov"} if task == "blobs" else set())
    own = {"estimator", "negatives", "critic"}
    assert len({tuple((k, v) for k, v in asdict(spec).items() if k not in own) for spec in specs.values()}) == 1
    for name, spec in specs.items():
        assert (spec.negatives == "all_pairs") == (name in CONTRASTIVE) and spec.negatives != "shuffle"
        assert spec.critic == DENSITIES.get(name, "separable")


def test_laptop_cuts_epochs_and_the_grid_and_nothing_else():
    for name in SWEEPS:
        report, laptop = (experiment(name).spec(profile) for profile in ("report", "laptop"))
        cut = {"epochs", "true_mi", "batch_size", "seeds"}
        if laptop.precision != report.precision:  # which a reader is told under the figure
            assert laptop.precision == "bfloat16" and laptop.hidden[0] == 512  # where it is evidenced, and pays
            cut |= {"precision"}
        assert {k: v for k, v in asdict(report).items() if k not in cut} == {
            k: v for k, v in asdict(laptop).items() if k not in cut
        }
        assert 1 <= laptop.epochs <= report.epochs, name
        assert set(laptop.true_mi) <= set(report.true_mi) and set(laptop.batch_size) <= set(report.batch_size), name
        assert set(laptop.seeds) >= set(report.seeds), name


def test_laptop_keeps_what_the_book_promises():
    assert experiment("fig-1d").spec().epochs == 1000
    assert experiment("fig-2b").spec().batch_size == (64, 128, 256, 512, 1024, 2048, 4096, 8192)


def test_smoke_is_small():
    for name in EXPERIMENTS:
        spec = experiment(name).spec("smoke")
        steps = len(list(spec.runs())) * getattr(spec, "epochs", 0)
        assert steps <= 4 and np.max(getattr(spec, "batch_size", 0)) <= 64, name


def test_the_grid_is_every_mi_with_every_batch_size_and_seed():
    spec = FIG_2A.spec("smoke", true_mi=[1, 2], batch_size=[8, 16], seeds=[0, 1])
    found = {(run["true_mi"], run["batch_size"], run["seed"]) for run in spec.runs()}
    assert len(list(spec.runs())) == 8 and found == {(mi, n, seed) for mi in (1, 2) for n in (8, 16) for seed in (0, 1)}


def test_laptop_is_the_default_and_none_overrides_nothing():
    assert FIG_2A.spec() == FIG_2A.spec("laptop") == FIG_2A.spec("laptop", epochs=None, hidden=None)


@pytest.mark.parametrize("profile", PROFILES)
def test_an_override_replaces_one_setting(profile):
    spec, own = FIG_2A.spec(profile, learning_rate=1e-3), FIG_2A.spec(profile)
    assert asdict(spec) == asdict(own) | {"learning_rate": 1e-3}


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("true_mi", 10, (10.0,)),
        ("true_mi", "2.5,10", (2.5, 10.0)),
        ("true_mi", [2, 3.5], (2.0, 3.5)),
        ("hidden", "512, 64", (512, 64)),
        ("hidden", 64.0, (64,)),
        ("seeds", "3", (3,)),
        ("epochs", "7", 7),
        ("epochs", 7.0, 7),
        ("learning_rate", "1e-3", 1e-3),
        ("negatives", "all_pairs", "all_pairs"),
        ("seeds", 2**53 + 1, (2**53 + 1,)),
    ],
)
def test_values_become_what_the_setting_holds(name, given, meant):
    value = getattr(FIG_2A.spec("smoke", **{name: given}), name)
    assert value == meant and type(value) is type(meant)
    if isinstance(meant, tuple):
        assert [type(item) for item in value] == [type(item) for item in meant]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epoch": 3}, ("unknown parameter 'epoch'", "'epochs'")),
        ({"negatives": "derangments"}, ("unknown negatives 'derangments'", "'derangement'")),
        ({"estimator": "jsd"}, ("unknown estimator 'jsd'", "'js'")),
        ({"activation": "gelu"}, ("unknown activation 'gelu'", "elu")),
        ({"critic": "bilinar"}, ("unknown critic 'bilinar'", "'bilinear'")),
        ({"true_mi": -1}, ("mi must be a finite number of nats, zero or more", "-1")),
        ({"true_mi": 1e9}, ("rounds to 1",)),
        ({"true_mi": "ten"}, ("true_mi must be a number", "'ten'")),
        ({"true_mi": []}, ("true_mi must hold at least one value",)),
        ({"batch_size": 1}, ("batch_size must be at least 2", "not 1")),
        ({"batch_size": [512, 64.5]}, ("batch_size must be a whole number", "64.5")),
        ({"hidden": "512,0"}, ("hidden must be at least 1", "not 0")),
        ({"hidden": []}, ("hidden must hold at least one value",)),
        ({"epochs": 0}, ("epochs must be at least 1", "not 0")),
        ({"epochs": True}, ("epochs must be a whole number", "True")),
        ({"epochs": float("nan")}, ("epochs must be a whole number", "nan")),
        ({"seeds": -1}, ("seeds must be at least 0", "not -1")),
        ({"learning_rate": 0}, ("learning_rate must be a positive number",)),
        ({"precision": "half"}, ("unknown precision 'half'", "known are: bfloat16")),
        ({"precision": "bfloat16", "critic": "bilinear"}, ("precision 'bfloat16' is for a joint or separable critic",)),
        ({"learning_rate": float("inf")}, ("learning_rate must be a number", "inf")),
        ({"average_weight": 0.1}, ("nwj has no average_weight; mine has.",)),
        ({"estimator": "mine", "average_weight": 0}, ("average_weight", "must lie in (0, 1]", "not 0.0")),
        ({"weight_decay": -0.1}, ("weight_decay must be at least 0", "-0.1")),
        ({"dropout": [0.5, 0.5]}, ("one rate for each of the 1 hidden layers", "not 2")),
        ({"dropout": 1}, ("dropout rates must lie in [0, 1)", "1.0")),
        ({"dim": 0}, ("dim must be a whole number of at least 1", "0")),
        ({"dim": 10**6}, ("dim must be at most 65536", "1000000")),
        ({"batch_size": 10**7}, ("batch_size must be at most 1048576", "10000000")),
        ({"epochs": 10**9}, ("epochs must be at most 1048576", "1000000000")),
        ({"negatives": 3}, ("negatives must be text", "3")),
        ({"estimator": "club"}, ("club needs the critic 'conditional'",)),
        ({"estimator": "l1out", "critic": "conditional"}, ("l1out needs negatives 'all_pairs'",)),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with refused(*words):
        FIG_2A.spec("smoke", **settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"samples": 1}, "samples must be at least 2"),
        ({"batch_size": 1}, "batch_size must be at least 2"),
        ({"true_mi": -1}, "mi must be a finite number of nats, zero or more"),
        ({"true_mi": []}, "true_mi must hold at least one value"),
        ({"epochs": 3}, "unknown parameter 'epochs'"),
    ],
)
def test_bad_settings_of_the_ceiling_are_refused(settings, words):
    with refused(words):
        experiment("ceiling").spec("smoke", **settings)


@pytest.mark.parametrize(
    "settings", [{"true_mi": ()}, {"batch_size": (1,)}, {"estimator": "mime"}, {"learning_rate": float("nan")}]
)
def test_a_sweep_made_directly_is_checked_as_well(settings):
    good = {"estimator": "nwj", "true_mi": (1.0,), "batch_size": (8,), "hidden": (4,)}
    Sweep(**good)
    with refused():
        Sweep(**(good | settings))


def test_unknown_names_are_refused_with_the_nearest():
    with refused("unknown profile 'raport'", "'report'"):
        FIG_2A.spec("raport")
    with refused("unknown experiment 'fig2a'", "'fig-2a'"):
        experiment("fig2a")


def test_a_spec_survives_being_written_as_plain_data():
    for name, profile in product(EXPERIMENTS, PROFILES):
        spec = experiment(name).spec(profile)
        assert spec_from_dict(kind_of(spec), asdict(spec)) == spec, (name, profile)


def test_a_spec_with_a_missing_or_unknown_field_is_refused():
    plain = asdict(FIG_2A.spec("smoke"))
    for name in (f.name for f in fields(Sweep) if f.name != "average_weight"):
        with refused(f"'{name}' is missing"):
            spec_from_dict("sweep", {k: v for k, v in plain.items() if k != name})
    # a result that was stored before MINE's average was a setting has the only weight there was
    old = spec_from_dict("sweep", {k: v for k, v in plain.items() if k != "average_weight"})
    assert old.average_weight == 0.01
    with refused("unknown parameter 'epoch'", "'epochs'"):
        spec_from_dict("sweep", plain | {"epoch": 3})
    with refused("unknown kind of spec 'sweeep'", "'sweep'"):
        spec_from_dict("sweeep", plain)
    assert isinstance(spec_from_dict("ceiling", asdict(experiment("ceiling").report)), CeilingTable)
