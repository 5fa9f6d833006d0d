"""The experiments on Gaussians as plain data: Fig. 1-3 and 10-13, their companions, ceiling and explorer.

The report's text names only some of its true MI values; the grids below contain those and are ours otherwise.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

from mi_lab.experiments.border_specs import Border
from mi_lab.experiments.kinds import Experiment, Spec
from mi_lab.experiments.public_codes import grids
from mi_lab.experiments.sweep_specs import CeilingTable, Limits, Sweep
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.ground.names import AVERAGE_WEIGHT, EXPLORED, READOUTS

TRUE_MI = (2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0)
BATCH_SIZES = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
_SMOKE = {"true_mi": (2.5, 10.0), "batch_size": (64,), "hidden": (16,), "epochs": 2, "seeds": (0,), "dropout": ()}
_SMOKE |= {"precision": "float32"}


def _sweep(estimator: str, hidden: tuple[int, ...], batch_size: tuple[int, ...] = (512,), **settings: Any) -> Sweep:
    return Sweep(estimator, settings.pop("true_mi", TRUE_MI), batch_size, hidden, **settings)


def _make(
    name: str, notebook: str, readouts: str | Mapping[str, str], report: Spec, smoke: Any = _SMOKE, **laptop: Any
) -> Experiment:
    """``readouts`` are those of the panels, by panel, or the one of the only panel, which has the experiment's name."""
    panels = {name: readouts} if isinstance(readouts, str) else readouts
    return Experiment(name, notebook, panels, report, laptop, smoke)


def _of_js(nwj: str, plug_in: str) -> dict[str, str]:
    """The two panels of a JS critic, each with what it shows."""
    return {nwj: "nwj", plug_in: "plug_in"}


def _explorer(estimator: str, negatives: str) -> Experiment:
    """A part of the estimator explorer's grid: one small critic at every N and true MI.

    All pairs at N cost N/2 times as much a step, so they stop at N = 128 and take fewer, larger steps.
    """
    name, readouts = f"explorer-{estimator}-{negatives}", READOUTS[estimator]
    panels = {name if len(readouts) == 1 else f"{name}-{readout}": readout for readout in readouts}
    whole = negatives == "all_pairs"
    grid = _sweep(estimator, _SMALL, (64, 128) if whole else BATCH_SIZES[:5], negatives=negatives, seeds=(0, 1))
    return _make(
        name, "explorer", panels, grid, epochs=60 if whole else 200, true_mi=(2.5, 5.0, 10.0, 15.0, 20.0, 30.0)
    )


def _all_pairs(name: str, estimator: str, hidden: tuple[int, ...], panels: str | Mapping[str, str]) -> Experiment:
    """A panel of App. D.2, all N(N-1) negatives at N = 64.

    Its captions call 100 batches an epoch, where App. C.1 and we count 800 at this N: 125 of ours are their 1000. The
    activations are the captions' (ReLU for MINE, ELU for NWJ and JS, of whose two panels one names it). A step of the
    large critic costs some hundred times that of the small one, so on the laptop it gets few.
    """
    grid = _sweep(
        estimator, hidden, (64,), epochs=125, negatives="all_pairs", activation="relu" if estimator == "mine" else "elu"
    )
    small = hidden == _SMALL
    size: dict[str, Any] = {"true_mi": (2.5, 5.0, 10.0, 15.0, 20.0, 30.0)} if small else {"true_mi": (2.5, 10.0, 30.0)}
    return _make(name, "all_pairs", panels, grid, **size | ({} if small else {"epochs": 3}))


def _relu(
    name: str, estimator: str, hidden: tuple[int, ...], panels: str | Mapping[str, str], **laptop: Any
) -> Experiment:
    """The companion of a figure with ReLU instead of ELU (Sec. 3.3)."""
    return _make(f"{name}-relu", "all_pairs", panels, _sweep(estimator, hidden, activation="relu"), **laptop)


def _bfloat16(name: str, notebook: str, readout: str, report: Sweep, **laptop: Any) -> Experiment:
    """A companion whose hidden layers multiply in bfloat16, which takes half the time."""
    return _make(f"{name}-bfloat16", notebook, readout, report, precision="bfloat16", **laptop)


def _capacity(estimator: str, layers: int, width: int) -> Experiment:
    """A critic of App. C.1's grid at 30 nats and N = 64, where a plateau or a divergence comes soonest."""
    name = f"capacity-{estimator}-{layers}x{width}"
    grid = _sweep(estimator, (width,) * layers, (64,), true_mi=(30.0,))
    return _make(name, "all_pairs", READOUTS[estimator][0], grid, epochs=30)


def _average(weight: float, hidden: tuple[int, ...], batch_size: int, **laptop: Any) -> Experiment:
    """MINE by the weight of the newest batch in its moving average; 1 is DV's own gradient (Sec. 3.1).

    The small critic takes 80,000 steps at every batch size, so that speeds can be compared.
    """
    name = f"average-{weight:g}-{'x'.join(map(str, (len(hidden), hidden[0])))}-{batch_size}"
    grid = _sweep("mine", hidden, (batch_size,), average_weight=weight)
    return _make(name, "mine", "dv", grid, **laptop)


def _limits(name: str, batch_size: tuple[int, ...], **settings: Any) -> Experiment:
    """What the best critic reaches, of all truths and a few between, where the border of batch DV lies."""
    truths = (2.5, 3.5, 5.0, 6.5, 7.5, 8.5, 10.0, 12.5, 15.0, 20.0, 25.0, 30.0)
    smoke = {"true_mi": (2.5,), "batch_size": (64,), "batches": 20, "samples": 1000}
    return Experiment(name, "ceiling", {}, Limits(truths, batch_size, **settings), {}, smoke)


def _limits_of_codes(scheme: str, dim: int, batch_size: tuple[int, ...], true_mi: tuple[float, ...]) -> Experiment:
    """The same at the batch sizes, truths and dimension of public codes' own examples."""
    grid = Limits(true_mi, batch_size, (scheme,), dim=dim)
    smoke = {"true_mi": (2.5,), "batch_size": (64,), "batches": 20, "samples": 1000}
    return Experiment(f"limits-codes-{scheme.replace('_', '-')}-{dim}", "ceiling", {}, grid, {}, smoke)


_LARGE, _SMALL = (512, 512), (64,)
WEIGHTS = (0.006, 0.01, 0.05, 0.1, 0.5, 0.9, 1.0)
"""Weights of the newest batch in MINE's moving average, up to the one that keeps nothing of the past."""
_REGULARISED: dict[str, Any] = {"dropout": (0.5, 0.3, 0.2), "weight_decay": 2.5e-5}
_FIG_1A: dict[str, Any] = {"epochs": 50, "true_mi": (2.5, 5.0, 7.5, 10.0, 15.0, 30.0)}
_SHORT_1A: dict[str, Any] = {"epochs": 50, "true_mi": (10.0, 30.0)}
_FIG_2B = _sweep("nwj", _LARGE, BATCH_SIZES, true_mi=(30.0,))
_FIG_13: dict[str, Any] = {"epochs": 50, "true_mi": (2.5, 5.0, 10.0, 15.0, 30.0)}
_SHORT_2A: dict[str, Any] = {"epochs": 50, "true_mi": (2.5, 5.0, 10.0, 30.0)}

GAUSSIANS = (
    _make("fig-1a", "mine", "dv", _sweep("mine", _LARGE, (1024,)), **_FIG_1A),
    _make("fig-1a-long", "mine", "dv", _sweep("mine", _LARGE, (1024,)), true_mi=(10.0, 30.0), precision="bfloat16"),
    _bfloat16("fig-1a", "mine", "dv", _sweep("mine", _LARGE, (1024,)), **_FIG_1A, seeds=(0, 1)),
    _make("fig-1b", "mine", "dv", _sweep("mine", _LARGE, (256,)), epochs=50, true_mi=(2.5, 5.0, 7.5, 10.0)),
    _make("fig-1c", "mine", "dv", _sweep("mine", _LARGE, (32768,)), epochs=2, true_mi=(10.0, 15.0)),
    _make("fig-1d", "mine", "dv", _sweep("mine", _SMALL), seeds=(0, 1)),
    _make("fig-1a-derangement", "mine", "dv", _sweep("mine", _LARGE, (1024,), negatives="derangement"), **_SHORT_1A),
    _make("fig-1a-dv", "mine", "dv", _sweep("dv", _LARGE, (1024,)), **_SHORT_1A),
    _make("fig-1b-dv", "mine", "dv", _sweep("dv", _LARGE, (256,)), epochs=50, true_mi=(2.5, 5.0, 7.5, 10.0)),
    *(
        _make(f"{name}-long", "mine", "dv", _sweep(estimator, _LARGE, (256,)), true_mi=(7.5,), precision="bfloat16")
        for name, estimator in (("fig-1b", "mine"), ("fig-1b-dv", "dv"))
    ),
    _make("fig-1d-dv", "mine", "dv", _sweep("dv", _SMALL), true_mi=(2.5, 5.0, 10.0, 15.0, 30.0)),
    _make("fig-2a", "nwj", "nwj", _sweep("nwj", _LARGE), precision="bfloat16"),
    _make("fig-2a-float32", "nwj", "nwj", _sweep("nwj", _LARGE), true_mi=(10.0, 30.0)),
    _make("fig-2b", "nwj", "nwj", _FIG_2B, epochs=40, batch_size=BATCH_SIZES[:8]),
    _bfloat16("fig-2b", "nwj", "nwj", _FIG_2B, epochs=40, batch_size=BATCH_SIZES[6:]),
    _make("fig-2a-derangement", "nwj", "nwj", _sweep("nwj", _LARGE, negatives="derangement"), **_SHORT_2A),
    _make("fig-3ab", "js", _of_js("fig-3a", "fig-3b"), _sweep("js", _SMALL), seeds=(0, 1)),
    _make(
        "fig-3cd",
        "js",
        _of_js("fig-3c", "fig-3d"),
        _sweep("js", (512, 512, 512), **_REGULARISED),
        smoke=_SMOKE | {"hidden": (16, 16, 16), "dropout": (0.5, 0.3, 0.2)},
        epochs=40,
        true_mi=(2.5, 10.0, 15.0, 30.0),
    ),
    _make("fig-13", "js", _of_js("fig-13a", "fig-13b"), _sweep("js", _LARGE), **_FIG_13),
    _make(
        "ceiling",
        "ceiling",
        "ceiling",
        CeilingTable((0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0, 20.0, 25.0, 30.0, 40.0), (*BATCH_SIZES, 10**6)),
        smoke={"true_mi": (2.5,), "batch_size": (64,), "samples": 1000},
    ),
    _limits("limits", BATCH_SIZES, negatives=("shuffle", "derangement")),
    _limits("limits-all-pairs", (64, 128, 256), negatives=("all_pairs",)),
    *(_limits_of_codes(*key, *grid) for key, grid in grids().items()),
    Experiment("border", "ceiling", {}, Border(BATCH_SIZES), {}, {"batch_size": (64,), "samples": 2000, "step": 0.5}),
    *(
        _explorer(estimator, negatives)
        for estimator, negatives in product(EXPLORED, ("shuffle", "derangement", "all_pairs"))
    ),
    _all_pairs("fig-10a", "mine", _SMALL, "dv"),
    _all_pairs("fig-10b", "mine", _LARGE, "dv"),
    _all_pairs("fig-11a", "nwj", _SMALL, "nwj"),
    _all_pairs("fig-11b", "nwj", _LARGE, "nwj"),
    _all_pairs("fig-12", "js", _SMALL, _of_js("fig-12a", "fig-12b")),
    _all_pairs("fig-12-large", "js", _LARGE, _of_js("fig-12a-large", "fig-12b-large")),
    _make(
        "nwj-independent",
        "all_pairs",
        "nwj",
        _sweep("nwj", _SMALL, BATCH_SIZES[:5], negatives="independent"),
        epochs=200,
        true_mi=(2.5, 10.0, 30.0),
        batch_size=(64, 256, 1024),
    ),
    _relu("fig-1d", "mine", _SMALL, "dv", epochs=600, true_mi=(5.0, 10.0, 20.0, 30.0)),
    _relu("fig-2a", "nwj", _LARGE, "nwj", epochs=30, true_mi=(5.0, 10.0, 30.0)),
    _relu("fig-3ab", "js", _SMALL, _of_js("fig-3a-relu", "fig-3b-relu"), epochs=600, true_mi=(5.0, 10.0, 15.0, 30.0)),
    *(
        _average(weight, _SMALL, n, epochs=80_000 // steps_per_epoch(n), seeds=(0, 1, 2))
        for weight, n in product(WEIGHTS, (64, 256, 512))
    ),
    *(
        _average(weight, _LARGE, n, true_mi=(mi,), precision="bfloat16")
        for weight, (n, mi) in product(WEIGHTS, ((256, 7.5), (1024, 30.0)))
        if weight not in (AVERAGE_WEIGHT, 1.0)  # which are Fig. 1b and 1a, and their companions
    ),
    _average(AVERAGE_WEIGHT, _LARGE, 64, epochs=100, true_mi=(30.0,), seeds=(0, 1, 2), precision="bfloat16"),
    *(
        _capacity(estimator, layers, width)
        for estimator, layers, width in product(("mine", "nwj"), (1, 2, 3), (64, 128, 256, 512, 1024))
    ),
)
"""Every panel of the report's Fig. 1-3 and 13; companions with derangements, with DV's own gradient, at the report's
full length for a few truths, or in bfloat16; the ceiling; the grid of the estimator explorer; App. D.2 with all pairs,
NWJ with independent negatives beside the explorer's other schemes; companions with ReLU and other sizes of critic."""
