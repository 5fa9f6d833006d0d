import math
import statistics
import subprocess
import sys
import time
from itertools import pairwise

import numpy as np
import pytest
import torch
from helpers import generators, in_tiers, refused

from mi_lab import CorrelatedGaussians, compare, estimate
from mi_lab.estimation.bounds import dv, log_mean_exp
from mi_lab.estimation.negatives import derangement
from mi_lab.estimation.pairs import fit as pairs
from mi_lab.estimation.pairs import heldout
from mi_lab.estimation.pairs.copula import normal_scores
from mi_lab.estimation.pairs.dataset import Walk, make_side, split
from mi_lab.estimation.pairs.fit import Fit
from mi_lab.ground.names import READOUTS

OF_PAIRS = [name for name in READOUTS if name != "barber_agakov"]
SMALL = {"hidden": (32, 32), "seeds": (0, 1), "device": "cpu"}


def gaussians(mi, n, dim=2, seed=0):
    x, y = CorrelatedGaussians(dim=dim, mi=mi).sample(n, *generators(seed))
    return x.numpy(), y.numpy()


def quick(x, y, estimator="nwj", readout=None, **settings):
    return estimate(x, y, estimator, readout=readout, progress=False, **(SMALL | settings))


def fitted(x, y, estimator, **settings):
    fit = Fit(x, y, estimator, **(SMALL | settings))
    fit.run()
    return fit.estimates()


def names(found):
    return {flag.name for flag in found.flags}


def assert_close(found, truth, slack):
    """Within four standard errors, and below by no more than what a small critic and a bound miss besides."""
    assert truth - 4 * found.stderr - slack < found.mi < truth + 4 * found.stderr, found
    assert found.stderr < max(0.15, 0.05 * truth)


# The slack is a twentieth of the truth: these settings were seen to miss 0.03 to 0.07 nats of 1, and 0.08 to 0.15 of 2,
# about half of which chance explains.
@pytest.mark.parametrize("mi", in_tiers([1.0, 2.0], [1.0]))
@pytest.mark.parametrize("estimator", OF_PAIRS)
def test_correlated_gaussians_have_their_closed_form(estimator, mi):
    # CLUB is an upper bound that is J(p, pp) = d rho^2 / (1 - rho^2) here, where its q is right
    truth = 2 * math.expm1(mi) if estimator == "club" else mi
    # likelihoods move less at once
    own = {"mienf": {"learning_rate": 1e-2}, "minde": {"learning_rate": 3e-3, "max_steps": 2000}}.get(estimator, {})
    for found in fitted(*gaussians(mi, 4000), estimator, **{"max_steps": 1000} | own):
        # denoisers that stop early make little of x: 0.09 and 0.32 nats were seen to be missed
        assert_close(found, truth, slack=truth / (10 if estimator == "minde" else 20))


@pytest.mark.parametrize("estimator", OF_PAIRS)
def test_independent_arrays_have_none_and_no_flags(estimator):
    x, y = gaussians(0.0, 2000)
    for found in fitted(x, y, estimator):
        # bounds of a critic that is not perfect lie below 0 by its errors, plug-in on either side
        assert abs(found.mi) < 4 * found.stderr + 0.02
        assert not found.flags


@pytest.mark.parametrize("estimator", ["mine", "js", "infonce"])
def test_labels_have_the_mi_of_their_channel(estimator):
    rng, classes, reroll = np.random.default_rng(0), 5, 0.3
    x = rng.integers(classes, size=4000)
    y = np.where(rng.random(4000) < reroll, rng.integers(classes, size=4000), x)
    p = 1 - reroll * (1 - 1 / classes)
    truth = math.log(classes) + p * math.log(p) + (1 - p) * math.log(reroll / classes)
    # what the labels are called is all the same
    for found in fitted(x * 7 - 3, torch.as_tensor(y), estimator, max_steps=1000):
        assert_close(found, truth, slack=0.02)
        assert (found.data.dim_x, found.data.dim_y) == (4, 4)


def test_labels_and_measurements_mix():
    rng = np.random.default_rng(0)
    label = rng.integers(2, size=2000)
    # two far clusters give the label away
    assert_close(quick(rng.normal(size=(2000, 2)) + 20 * label[:, None], label), math.log(2), slack=0.02)


@pytest.mark.parametrize("negatives", ["derangement", "shuffle", "all_pairs"])
def test_an_estimate_follows_its_seeds_and_nothing_else(negatives):
    x, y = gaussians(1.0, 600)
    settings = {"negatives": negatives, "max_steps": 150, "dropout": (0.2, 0.2)}
    first = quick(x, y, **settings)
    torch.manual_seed(99)
    assert quick(x.tolist(), torch.as_tensor(y), **settings) == first
    other = quick(x, y, **settings | {"seeds": (5, 6)})
    assert not set(other.per_seed) & set(first.per_seed)
    (alone,) = quick(x, y, **settings | {"seeds": 1}).per_seed
    assert alone == pytest.approx(first.per_seed[1], abs=1e-3)


def test_scales_and_offsets_of_columns_do_not_matter():
    x, y = gaussians(1.0, 600)
    plain = quick(x, y, max_steps=200)
    moved = quick(x.astype(float) * [1e6, 1e-6] + [1e9, -3], y * -2 + 5, max_steps=200)
    mirrored = quick(x, -y, max_steps=200)  # the sign of a standardised column is what remains of -2
    assert moved.mi == pytest.approx(mirrored.mi, abs=1e-3)
    assert plain.mi == pytest.approx(mirrored.mi, abs=4 * plain.stderr)


def test_training_validation_and_test_are_disjoint_and_whole():
    x, y = gaussians(1.0, 1003)
    fit = Fit(x, y, **SMALL)
    parts = [fit.walks[0].order, fit.validation, fit.test]
    assert sorted(torch.cat(parts).tolist()) == list(range(1003))
    assert (fit.data.train, fit.data.validation, fit.data.test) == (603, 200, 200)
    large = split(1_000_000, 256, torch.device("cpu"))
    assert [len(part) for part in large] == [1_000_000 - 200_000 - 5120, 5120, 200_000]


def test_test_pairs_take_no_part_in_training():
    x, y = gaussians(1.0, 600)
    fit = Fit(x, y, **SMALL, max_steps=100)
    rows = fit.test.numpy()
    y[rows] = y[rows[::-1]]  # the same values, so that no rank moves, but other pairs
    other = Fit(x, y, **SMALL, max_steps=100)
    for one in (fit, other):
        one.run()
    assert fit.curves == other.curves
    assert torch.equal(fit.best.kept[0], other.best.kept[0])
    assert fit.estimates()[0].mi != other.estimates()[0].mi


def test_a_walk_passes_through_all_rows_before_it_begins_anew():
    side = make_side(np.arange(10.0)[:, None], torch.device("cpu"))
    walk = Walk(side, side, torch.arange(10), shuffled=True)
    (generator,) = generators(0)
    passes = [torch.cat([walk.sample(5, generator)[0] for _ in range(2)])[:, 0] for _ in range(3)]
    assert all(torch.equal(a.sort().values, side.rows[:, 0]) for a in passes)
    assert not any(torch.equal(a, b) for a, b in pairwise(passes))
    fixed = Walk(side, side, torch.arange(10), shuffled=False)
    assert [fixed.sample(4, generator)[0][0, 0] for _ in range(3)] == [side.rows[i, 0] for i in (0, 4, 0)]


def test_columns_become_normal_scores():
    values = np.array([[1.0, 5.0], [3.0, 5.0], [1e300, 6.0]])
    rows = make_side(values, torch.device("cpu")).rows
    quantiles = [statistics.NormalDist().inv_cdf(share) for share in (1 / 6, 1 / 3, 1 / 2, 5 / 6)]
    expected = np.array(quantiles)[[[0, 1], [2, 1], [3, 3]]]  # equal values share their mean rank
    assert rows.numpy() == pytest.approx(expected, abs=1e-6)
    assert normal_scores(values) == pytest.approx(expected)


@pytest.mark.parametrize("patience", [2, 4])
def test_the_kept_critic_is_that_of_the_highest_reading_and_training_stops_by_the_rule(patience, monkeypatch):
    monkeypatch.setattr(pairs, "PATIENCE", patience)
    fit = Fit(*gaussians(1.5, 300), "nwj", **SMALL, learning_rate=1e-2)
    seen = [[parameter.clone() for parameter in fit.best.parameters]]
    while not fit.finished:
        fit.advance()
        seen.append([parameter.clone() for parameter in fit.best.parameters])
    for run, end in enumerate(fit.ends):
        curve = [values[run] for values in fit.curves["nwj"]][:end]
        best = int(np.argmax(curve))
        assert fit.best.at[run] == best and end == best + patience + 1
        assert all(
            torch.equal(kept[run], then[run]) and not torch.equal(kept[run], now[run])
            for kept, then, now in zip(fit.best.kept, seen[best], fit.best.parameters, strict=True)
        )
    # what is reported is that critic's value, and reading it leaves the training where it was
    now = [parameter.clone() for parameter in fit.best.parameters]
    (found,) = fit.estimates()
    assert all(torch.equal(a, b) for a, b in zip(now, fit.best.parameters, strict=True))
    assert found.stopped_at == tuple(50 * best for best in fit.best.at)
    with torch.inference_mode():
        fit.best._put(seen[fit.best.at[0]])
        values = fit._read(fit.test, fit.readouts, passes=pairs.PASSES)["nwj"]
    assert float(values[:, 0].mean()) == found.per_seed[0]


def test_dv_is_read_over_all_batches_together():
    (generator,) = generators(0)
    positive, negative = torch.randn(5, 1, 8, generator=generator), 2 * torch.randn(5, 1, 8, 1, generator=generator)
    shares = heldout.pooled_dv(
        torch.stack([p.mean(1) for p in positive]), torch.stack([log_mean_exp(n) for n in negative])
    )
    assert float(shares.mean()) == pytest.approx(float(dv(positive.view(1, -1), negative.view(1, -1, 1))), abs=1e-6)
    huge = heldout.pooled_dv(torch.zeros(2, 1), torch.tensor([[1e5], [0.0]]))
    assert float(huge.mean()) == pytest.approx(math.log(2) - 1e5)


def test_with_a_perfect_critic_the_standard_error_is_honest():
    # 40 data sets, read by their true log ratio up to standardisation; errors must be as large as told
    task, errors = CorrelatedGaussians(dim=1, mi=1.0), []
    for data in range(40):
        fit = Fit(*gaussians(1.0, 1000, dim=1, seed=data), "dv", seeds=(0,), hidden=(4,), device="cpu")
        fit.critic.pairs = lambda x, y, generators=None: task.log_ratio(x, y)
        (found,) = fit.estimates()
        errors.append((found.mi - 1) / found.stderr)
    # 8 batches give a t distribution of 7 degrees of freedom, whose standard deviation is 1.18
    assert 0.8 < np.std(errors) < 1.6
    assert abs(np.mean(errors)) < 0.6


def test_many_dimensions_and_few_pairs_at_10_nats_are_flagged():
    found = quick(*gaussians(10.0, 1000, dim=20))
    assert "n too small for d" in names(found)
    assert names(found) & {"fell from its maximum", "seeds disagree"}


def test_a_shuffle_at_15_nats_saturates_and_a_derangement_does_not():
    x, y = gaussians(15.0, 2000)
    settings = {"estimator": "mine", "batch_size": 32, "max_steps": 2000}
    shuffled, deranged = (quick(x, y, **settings, negatives=scheme) for scheme in ("shuffle", "derangement"))
    assert "saturated at I_N" in names(shuffled) and shuffled.mi < math.log(32)
    assert "saturated at I_N" not in names(deranged) and deranged.mi > math.log(32)
    infonce = quick(x, y, "infonce", batch_size=32, max_steps=1000)
    assert "saturated at I_N" in names(infonce)


def test_mine_that_overfits_is_read_before_it_fell():
    found = quick(*gaussians(2.0, 400, dim=5), "mine", learning_rate=3e-3, hidden=(128, 128))
    assert "fell from its maximum" in names(found)
    assert found.mi < 2 + 4 * found.stderr


def test_a_critic_that_overflows_is_flagged_and_read_before_that():
    found = quick(*gaussians(1.0, 600), "nwj", learning_rate=30.0)
    assert "diverged" in names(found)
    assert any(not math.isfinite(curve[-1]) for curve in found.curves)
    assert math.isfinite(found.mi)


def test_a_training_cut_off_says_that_it_still_rose():
    found = quick(*gaussians(2.0, 4000), max_steps=500, learning_rate=2e-4)
    assert names(found) == {"still increasing"}
    assert found.stopped_at == (500, 500)


def test_js_has_two_readouts_of_one_training():
    x, y = gaussians(1.0, 600)
    both = fitted(x, y, "js", max_steps=100)
    assert [found.readout for found in both] == ["nwj", "plug_in"]
    assert both == [quick(x, y, "js", readout=name, max_steps=100) for name in ("nwj", "plug_in")]
    assert quick(x, y, "js", max_steps=100).readout == "nwj"


def test_tau_and_alpha_are_those_of_the_readout():
    x, y = gaussians(2.0, 600)
    settings = {"max_steps": 100}
    # clipped at 0 SMILE is the plug-in of the same training, never clipped it is DV of it
    assert quick(x, y, "smile", tau=0.0, **settings).mi == pytest.approx(quick(x, y, "js", "plug_in", **settings).mi)
    assert quick(x, y, "smile", tau=5.0, **settings) == quick(x, y, "smile", **settings)
    nwj = quick(x, y, "nwj", negatives="all_pairs", **settings)
    assert quick(x, y, "interpolated", alpha=0.0, **settings).mi == pytest.approx(nwj.mi, abs=1e-3)
    assert quick(x, y, "interpolated", alpha=0.5, **settings).mi != pytest.approx(nwj.mi, abs=1e-3)


@pytest.mark.parametrize("estimator", ["doe", "club", "l1out"])
def test_densities_take_labels_as_x_only(estimator):
    rng = np.random.default_rng(0)
    label = rng.integers(2, size=2000)
    x = rng.normal(size=(2000, 2)) + 20 * label[:, None]
    with refused("labels have none", "pass the labels as x"):
        quick(x, label, estimator)
    if estimator == "l1out":
        assert_close(quick(label, x, estimator, max_steps=1500), math.log(2), slack=0.05)


def test_critics_can_be_chosen_and_one_without_weights_is_read_as_it_is():
    x, y = gaussians(1.0, 600)
    assert quick(x, y, critic="bilinear", max_steps=100).critic == "bilinear"
    found = quick(x, y, "dv", critic="inner_product", max_steps=100)
    assert found.stopped_at == (0, 0) and math.isfinite(found.mi)


def test_progress_and_text(capfd):
    text = str(estimate(*gaussians(1.0, 200), "nwj", max_steps=60, hidden=(8,), seeds=0))
    assert "nwj" in capfd.readouterr().err
    assert text.startswith("nwj (nwj): ") and "nats, a lower bound" in text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"estimator": "nwjj"}, ("unknown estimator 'nwjj'", "'nwj'")),
        ({"readout": "plugin"}, ("unknown readout 'plugin'",)),
        ({"estimator": "js", "readout": "plugin"}, ("did you mean 'plug_in'",)),
        ({"critic": "optimal"}, ("unknown critic 'optimal'",)),
        ({"negatives": "shufle"}, ("unknown negatives 'shufle'", "'shuffle'")),
        ({"negatives": "independent"}, ("unknown negatives 'independent'",)),
        ({"estimator": "infonce", "negatives": "shuffle"}, ("all_pairs", "log 2")),
        ({"estimator": "interpolated", "negatives": "derangement"}, ("all_pairs", "1 - log α")),
        ({"batch_size": 1}, ("batch_size must be a whole number of at least 2",)),
        ({"batch_size": 100}, ("200 pairs are too few for batches of 100", "at least 1000")),
        ({"seeds": ()}, ("seeds",)),
        ({"seeds": (0.5,)}, ("seeds",)),
        ({"max_steps": 0}, ("max_steps", "at least 1")),
        ({"batch_size": 8.5}, ("batch_size must be a whole number",)),
        ({"null": 99}, ("nwj has no null; it has alpha",)),
        ({"missing": "ignore"}, ("unknown missing 'ignore'",)),
        ({"learning_rate": 0.0}, ("learning_rate", "positive")),
        ({"dropout": (0.5,)}, ("one rate for each of the 2 hidden layers",)),
        ({"estimator": "flo", "negatives": "shuffle"}, ("flo needs negatives='all_pairs'", "baseline")),
        ({"estimator": "barber_agakov"}, ("unknown estimator 'barber_agakov'", "known are: auto")),
        ({"estimator": "club", "critic": "joint"}, ("club needs the critic 'conditional'", "'joint'")),
        ({"critic": "conditional"}, ("nwj needs a critic of pairs such as 'joint'",)),
        ({"tau": 1.0}, ("nwj has no tau; smile has",)),
        ({"estimator": "smile", "alpha": 1.0}, ("smile has no alpha; interpolated has",)),
        ({"estimator": "smile", "tau": -1.0}, ("tau", "at least 0")),
        ({"estimator": "interpolated", "alpha": 2.0}, ("alpha", "[0, 1]")),
        ({"estimator": "smile", "tau": "a"}, ("tau must be a number, not 'a'.",)),
        ({"estimator": "mine", "average_weight": 2.0}, ("average_weight", "(0, 1]")),
        ({"hidden": "abc"}, ("hidden must be a whole number, not 'abc'.",)),
        ({"dropout": 0.5}, ("one rate for each of the 2 hidden layers",)),
        ({"learning_rate": "fast"}, ("learning_rate must be a number, not 'fast'.",)),
        ({"seeds": None}, ("seeds must be a whole number, not None.",)),
        ({"seeds": 2**63}, ("seeds must be at most",)),
        ({"device": "gpu"}, ("device 'gpu' is not available",)),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with refused(*words):
        quick(*gaussians(1.0, 200), **settings)


@pytest.mark.parametrize(
    ("single", "listed"), [({"hidden": 8}, {"hidden": (8,)}), ({"seeds": range(2)}, {"seeds": (0, 1)})]
)
def test_a_single_value_is_a_list_of_one(single, listed):
    x, y = gaussians(1.0, 400)
    small = {"hidden": (8,), "seeds": 0, "max_steps": 20}
    assert quick(x, y, **small | single) == quick(x, y, **small | listed)


def test_mine_takes_its_own_number_of_pairs_too():
    x, y = gaussians(1.0, 400)
    small = {"hidden": (8,), "seeds": 0, "max_steps": 60}
    plain, own = (quick(x, y, "mine", average_weight=weight, **small) for weight in (None, 1.0))
    assert own.mi == pytest.approx(quick(x, y, "dv", **small).mi) != pytest.approx(plain.mi)
    [row] = compare(x, y, "mine", average_weight=1.0, progress=False, **small).table()
    assert row["mi"] == own.mi


def test_fewer_pairs_than_can_be_split_are_refused():
    with refused("60 pairs are too few for batches of 8", "at least 80"):
        quick(*gaussians(1.0, 60))


@pytest.mark.slow
def test_10_000_pairs_in_5_dimensions_take_seconds():
    # on one thread the processor's time is what a free core takes, whatever else the machine does
    start, wall = time.process_time(), time.perf_counter()
    found = estimate(*gaussians(1.0, 10_000, dim=5), "nwj", progress=False, device="cpu")
    seconds = time.process_time() - start
    print(f"{seconds:.1f} s of one core, {time.perf_counter() - wall:.1f} s by the clock, {found.steps[-1]} steps")
    assert seconds < 40  # 20 are aimed at
    assert_close(found, 1.0, slack=0.05)


def test_a_derangement_of_a_batch_never_meets_its_own_pair():
    walk = Walk(*[make_side(np.arange(40.0)[:, None], torch.device("cpu"))] * 2, torch.arange(40), True)
    (generator,) = generators(0)
    for _ in range(20):
        x, y = walk.sample(8, generator)
        assert not bool((x == y[derangement(8, generator)]).any())


SCRIPT = """
import resource, sys
import numpy as np
from mi_lab.estimation.pairs.fit import Fit
n = int(sys.argv[1])
rng = np.random.default_rng(0)
x = rng.standard_normal((n, 20), dtype=np.float32)
fit = Fit(x, x + rng.standard_normal((n, 20), dtype=np.float32), max_steps=50, device="cpu")
fit.run()
fit.estimates()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is counted in kilobytes on Linux only")
def test_memory_grows_with_the_data_and_no_faster():
    command = [sys.executable, "-c", SCRIPT]
    small, large = (
        int(subprocess.run([*command, str(n)], capture_output=True, text=True, check=True).stdout) / 2**10
        for n in (10_000, 200_000)
    )
    data = 190_000 * 40 * 4 / 2**20
    print(f"{small:.0f} MB, then {large:.0f} MB for {data:.0f} MB more of data")
    # the data, its float64 form, and what is passing while one array is checked and standardised
    assert large - small < 8 * data


def test_the_number_of_threads_changes_nothing_and_is_left_as_it_was():
    x, y = gaussians(1.0, 600)
    alone = quick(x, y, max_steps=50)
    torch.set_num_threads(2)
    try:
        assert quick(x, y, max_steps=50) == alone
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
