import math
from dataclasses import replace

import pytest
import torch
from helpers import refused

from mi_lab.representation.information import NMI, ON_LENET, InformationProbe, estimated_information

SMALL = InformationProbe("nwj", (64,), (), 0.0, 1e-2, epochs=60, batch_size=100)


@pytest.fixture
def parts():
    """Three sets of features of four classes: they tell the class, they tell one bit of it, they tell nothing."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(2400) % 4

    def around(centres):
        return centres.float()[:, None] * torch.tensor([3.0, -3.0]) + 0.3 * torch.randn(2400, 2, generator=generator)

    features = torch.stack([around(labels), around(labels // 2), around(torch.zeros(2400))])
    cuts = (slice(0, 1600), slice(1600, 2000), slice(2000, 2400))
    return [(features[:, cut], labels[cut]) for cut in cuts]


def test_what_the_features_tell_is_found(parts):
    truths = (math.log(4), math.log(2), 0.0)
    for name in ("nwj", "mine", "js"):
        probe = replace(SMALL, estimator=name)
        found = estimated_information(probe, *parts, seeds=(0, 0, 0), classes=4)
        assert set(found) == {"nwj": {"nwj"}, "mine": {"dv"}, "js": {"nwj", "plug_in"}}[name]
        for readout, rows in found.items():
            if readout == "plug_in":  # no bound: its highest validation value may lie anywhere, but it ranks the sets
                assert rows[0].test > rows[1].test > rows[2].test
                continue
            for one, truth in zip(rows, truths, strict=True):
                # one in 100 pairs of a shuffle is a positive: at log 4 that costs 0.02 nats; the rest is 400 test pairs
                assert one.test == pytest.approx(truth, abs=0.15), (name, readout)


def test_the_reports_policy_takes_the_maximum_of_the_validation_curve(parts):
    [row, *_] = estimated_information(SMALL, *parts, seeds=(0, 0, 0), classes=4)["nwj"]
    assert row.best == max(row.curve) == row.curve[row.best_epoch - 1] and len(row.curve) == SMALL.epochs
    assert row.test != row.best


def test_a_set_gives_the_same_beside_any_other(parts):
    together = estimated_information(replace(SMALL, epochs=4), *parts, seeds=(0, 1, 2), classes=4)["nwj"][1]
    alone = [(features[1:2], labels) for features, labels in parts]
    [single] = estimated_information(replace(SMALL, epochs=4), *alone, seeds=(1,), classes=4)["nwj"]
    assert together.curve == pytest.approx(single.curve, abs=1e-4) and together.test == pytest.approx(
        single.test, abs=1e-4
    )


def test_a_run_that_stops_being_finite_keeps_its_best_from_before(parts):
    train, validation, test = ((1e18 * features, labels) for features, labels in parts)
    rows = estimated_information(replace(SMALL, epochs=2), train, validation, test, (0, 0, 0), 4)["nwj"]
    assert all(math.isnan(row.best) and row.best_epoch == 0 and math.isnan(row.test) for row in rows[:1])


def test_the_reports_probes_are_to_the_letter():
    assert (NMI.estimator, NMI.hidden, NMI.dropout) == ("js", (512, 512, 512), (0.5, 0.3, 0.2))
    assert (NMI.weight_decay, NMI.learning_rate, NMI.epochs, NMI.batch_size) == (2.5e-5, 5e-4, 1000, 512)
    for name in ("mine", "nwj"):
        probe = ON_LENET[name]
        assert (probe.hidden, probe.dropout, probe.weight_decay, probe.learning_rate) == ((512, 512), (), 0.0, 1e-4)
    assert ON_LENET["js"].hidden == (512, 512, 512) and ON_LENET["js"].dropout == (0.5, 0.3, 0.2)


def test_what_does_not_fit_is_refused(parts):
    train, validation, test = parts
    with refused("the validation part must hold features (3, n, F)", "at least one batch of 500", "400"):
        estimated_information(replace(SMALL, batch_size=500), train, validation, test, (0, 0, 0), 4)
    with refused("the training part", "(2, n, F)"):
        estimated_information(SMALL, train, validation, test, (0, 0), 4)
    with refused("unknown estimator 'jsd'"):
        estimated_information(replace(SMALL, estimator="jsd"), train, validation, test, (0, 0, 0), 4)
