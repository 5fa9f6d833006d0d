"""How fast are pretexts trained? Images per second against a plain torchvision and DataLoader loop; the same network.

Both train a ResNet18 of width 16 on made-up CIFAR-sized images and their four rotations, in batches of 512 and of 128:
mi_lab in two processes of one thread on a core each, the plain loop as it is typed, with torch's own threads and two
loader workers. Part of ``make bench``; leave the machine alone meanwhile.
"""

import os
import subprocess
import sys
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from mi_lab.representation.datasets import synthetic
from mi_lab.representation.encoders import make_encoder
from mi_lab.representation.labelings import rotations
from mi_lab.representation.pretext import Schedule, train_encoder

IMAGES = 1024  # before they are turned
DATA = synthetic(images=2 * IMAGES)


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


def mi_lab(batch_size):
    """Images per second of one process, the first step left out."""
    torch.set_num_threads(1)
    train, timed = rotations(DATA.train)[0], Timed()
    encoder = make_encoder("resnet18", 4, 3, width=16)
    train_encoder(encoder, train, DATA.validation, DATA.normalised, Schedule(1, batch_size, 0.1), checkpoint=timed)
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


def in_processes(name, batch_size, cores):
    """The sum of the rates of one process per core; None for torch's own choice of cores and threads."""
    started = []
    for core in cores:
        tied = [] if core is None else ["taskset", "-c", core]
        environment = {k: v for k, v in os.environ.items() if core is not None or k != "OMP_NUM_THREADS"}
        command = [*tied, sys.executable, __file__, name, str(batch_size)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
    return sum(float(process.communicate()[0].splitlines()[-1]) for process in started)


def main():
    """Two rounds, each contestant in turn; the median of two is their mean."""
    if len(sys.argv) == 3:
        print({"mi_lab": mi_lab, "plain": plain}[sys.argv[1]](int(sys.argv[2])))
        return
    print("\npretext on images, ResNet18 of width 16: images per second on two cores")
    for batch_size in (512, 128):
        rounds = [
            (in_processes("mi_lab", batch_size, ("0", "1")), in_processes("plain", batch_size, (None,)))
            for _ in range(2)
        ]
        ours, theirs = (sum(rates) / len(rounds) for rates in zip(*rounds, strict=True))
        ratio = sum(a / b for a, b in rounds) / len(rounds)
        print(f"batches of {batch_size}: mi_lab {ours:.0f}, plain loop {theirs:.0f}, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
