"""Kinds of pairs whose mutual information is known: on them the estimate of own pairs was chosen, and is tried.

Each is a pair of a sampler (n, seed) -> (x, y) and its MI in nats: a closed form, or an integral or a mean of exact log
ratios whose own error is at most 0.01.
"""

import math

import numpy as np
from scipy.special import digamma, gammaln, logsumexp
from scipy.stats import multivariate_normal, norm, poisson


def gaussians(dim, mi, correlated=None, mixed=False):
    """So many of ``dim`` components are correlated; ``mixed`` turns x and y so that none stands alone."""
    number = correlated or dim
    rho = np.zeros(dim)
    rho[:number] = math.sqrt(-math.expm1(-2 * mi / number))
    turns = [
        np.linalg.qr(np.random.default_rng(k).normal(size=(dim, dim)))[0] if mixed else np.eye(dim) for k in (1, 2)
    ]

    def sample(n, seed):
        x, noise = np.random.default_rng(seed).normal(size=(2, n, dim))
        return x @ turns[0], (rho * x + np.sqrt(1 - rho**2) * noise) @ turns[1]

    return sample, mi


def mapped(kind, of_x, of_y):
    """The same after an invertible map of each side."""
    sample, mi = kind
    return lambda n, seed: tuple(f(side) for f, side in zip((of_x, of_y), sample(n, seed), strict=True)), mi


def student(dim, dof, mi=0.0):
    """Gaussians over a scale that x and y share."""

    def entropy(d):
        constant = gammaln((dof + d) / 2) - gammaln(dof / 2) - d / 2 * math.log(dof * math.pi)
        return -constant + (dof + d) / 2 * (digamma((dof + d) / 2) - digamma(dof / 2))

    plain, _ = gaussians(dim, mi)

    def sample(n, seed):
        scale = np.sqrt(dof / np.random.default_rng(seed + 10**6).chisquare(dof, size=(n, 1)))
        return tuple(side * scale for side in plain(n, seed))

    return sample, mi + float(2 * entropy(dim) - entropy(2 * dim))


def spiral(turn):
    """The first two components turned by an angle that grows with the squared radius."""

    def turned(x):
        angle = turn * (x**2).sum(1)
        first, second = x[:, 0], x[:, 1]
        twisted = [np.cos(angle) * first - np.sin(angle) * second, np.sin(angle) * first + np.cos(angle) * second]
        return np.column_stack([*twisted, x[:, 2:]])

    return turned


def _information(weights, densities, step):
    """The MI of a channel: inputs of these weights, output densities by row on a grid of that step."""
    mixed = weights @ densities
    ratio = np.log(np.maximum(densities, 1e-300) / np.maximum(mixed, 1e-300))
    return float((weights[:, None] * densities * ratio).sum() * step)


def noisy(function, deviation, reach):
    """y = f(x) + noise, x uniform."""
    x = np.linspace(-reach, reach, 2001)
    clean = function(x)
    y = np.linspace(clean.min() - 6 * deviation, clean.max() + 6 * deviation, 3001)
    mi = _information(np.full(len(x), 1 / len(x)), norm.pdf(y, clean[:, None], deviation), y[1] - y[0])

    def sample(n, seed):
        draw = np.random.default_rng(seed)
        x = draw.uniform(-reach, reach, size=(n, 1))
        return x, function(x) + deviation * draw.normal(size=(n, 1))

    return sample, mi


def volatility():
    """y is noise of a size that x tells."""
    x, log_y = np.linspace(-6, 6, 1201), np.linspace(-16, 8, 3001)
    weights = norm.pdf(x) / norm.pdf(x).sum()
    scaled = np.exp(log_y - 0.5 * x[:, None])
    mi = _information(weights, 2 * norm.pdf(scaled) * scaled, log_y[1] - log_y[0])

    def sample(n, seed):
        x, noise = np.random.default_rng(seed).normal(size=(2, n, 1))
        return x, np.exp(0.5 * x) * noise

    return sample, mi


def counts():
    """y is a Poisson count of a rate that x tells."""
    x, k = np.linspace(-5, 5, 1001), np.arange(400)
    mi = _information(norm.pdf(x) / norm.pdf(x).sum(), poisson.pmf(k, 4 * np.exp(0.5 * x)[:, None]), 1)

    def sample(n, seed):
        draw = np.random.default_rng(seed)
        x = draw.normal(size=(n, 1))
        return x, draw.poisson(4 * np.exp(0.5 * x)).astype(float)

    return sample, mi


def multiplied(deviation=0.5):
    """y = x exp(noise): the sign, and a noisy size."""
    u = np.linspace(-15, 3, 3001)
    weights = 2 * norm.pdf(np.exp(u)) * np.exp(u)
    v = np.linspace(-17, 5, 3001)
    mi = math.log(2) + _information(weights / weights.sum(), norm.pdf(v, u[:, None], deviation), v[1] - v[0])

    def sample(n, seed):
        x, noise = np.random.default_rng(seed).normal(size=(2, n, 1))
        return x, x * np.exp(deviation * noise)

    return sample, mi


def mixture(weights, correlations, means):
    """Gaussians of two numbers, one of several at a time."""
    parts = [multivariate_normal(m, [[1, r], [r, 1]]) for r, m in zip(correlations, means, strict=True)]

    def sample(n, seed):
        draw = np.random.default_rng(seed)
        which = draw.choice(len(weights), n, p=weights)
        x, noise = draw.normal(size=(2, n))
        r, mean = np.array(correlations)[which], np.array(means)[which]
        return (x + mean[:, 0])[:, None], (r * x + np.sqrt(1 - r**2) * noise + mean[:, 1])[:, None]

    x, y = sample(200_000, 10**6)
    joint = sum(w * part.pdf(np.hstack([x, y])) for w, part in zip(weights, parts, strict=True))
    parts_of = list(zip(weights, means, strict=True))
    alone = [sum(w * norm.pdf(side[:, 0], mean[at]) for w, mean in parts_of) for at, side in enumerate((x, y))]
    return sample, float(np.log(joint / (alone[0] * alone[1])).mean())


def ring(deviation=0.2):
    """Two noisy looks at the same point of a circle."""
    angles = np.linspace(0, 2 * np.pi, 1001)[:-1]

    def sample(n, seed):
        draw = np.random.default_rng(seed)
        angle = draw.uniform(0, 2 * np.pi, size=n)
        at = np.column_stack([np.cos(angle), np.sin(angle)])
        return at + deviation * draw.normal(size=(n, 2)), at + deviation * draw.normal(size=(n, 2))

    def near(side):
        squares = (side[:, None, 0] - np.cos(angles)) ** 2 + (side[:, None, 1] - np.sin(angles)) ** 2
        return -squares / 2 / deviation**2

    def ratio(x, y):
        logs = [near(side) for side in (x, y)]
        return logsumexp(sum(logs), 1) - sum(logsumexp(one, 1) for one in logs) + math.log(len(angles))

    x, y = sample(20_000, 10**6)
    return sample, float(np.mean([ratio(x[i : i + 1000], y[i : i + 1000]).mean() for i in range(0, 20_000, 1000)]))


def clusters(classes, dim, apart):
    """Gaussian clouds and the label of each."""
    centres = np.random.default_rng(5).normal(size=(classes, dim)) * apart

    def sample(n, seed):
        draw = np.random.default_rng(seed)
        label = draw.integers(classes, size=n)
        return centres[label] + draw.normal(size=(n, dim)), label

    x, label = sample(200_000, 10**6)
    logs = -((x[:, None] - centres) ** 2).sum(2) / 2
    return sample, float((logs[np.arange(len(label)), label] - logsumexp(logs, 1)).mean()) + math.log(classes)


def _agreeing(share, classes):
    """The MI of two uniform labels that agree with this probability, the others evenly likely."""
    other = (1 - share) / (classes - 1)
    return math.log(classes) + share * math.log(share) + (1 - share) * math.log(other)


def channel(classes, noise):
    """A label that is drawn anew with this probability."""

    def sample(n, seed):
        draw = np.random.default_rng(seed)
        x = draw.integers(classes, size=n)
        return x, np.where(draw.random(n) < noise, draw.integers(classes, size=n), x)

    return sample, _agreeing(1 - noise + noise / classes, classes)


def parity(flipped=0.1):
    """Whether an even number of three numbers is negative, at times the wrong way round."""

    def sample(n, seed):
        draw = np.random.default_rng(seed)
        x = draw.normal(size=(n, 3))
        return x, ((x.prod(1) > 0) ^ (draw.random(n) < flipped)).astype(int)

    return sample, _agreeing(1 - flipped, 2)


def unlike(sample):
    """x and y of different seeds: independent."""
    return lambda n, seed: (sample(n, seed)[0], sample(n, seed + 10**6)[1]), 0.0


KINDS = {
    "Gaussians, 1-D, 0.3": gaussians(1, 0.3),
    "Gaussians, 1-D, 2": gaussians(1, 2.0),
    "Gaussians, 5-D, 1, mixed": gaussians(5, 1.0, mixed=True),
    "Gaussians, 20-D, 2, mixed": gaussians(20, 2.0, mixed=True),
    "Gaussians, 2 of 30-D, 1": gaussians(30, 1.0, correlated=2),
    "Gaussians, 3-D, 3": gaussians(3, 3.0),
    "Gaussians, 10-D, 5": gaussians(10, 5.0),
    "cubes of Gaussians": mapped(gaussians(2, 1.0), lambda x: x**3, lambda y: y**3),
    "exponentials of Gaussians": mapped(gaussians(1, 1.0), lambda x: np.exp(2 * x), lambda y: np.exp(2 * y)),
    "uniform against Gaussian": mapped(gaussians(3, 1.5), norm.cdf, lambda y: y),
    "Student, 2-D": student(2, 2, 0.5),
    "Student, 5-D, scale alone": student(5, 3),
    "Student, 1-D, Cauchy": student(1, 1, 0.3),
    "spiral, 2-D": mapped(gaussians(2, 1.0), spiral(0.5), spiral(0.3)),
    "spiral, 5-D": mapped(gaussians(5, 1.0, correlated=2), spiral(0.2), lambda y: y),
    "sine": noisy(lambda x: np.sin(2 * x), 0.3, 3.0),
    "parabola": noisy(lambda x: x**2, 0.3, 1.5),
    "ring": ring(),
    "cross": mixture([0.5, 0.5], [0.9, -0.9], [[0, 0], [0, 0]]),
    "three clouds": mixture([0.4, 0.3, 0.3], [0.5, -0.7, 0.0], [[0, 0], [3, 1], [-1, 4]]),
    "product with noise": multiplied(),
    "volatility": volatility(),
    "counts": counts(),
    "labels through a channel": channel(10, 0.4),
    "five clouds and labels": clusters(5, 4, 0.8),
    "parity of three": parity(),
    "independent, 1-D": unlike(gaussians(1, 0.0)[0]),
    "independent, 10-D": unlike(gaussians(10, 0.0)[0]),
    "independent, 30-D": unlike(gaussians(30, 0.0)[0]),
    "independent, 3-D and a label": unlike(clusters(3, 3, 1.0)[0]),
}
