"""The fair comparison as plain data: a protocol that is the same for every estimator, fixed before its first run.

Learning rate: that of ``RATES`` which was best, over the estimators that there were, on a task that is none of the
comparison's (``mi_lab.pages.chapters.who_is_right.best_rate`` says which, from the stored runs). Critic: two hidden
layers of 64 units, and separable where it is one of pairs. Updates: 20,000 of N = 64 pairs; 4,800 at larger N, and
where an update costs five to ten times as much. That is an epoch at which all curves can be read. Seeds: three.
"""

from collections.abc import Iterator
from typing import Any

from mi_lab.experiments.fair_specs import Fair, Given
from mi_lab.experiments.kinds import Experiment
from mi_lab.ground.names import BRIDGED, CONTRASTIVE, DENOISER, DENSITIES, FLOW, OF_PAIRS, READOUTS

RATES = (3e-4, 1e-3, 3e-3)
RATE = 3e-4
SHORT = 4_800
"""Updates after which every curve can be read, and the end of those that cost most."""
MARGINALS = ("gaussian", "cubic", "normal_cdf", "asinh")
TASKS = (*MARGINALS, "student", "uniform_noise", "spiral", "swiss_roll", "sparse", "label_channel", "digits", "blobs")
GIVEN_TASKS = ("gaussian", "student", "spiral")
"""Of which each is another after normal scores, too."""
DEAR = (*BRIDGED, *(name for name, critic in DENSITIES.items() if critic == FLOW))
"""Estimators whose update costs five to ten times that of others."""
_TRIED = (
    *("dv", "mine", "nwj", "js", "infonce", "smile", "kl_dime", "interpolated", "tuba", "flo"),
    *("barber_agakov", "doe", "club", "l1out", "tre", "mienf"),
)
"""The estimators that chose the learning rate; what comes later takes it as it is."""
_SMOKE: dict[str, Any] = {
    "true_mi": (2.0,),
    "tasks": ("gaussian",),
    "inputs": ("standardised",),
    "hidden": (8,),
    "seeds": (0,),
}
_SMOKE |= {"batch_size": (64,), "steps": 800}
_SMOKE_GIVEN: dict[str, Any] = {"tasks": ("gaussian",), "true_mi": (2.0,), "pairs": (200,), "hidden": (8,)}
_SMOKE_GIVEN |= {"steps": 50, "seeds": (0,)}


def fresh(estimator: str) -> str:
    """The name of an estimator's experiment with fresh pairs for ever."""
    return f"fair-{estimator.replace('_', '-')}"


def high(estimator: str) -> str:
    """The same of Gaussians, for more true MI."""
    return f"fair-high-{estimator.replace('_', '-')}"


def sizes(estimator: str) -> str:
    """The same at larger N."""
    return f"fair-sizes-{estimator.replace('_', '-')}"


def given(estimator: str) -> str:
    """The name of an estimator's experiment with so many pairs and no more."""
    return f"given-{estimator.replace('_', '-')}"


def rates(rate: float) -> str:
    """The name of the experiment that tries a learning rate."""
    return f"fair-rate-{rate:g}"


def of_pairs() -> tuple[str, ...]:
    """The estimators that take numbers on both sides."""
    labels = ("auto", "ross", "counting")
    return tuple(name for name in OF_PAIRS if name not in labels)


def _experiments() -> Iterator[Experiment]:
    for rate in RATES:
        shared: dict[str, Any] = {"inputs": ("standardised",), "steps": 4_000, "seeds": (0,)}
        spec = Fair(_TRIED, ("half_cube",), (3.0, 12.0), learning_rate=rate, **shared)
        yield Experiment(rates(rate), "fair", {}, spec, {}, _SMOKE | {"estimators": ("nwj",)})
    for name in READOUTS:
        spec = Fair((name,), TASKS, learning_rate=RATE, steps=SHORT if name in DEAR else 20_000)
        yield Experiment(fresh(name), "fair", {}, spec, {}, _SMOKE)
        steps, more = SHORT if name in DEAR else 20_000, (10.0, 30.0)
        spec = Fair((name,), ("gaussian",), more, ("standardised",), steps=steps, learning_rate=RATE)
        yield Experiment(high(name), "fair", {}, spec, {}, _SMOKE)
        if name not in DEAR:
            # N^2 pairs cost too much, and so do N times two levels of noise
            large = (256,) if name in CONTRASTIVE or DENSITIES.get(name) == DENOISER else (256, 1024)
            spec = Fair((name,), ("gaussian",), (5.0, 20.0), ("standardised",), large, steps=SHORT, learning_rate=RATE)
            yield Experiment(sizes(name), "fair", {}, spec, {}, _SMOKE)
    for name in of_pairs():
        asked = GIVEN_TASKS[:2] if DENSITIES.get(name) == FLOW else GIVEN_TASKS  # half a minute a data set
        own = Given(name, asked, learning_rate=RATE)
        if name == "ksg":  # its neighbours cost minutes in 40 dimensions
            own = Given(name, asked, pairs=(500, 2_000), learning_rate=RATE)
        yield Experiment(given(name), "given", {}, own, {}, _SMOKE_GIVEN)


FAIR = tuple(_experiments())
"""Three learning rates; every estimator with fresh pairs, at more MI and at larger N, and with given pairs."""
