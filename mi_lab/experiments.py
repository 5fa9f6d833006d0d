"""Every figure as plain data: which runs it is made of, and how large they are per profile. Needs no torch.

A *profile* is the size of an experiment: ``smoke`` (seconds, for tests), ``laptop`` (two cores,
about an hour a figure; these results are stored and shown) and ``report`` (App. C.1 to the letter, for a GPU).
The report's text names only some of its true MI values; the grids below contain those and are ours otherwise.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import product
from typing import Any

from mi_lab.image_specs import Labelings, NoisyImages, Probing
from mi_lab.names import EXPLORED, READOUTS, known
from mi_lab.reconstruction_experiments import reconstructions
from mi_lab.reconstruction_specs import Reconstruction, SupervisedAutoencoders, VInfoMaxDigits, VInfoMaxImages
from mi_lab.settings import as_type
from mi_lab.specs import CeilingTable, Sweep

PROFILES = ("smoke", "laptop", "report")
TRUE_MI = (2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0)
BATCH_SIZES = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)

Spec = Sweep | CeilingTable | Labelings | Probing | NoisyImages | Reconstruction
KINDS: Mapping[str, type[Spec]] = {
    "sweep": Sweep,
    "ceiling": CeilingTable,
    "labelings": Labelings,
    "probing": Probing,
    "noisy_images": NoisyImages,
    "v_infomax_digits": VInfoMaxDigits,
    "v_infomax_images": VInfoMaxImages,
    "supervised_autoencoders": SupervisedAutoencoders,
}
"""The kinds of result, each with the class of its spec."""


@dataclass(frozen=True)
class Experiment:
    """A figure: its ``report`` spec and what the smaller profiles change in it.

    ``panels`` maps each figure or panel id of the report to the readout it shows.
    """

    name: str
    notebook: str
    panels: Mapping[str, str]
    report: Spec
    laptop: Mapping[str, Any]
    smoke: Mapping[str, Any]

    def spec(self, profile: str = "laptop", /, **overrides: Any) -> Spec:
        """The runs at a profile, with single settings replaced; None leaves a setting as it is.

        Raises ValueError for an unknown profile or parameter, or a value out of range.
        """
        known("profile", profile, PROFILES)
        changes: dict[str, Any] = {} if profile == "report" else dict(self.laptop)
        if profile == "smoke":
            changes |= self.smoke
        changes |= {name: value for name, value in overrides.items() if value is not None}
        types = {f.name: f.type for f in fields(self.report)}
        return dataclasses.replace(
            self.report,
            **{known("parameter", n, types): as_type(types[n], n, v) for n, v in changes.items()},
        )


def experiment(name: str) -> Experiment:
    """The experiment of that name, or the one that a panel such as 'fig-3b' belongs to. Raises ValueError otherwise."""
    named = {panel: e for e in EXPERIMENTS.values() for panel in e.panels} | dict(EXPERIMENTS)
    return named[known("experiment", name, named)]


def spec_from_dict(kind: str, values: Mapping[str, Any]) -> Spec:
    """The spec that ``dataclasses.asdict`` wrote. Raises ValueError for a missing, unknown or wrong value."""
    made = KINDS[known("kind of spec", kind, KINDS)]
    types = {f.name: f.type for f in fields(made)}
    missing = sorted(set(types) - set(values))
    if missing:
        raise ValueError(f"'{missing[0]}' is missing.")
    return made(**{known("parameter", n, types): as_type(types[n], n, v) for n, v in values.items()})


def kind_of(spec: Spec) -> str:
    """The name in ``KINDS`` of a spec's class."""
    return next(kind for kind, made in KINDS.items() if isinstance(spec, made))


_SMOKE = {"true_mi": (2.5, 10.0), "batch_size": (64,), "hidden": (16,), "epochs": 2, "seeds": (0,), "dropout": ()}


def _sweep(estimator: str, hidden: tuple[int, ...], batch_size: tuple[int, ...] = (512,), **settings: Any) -> Sweep:
    return Sweep(estimator, settings.pop("true_mi", TRUE_MI), batch_size, hidden, **settings)


def _make(
    name: str, notebook: str, panels: Mapping[str, str], report: Spec, smoke: Mapping[str, Any] = _SMOKE, **laptop: Any
) -> Experiment:
    return Experiment(name, notebook, panels, report, laptop, smoke)


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


def _probing(table: str, architecture: str, pretext: str) -> Experiment:
    """A row of Table 1 or 8. C.2: rotations take batches of 512 at a rate of 0.1, random labels of 128 at 0.01.

    On the laptop the network is a quarter as wide. Rotations see every image three times; random labels have to be
    memorised to do their harm, which takes fewer images, more often.
    """
    name = f"{table}-{'untrained' if pretext == 'none' else pretext.replace('_', '-')}"
    rates: dict[str, Any] = {"batch_size": 128, "learning_rate": 0.01} if pretext == "random_labels" else {}
    sizes: dict[str, dict[str, int]] = {"rotation": {"epochs": 3}, "random_labels": {"images": 5000, "epochs": 30}}
    small = {
        "batch_size": 64,
        "images": 600,
        "validation_images": 512,
        "width": 8,
        "epochs": 1,
        "linear_epochs": 2,
        "nmi_epochs": 1,
    }
    return _make(
        name,
        "labels",
        {},
        Probing(pretext, architecture, **rates),
        smoke=small | {"data": "synthetic_colour"},
        width=16,
        validation_images=1000,
        nmi_epochs=10,
        **sizes.get(pretext, {}),
    )


_NOISY_MNIST = _make(
    "noisy-mnist",
    "noisy_mnist",
    {},
    NoisyImages(),
    smoke={"batch_size": 64, "data": "synthetic_grey", "p": (0.0, 1.0), "images": 600, "epochs": 1, "critic_width": 16}
    | {"critic_epochs": 1},
    epochs=5,
    critic_width=128,
    critic_epochs=20,
)


def _all_pairs(name: str, estimator: str, hidden: tuple[int, ...], panels: Mapping[str, str]) -> Experiment:
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


def _relu(name: str, estimator: str, hidden: tuple[int, ...], panels: Mapping[str, str], **laptop: Any) -> Experiment:
    """The companion of a figure with ReLU instead of ELU (Sec. 3.3)."""
    return _make(f"{name}-relu", "all_pairs", panels, _sweep(estimator, hidden, activation="relu"), **laptop)


def _capacity(estimator: str, layers: int, width: int) -> Experiment:
    """A critic of App. C.1's grid at 30 nats and N = 64, where a plateau or a divergence comes soonest."""
    name = f"capacity-{estimator}-{layers}x{width}"
    grid = _sweep(estimator, (width,) * layers, (64,), true_mi=(30.0,))
    return _make(name, "all_pairs", {name: READOUTS[estimator][0]}, grid, epochs=30)


_LARGE, _SMALL = (512, 512), (64,)
_REGULARISED: dict[str, Any] = {"dropout": (0.5, 0.3, 0.2), "weight_decay": 2.5e-5}

EXPERIMENTS: Mapping[str, Experiment] = {
    e.name: e
    for e in (
        _make(
            "fig-1a",
            "mine",
            {"fig-1a": "dv"},
            _sweep("mine", _LARGE, (1024,)),
            epochs=50,
            true_mi=(2.5, 5.0, 7.5, 10.0, 15.0, 30.0),
        ),
        _make("fig-1a-long", "mine", {"fig-1a-long": "dv"}, _sweep("mine", _LARGE, (1024,)), true_mi=(10.0, 30.0)),
        _make(
            "fig-1b", "mine", {"fig-1b": "dv"}, _sweep("mine", _LARGE, (256,)), epochs=50, true_mi=(2.5, 5.0, 7.5, 10.0)
        ),
        _make("fig-1c", "mine", {"fig-1c": "dv"}, _sweep("mine", _LARGE, (32768,)), epochs=2, true_mi=(10.0, 15.0)),
        _make("fig-1d", "mine", {"fig-1d": "dv"}, _sweep("mine", _SMALL), seeds=(0, 1)),
        _make(
            "fig-1a-derangement",
            "mine",
            {"fig-1a-derangement": "dv"},
            _sweep("mine", _LARGE, (1024,), negatives="derangement"),
            epochs=50,
            true_mi=(10.0, 30.0),
        ),
        _make(
            "fig-1a-dv",
            "mine",
            {"fig-1a-dv": "dv"},
            _sweep("dv", _LARGE, (1024,)),
            epochs=50,
            true_mi=(10.0, 30.0),
        ),
        _make(
            "fig-1b-dv",
            "mine",
            {"fig-1b-dv": "dv"},
            _sweep("dv", _LARGE, (256,)),
            epochs=50,
            true_mi=(2.5, 5.0, 7.5, 10.0),
        ),
        _make("fig-1d-dv", "mine", {"fig-1d-dv": "dv"}, _sweep("dv", _SMALL), true_mi=(2.5, 5.0, 10.0, 15.0, 30.0)),
        _make(
            "fig-2a",
            "nwj",
            {"fig-2a": "nwj"},
            _sweep("nwj", _LARGE),
            epochs=50,
            true_mi=(2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0),
        ),
        _make("fig-2a-long", "nwj", {"fig-2a-long": "nwj"}, _sweep("nwj", _LARGE), true_mi=(10.0, 30.0)),
        _make(
            "fig-2b",
            "nwj",
            {"fig-2b": "nwj"},
            _sweep("nwj", _LARGE, BATCH_SIZES, true_mi=(30.0,)),
            epochs=40,
            batch_size=BATCH_SIZES[:8],
        ),
        _make(
            "fig-2a-derangement",
            "nwj",
            {"fig-2a-derangement": "nwj"},
            _sweep("nwj", _LARGE, negatives="derangement"),
            epochs=50,
            true_mi=(2.5, 5.0, 10.0, 30.0),
        ),
        _make("fig-3ab", "js", {"fig-3a": "nwj", "fig-3b": "plug_in"}, _sweep("js", _SMALL), seeds=(0, 1)),
        _make(
            "fig-3cd",
            "js",
            {"fig-3c": "nwj", "fig-3d": "plug_in"},
            _sweep("js", (512, 512, 512), **_REGULARISED),
            smoke=_SMOKE | {"hidden": (16, 16, 16), "dropout": (0.5, 0.3, 0.2)},
            epochs=40,
            true_mi=(2.5, 10.0, 15.0, 30.0),
        ),
        _make(
            "fig-13",
            "js",
            {"fig-13a": "nwj", "fig-13b": "plug_in"},
            _sweep("js", _LARGE),
            epochs=50,
            true_mi=(2.5, 5.0, 10.0, 15.0, 30.0),
        ),
        _make(
            "ceiling",
            "ceiling",
            {"ceiling": "ceiling"},
            CeilingTable((0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0, 20.0, 25.0, 30.0, 40.0), (*BATCH_SIZES, 10**6)),
            smoke={"true_mi": (2.5,), "batch_size": (64,), "samples": 1000},
        ),
        *(
            _explorer(estimator, negatives)
            for estimator, negatives in product(EXPLORED, ("shuffle", "derangement", "all_pairs"))
        ),
        *(
            _probing(table, architecture, pretext)
            for table, architecture in (("table-1", "resnet18"), ("table-8", "plainnet18"))
            for pretext in ("rotation", "random_labels", "none")
        ),
        _NOISY_MNIST,
        _make("fig-4", "labelings", {}, Labelings(), smoke={"data": "synthetic_colour"}),
        *(_make(e.name, e.notebook, {}, e.report, e.smoke, **e.laptop) for e in reconstructions()),
        _all_pairs("fig-10a", "mine", _SMALL, {"fig-10a": "dv"}),
        _all_pairs("fig-10b", "mine", _LARGE, {"fig-10b": "dv"}),
        _all_pairs("fig-11a", "nwj", _SMALL, {"fig-11a": "nwj"}),
        _all_pairs("fig-11b", "nwj", _LARGE, {"fig-11b": "nwj"}),
        _all_pairs("fig-12", "js", _SMALL, {"fig-12a": "nwj", "fig-12b": "plug_in"}),
        _all_pairs("fig-12-large", "js", _LARGE, {"fig-12a-large": "nwj", "fig-12b-large": "plug_in"}),
        _relu("fig-1d", "mine", _SMALL, {"fig-1d-relu": "dv"}, epochs=600, true_mi=(5.0, 10.0, 20.0, 30.0)),
        _relu("fig-2a", "nwj", _LARGE, {"fig-2a-relu": "nwj"}, epochs=30, true_mi=(5.0, 10.0, 30.0)),
        _relu(
            "fig-3ab",
            "js",
            _SMALL,
            {"fig-3a-relu": "nwj", "fig-3b-relu": "plug_in"},
            epochs=600,
            true_mi=(5.0, 10.0, 15.0, 30.0),
        ),
        *(
            _capacity(estimator, layers, width)
            for estimator, layers, width in product(("mine", "nwj"), (1, 2, 3), (64, 128, 256, 512))
        ),
    )
}
"""Every panel of the report's Fig. 1-3 and 13; companions with derangements, with DV's own gradient or at the report's
full length for a few truths; the ceiling; the grid of the estimator explorer; App. D.2 with all pairs, companions with
ReLU and with critics of other sizes; the labelings and tables of Section 4, D.1 and D.4; the figures and tables of
Section 5 and D.5."""
