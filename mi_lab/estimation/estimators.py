"""The estimators by the field's names: each an objective with the readouts of the critic that it trains."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch

from mi_lab.estimation.bounds import (
    Bound,
    Gradient,
    MovingAverageDV,
    club,
    dv,
    dv_gradient,
    infonce,
    infonce_gradient,
    interpolated,
    interpolated_gradient,
    js,
    js_gradient,
    js_nwj,
    kl_dime_gradient,
    l1out,
    likelihood_gradient,
    nwj,
    nwj_gradient,
    plug_in,
    smile,
)
from mi_lab.ground.names import READOUTS, check_option, known


@dataclass(frozen=True)
class Estimator:
    """What training follows, and the readouts of the trained critic, under the field's name."""

    objective: Callable[[], Gradient]  # makes a fresh one per training, since MINE's has a state
    readouts: dict[str, Bound]
    fit: Bound  # the higher, the better the critic: training stops by it, since not every readout is a bound


def estimator(
    name: str, tau: float | None = None, alpha: float | None = None, average_weight: float | None = None
) -> Estimator:
    """The one of that name in ``mi_lab.ground.names.READOUTS``; raises ValueError otherwise, naming the nearest.

    ``tau`` is that of SMILE, ``alpha`` that of I_alpha and ``average_weight`` that of MINE, None for the default.
    Raises ValueError for an estimator that has no such number, and for a value out of range.
    """
    made = ESTIMATORS[known("estimator", name, READOUTS)]
    for option, value in (("tau", tau), ("alpha", alpha), ("average_weight", average_weight)):
        if value is not None:
            check_option(name, option)
    nothing = torch.zeros(1, 1), torch.zeros(1, 1, 1)
    if tau is not None:
        smile(*nothing, tau)  # a value out of range is told at once
        return replace(made, readouts={name: partial(smile, tau=tau)})
    if average_weight is not None:
        MovingAverageDV(average_weight)
        return replace(made, objective=partial(MovingAverageDV, average_weight))
    if alpha is not None:
        bound, gradient = partial(interpolated, alpha=alpha), partial(interpolated_gradient, alpha=alpha)
        bound(*nothing)
        return Estimator(lambda: gradient, {name: bound}, bound)
    return made


ESTIMATORS = {
    "dv": Estimator(lambda: dv_gradient, {"dv": dv}, dv),
    "mine": Estimator(MovingAverageDV, {"dv": dv}, dv),
    "nwj": Estimator(lambda: nwj_gradient, {"nwj": nwj}, nwj),
    "js": Estimator(lambda: js_gradient, {"nwj": js_nwj, "plug_in": plug_in}, js),
    "infonce": Estimator(lambda: infonce_gradient, {"infonce": infonce}, infonce),
    "smile": Estimator(lambda: js_gradient, {"smile": smile}, js),
    "kl_dime": Estimator(lambda: kl_dime_gradient, {"plug_in": plug_in}, js_nwj),
    "interpolated": Estimator(lambda: interpolated_gradient, {"interpolated": interpolated}, interpolated),
    # of scores less a learnt baseline, see ``baselines``
    "tuba": Estimator(lambda: kl_dime_gradient, {"tuba": js_nwj}, js_nwj),
    "flo": Estimator(lambda: kl_dime_gradient, {"flo": js_nwj}, js_nwj),
    # of scores log q(y|x) - log r(y), see ``densities``
    "barber_agakov": Estimator(lambda: likelihood_gradient, {"barber_agakov": plug_in}, plug_in),
    "doe": Estimator(lambda: likelihood_gradient, {"doe": plug_in}, plug_in),
    "club": Estimator(lambda: likelihood_gradient, {"club": club}, plug_in),
    "l1out": Estimator(lambda: likelihood_gradient, {"l1out": l1out}, plug_in),
}
"""The estimators by name. Those that differ in more than objective and readout:

* ``tuba``, 1 + E_p[T - b(x)] - E_pp[e^(T - b(x))] (Barber & Agakov, 2003; Poole et al., 2019), with b = log a(x) a
  learnt function of x. (A constant b would be NWJ, whose critic can learn it.) It fails as NWJ does, by the variance
  e^MI of its last term.
* ``flo``, the same with b of the positive pair (Guo et al., 2022). Minus u = T - b then is the estimated pointwise MI,
  which takes much of the variance away in training, but not the limit log N of what N negatives can show.
* ``barber_agakov``, E_p[log q(y|x)] + H(Y) for a known density of y (Barber & Agakov, 2003): a lower bound, short by
  E KL(p(y|x) || q(y|x)), so by whatever is not Gaussian in y given x.
* ``doe``, the difference of entropies of McAllester & Stratos (2020), both as cross entropies of fitted densities: no
  bound, since both may be too large; with r Gaussian it is too high where y is far from Gaussian and y given x is not.
* ``club`` and ``l1out``, upper bounds if q is right.
"""
