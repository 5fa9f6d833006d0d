"""Verdicts on both sides of every line, from synthetic curves; and the stored results' own."""

import math

import numpy as np
import pytest
from helpers import refused

from mi_lab.experiments.registry import EXPERIMENTS, experiment
from mi_lab.results.claims import on_all_pairs, on_js, on_mine, on_nwj
from mi_lab.results.claims.judge import CLAIMS, VERDICTS, counts, judge, judge_all
from mi_lab.results.claims.outcome import NOT_REPRODUCED, NOT_RUN, PARTLY, REPRODUCED
from mi_lab.results.curves import fall, first_above, growth, scatter
from mi_lab.results.store import Result, file_name, save

LONG, SHORT = 600, 40


def ramp(start, end, epochs):
    return [*np.linspace(start, end, epochs)]


def flat(height, epochs=LONG):
    return [float(height)] * epochs


def made(name, curve_of, spread=1.0, **settings):
    """A result of an experiment whose runs hold ``curve_of(run)`` (by readout, if it is a mapping)."""
    spec = experiment(name).spec("report", **settings)
    runs = []
    for run in spec.runs():
        curve = curve_of(run)
        curves = curve if isinstance(curve, dict) else dict.fromkeys(spec.readouts, curve)
        lengths = {len(c) for c in curves.values()}
        stopped = min(lengths) + 1 if min(lengths) < spec.epochs else None
        statistics = {
            readout: {
                "mean": list(c),
                "median": list(c),
                "q05": [v - spread / 2 for v in c],
                "q95": [v + spread / 2 for v in c],
            }
            for readout, c in curves.items()
        }
        ceiling = {"value": 1.0, "stderr": 0.0}
        runs.append(run | {"ceiling": ceiling, "first_nonfinite_epoch": stopped, "curves": statistics})
    return Result(name, "report", settings, spec, runs, {})


def sweep(name, height_of, epochs=LONG, **settings):
    return made(name, lambda run: flat(height_of(run), epochs), epochs=epochs, **settings)


def log_n(run):
    return math.log(run["batch_size"])


def test_measures_of_a_curve():
    run = made("fig-2a", lambda run: ramp(0, 10, 100), epochs=100, true_mi=10, spread=3.0).runs[0]
    assert growth(run, "nwj") == pytest.approx(20 * 10 / 99)
    assert first_above(run, "nwj", 5.0) == pytest.approx(51, abs=1) and first_above(run, "nwj", 11) == math.inf
    assert scatter(run, "nwj") == pytest.approx(3.0)
    assert fall(run, "nwj") == 0
    hill = made("fig-2a", lambda run: ramp(0, 8, 50) + ramp(8, 2, 50), epochs=100, true_mi=10).runs[0]
    assert fall(hill, "nwj") == pytest.approx(6, abs=1) and fall(hill, "nwj", 40) == 0
    stopped = made("fig-2a", lambda run: flat(1.0, 3), epochs=100, true_mi=10).runs[0]
    assert growth(stopped, "nwj") == fall(stopped, "nwj") == scatter(stopped, "nwj") == math.inf


@pytest.mark.parametrize(
    ("share", "epochs", "word"),
    [(0.95, LONG, REPRODUCED), (0.85, LONG, PARTLY), (1.15, LONG, NOT_REPRODUCED), (0.95, SHORT, NOT_RUN)],
)
def test_mine_below_log_n(share, epochs, word):
    assert on_mine.stable_below({"a": sweep("fig-1d", lambda run: share * run["true_mi"], epochs)}).word == word


def creep(run, end):
    return ramp(log_n(run), log_n(run) + end, LONG)


@pytest.mark.parametrize(
    ("curve", "word"),
    [
        (lambda run: ramp(0, 1.3 * run["true_mi"], LONG), REPRODUCED),
        (lambda run: flat(3.0, 5), REPRODUCED),  # overflowed
        (lambda run: creep(run, 1.0), PARTLY),
        (lambda run: creep(run, 0.2), NOT_REPRODUCED),
        (lambda run: flat(log_n(run) + 1), NOT_REPRODUCED),  # above, but at rest
        (lambda run: flat(0.9 * log_n(run)), NOT_REPRODUCED),
    ],
)
def test_mine_above_log_n(curve, word):
    results = {name: made(name, curve, epochs=LONG) for name in ("fig-1d", "fig-1a-long")}
    results["fig-1d-dv"] = sweep("fig-1d-dv", lambda run: 1.0)
    assert on_mine.diverges_above(results).word == word


def test_mine_with_one_critic_alone_is_half_of_it():
    small, large = (lambda run: ramp(0, 1.3 * run["true_mi"], LONG)), (lambda run: flat(3.0))
    results = {"fig-1d": made("fig-1d", small, epochs=LONG), "fig-1a-long": made("fig-1a-long", large, epochs=LONG)}
    assert on_mine.diverges_above(results | {"fig-1d-dv": sweep("fig-1d-dv", lambda run: 1.0)}).word == PARTLY


def test_mine_that_did_not_diverge_in_few_epochs_is_not_judged():
    for epochs in ((SHORT, SHORT), (LONG, SHORT), (SHORT, LONG)):  # of either critic
        results = {n: sweep(n, lambda run: 1.0, e) for n, e in zip(("fig-1d", "fig-1a-long"), epochs, strict=True)}
        results["fig-1d-dv"] = sweep("fig-1d-dv", lambda run: 1.0)
        assert on_mine.diverges_above(results).word == NOT_RUN


@pytest.mark.parametrize(
    ("small", "large", "epochs", "word"),
    [
        (9.0, 9.5, LONG, REPRODUCED),
        (5.0, 9.5, LONG, NOT_REPRODUCED),
        (9.0, 12.0, LONG, NOT_REPRODUCED),
        (5.0, 5.0, SHORT, NOT_RUN),
        (9.0, 5.0, SHORT, PARTLY),
    ],
)
def test_threshold_by_batch_size(small, large, epochs, word):
    results = {
        "fig-1b": sweep("fig-1b", lambda run: small, epochs),
        "fig-1c": sweep("fig-1c", lambda run: large, epochs),
    }
    assert on_mine.batch_size_moves_threshold(results).word == word


@pytest.mark.parametrize(
    ("dv", "large", "word"),
    [
        ((1.0, 3.0), ramp(0, 30, LONG), REPRODUCED),
        ((1.0, 3.0), flat(1.0), NOT_REPRODUCED),
        ((1.0, 3.0), flat(1.0, SHORT), PARTLY),
        ((3.0, 1.0), flat(1.0, SHORT), NOT_RUN),
    ],
)
def test_small_critic(dv, large, word):
    def rising(name, speed):
        return made(name, lambda run: ramp(0, 8 * speed, LONG), epochs=LONG, true_mi=30)

    results = {
        "fig-1d": rising("fig-1d", 1.0),
        "fig-1a-long": made("fig-1a-long", lambda run: large, epochs=len(large), true_mi=30),
        "fig-1d-dv": rising("fig-1d-dv", dv[0]),
        "fig-1a-dv": rising("fig-1a-dv", dv[1]),
    }
    assert on_mine.small_critic_hides(results).word == word


@pytest.mark.parametrize(
    ("by_truth", "by_size", "word"), [(1, -1, REPRODUCED), (1, 1, PARTLY), (-1, -1, PARTLY), (-1, 1, NOT_REPRODUCED)]
)
def test_speed(by_truth, by_size, word):
    results = {
        "fig-1d": sweep("fig-1d", lambda run: by_truth * run["true_mi"]),
        "explorer-mine-shuffle": sweep(
            "explorer-mine-shuffle", lambda run: log_n(run) + by_size * run["batch_size"] / 1000, 200
        ),
    }
    assert on_mine.speed(results).word == word


@pytest.mark.parametrize(
    ("gap", "long", "word"),
    [(0.3, True, REPRODUCED), (0.3, False, PARTLY), (0.7, True, NOT_REPRODUCED), (-0.7, True, NOT_REPRODUCED)],
)
def test_nwj_saturates(gap, long, word):
    epochs = LONG if long else SHORT
    results = {
        "fig-2b": sweep("fig-2b", lambda run: log_n(run) - gap, epochs),
        "explorer-nwj-shuffle": sweep("explorer-nwj-shuffle", lambda run: log_n(run) - gap),
    }
    outcome = on_nwj.saturates(results)
    assert outcome.word == word and outcome.numbers["slope"] == pytest.approx(1)


def test_nwj_of_short_runs_is_not_judged():
    grid = sweep("explorer-nwj-shuffle", lambda run: 1.0, 40)  # 32 000 steps at N = 64
    assert on_nwj.saturates({"fig-2b": sweep("fig-2b", log_n, 40), "grid": grid}).word == NOT_RUN
    assert on_nwj.bias_grows({"explorer-nwj-shuffle": grid}).word == NOT_RUN
    assert on_nwj.cannot_tell_above_15({"explorer-nwj-shuffle": grid}).word == NOT_RUN


@pytest.mark.parametrize(("share", "word"), [(0.5, REPRODUCED), (1.5, NOT_REPRODUCED)])
def test_nwj_bias(share, word):
    grid = sweep("explorer-nwj-shuffle", lambda run: share * run["true_mi"])
    assert on_nwj.bias_grows({"explorer-nwj-shuffle": grid}).word == word


@pytest.mark.parametrize(
    ("share", "seed", "word"),
    [(0.001, 0, REPRODUCED), (0.02, 0.2, REPRODUCED), (0.02, 0.01, PARTLY), (0.2, 0.01, NOT_REPRODUCED)],
)
def test_nwj_tells_truths_apart_or_not(share, seed, word):
    grid = sweep("explorer-nwj-shuffle", lambda run: 4 + share * run["true_mi"] + seed * run["seed"])
    assert on_nwj.cannot_tell_above_15({"explorer-nwj-shuffle": grid}).word == word


@pytest.mark.parametrize(
    ("over", "gap", "word"), [(0, 0.1, REPRODUCED), (0, 0.5, PARTLY), (0.1, 0, PARTLY), (1, 1, PARTLY)]
)
def test_infonce(over, gap, word):
    name = "explorer-infonce-all_pairs"
    result = made(name, lambda run: [log_n(run) + over, *flat(log_n(run) - gap, 60)], epochs=61)
    assert on_nwj.infonce_saturates({name: result}).word == (NOT_REPRODUCED if over == gap == 1 else word)


def hill(peak, end, epochs):
    return ramp(0, peak, epochs // 2) + ramp(peak, end, epochs - epochs // 2)


@pytest.mark.parametrize(
    ("small", "large", "tamed", "word"),
    [
        ((5, 0), (5, -20), (5, 5), REPRODUCED),
        ((5, 0), (5, -20), (5, -20), PARTLY),
        ((5, 0), (5, 5), (5, 5), PARTLY),
        ((5, 5), (5, 5), (5, 0), NOT_REPRODUCED),
    ],
)
def test_js_rises_then_falls(small, large, tamed, word):
    results = {
        "fig-3ab": made("fig-3ab", lambda run: hill(*small, LONG), epochs=LONG),
        "fig-13": made("fig-13", lambda run: hill(*large, 100), epochs=100),
        "fig-3cd": made("fig-3cd", lambda run: hill(*tamed, LONG), epochs=LONG),
    }
    assert on_js.rises_then_falls(results).word == word


def only(name, curve_of, epochs=LONG):
    return {name: made(name, curve_of, epochs=epochs)}


@pytest.mark.parametrize(
    ("gap", "epochs", "word"),
    [
        (lambda mi: 0.3, LONG, REPRODUCED),
        (lambda mi: 30 - mi, LONG, PARTLY),
        (lambda mi: 2.0, LONG, NOT_REPRODUCED),
        (lambda mi: 0.3, SHORT, NOT_RUN),
    ],
)
def test_js_nwj_saturates(gap, epochs, word):
    results = only("fig-3ab", lambda run: flat(log_n(run) - gap(run["true_mi"]), epochs), epochs)
    assert on_js.nwj_readout_saturates(results).word == word


@pytest.mark.parametrize(
    ("shares", "word"),
    [((0.95,) * 4, REPRODUCED), ((0.95, 0.95, 0.8, 0.8), PARTLY), ((0.95, 0.8, 0.8, 0.8), NOT_REPRODUCED)],
)
def test_js_plug_in_up_to_10(shares, word):
    share = dict(zip((2.5, 5.0, 7.5, 10.0), shares, strict=True))
    results = only("fig-3ab", lambda run: flat(run["true_mi"] * share.get(run["true_mi"], 1)))
    assert on_js.plug_in_good_to_10(results).word == word


@pytest.mark.parametrize(
    ("small", "large", "epochs", "word"),
    [
        (-0.05, -0.05, LONG, REPRODUCED),
        (-0.05, 0.05, LONG, PARTLY),
        (0.05, 0.05, LONG, NOT_REPRODUCED),
        (-0.005, -0.005, LONG, NOT_REPRODUCED),
        (0.05, 0.05, SHORT, NOT_RUN),
    ],
)
def test_js_plug_in_order(small, large, epochs, word):
    results = {
        name: sweep(name, lambda run, slope=slope: 8 + slope * run["true_mi"], epochs)
        for name, slope in (("fig-3ab", small), ("fig-13", large))
    }
    assert on_js.plug_in_not_monotone(results).word == word


def test_a_drop_that_one_seed_does_not_show_does_not_count():
    result = made("fig-12", lambda run: flat(8 - run["true_mi"] / 10 * (1 - run["seed"])), epochs=LONG, seeds=[0, 1])
    assert on_js.plug_in_not_monotone({"fig-12": result}).word == NOT_REPRODUCED


@pytest.mark.parametrize(
    ("loss", "slope", "epochs", "word"),
    [
        (0.5, 0, LONG, REPRODUCED),
        (0.1, 0, LONG, PARTLY),
        (0.5, 0.1, LONG, PARTLY),
        (0.1, 0.1, LONG, NOT_REPRODUCED),
        (0.5, 0, SHORT, PARTLY),
        (0.1, 0.1, SHORT, NOT_RUN),
    ],
)
def test_js_regularised(loss, slope, epochs, word):
    def curve(run):
        end = 9 + slope * run["true_mi"]
        return ramp(0, end + loss, 20) + flat(end + loss, 10) + flat(end, epochs - 30)

    assert on_js.regularised_spikes(only("fig-3cd", curve, epochs)).word == word


@pytest.mark.parametrize(("wide", "word"), [(2.0, REPRODUCED), (1.2, PARTLY), (0.9, NOT_REPRODUCED)])
def test_js_scatter(wide, word):
    results = {
        "explorer-js-shuffle": made("explorer-js-shuffle", lambda run: flat(1, 200), wide, epochs=200),
        "explorer-nwj-shuffle": made("explorer-nwj-shuffle", lambda run: flat(1, 200), 1.0, epochs=200),
    }
    assert on_js.nwj_readout_is_noisier(results).word == word


@pytest.mark.parametrize(("relu", "word"), [(8.0, REPRODUCED), (5.0, PARTLY)])
def test_activations(relu, word):
    results = {}
    for name, epochs in (("fig-1d", LONG), ("fig-2a", SHORT), ("fig-3ab", LONG)):
        results[name] = sweep(name, lambda run: 8.0, epochs)
        results[f"{name}-relu"] = sweep(f"{name}-relu", lambda run: relu, SHORT, true_mi=[5, 10, 30])
    assert on_js.activations_alike(results).word == word


@pytest.mark.parametrize(
    ("small", "large", "epochs", "word"),
    [
        (1.5, 1.5, LONG, REPRODUCED),
        (1.5, 0.9, LONG, PARTLY),
        (0.9, 0.9, LONG, NOT_REPRODUCED),
        (-0.5, -0.5, SHORT, REPRODUCED),
        (0.9, 0.9, SHORT, NOT_RUN),
    ],
)
def test_all_pairs_mine(small, large, epochs, word):
    results = {
        name: sweep(name, lambda run, share=share: share * run["true_mi"], epochs)
        for name, share in (("fig-10a", small), ("fig-10b", large))
    }
    assert on_all_pairs.mine_unstable(results).word == word


@pytest.mark.parametrize(
    ("top", "wide", "epochs", "word"),
    [(6, 3, LONG, REPRODUCED), (6, 1, LONG, PARTLY), (4, 1, LONG, NOT_REPRODUCED), (4, 1, SHORT, NOT_RUN)],
)
def test_all_pairs_nwj(top, wide, epochs, word):
    results = {
        "fig-11a": made("fig-11a", lambda run: flat(top, epochs), wide, epochs=epochs),
        "explorer-nwj-shuffle": made("explorer-nwj-shuffle", lambda run: flat(1, 200), 1.0, epochs=200),
    }
    assert on_all_pairs.nwj_unsaturated_but_noisy(results).word == word


@pytest.mark.parametrize(("falling", "word"), [(2.0, PARTLY), (10.0, REPRODUCED), (0.0, NOT_REPRODUCED)])
def test_all_pairs_js(falling, word):
    results = only("fig-12", lambda run: hill(4, 0 if run["true_mi"] <= falling + 1 else 4, LONG))
    assert on_all_pairs.js_nwj_unstable(results).word == word


def test_a_claim_is_judged_as_soon_as_its_results_are_stored(tmp_path):
    before = judge("all-pairs-js-nwj-unstable", tmp_path)
    assert before.word == NOT_RUN and "fig-12" in before.sentence and before.files == ()
    texts = dict.fromkeys(("git_revision", "date", "python", "torch", "device", "machine"), "x")
    spec = experiment("fig-12").spec("laptop")
    stored = Result("fig-12", "laptop", {}, spec, [], texts | {"threads": 1, "wall_seconds": 1.0, "steps": 1})
    size = {name: getattr(spec, name) for name in ("true_mi", "epochs", "seeds")}
    stored.runs.extend(made("fig-12", lambda run: hill(4, 0, spec.epochs), **size).runs)
    save(stored, tmp_path)
    after = judge("all-pairs-js-nwj-unstable", tmp_path)
    assert after.word == REPRODUCED and after.files == (file_name("fig-12", "laptop"),)


def test_the_stored_results_give_every_claim_a_verdict_and_a_reason(committed_results):
    verdicts = judge_all(folder=committed_results)
    assert list(verdicts) == list(CLAIMS) and {v.word for v in verdicts.values()} <= set(VERDICTS)
    assert counts(verdicts)[NOT_RUN] < len(CLAIMS)
    for name, verdict in verdicts.items():
        assert len(verdict.sentence) > 15, name
        assert verdict.word == NOT_RUN or "nan" not in verdict.sentence
        assert all(isinstance(value, int | float) for value in verdict.numbers.values())
        assert all((committed_results / file).exists() for file in verdict.files)
    assert verdicts["xor-interaction-is-minus-one-bit"].word == REPRODUCED


def test_every_claim_is_complete():
    for name, claim in CLAIMS.items():
        assert claim.name == name and claim.says.endswith(".") and claim.would_change.endswith(".")
        assert all(needed in EXPERIMENTS for needed in claim.needs)


def test_an_unknown_claim_is_refused():
    with refused("unknown claim 'nwj-saturate'", "did you mean 'nwj-saturates-at-log-n'?"):
        judge("nwj-saturate")
