"""How fast is the sweep engine? Every contestant on the same two cores, in turn; prints a table.

    make bench          this package against a plain loop, and its own scaling
    make bench-peers    the same with torch-mist and benchmark-mi, in environments of their own; stored for the book

Everyone trains the same sweep of 8 runs in the arrangement that serves all of them best: two processes, each of one
thread on a core of its own. The plain loop runs once more as it is typed, one process with torch's own threads.
Leave the machine alone meanwhile; the table is worth what its quiet is.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import contestants
import torch

from mi_lab.results.benchmarks import LOWER, Speed, save_speed
from mi_lab.runner.running import _REVISION

HERE = Path(__file__).parent
CORES = ("0", "1")


def processes(python, name, seconds, cores):
    """Run a contestant at once on each of the cores; the sum of its rates per case."""
    command = [python, str(HERE / "contestants.py"), name, str(seconds)]
    started = [subprocess.Popen([*command, core], stdout=subprocess.PIPE, text=True) for core in cores]
    answers = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        sys.exit(f"the contestant {name} failed; its message stands above.")
    rates = [json.loads(answer.splitlines()[-1]) for answer in answers]
    if len(rates) == 1:
        return rates[0]
    return {case: None if rate is None else sum(r[case] for r in rates) for case, rate in rates[0].items()}


def measure(rounds, seconds, peers):
    """The rates of every contestant, one per round, and the machine's own in matrix products."""
    own = {
        "mi_lab": ("mi_lab", CORES),
        LOWER: ("mi_lab_bfloat16", CORES),
        "plain loop": ("plain_loop", CORES),
        "plain loop, as typed": ("plain_loop", ["all"]),
    }
    entries = [(title, sys.executable, name, cores) for title, (name, cores) in own.items()]
    if peers:
        entries += [
            ("torch-mist", peers / "torch-mist/bin/python", "torch_mist", CORES),
            ("benchmark-mi", peers / "benchmark-mi/bin/python", "benchmark_mi", CORES),
        ]
    rates, matrix = {title: {} for title, *_ in entries}, {"float32": [], "bfloat16": []}
    for number in range(rounds):
        for precision, rate in processes(sys.executable, "matrix", seconds, CORES).items():
            matrix[precision].append(rate)
        for title, python, name, cores in entries:
            print(f"round {number + 1} of {rounds}: {title}", file=sys.stderr, flush=True)
            for case, rate in processes(str(python), name, seconds, cores).items():
                rates[title].setdefault(case, []).append(rate)
    return rates, matrix


def show(speed):
    """The table with ratios."""
    rates = speed.document["rates"]
    others = [title for title in rates if title != "mi_lab"]
    print(f"\n{speed.document['machine']}; run-steps per second on two cores, and share of its own matrix rate")
    print("case".ljust(30) + "".join(title.rjust(22) for title in rates))
    for case in rates["mi_lab"]:
        cells = "".join(
            f"{speed.rate(case, title):13.1f} ({speed.share(case, title):.2f})".rjust(22) for title in rates
        )
        print(case.ljust(30) + cells)
    print("\nmi_lab is so many times faster than")
    for case in rates["mi_lab"]:
        print(
            case.ljust(30)
            + " " * 22
            + "".join(f"{speed.ratio(case, 'mi_lab', title):.2f}".rjust(22) for title in others)
        )


def versions(peers):
    """Of the contestants and what they stand on."""
    found = {"mi_lab": "this revision", "torch": str(torch.__version__), "python": platform.python_version()}
    for package, needs in (("torch-mist", "torch"), ("benchmark-mi", "jax")):
        if peers:
            code = (
                f"import importlib.metadata as m; print(m.version('{package}'), '({needs}', m.version('{needs}') + ')')"
            )
            python = peers / package / "bin/python"
            found[package] = subprocess.run(
                [python, "-c", code], capture_output=True, text=True, check=True
            ).stdout.strip()
    return found


def processor():
    """The processor's name, and how many of its cores there are."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def main():
    """Measure, print, and store if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="of training per case and contestant")
    parser.add_argument("--peers", type=Path, help="folder of the peers' environments")
    parser.add_argument("--folder", type=Path, help="where speed.json goes; it is not stored otherwise")
    options = parser.parse_args()
    rates, matrix = measure(options.rounds, options.seconds, options.peers)
    scaling = processes(sys.executable, "scaling", options.seconds / 3, CORES[:1])
    parts = processes(sys.executable, "parts", options.seconds, CORES[:1])
    document = {
        "format": 1,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "git_revision": _REVISION,
        "machine": processor(),
        "versions": versions(options.peers),
        "cases": {f"{case}, {e}": c for case, c in contestants.CASES.items() for e in contestants.ESTIMATORS},
        "matrix": matrix["float32"],
        "lower_matrix": matrix["bfloat16"],
        "rates": rates,
        "scaling": scaling,
        "shares": parts,
    }
    document = json.loads(json.dumps(document))  # tuples as lists, as it will be read
    show(Speed(document))
    if options.folder:
        print(f"\nstored as {save_speed(document, options.folder)}")


if __name__ == "__main__":
    main()
