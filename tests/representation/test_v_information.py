import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from helpers import generators, refused
from torch.nn.functional import one_hot

from mi_lab.estimation.mlp import Layers
from mi_lab.representation.families import Categorical, Gaussian, Predictor
from mi_lab.representation.probes import Probe
from mi_lab.representation.v_information import v_entropy, v_information


@dataclass(frozen=True)
class Constant:
    """The distributions of another family, none of which depends on x: an observer that never looks."""

    of: object

    def check(self, y):
        self.of.check(y)

    def null(self, y):
        return self.of.null(y)

    def fit(self, x, y, seed):
        return None

    def log_loss(self, outputs, y):
        return self.of.log_loss(outputs, y)


SMALL = Probe((16,), (), epochs=30, weight_decay=0.0, learning_rate=1e-2, batch_size=100, activation="relu")
FAMILIES = [
    Gaussian(),
    Gaussian(SMALL),
    Categorical(),
    Categorical(SMALL),
    Constant(Gaussian()),
    Constant(Categorical()),
]


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def target(family, count):
    labels = family in (Categorical(), Categorical(SMALL), Constant(Categorical()))
    return torch.arange(count) % 3 if labels else drawn(count, 4, seed=1)


def second_half(count):
    return torch.arange(2 * count) >= count


def ignoring(f, x):
    """The member of f's family that returns for every input, and for none, what f returns for ``x``, (1, F).

    That it exists for every f and x is *optional ignorance*, what makes a set of models a predictive family. It is the
    same network with a last layer that multiplies by zero and adds the wanted outputs.
    """
    wanted = f.outputs(x, 1)[0]
    if f.network is None:
        return Predictor(f.family, None, wanted)
    widths = [f.network.weights[0].shape[1], *(weight.shape[2] for weight in f.network.weights)]
    blind = Layers(widths[1:-1], "relu").perceptron(widths[0], widths[-1], generators(0))
    blind.stacked.detach().zero_()
    blind.biases[-1].copy_(wanted)
    return Predictor(f.family, blind, wanted)


def test_linear_encoder_and_decoder_are_principal_components():
    data = drawn(300, 6) @ drawn(6, 6, seed=1) + 2
    values, vectors = torch.linalg.eigh((data - data.mean(0)).double().T @ (data - data.mean(0)).double() / 300)
    kept = vectors[:, 3:].float()
    twice = torch.cat([data, data])  # fitted and read on the same values: no error of estimation is left
    found = v_information(Gaussian(), twice @ kept, twice, held_out=second_half(300))
    assert found.value == pytest.approx(float(values[3:].sum()), rel=1e-4)
    assert found.conditional.value - 3 * math.log(math.pi) == pytest.approx(float(values[:3].sum()), rel=1e-3)
    other = v_information(Gaussian(), twice @ vectors[:, :3].float(), twice, held_out=second_half(300))
    assert other.value == pytest.approx(float(values[:3].sum()), rel=1e-3)


def test_the_gaussian_family_is_the_density_with_covariance_one_half():
    y, means = drawn(5, 3), drawn(5, 3, seed=1)
    exact = torch.distributions.Normal(means, 0.5**0.5).log_prob(y).sum(1)
    torch.testing.assert_close(Gaussian().log_loss(means, y), -exact)


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_a_constant_representation_says_nothing(family):
    found = v_information(family, torch.ones(600, 2), target(family, 600))
    # nothing but the bias is left to learn; Adam leaves it close to its optimum, a linear fit is there
    assert found.value == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("family", [Constant(Gaussian()), Constant(Categorical())], ids=repr)
def test_who_never_looks_learns_nothing(family):
    y = target(family, 400)
    x = one_hot(y).float() if y.dim() == 1 else y
    assert v_information(family, x, y).value == 0


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_optional_ignorance(family):
    x, y = drawn(200, 5), target(family, 200)
    with torch.inference_mode():
        f = Predictor(family, family.fit(x, y, 0), family.null(y))
        for place in range(3):
            wanted = f.outputs(x[place : place + 1], 1)
            blind = ignoring(f, x[place : place + 1])
            torch.testing.assert_close(blind.outputs(x, 200), wanted.expand(200, -1))
            torch.testing.assert_close(blind.outputs(None, 200), wanted.expand(200, -1))
            if f.network is not None:  # a member of the same family: the same layers
                assert [w.shape for w in blind.network.weights] == [w.shape for w in f.network.weights]


def test_v_information_has_a_direction():
    x = drawn(4000, 1)
    y = x.square()  # a line through x says nothing of y, and no function of y says the sign of x
    wide = Gaussian(replace(SMALL, batch_size=500))
    there, back = v_information(wide, x, y).value, v_information(wide, y, x).value
    assert there > 1.8 and abs(back) < 0.1  # Var(X^2) = 2
    assert abs(v_information(Gaussian(), x, y).value) < 0.1


def test_logistic_regression_reaches_the_shannon_value_on_equal_covariances():
    labels = torch.arange(40_000) % 2
    x = drawn(40_000, 2)
    x[:, 0] += 2.0 * labels
    found = v_information(Categorical(), x, labels)
    # I(X;Y) by numerical integration along the first coordinate, the only one that matters
    t = np.linspace(-8, 10, 20_001)
    zero, one = (np.exp(-((t - m) ** 2) / 2) / math.sqrt(2 * math.pi) for m in (0, 2))
    mixed = (zero + one) / 2
    shannon = sum(np.trapezoid(p * np.log(p / mixed), t) / 2 for p in (zero, one))
    deviation = float(found.pointwise.std()) / len(found.pointwise) ** 0.5
    assert abs(found.value - shannon) < 4 * deviation + 1e-3
    assert found.normalised == pytest.approx(found.value / math.log(2), rel=1e-3)


def test_processing_creates_v_information():
    bits = torch.randint(2, (4000, 2), generator=torch.Generator().manual_seed(0))
    label = bits[:, 0] ^ bits[:, 1]
    before = v_information(Categorical(), bits.float(), label)
    after = v_information(Categorical(), label[:, None].float(), label)
    assert abs(before.value) < 0.01
    assert after.value == pytest.approx(math.log(2), abs=0.01) and after.normalised == pytest.approx(1, abs=0.01)


def test_pointwise_values_average_to_the_whole_and_name_their_pairs():
    labels = torch.arange(400) % 4
    found = v_information(Categorical(), one_hot(labels).float(), labels, held_out=0.1, seed=3)
    assert found.pointwise.shape == found.held_out.shape == (40,)
    assert float(found.pointwise.double().mean()) == pytest.approx(found.value, abs=1e-6)
    again = v_information(Categorical(), one_hot(labels).float(), labels, held_out=0.1, seed=3)
    assert torch.equal(found.pointwise, again.pointwise)
    assert not torch.equal(found.held_out, v_information(Categorical(), drawn(400, 2), labels, held_out=0.1).held_out)


def test_held_out_pairs_are_not_fitted_on():
    x, y = drawn(40, 30), drawn(40, 1, seed=1)  # noise, which 30 weights learn by heart from 20 pairs
    found = v_information(Gaussian(), x, y, held_out=0.5)
    assert found.value < 0


def test_both_entropies_are_those_of_v_entropy():
    x, y = drawn(200, 3), drawn(200, 2, seed=1)
    found = v_information(Gaussian(), x, y)
    assert found.null.value == v_entropy(Gaussian(), y).value
    assert found.conditional.value == v_entropy(Gaussian(), y, given=x).value


def test_images_are_taken_flat():
    images = drawn(100, 1, 4, 4)
    assert v_information(Gaussian(), images, images).value == pytest.approx(
        v_information(Gaussian(), images.flatten(1), images.flatten(1)).value
    )


def test_arrays_are_refused_with_what_makes_tensors_of_them():
    x, y = np.zeros((8, 2)), torch.zeros(8, dtype=torch.long)
    with refused("x must be a tensor, not ndarray; torch.tensor(x) makes one."):
        v_information(Categorical(), x, y)
    with refused("y must be a tensor, not ndarray; torch.tensor(y) makes one."):
        v_entropy(Categorical(), y.numpy())
    with refused("held_out", "must lie between 0 and 1"):
        v_entropy(Categorical(), y, held_out=x[:, 0] > 0)
    with refused("seed must be a whole number, not 'first'."):
        v_entropy(Categorical(), y, seed="first")


def test_what_does_not_fit_is_refused():
    x, labels, images = drawn(60, 3), torch.arange(60) % 3, drawn(60, 1, 4, 4)
    with refused("a Categorical family needs labels", "float32 of shape (60, 1, 4, 4)", "take Gaussian"):
        v_information(Categorical(), x, images)
    with refused("whole numbers (torch.long) of shape (n,), not int32"):
        v_information(Categorical(), x, labels.int())
    with refused("a Gaussian family needs floats of shape (n, d)", "int64 of shape (60,)", "take Categorical"):
        v_entropy(Constant(Gaussian()), labels)
    with refused("labels must start at 0, not at 1"):
        v_information(Categorical(), x, labels + 1)
    with refused("label 1 does not occur"):
        v_information(Categorical(), x, 2 * labels)
    with refused("label 2 does not occur among the pairs to fit on"):
        v_information(Categorical(), x, labels, held_out=labels == 2)
    with refused("of 60 pairs 60 would be fitted and 0 held out"):
        v_information(Categorical(), x, labels, held_out=0.01)
    with refused("of 60 pairs 0 would be fitted"):
        v_information(Categorical(), x, labels, held_out=torch.ones(60, dtype=torch.bool))
    with refused("between 0 and 1, not 1.5"):
        v_information(Categorical(), x, labels, held_out=1.5)
    with refused("a mask of shape (60,) and type bool, not int64 of shape (60,)"):
        v_information(Categorical(), x, labels, held_out=labels)
    with refused("x must hold floats of shape (60, ...)", "(59, 3)"):
        v_information(Categorical(), x[1:], labels)
    with refused("x holds values that are not finite"):
        v_information(Categorical(), x / 0, labels)
    with refused("only the V-information of labels can be normalised"):
        v_information(Gaussian(), x, images).normalised  # noqa: B018
