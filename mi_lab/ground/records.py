"""The estimators as plain data: what each is called, what it needs, and where it comes from. Needs no torch.

Its formula, under the same name, is in ``mi_lab.estimation.bounds.ESTIMATORS``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

RATIO = "ratio"
"""The family of critics of a density ratio."""
BASELINE, PAIR_BASELINE = "ratio less a baseline of x", "ratio less a baseline of the positive pair"
DENSITY, KNOWN_DENSITY = "fitted densities", "fitted density, with the task's own p(y)"
UNTRAINED = "no critic"
"""The family of estimators that train nothing, of data sets only."""


@dataclass(frozen=True)
class Record:
    """An estimator. ``readouts`` are what one training yields, by name, each with its title in figures and tables.

    ``source`` is its paper. ``family`` says what its critic is. An estimator that compares a positive with many
    negatives says in ``alone`` what becomes of it with a single one; with ``needs_all`` it cannot do without.
    ``option`` names a number of its own. ``explored`` are those of the explorer's stored grid, of its widgets and of
    the live notebooks on estimators and critics.
    """

    name: str
    readouts: Mapping[str, str]
    source: str
    family: str = RATIO
    alone: str = ""
    needs_all: bool = False
    option: str = ""
    explored: bool = False


_ALL = (
    Record("dv", {"dv": "DV"}, "Donsker & Varadhan (1975)", explored=True),
    Record("mine", {"dv": "MINE"}, "Belghazi et al. (2018)", option="average_weight", explored=True),
    Record("nwj", {"nwj": "NWJ"}, "Nguyen et al. (2010)", explored=True),
    Record(
        "js",
        {"nwj": "JS read through NWJ", "plug_in": "JS plug-in"},
        "Nowozin et al. (2016), Poole et al. (2019)",
        explored=True,
    ),
    Record("infonce", {"infonce": "InfoNCE"}, "van den Oord et al. (2018)", alone="it ends at log 2", explored=True),
    Record("smile", {"smile": "SMILE"}, "Song & Ermon (2020)", option="tau"),
    Record("kl_dime", {"plug_in": "KL-DIME"}, "Letizia et al. (2024)"),
    Record(
        "interpolated",
        {"interpolated": "interpolated I_α"},
        "Poole et al. (2019)",
        alone="it ends at 1 - log α",
        option="alpha",
    ),
    Record("tuba", {"tuba": "TUBA"}, "Barber & Agakov (2003), Poole et al. (2019)", BASELINE),
    Record(
        "flo",
        {"flo": "FLO"},
        "Guo et al. (2022)",
        PAIR_BASELINE,
        alone="its baseline is that of the negatives and no longer of the positive",
    ),
    Record("barber_agakov", {"barber_agakov": "Barber-Agakov"}, "Barber & Agakov (2003)", KNOWN_DENSITY),
    Record("doe", {"doe": "DoE"}, "McAllester & Stratos (2020)", DENSITY),
    Record("club", {"club": "CLUB"}, "Cheng et al. (2020)", DENSITY),
    Record(
        "l1out",
        {"l1out": "L1Out"},
        "Poole et al. (2019)",
        DENSITY,
        alone="there is no mean over the others to leave one out of",
        needs_all=True,
    ),
    Record("ksg", {"ksg": "KSG"}, "Kraskov et al. (2004)", UNTRAINED),
    Record("gaussian", {"gaussian": "Gaussian"}, "Cover & Thomas (2006)", UNTRAINED),
)
RECORDS: Mapping[str, Record] = {one.name: one for one in _ALL}
"""The estimators by name."""
