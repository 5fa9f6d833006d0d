import math
from collections import Counter

import pytest
import torch
from helpers import generators, refused
from scipy.stats import chisquare

from mi_lab import CorrelatedGaussians
from mi_lab.estimation.critics import make_critic
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.negatives import derangement, draw_batch, merge, off_diagonal, score, shuffle
from mi_lab.ground.names import NEGATIVES

TASKS = [CorrelatedGaussians(dim=3, mi=1), CorrelatedGaussians(dim=3, mi=4)]


@pytest.mark.parametrize("n", range(2, 11))
def test_a_derangement_is_a_permutation_without_fixed_points(n):
    generator = torch.Generator().manual_seed(n)
    for _ in range(100):
        index = derangement(n, generator).tolist()
        assert sorted(index) == list(range(n))
        assert all(i != j for i, j in enumerate(index))


def test_derangements_are_uniform():
    generator, draws = torch.Generator().manual_seed(0), 4500
    counts = Counter(tuple(derangement(4, generator).tolist()) for _ in range(draws))
    assert len(counts) == 9  # the derangements of four
    # a uniform draw passes with probability 0.999; the seed is fixed, so it passes always or never
    assert chisquare(list(counts.values())).pvalue > 0.001


def test_the_fixed_points_of_a_shuffle_are_poisson_like():
    generator, draws, index = torch.Generator().manual_seed(0), 10_000, torch.arange(50)
    fixed = torch.tensor([int((shuffle(50, generator) == index).sum()) for _ in range(draws)], dtype=torch.float64)
    # mean and variance are 1 and P(none) = 1/e up to 1/50!: four standard errors of each
    assert abs(fixed.mean() - 1) < 4 / draws**0.5
    assert abs((fixed == 0).double().mean() - 1 / math.e) < 4 * (1 / math.e * (1 - 1 / math.e) / draws) ** 0.5
    assert abs(fixed.var() - 1) < 4 * (3 / draws) ** 0.5  # a Poisson(1) has fourth central moment 4


@pytest.mark.parametrize("n", [2, 3, 6])
def test_off_diagonal_is_a_double_loop_without_i_equal_j(n):
    matrix = torch.arange(2 * n * n).reshape(2, n, n)
    naive = [[[matrix[k, i, j] for j in range(n) if j != i] for i in range(n)] for k in range(2)]
    assert off_diagonal(matrix).tolist() == torch.tensor(naive).tolist()


@pytest.mark.parametrize(
    ("negatives", "per_sample"), [("shuffle", 1), ("derangement", 1), ("independent", 1), ("all_pairs", 5)]
)
def test_scores_are_those_of_the_pairs_of_the_batch(negatives, per_sample):
    critic = make_critic("joint", TASKS, generators(0, 1), Layers((8,)))
    batch = draw_batch(TASKS, 6, negatives, generators(2, 3))
    whole, positive, negative = score(critic, batch)
    assert torch.equal(merge(positive, negative, whole.shape), whole)
    assert positive.shape == (2, 6) and negative.shape == (2, 6, per_sample)
    assert torch.allclose(positive, critic.pairs(batch.x, batch.y), atol=1e-6)
    if negatives == "all_pairs":
        columns = [torch.stack([batch.y[:, j] for j in range(6) if j != i], 1) for i in range(6)]
        partners = torch.stack(columns, 1)  # (K, N, N-1, dim)
    else:
        partners = batch.y_negative[:, :, None]
    for m in range(per_sample):
        assert torch.allclose(negative[:, :, m], critic.pairs(batch.x, partners[:, :, m]), atol=1e-6)


@pytest.mark.parametrize("negatives", ["shuffle", "all_pairs"])
def test_scores_drop_out_only_under_generators(negatives):
    critic = make_critic("joint", TASKS, generators(0, 1), Layers((8,), dropout=(0.5,)))
    batch = draw_batch(TASKS, 6, negatives, generators(2, 3))
    for off, again, on in zip(
        score(critic, batch), score(critic, batch), score(critic, batch, generators(4, 5)), strict=True
    ):
        assert torch.equal(off, again) and not torch.equal(off, on)


@pytest.mark.parametrize(("negatives", "fixed_points"), [("shuffle", 1), ("derangement", 0)])
def test_permuted_negatives_are_the_batch_in_another_order(negatives, fixed_points):
    runs = 200
    batch = draw_batch([TASKS[0]] * runs, 20, negatives, generators(*range(runs)))
    for y, permuted in zip(batch.y.tolist(), batch.y_negative.tolist(), strict=True):
        assert sorted(y) == sorted(permuted)
    same_place = (batch.y == batch.y_negative).all(-1).sum(1).double()
    # the number of fixed points of a shuffle has mean and variance 1
    assert abs(same_place.mean() - fixed_points) <= 4 * fixed_points / runs**0.5


def test_independent_negatives_are_a_fresh_draw():
    n = 20_000
    batch = draw_batch(TASKS, n, "independent", generators(0, 1))
    assert {*map(tuple, batch.y[0].tolist())}.isdisjoint(map(tuple, batch.y_negative[0].tolist()))
    correlations = (batch.x[:, :, :, None] * batch.y_negative[:, :, None, :]).mean(1)
    assert correlations.abs().max() < 4 / n**0.5  # 18 correlations that are 0, each with standard error n^-0.5
    assert abs(batch.y_negative.var() - 1) < 4 * (2 / (6 * n)) ** 0.5


@pytest.mark.parametrize("negatives", NEGATIVES)
def test_a_run_draws_from_its_own_generator_only(negatives):
    together = draw_batch(TASKS, 6, negatives, generators(5, 6))
    alone = draw_batch(TASKS[1:], 6, negatives, generators(6))
    for stacked, single in zip(together, alone, strict=True):
        assert stacked is single is None or torch.equal(stacked[1:], single)


@pytest.mark.parametrize("negatives", NEGATIVES)
def test_a_batch_of_one_is_refused(negatives):
    with refused("batch_size must be a whole number of at least 2", "not 1"):
        draw_batch(TASKS, 1, negatives, generators(0, 1))


def test_an_unknown_scheme_is_refused():
    with refused("unknown negatives 'derangment'", "'derangement'"):
        draw_batch(TASKS, 4, "derangment", generators(0, 1))
