"""How fast are pretexts trained? Images per second against a plain torchvision and DataLoader loop; the same network.

All train a ResNet18 of width 16 on made-up CIFAR-sized images and their four rotations, in batches of 512 and of 128:
mi_lab in two processes of one thread on a core each, in float32 and in bfloat16; the plain loop in float32 as it is
typed, with torch's own threads and two loader workers. Part of ``make bench``; leave the machine alone meanwhile.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import torch
from speed import processor
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from mi_lab.representation.datasets import synthetic
from mi_lab.representation.encoders import make_encoder
from mi_lab.representation.labelings import rotations
from mi_lab.representation.pretext import Schedule, train_encoder
from mi_lab.results.benchmarks import IMAGES as NAME
from mi_lab.results.benchmarks import Speed, save_speed
from mi_lab.runner.running import _REVISION

IMAGES = 1024  # before they are turned
DATA = synthetic(images=2 * IMAGES)
CONTESTANTS = {"mi_lab, bfloat16": ("0", "1"), "mi_lab, float32": ("0", "1"), "plain loop, float32": (None,)}
"""Each with the cores of its processes; None is torch's own choice of cores and threads."""


class Timed:
    """A checkpoint that keeps nothing and notes when each step ended."""

    def __init__(self):
        self.times = []

    def load(self):
        return None

    def offer(self, state):
        self.times.append(time.perf_counter())


class Rotated(Dataset):
    """The images as PIL pictures, turned and normalised one by one, as tutorials do."""

    turn = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize((0.5,) * 3, (0.25,) * 3)])

    def __init__(self):
        self.pictures = [v2.functional.to_pil_image(image) for image in DATA.train.images]

    def __len__(self):
        return 4 * len(self.pictures)

    def __getitem__(self, index):
        return self.turn(self.pictures[index // 4].rotate(90 * (index % 4))), index % 4


def mi_lab(batch_size, precision):
    """Images per second of one process, the first step left out."""
    torch.set_num_threads(1)
    train, timed = rotations(DATA.train)[0], Timed()
    encoder = make_encoder("resnet18", 4, 3, width=16)
    schedule = Schedule(1, batch_size, 0.1, precision=precision)
    train_encoder(encoder, train, DATA.validation, DATA.normalised, schedule, checkpoint=timed)
    return batch_size * (len(timed.times) - 1) / (timed.times[-1] - timed.times[0])


def plain(batch_size):
    """The same of the plain loop."""
    encoder = make_encoder("resnet18", 4, 3, width=16).train()
    optimiser, loss = torch.optim.SGD(encoder.parameters(), 0.1, 0.9), nn.CrossEntropyLoss()
    times = []
    for images, labels in DataLoader(Rotated(), batch_size, shuffle=True, num_workers=2):
        optimiser.zero_grad()
        loss(encoder(images), labels).backward()
        optimiser.step()
        times.append(time.perf_counter())
    return batch_size * (len(times) - 1) / (times[-1] - times[0])


def in_processes(name, batch_size):
    """The sum of the rates of a contestant's processes."""
    started = []
    for core in CONTESTANTS[name]:
        tied = [] if core is None else ["taskset", "-c", core]
        environment = {k: v for k, v in os.environ.items() if core is not None or k != "OMP_NUM_THREADS"}
        command = [*tied, sys.executable, __file__, "--one", name, str(batch_size)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
    return sum(float(process.communicate()[0].splitlines()[-1]) for process in started)


def main():
    """Three rounds, each contestant in turn; print, and store if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help=f"where {NAME}.json goes; it is not stored otherwise")
    parser.add_argument("--one", nargs=2, help="a contestant and a batch size: its rate in this process")
    options = parser.parse_args()
    if options.one:
        name, batch_size = options.one
        precision = name.split(", ")[1]
        print(mi_lab(int(batch_size), precision) if name.startswith("mi_lab") else plain(int(batch_size)))
        return
    rates = {name: {} for name in CONTESTANTS}
    for batch_size in (512, 128):
        for _ in range(options.rounds):
            for name in CONTESTANTS:
                rates[name].setdefault(f"batches of {batch_size}", []).append(in_processes(name, batch_size))
    document = {
        "format": 1,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "git_revision": _REVISION,
        "machine": processor(),
        "versions": {"torch": str(torch.__version__), "python": platform.python_version()},
        "rates": rates,
    }
    speed, *others = Speed(document), *list(CONTESTANTS)[1:]
    print("\npretext on images, ResNet18 of width 16: images per second on two cores, and mi_lab in bfloat16 over each")
    for case in rates["mi_lab, bfloat16"]:
        told = [f"{o} {speed.rate(case, o):.0f} ({speed.ratio(case, 'mi_lab, bfloat16', o):.2f}x)" for o in others]
        print(f"{case}: mi_lab, bfloat16 {speed.rate(case, 'mi_lab, bfloat16'):.0f}; {'; '.join(told)}")
    if options.folder:
        print(f"\nstored as {save_speed(document, options.folder, NAME)}")


if __name__ == "__main__":
    main()
