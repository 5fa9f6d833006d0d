"""Sweeps under way: interrupted, started twice, on a full disk, on a cluster that loses a worker."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
import torch
from helpers import refused

from mi_lab import ResultError, run
from mi_lab.estimation.training import Training
from mi_lab.experiments.registry import experiment
from mi_lab.ground.cache import runs_folder
from mi_lab.ground.sealed import read_sealed
from mi_lab.runner import checkpoints, running, sweep_training, sweeps
from mi_lab.runner.identity import versions

SETTINGS = {"true_mi": [2.5, 10.0], "batch_size": [64, 128], "hidden": [16], "epochs": 2, "seeds": [0]}
LONG = SETTINGS | {"hidden": [64], "epochs": 500}


def command(settings, workers):
    """The same run as a command of its own, in a session of its own."""
    call = f"run('fig-2a', 'smoke', device='cpu', workers={workers}, **{settings})"
    return subprocess.Popen(
        [sys.executable, "-c", f"from mi_lab import run; {call}"],
        env=os.environ | {"MI_LAB_CHECKPOINT_SECONDS": "0.2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def kept(kind):
    return list(runs_folder().glob(f"*.{kind}"))


def alive(group):
    """Processes of a session that still run."""
    count = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            count += os.getsid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    return count


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_ctrl_c_stops_within_a_second_and_says_how_to_go_on(workers):
    process = command(LONG, workers)
    wait_for(lambda: len(kept("checkpoint")) == workers)
    begun = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the workers too
    sentence = next(line for line in process.stderr if line.startswith("KeyboardInterrupt: "))
    assert time.monotonic() - begun < 1
    assert re.fullmatch(
        r"KeyboardInterrupt: stopped\. 0 of 4 runs are finished and kept in \S+, those under way up to their last "
        r"checkpoint; repeat the same command to go on\.\n",
        sentence,
    )
    process.communicate(timeout=30)
    assert process.returncode != 0
    wait_for(lambda: not alive(process.pid), 2)


@pytest.mark.slow
def test_workers_end_when_their_command_is_killed():
    process = command(LONG, 2)
    wait_for(lambda: len(kept("checkpoint")) == 2)
    process.kill()
    process.communicate()
    wait_for(lambda: not alive(process.pid), 5)


@pytest.mark.slow
def test_a_second_process_waits_for_the_first_and_takes_its_runs(tmp_path, monkeypatch):
    first = command(SETTINGS | {"epochs": 12}, 1)
    wait_for(lambda: kept("checkpoint"))
    second = command(SETTINGS | {"epochs": 12}, 1)
    _, errors = second.communicate(timeout=120)
    first.communicate(timeout=120)
    assert second.returncode == first.returncode == 0
    sentence = r"another process is training 2 runs at N=(128|64) and 2\.5, 10 nats; waiting for its result\."
    assert re.search(sentence, errors)
    monkeypatch.setattr(sweep_training, "Training", None)
    assert len(run("fig-2a", "smoke", progress=False, **(SETTINGS | {"epochs": 12})).runs) == 4


def test_a_full_disk_stops_the_run_and_loses_nothing(monkeypatch):
    write, written = sweeps.write_sealed, []

    def full(*_):
        raise OSError(28, "No space left on device")

    def until_full(path, content):
        if written:
            monkeypatch.setattr("os.fsync", full)
        written.append(path)
        write(path, content)

    monkeypatch.setattr(sweeps, "write_sealed", until_full)
    with refused("could not be written (No space left on device)", "what was stored before", error=ResultError):
        run("fig-2a", "smoke", workers=1, progress=False, **SETTINGS)
    monkeypatch.undo()
    assert len(written) > 1


def test_a_damaged_file_of_finished_runs_is_set_aside():
    expected = run("fig-2a", "smoke", workers=1, progress=False, **SETTINGS).runs
    [*_, path] = sorted(runs_folder().rglob("*.sealed"))
    path.write_text(path.read_text()[:-20])
    with pytest.warns(UserWarning, match="is set aside and is made anew: it is damaged"):
        again = run("fig-2a", "smoke", workers=1, progress=False, **SETTINGS).runs
    assert again == expected
    assert path.with_suffix(".set-aside").exists()


def test_a_repeated_command_finds_the_stacks_of_the_one_before(monkeypatch):
    spec = experiment("fig-2a").spec("smoke", **(SETTINGS | {"seeds": [0, 1, 2]}))
    trained = []

    def train_some(spec, stack, runs, device, bar, owner):
        trained.append([(run["batch_size"], run["true_mi"], run["seed"]) for run in runs])
        finished = [run | {"curves": {}, "wall_seconds": 0.0} for run in runs]
        sweeps._keep(spec, finished, device)
        return finished

    monkeypatch.setattr(sweeps, "train_stack", train_some)
    sweeps.train_sweep(spec, "cpu", 1)
    whole = list(trained)
    [first, *_] = sorted(runs_folder().rglob("*.sealed"))
    gone = {(r["batch_size"], r["true_mi"], r["seed"]) for r in read_sealed(first)}
    first.unlink()
    trained.clear()
    sweeps.train_sweep(spec, "cpu", 1)
    assert len(trained) == 1 and trained[0] in whole and set(trained[0]) == gone


@pytest.mark.slow
def test_a_stack_that_was_begun_ends_whole_though_one_of_its_runs_was_trained_elsewhere_since(monkeypatch):
    settings = SETTINGS | {"batch_size": [64], "workers": 1, "progress": False}
    expected = run("fig-2a", "smoke", **settings).runs
    for path in runs_folder().rglob("*.sealed"):
        path.unlink()
    monkeypatch.setattr(checkpoints, "SECONDS", 0.0)
    offer = checkpoints.FileCheckpoint.offer

    def interrupted(checkpoint, state):
        offer(checkpoint, state)
        if state()["steps"] == 900:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints.FileCheckpoint, "offer", interrupted)
        with pytest.raises(KeyboardInterrupt, match="0 of 2 runs are finished"):
            run("fig-2a", "smoke", **settings)
    monkeypatch.setattr(checkpoints, "SECONDS", 1e9)
    run("fig-2a", "smoke", **(settings | {"true_mi": [2.5]}))  # another figure that shares a run
    begun_with, go_on = [], Training.run

    def spy(own, epochs, progress, position, checkpoint):
        begun_with.append((len(own.tasks), checkpoint.load()["steps"]))
        return go_on(own, epochs, progress, position, checkpoint)

    monkeypatch.setattr(Training, "run", spy)
    assert run("fig-2a", "smoke", **settings).runs == expected
    assert begun_with == [(2, 900)]


@pytest.fixture
def cluster(monkeypatch, tmp_path):
    """Two worker processes of a real Dask cluster; one that dies is not started again."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("MI_LAB_CHECKPOINT_SECONDS", "0.2")
    monkeypatch.setenv("DASK_DISTRIBUTED__WORKER__DAEMON", "False")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path / "dask")
    ) as made:
        yield made


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Dask tells at length of a worker that died
def test_a_cluster_that_loses_a_worker_completes_the_figure(cluster, tmp_path):
    settings = SETTINGS | {"true_mi": [2.5, 5.0, 7.5, 10.0], "epochs": 6}
    expected = run("fig-2a", "smoke", workers=2, progress=False, folder=tmp_path / "here", device="cpu", **settings)
    for path in runs_folder().rglob("*.sealed"):
        path.unlink()

    def kill_one():
        wait_for(lambda: kept("checkpoint"))
        victim = next(iter(cluster.workers.values()))
        os.kill(victim.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    there = {"scheduler": cluster.scheduler_address, "folder": tmp_path / "there"}
    found = run("fig-2a", "smoke", progress=False, **there, **settings)
    killer.join()
    assert found.runs == expected.runs
    same = ("device", "machine", "python", "torch", "git_revision", "threads", "steps")
    assert [found.provenance[k] for k in same] == [expected.provenance[k] for k in same]


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_refused_before_any_training(monkeypatch):
    monkeypatch.setattr(sweep_training, "Training", None)
    with refused("no Dask scheduler answers at 'tcp://127.0.0.1:9'", "tcp://host:8786"):
        run("fig-2a", "smoke", scheduler="tcp://127.0.0.1:9", progress=False)


def test_without_dask_a_scheduler_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with refused("pip install 'mi_lab[cluster]'", error=ModuleNotFoundError):
        run("fig-2a", "smoke", scheduler="tcp://127.0.0.1:8786", progress=False)


def test_workers_of_another_version_are_refused(monkeypatch):
    class Cluster:
        def submit(self, function, entry, pure):
            assert function is running.versions and entry == sweep_training.__name__
            return self

        def result(self):
            return versions(sweep_training.__name__) | {"PyTorch version": "0.4"}

    @contextlib.contextmanager
    def connected(_):
        yield Cluster()

    monkeypatch.setattr(running, "_cluster", connected)
    with refused("another PyTorch version; install"):
        run("fig-2a", "smoke", scheduler="tcp://host:8786", progress=False)


def test_what_does_not_fit_in_memory_is_one_sentence(monkeypatch):
    spec = experiment("fig-2a").spec("smoke", **SETTINGS | {"batch_size": 64})
    monkeypatch.setattr(sweep_training, "Training", lambda *_, **__: torch.empty(2**58))  # more than any address space
    with pytest.raises(MemoryError, match=r"^2 runs at N = 64 do not fit in memory; choose a smaller batch_size"):
        sweep_training.train_runs(spec, list(spec.runs()), "cpu")
