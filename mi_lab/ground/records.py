"""The estimators as plain data: what each is called, what it needs, and where it comes from. Needs no torch.

Its formula, under the same name, is in ``mi_lab.estimation.bounds.ESTIMATORS``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

RATIO = "ratio"
"""The family of critics of a density ratio."""
BASELINE, PAIR_BASELINE = "ratio less a baseline of x", "ratio less a baseline of the positive pair"
DENSITY, KNOWN_DENSITY = "fitted densities", "fitted density, with the task's own p(y)"
BRIDGES = "ratios of neighbouring bridges"
"""The family of a critic per bridge between p(x, y) and p(x)p(y)."""
FLOWS = "marginal flows"
"""The family of flows of x and of y, to one Gaussian."""
DENOISERS = "denoisers of y"
"""The family of two denoisers of y, of which one knows x."""
UNTRAINED, OF_LABELS = "no critic", "no critic, of labels"
"""The families of estimators that train nothing, of data sets only."""
CROSS_FITTED = "a critic per fold"
"""The family of what reads every pair by a critic that did not see it, of data sets only."""
LOWER, UPPER, NO_BOUND = "a lower bound", "an upper bound if its density fits", "no bound"
BOUNDS: Mapping[str, str] = dict.fromkeys(
    ("dv", "nwj", "infonce", "interpolated", "tuba", "flo", "barber_agakov"), LOWER
) | dict.fromkeys(("club", "l1out"), UPPER)
"""What the expected value of a readout is to the MI; of those that are not named, no bound."""


@dataclass(frozen=True)
class Shown:
    """What is only shown of an estimator, so that it may change while what was trained is kept.

    ``titles`` are those of its readouts in figures and tables, ``source`` is its paper. ``explored`` are those of the
    explorer's stored grid, of its widgets and of the live notebooks on estimators and critics.
    """

    titles: tuple[str, ...]
    source: str
    explored: bool = False


@dataclass(frozen=True)
class Record:
    """An estimator. ``readouts`` are what one training yields.

    ``family`` says what its critic is. An estimator that compares a positive with many negatives says in ``alone`` what
    becomes of it with a single one; with ``needs_all`` it cannot do without. ``option`` names a number of its own.
    """

    name: str
    readouts: tuple[str, ...]
    shown: Shown
    family: str = RATIO
    alone: str = ""
    needs_all: bool = False
    option: str = ""

    @property
    def titles(self) -> dict[str, str]:
        """The title of each readout."""
        return dict(zip(self.readouts, self.shown.titles, strict=True))


_ALL = (
    Record("dv", ("dv",), Shown(("DV",), "Donsker & Varadhan (1975)", explored=True)),
    Record("mine", ("dv",), Shown(("MINE",), "Belghazi et al. (2018)", explored=True), option="average_weight"),
    Record("nwj", ("nwj",), Shown(("NWJ",), "Nguyen et al. (2010)", explored=True)),
    Record(
        "js",
        ("nwj", "plug_in"),
        Shown(("JS read through NWJ", "JS plug-in"), "Nowozin et al. (2016), Poole et al. (2019)", explored=True),
    ),
    Record(
        "infonce",
        ("infonce",),
        Shown(("InfoNCE",), "van den Oord et al. (2018)", explored=True),
        alone="it ends at log 2",
    ),
    Record("smile", ("smile",), Shown(("SMILE",), "Song & Ermon (2020)"), option="tau"),
    Record("kl_dime", ("plug_in",), Shown(("KL-DIME",), "Letizia et al. (2024)")),
    Record(
        "interpolated",
        ("interpolated",),
        Shown(("interpolated I_α",), "Poole et al. (2019)"),
        alone="it ends at 1 - log α",
        option="alpha",
    ),
    Record("tuba", ("tuba",), Shown(("TUBA",), "Barber & Agakov (2003), Poole et al. (2019)"), BASELINE),
    Record(
        "flo",
        ("flo",),
        Shown(("FLO",), "Guo et al. (2022)"),
        PAIR_BASELINE,
        alone="its baseline is that of the negatives and no longer of the positive",
    ),
    Record("barber_agakov", ("barber_agakov",), Shown(("Barber-Agakov",), "Barber & Agakov (2003)"), KNOWN_DENSITY),
    Record("doe", ("doe",), Shown(("DoE",), "McAllester & Stratos (2020)"), DENSITY),
    Record("club", ("club",), Shown(("CLUB",), "Cheng et al. (2020)"), DENSITY),
    Record(
        "l1out",
        ("l1out",),
        Shown(("L1Out",), "Poole et al. (2019)"),
        DENSITY,
        alone="there is no mean over the others to leave one out of",
        needs_all=True,
    ),
    Record("tre", ("tre",), Shown(("TRE",), "Rhodes et al. (2020)"), BRIDGES),
    Record("mienf", ("mienf",), Shown(("MIENF",), "Butakov et al. (2024)"), FLOWS),
    Record(
        "minde",
        ("minde", "likelihood_gain"),
        Shown(("MINDE", "MINDE by gain"), "Franzese et al. (2024), Guo et al. (2005)"),
        DENOISERS,
    ),
    Record("ksg", ("ksg",), Shown(("KSG",), "Kraskov et al. (2004)"), UNTRAINED),
    Record("gaussian", ("gaussian",), Shown(("Gaussian",), "Cover & Thomas (2006)"), UNTRAINED),
    Record("copula", ("copula",), Shown(("rank-Gaussian",), "Ince et al. (2017)"), UNTRAINED),
    Record("ross", ("ross",), Shown(("Ross",), "Ross (2014)"), OF_LABELS),
    Record("counting", ("counting",), Shown(("counting",), "Zahl (1977)"), OF_LABELS),
    Record(
        "cross_fitted",
        ("plug_in",),
        Shown(("cross-fitted plug-in",), "Nowozin et al. (2016), Chernozhukov et al. (2018)"),
        CROSS_FITTED,
    ),
)
RECORDS: Mapping[str, Record] = {one.name: one for one in _ALL}
"""The estimators by name."""
