"""One contestant of the benchmark, in a process of its own: prints its run-steps per second for every case as JSON.

    python contestants.py NAME SECONDS CORE

CORE is the core the process is tied to, with one thread; or 'all' to leave threads and cores as they come. The file
imports nothing of its neighbours, so that it runs in the peers' environments too.
"""

import contextlib
import io
import json
import os
import sys
import time

CASES = {  # name: critic, batch size, negatives
    "1x64, N=64": ((64,), 64, "shuffle"),
    "1x64, N=512": ((64,), 512, "shuffle"),
    "2x512, N=512": ((512, 512), 512, "shuffle"),
    "2x512, N=4096": ((512, 512), 4096, "shuffle"),
    "1x64, N=64, all pairs": ((64,), 64, "all_pairs"),
    "2x512, N=64, all pairs": ((512, 512), 64, "all_pairs"),
}
ESTIMATORS = ("nwj", "mine")
DIM, MI, RUNS, PROCESSES = 20, 10.0, 8, 2


def mi_lab(hidden, batch_size, negatives, estimator, precision="float32"):
    """This package: the stacks that a sweep of 8 runs is cut into for two workers."""
    from mi_lab.estimation import training
    from mi_lab.estimation.tasks import CorrelatedGaussians
    from mi_lab.experiments.stacks import cut_into_stacks
    from mi_lab.experiments.sweep_specs import Sweep

    spec = Sweep(estimator, (MI,), (batch_size,), hidden, seeds=tuple(range(RUNS)), negatives=negatives)
    size = len(next(cut_into_stacks(spec, list(spec.runs()), "cpu", PROCESSES)))

    def train(steps):
        training.steps_per_epoch = lambda _: steps
        training.train(
            [CorrelatedGaussians(dim=DIM, mi=MI)] * size,
            range(size),
            estimator_name=estimator,
            batch_size=batch_size,
            epochs=1,
            negatives=negatives,
            hidden=hidden,
            precision=precision,
            device="cpu",
        )

    return train, size


def mi_lab_bfloat16(*case):
    """The same with products of the hidden layers in bfloat16, for processors that have units for it."""
    return mi_lab(*case, "bfloat16")


def plain_loop(hidden, batch_size, negatives, estimator):
    """What one writes by hand: one critic of torch.nn layers, autograd, Adam, the estimate of every step kept."""
    import torch
    from torch import nn

    rho = (1 - 2.718281828459045 ** (-2 * MI / DIM)) ** 0.5
    off_diagonal = ~torch.eye(batch_size, dtype=torch.bool) if negatives == "all_pairs" else None

    def batch_scores(critic):
        x = torch.randn(batch_size, DIM)
        y = rho * x + (1 - rho**2) ** 0.5 * torch.randn(batch_size, DIM)
        if negatives == "all_pairs":
            shape = (batch_size, batch_size, DIM)
            scores = critic(torch.cat([x[:, None].expand(shape), y[None].expand(shape)], -1)).squeeze(-1)
            return scores.diagonal(), scores[off_diagonal]
        return critic(torch.cat([x, y], 1)), critic(torch.cat([x, y[torch.randperm(batch_size)]], 1))

    def train(steps):
        layers = []
        for fan_in, width in zip([2 * DIM, *hidden], hidden):  # noqa: B905
            layers += [nn.Linear(fan_in, width), nn.ELU()]
        critic = nn.Sequential(*layers, nn.Linear(hidden[-1], 1))
        adam = torch.optim.Adam(critic.parameters(), lr=1e-4)
        average, estimates = None, []
        for _ in range(steps):
            positive, negative = batch_scores(critic)
            if estimator == "nwj":
                estimate = positive.mean() - (negative - 1).exp().mean()
                loss = -estimate
            else:
                mean = negative.exp().mean()
                estimate = positive.mean() - mean.log()
                average = mean.detach() if average is None else 0.99 * average + 0.01 * mean.detach()
                loss = mean / average - positive.mean()
            estimates.append(estimate.item())
            adam.zero_grad()
            loss.backward()
            adam.step()
        return estimates

    return train, 1


def torch_mist(hidden, batch_size, negatives, estimator):
    """torch-mist's own trainer, with nothing logged or validated, over a data set drawn beforehand."""
    from torch_mist.estimators import mine, nwj
    from torch_mist.utils.train import train_mi_estimator

    data = _data()
    make = {"nwj": nwj, "mine": mine}[estimator]

    def train(steps):
        train_mi_estimator(
            make(x_dim=DIM, y_dim=DIM, hidden_dims=list(hidden), neg_samples=-1 if negatives == "all_pairs" else 1),
            train_data=data,
            valid_percentage=0,
            batch_size=batch_size,
            max_iterations=steps,
            optimizer_params={"lr": 1e-4},
            verbose=False,
            logger=False,
        )

    return train, 1


def benchmark_mi(hidden, batch_size, negatives, estimator):
    """benchmark-mi's own estimators (JAX): its NWJ knows all pairs only, its MINE independent draws only."""
    from bmi.estimators import MINEEstimator, NWJEstimator

    if (estimator == "nwj") != (negatives == "all_pairs"):
        return None, 1
    data = [part.numpy() if hasattr(part, "numpy") else part for part in _data()]
    make = {"nwj": NWJEstimator, "mine": MINEEstimator}[estimator]

    def train(steps):
        settings = {"batch_size": batch_size, "max_n_steps": steps, "test_every_n_steps": steps + 1}
        make(hidden_layers=hidden, learning_rate=1e-4, verbose=False, **settings).estimate(*data)

    return train, 1


def _data(pairs=10_000):
    import numpy as np

    generator = np.random.default_rng(0)
    rho = (1 - np.exp(-2 * MI / DIM)) ** 0.5
    x, noise = generator.standard_normal((2, pairs, DIM), dtype=np.float32)
    y = (rho * x + (1 - rho**2) ** 0.5 * noise).astype(np.float32)
    try:
        import torch
    except ImportError:
        return x, y
    return torch.from_numpy(x), torch.from_numpy(y)


def matrix_rate(seconds, precision="float32"):
    """Operations per second in large matrix products, the best of those that fit the time."""
    import torch

    a, b = torch.randn(2, 2048, 2048).to(getattr(torch, precision))
    out, best, end = torch.empty_like(a), 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        begun = time.perf_counter()
        torch.mm(a, b, out=out)
        best = max(best, 2 * 2048**3 / (time.perf_counter() - begun))
    return best


def matrix_rates(seconds):
    """In either precision, each for half of the time."""
    return {precision: matrix_rate(seconds / 2, precision) for precision in ("float32", "bfloat16")}


def steps_per_second(train, seconds):
    """Of the steps alone: the difference of a long and a short training leaves out what is done once."""
    _seconds(train, 2)  # imports and first touches
    once = _seconds(train, 2)
    steps, took = 6, 0.0
    while took < seconds:
        steps = int(steps * min(8, max(1.5, 1.2 * seconds / took if took > 0 else 8)))
        took = _seconds(train, steps) - once
    return (steps - 2) / took


def _seconds(train, steps):
    begun = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        train(steps)
    return time.perf_counter() - begun


BASE = {"hidden": (64,), "batch_size": 512, "dim": DIM, "runs": 1}
AXES = {
    "N, critic 1x64": [{"batch_size": n} for n in (64, 128, 256, 512, 1024, 2048, 4096)],
    "N, critic 2x512": [{"batch_size": n, "hidden": (512, 512)} for n in (64, 128, 256, 512, 1024, 2048, 4096)],
    "N, critic 1x64, all pairs": [{"batch_size": n, "negatives": "all_pairs"} for n in (32, 64, 128, 256, 512)],
    "runs in a stack, N=64": [{"runs": k, "batch_size": 64} for k in (1, 2, 4, 8, 16, 32)],
    "width of two layers": [{"hidden": (w, w)} for w in (32, 64, 128, 256, 512, 1024)],
    "dimension of x and y": [{"dim": d} for d in (2, 5, 10, 20, 50, 100, 200)],
}


def scaling(seconds):
    """Seconds of one run-step of NWJ on one core, along each axis."""
    from mi_lab.estimation import training
    from mi_lab.estimation.tasks import CorrelatedGaussians

    def trainer(hidden, batch_size, dim, runs, negatives="shuffle"):
        def train(steps):
            training.steps_per_epoch = lambda _: steps
            tasks = [CorrelatedGaussians(dim=dim, mi=MI)] * runs
            size = {"batch_size": batch_size, "hidden": hidden, "negatives": negatives}
            training.train(tasks, range(runs), estimator_name="nwj", epochs=1, device="cpu", **size)

        return train

    times = {}
    for axis, points in AXES.items():
        times[axis] = {}
        for point in points:
            value = str(point["hidden"][0] if axis.startswith("width") else next(iter(point.values())))
            settings = BASE | point
            times[axis][value] = 1 / steps_per_second(trainer(**settings), seconds) / settings["runs"]
    return times


PARTS = {  # of a step's processor time, by the names of PyTorch's operations
    "matrix products": ("mm", "matmul", "dot", "mv"),
    "activation": ("elu", "exp2", "clamp", "maximum"),
    "sampling": ("normal", "randperm", "randn"),
    "optimiser": ("adam", "zero_"),
}


def parts(seconds):
    """Shares of a step's processor time, of NWJ with the stacks of two workers, after PyTorch's profiler."""
    from torch.profiler import ProfilerActivity, profile

    shares = {}
    for case in ("1x64, N=64", "1x64, N=512", "2x512, N=512"):
        train, _ = mi_lab(*CASES[case], "nwj")
        steps = max(5, int(seconds * steps_per_second(train, seconds)))
        begun = time.perf_counter()
        train(steps)
        whole = (time.perf_counter() - begun) * 1e6
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            train(steps)
        found = dict.fromkeys(PARTS, 0.0) | {"other operations": 0.0}
        for row in profiled.key_averages():
            part = next(
                (p for p, words in PARTS.items() if any(w in row.key.lower() for w in words)), "other operations"
            )
            found[part] += row.self_cpu_time_total
        # the profiler slows every operation a little, so what it counts cannot pass the time without it
        counted = sum(found.values())
        found["Python and the rest"] = max(whole - counted, 0.01 * whole)
        total = sum(found.values())
        shares[case] = {part: max(value, 1.0) / total for part, value in found.items()}
    return shares


def main(name, seconds, core):
    """Measure every case and print the rates."""
    if core != "all":
        os.sched_setaffinity(0, {int(core)})
        for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ[variable] = "1"
    else:
        os.environ.pop("OMP_NUM_THREADS", None)
    alone = {"scaling": scaling, "parts": parts, "matrix": matrix_rates}
    if name in alone:
        print(json.dumps(alone[name](float(seconds))))
        return
    contestants = {f.__name__: f for f in (mi_lab, mi_lab_bfloat16, plain_loop, torch_mist, benchmark_mi)}
    rates = {}
    for case, (hidden, batch_size, negatives) in CASES.items():
        for estimator in ESTIMATORS:
            train, size = contestants[name](hidden, batch_size, negatives, estimator)
            rates[f"{case}, {estimator}"] = train and size * steps_per_second(train, float(seconds))
    print(json.dumps(rates))


if __name__ == "__main__":
    main(*sys.argv[1:])
