import pytest
import torch
from helpers import as_sequential, generators, refused
from torch.nn.functional import elu

from mi_lab.estimation import critics, mlp
from mi_lab.estimation.critics import InnerProductCritic, JointCritic, make_critic
from mi_lab.estimation.mlp import ACTIVATIONS, Layers
from mi_lab.estimation.tasks import CorrelatedGaussians
from mi_lab.estimation.transforms import Cubic
from mi_lab.ground.names import CRITICS

TASKS = [CorrelatedGaussians(dim=4, mi=1), CorrelatedGaussians(dim=4, mi=3), Cubic(CorrelatedGaussians(dim=4, mi=2))]


def batch(runs=3, n=5, dim=4):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(runs, n, dim, generator=generator), torch.randn(runs, n, dim, generator=generator)


def make(name, seeds=(0, 1, 2), **settings):
    return make_critic(name, TASKS[: len(seeds)], generators(*seeds), Layers((8, 6), **settings))


def naive_score(name, critic, run, x, y):
    """T(x, y) of one pair, from the definition."""
    match name:
        case "joint":
            return as_sequential(critic.mlp, run)(torch.cat([x, y]))[0]
        case "separable":
            return as_sequential(critic.g, run)(x) @ as_sequential(critic.h, run)(y)
        case "bilinear":
            return x @ critic.weight[run] @ y
        case "quadratic":
            z = torch.cat([x, y])
            return z @ critic.weight[run] @ z + critic.constant[run, 0]
        case "inner_product":
            return sum(a * b for a, b in zip(x, y, strict=True))
        case "optimal":
            return TASKS[run].log_ratio(x, y)


def bound_chunks(monkeypatch, floats):
    for name in ("_WHOLE_FLOATS", "_CHUNK_FLOATS"):
        monkeypatch.setattr(critics, name, floats)


def grads(critic, scores):
    """The gradient of the sum of squared scores, in each parameter."""
    critic.zero_grad(set_to_none=False)
    critic.pull_back(2 * scores.detach())
    return [parameter.grad.clone() for parameter in critic.parameters()]


def all_close(first, second):
    return all(torch.allclose(a, b, rtol=1e-5, atol=1e-5) for a, b in zip(first, second, strict=True))


@torch.no_grad()
@pytest.mark.parametrize("name", CRITICS)
def test_all_pairs_are_a_double_loop_over_the_definition(name):
    critic, (x, y) = make(name), batch()
    naive = [[[naive_score(name, critic, k, x[k, i], y[k, j]) for j in range(5)] for i in range(5)] for k in range(3)]
    assert torch.allclose(critic.all_pairs(x, y), torch.tensor(naive), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", CRITICS)
def test_pairs_are_the_diagonal_of_all_pairs(name):
    critic, (x, y) = make(name), batch()
    diagonal = critic.all_pairs(x, y).diagonal(dim1=1, dim2=2)
    assert torch.allclose(critic.pairs(x, y), diagonal, rtol=1e-5, atol=1e-5)


def naive_grads(name, critic, run, pairs):
    """The same by autograd, over the definition, for one run: the gradient in each tensor that is learnt."""
    if name == "bilinear":
        learnt = [critic.weight[run].detach().clone().requires_grad_()]
        scores = [x @ learnt[0] @ y for x, y in pairs]
    elif name == "quadratic":
        learnt = [one[run].detach().clone().requires_grad_() for one in critic.parameters()]
        scores = [z @ learnt[0] @ z + learnt[1][0] for z in (torch.cat(pair) for pair in pairs)]
    else:
        nets = [as_sequential(mlp, run) for mlp in critic.children()]
        learnt = [parameter for net in nets for parameter in net.parameters()]
        if name == "joint":
            scores = [nets[0](torch.cat([x, y]))[0] for x, y in pairs]
        else:
            scores = [nets[0](x) @ nets[1](y) for x, y in pairs]
    return torch.autograd.grad(torch.stack(scores).square().sum(), learnt)


@pytest.mark.parametrize("chunk", [60, 2**22], ids=["in chunks", "whole"])
@pytest.mark.parametrize("all_pairs", [False, True])
@pytest.mark.parametrize("name", ["joint", "separable", "bilinear", "quadratic"])
def test_pulling_back_is_autograd_over_the_definition(name, all_pairs, chunk, monkeypatch):
    bound_chunks(monkeypatch, chunk)
    critic, (x, y) = make(name), batch()
    ours = grads(critic, (critic.all_pairs if all_pairs else critic.pairs)(x, y))
    for k in range(3):
        pairs = [(a, b) for i, a in enumerate(x[k]) for j, b in enumerate(y[k]) if all_pairs or i == j]
        expected = naive_grads(name, critic, k, pairs)
        if name in ("bilinear", "quadratic"):
            found = [one[k] for one in ours]
        else:  # torch keeps weights as (out, in), and biases without the row
            parts = [(mlp.weight_grads, mlp.bias_grads) for mlp in critic.children()]
            found = [t for w, b in parts for pair in zip(w, b, strict=True) for t in (pair[0][k].T, pair[1][k, 0])]
        assert all_close(found, expected)


def test_relu_is_an_option():
    critic, (x, y) = make("joint", activation="relu"), batch()
    hidden = torch.cat([x, y], -1)
    for weight, bias in zip(critic.mlp.weights[:-1], critic.mlp.biases[:-1], strict=True):
        hidden = (hidden @ weight + bias).clamp(min=0)
    expected = hidden @ critic.mlp.weights[-1] + critic.mlp.biases[-1]
    assert torch.allclose(critic.pairs(x, y), expected[..., 0], atol=1e-6)


def rounded_score(mlp, run, pair):
    """A perceptron whose hidden layers take, multiply and give numbers rounded to bfloat16, in float32 arithmetic.

    What the last one gives goes to the output layer, which is float32, as it is.
    """

    def rounded(t):
        return t.bfloat16().float()

    h = pair
    for weight, bias in zip(mlp.weights[:-1], mlp.biases[:-1], strict=True):
        h = elu(rounded(rounded(h) @ rounded(weight[run]) + rounded(bias[run])))
    return h @ mlp.weights[-1][run] + mlp.biases[-1][run]


@torch.no_grad()
def test_bfloat16_rounds_what_hidden_layers_take_and_give_and_no_score():
    critic, (x, y) = make("joint", precision="bfloat16"), batch(n=200)
    scores = critic.pairs(x, y)
    expected = torch.stack([rounded_score(critic.mlp, k, torch.cat([x[k], y[k]], -1)) for k in range(3)])[..., 0]
    # a sum in another order may tip a hidden unit to the next of 256 steps
    assert scores.dtype == torch.float32 and torch.allclose(scores, expected, atol=5e-3)
    assert (scores - expected).abs().median() < 1e-6 < (scores - make("joint").pairs(x, y)).abs().median()


def by_layer(critic):
    """The gradient of each layer's weights and biases in each run."""
    parts = [part for mlp in critic.children() for part in (*mlp.weight_grads, *mlp.bias_grads)]
    return [run.clone() for part in parts for run in part]


@pytest.mark.parametrize("chunk", [60, 2**22], ids=["in chunks", "whole"])
@pytest.mark.parametrize("all_pairs", [False, True])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("joint", {}),
        ("joint", {"dropout": (0.5, 0.25)}),
        ("joint", {"hidden": (1, 8)}),
        ("separable", {}),
        ("separable", {"dropout": (0.5, 0.25)}),
    ],
    ids=str,
)
def test_gradients_in_bfloat16_are_those_of_float32_but_for_rounding(name, all_pairs, chunk, settings, monkeypatch):
    bound_chunks(monkeypatch, chunk)
    found, (x, y) = [], batch(n=40)
    for precision in ("float32", "bfloat16"):
        critic = make_critic(
            name, TASKS, generators(0, 1, 2), Layers(**{"hidden": (8, 6)} | settings, precision=precision)
        )
        scores = (critic.all_pairs if all_pairs else critic.pairs)(x, y, generators(3, 4, 5))
        grads(critic, torch.ones_like(scores))  # the same gradient in the scores for both
        found.append(by_layer(critic))
    for full, rounded in zip(*found, strict=True):
        assert rounded.dtype == torch.float32
        assert (full - rounded).norm() < 0.03 * full.norm()  # a few steps of 1/256, in both directions
    assert any((full - rounded).any() for full, rounded in zip(*found, strict=True))


@pytest.mark.parametrize(("name", "function"), [("elu", elu), ("relu", torch.relu)])
def test_activations_and_their_gradients_agree_with_torch(name, function):
    h = torch.cat([torch.linspace(-30, 30, 1001), torch.tensor([0.0, -1e-8, 1e-8, -1e4, 1e4])])
    theirs = h.clone().requires_grad_()
    grad, out = torch.linspace(-2, 2, len(h)), torch.empty_like(h)
    function(theirs).backward(grad)
    forward, backward = ACTIVATIONS[name]
    forward(h, out)
    backward(grad, out)
    assert torch.allclose(out, function(h), rtol=1e-6, atol=1e-6)
    assert torch.allclose(grad, theirs.grad, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("given", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize(("name", "function"), [("elu", elu), ("relu", torch.relu)])
def test_activations_of_bfloat16_are_rounded_once(name, function, given):
    every = torch.arange(2**16, dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
    h = every[every.isfinite()].repeat(2)  # more than fits one piece
    out = torch.empty_like(h, dtype=given)
    ACTIVATIONS[name].forward(h, out)
    exact = function(h.double())
    # half a step of the result's own precision, and float32's own noise where e^h - 1 is small
    half = {torch.bfloat16: 2**-8, torch.float32: 2**-24}[given]
    assert ((out.double() - exact).abs() <= half * exact.abs() + 2e-7).all()


@pytest.mark.parametrize("name", ["joint", "separable", "bilinear"])
def test_a_run_depends_on_its_own_generator_only(name):
    x, y = batch()
    together, among_others, alone = make(name, (0, 1, 2)), make(name, (7, 1, 9)), make(name, (1,))
    for one, other, single in zip(together.parameters(), among_others.parameters(), alone.parameters(), strict=True):
        assert torch.equal(one[1], other[1]) and torch.equal(one[1], single[0])
        assert not torch.equal(one[0], other[0])
    assert torch.allclose(together.pairs(x, y)[1:2], alone.pairs(x[1:2], y[1:2]), atol=1e-6)


def test_initial_weights_have_the_scale_of_torch_linear():
    weight = JointCritic(50, 50, generators(0), Layers((1000,))).mlp.weights[0].detach()
    # uniform on +-0.1: 100,000 draws come within 1 % of both the end and the standard deviation 0.1/3^0.5
    assert 0.099 < weight.abs().max() <= 0.1
    assert float(weight.std()) == pytest.approx(0.1 / 3**0.5, rel=0.01)


@pytest.mark.parametrize("floats", [1, 60, 100])
def test_chunks_bound_memory_and_change_neither_scores_nor_gradients(floats, monkeypatch):
    critic, (x, y) = make("joint", (0, 1)), batch(2)
    whole = critic.all_pairs(x, y)
    expected = grads(critic, whole)
    largest, forward = [], mlp.StackedMlp.forward
    bound_chunks(monkeypatch, floats)
    monkeypatch.setattr(
        mlp.StackedMlp, "forward", lambda mlp, h, *a, **k: largest.append(h.numel()) or forward(mlp, h, *a, **k)
    )
    chunked = critic.all_pairs(x, y)
    chunks = len(largest)
    assert torch.allclose(chunked, whole, atol=1e-6)
    assert all_close(grads(critic, chunked), expected)
    assert len(largest) == 2 * chunks  # each is made again for the backward pass, and not kept
    assert max(largest) <= 2 * max(floats, 5 * 8)  # two runs; a chunk holds one row of x at least


def test_a_recomputed_chunk_draws_the_same_dropout_masks(monkeypatch):
    critic, (x, y) = make("joint", (0, 1), dropout=(0.5, 0.2)), batch(2)
    bound_chunks(monkeypatch, 60)
    recomputed = critic.all_pairs(x, y, generators(3, 4))
    made, chunk = [], critics.JointCritic._chunk
    monkeypatch.setattr(
        critics.JointCritic, "_chunk", lambda self, number: made.append(chunk(self, number).clone()) or made[-1]
    )
    critic.pull_back(torch.ones_like(recomputed))
    assert len(made) > 1 and torch.equal(recomputed, torch.cat(made, 1))


def test_dropout_masks_of_chunks_do_not_depend_on_the_stack(monkeypatch):
    bound_chunks(monkeypatch, 60)
    together, alone, (x, y) = (
        make("joint", (0, 1), dropout=(0.5, 0.2)),
        make("joint", (1,), dropout=(0.5, 0.2)),
        batch(2),
    )
    whole = together.all_pairs(x, y, generators(3, 4))
    assert torch.allclose(alone.all_pairs(x[1:], y[1:], generators(4)), whole[1:], atol=1e-6)


def test_each_run_and_layer_drops_at_its_own_rate():
    rates = torch.tensor([[0.5, 0.0], [0.0, 0.5], [0.0, 0.0]])
    critic = JointCritic(1, 1, generators(0, 1, 2), Layers((2, 3), "relu", rates))
    for layer, (weight, bias) in enumerate(zip(critic.mlp.weights, critic.mlp.biases, strict=True)):
        torch.nn.init.constant_(weight, float(layer > 0))
        torch.nn.init.constant_(bias, float(layer == 0))
    x, y = batch(3, 10_000, 1)
    score = critic.pairs(x, y, generators(3, 4, 5)).detach()
    # two units of 1 feed three units: 3 * 2 * (how many of 2 are kept), or 2 * 2 * (how many of 3 are kept), or all
    assert [sorted(set(run.tolist())) for run in score] == [[0, 6, 12], [0, 4, 8, 12], [6]]
    # kept units are scaled up so that the mean stays 6; the standard deviations are 18^0.5 and 12^0.5
    assert score.mean(1).tolist() == pytest.approx([6, 6, 6], abs=4 * (18 / 10_000) ** 0.5)


@pytest.mark.parametrize("name", ["joint", "separable"])
def test_dropout_is_off_without_generators(name):
    x, y = batch()
    plain, dropping = make(name), make(name, dropout=(0.5, 0.5))
    assert torch.equal(plain.pairs(x, y), dropping.pairs(x, y))
    assert torch.equal(plain.all_pairs(x, y), dropping.all_pairs(x, y))
    assert not torch.equal(plain.pairs(x, y), dropping.pairs(x, y, generators(0, 1, 2)))
    assert not torch.equal(plain.all_pairs(x, y), dropping.all_pairs(x, y, generators(0, 1, 2)))


def test_optimal_critic_has_nothing_to_learn():
    assert not list(make("optimal").parameters())


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("jont", {}, ("unknown critic 'jont'", "'joint'")),
        ("joint", {"activation": "eluu"}, ("unknown activation 'eluu'", "'elu'")),
        ("joint", {"dropout": (0.5,)}, ("one rate for each of the 2 hidden layers",)),
        ("separable", {"dropout": torch.zeros(5, 2)}, ("one rate for each of the 2 hidden layers",)),
        ("joint", {"dropout": (0.5, 1.0)}, ("dropout rates must lie in [0, 1)",)),
        ("joint", {"dropout": (-0.1, 0.5)}, ("dropout rates must lie in [0, 1)",)),
        ("joint", {"precision": "bfloat"}, ("unknown precision 'bfloat'", "'bfloat16'")),
    ],
)
def test_bad_settings_are_refused(name, settings, words):
    with refused(*words):
        make(name, **settings)


def test_tasks_of_different_shapes_cannot_share_a_stack():
    with refused("one shape", "(1, 1)", "(2, 2)"):
        make_critic("joint", [CorrelatedGaussians(dim=1, mi=1), CorrelatedGaussians(dim=2, mi=1)], generators(0, 1))
    with refused("one dimension, not 2 and 3"):
        InnerProductCritic(2, 3)
