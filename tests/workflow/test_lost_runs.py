"""A run whose main process was lost is gone on from by the next start, without a word of locks."""

import itertools
import os
import signal
import subprocess
import time
from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest

from lgi.gaussians.fits.results import FIT
from lgi.regression import results as regression
from lgi.runs import read_run
from lgi.superposition.training.results import TABLE as SUPERPOSITION
from tests.configurations import ROOT
from tests.workflow.conftest import SUBMITTING, Laboratory, planned

pytestmark = pytest.mark.slow

TARGET = FIT.format(image="gradient_checkerboard", recipe="published", n=5, seed=2)
LONG = {"gaussians": {"recipes": {"published": {"iterations": 10_000_000}}}}
OTHER = {"gaussians": {"recipes": {"published": {"iterations": 190}}}}

REGRESSION = "results/tables/regression_llc.csv"
WORK = (
    "results/figures/gaussians/fit/gradient_checkerboard/published/n5_seed1.png",
    "results/llc/superposition/fine/kgon4/samples100/sparsity0.4262.csv",
    REGRESSION,
    SUPERPOSITION,
)
"""Fits, trainings with snapshots, estimates, tables and a figure."""
WORKLOAD = {
    "gaussians": {"recipes": {"published": {"iterations": 10_000}}},
    "superposition": {"llc": {"settings": {"fine": {"draws": 2_000}}}},
}


def start(laboratory, *arguments, **given):
    """Start Snakemake in a process group of its own."""
    return subprocess.Popen(
        laboratory.command(*arguments, **given),
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def lose(running):
    """End the main process alone, at once."""
    running.kill()
    running.wait()


def wait_for(happened, running=None):
    """Wait until something has happened, for as long as Snakemake runs."""
    while not happened():
        assert running is None or running.poll() is None, "it has ended"
        time.sleep(0.02)


def state(laboratory, *parts):
    """Return files of Snakemake's state with their bytes."""
    folder = laboratory.folder / ".snakemake"
    files = [path for part in parts for path in folder.glob(f"{part}/**/*") if path.is_file()]
    return {path: path.read_bytes() for path in files}


def made_with(laboratory):
    return read_run(laboratory.folder / TARGET).record["recipe"]["iterations"]


def test_a_job_that_goes_on_alone_is_ended_and_its_run_is_made_as_asked_now(laboratory):
    first = start(laboratory, TARGET, overlays=[LONG])
    try:
        wait_for(lambda: state(laboratory, "incomplete"), first)
        second = laboratory.snakemake(TARGET, overlays=[OTHER], check=False)
        assert second.returncode != 0
        sentence = f"Another run works on the same files: process {first.pid} on "
        assert sentence in second.stdout
        assert "unlock" not in second.stdout
    finally:
        lose(first)
    before = state(laboratory, "incomplete", "locks", "sessions")
    laboratory.snakemake("--dry-run", TARGET, overlays=[OTHER])
    assert state(laboratory, "incomplete", "locks", "sessions") == before
    third = laboratory.snakemake(TARGET, overlays=[OTHER])
    assert f"A run was lost: process {first.pid} on " in third.stdout
    assert "of its processes ended" in third.stdout
    assert made_with(laboratory) == 190
    fourth = laboratory.snakemake(TARGET, overlays=[OTHER])
    assert "Nothing to be done" in fourth.stdout
    assert "lost" not in fourth.stdout


def test_slurm_jobs_that_finish_alone_are_kept_and_their_changed_settings_noticed(
    laboratory, slurm
):
    running = start(laboratory, *SUBMITTING, "--", TARGET)
    wait_for((slurm / "1.job").exists, running)
    lose(running)
    wait_for((slurm / "1.ended").exists)
    assert made_with(laboratory) == 200
    done = laboratory.snakemake(TARGET)
    assert "A run was lost" in done.stdout
    assert "Nothing to be done" in done.stdout
    assert planned(laboratory.snakemake("--dry-run", TARGET, overlays=[OTHER]).stdout)["fit"] == 1


def test_slurm_jobs_that_run_alone_are_cancelled(laboratory, slurm):
    running = start(laboratory, *SUBMITTING, "--", TARGET, overlays=[LONG])
    wait_for(lambda: list(laboratory.folder.glob("logs/**/*.log")), running)  # the fit has begun
    (slurm / "2.job").write_text("0 another run", encoding="utf-8")
    lose(running)
    done = laboratory.snakemake(TARGET, overlays=[OTHER])
    assert "1 of its SLURM jobs cancelled" in done.stdout
    assert (slurm / "1.ended").read_text(encoding="utf-8") == "cancelled"
    assert not (slurm / "2.ended").exists()
    assert made_with(laboratory) == 190


def test_a_table_that_a_failed_job_leaves_alone_is_not_believed(laboratory):
    laboratory.snakemake(REGRESSION)
    before = laboratory.files()
    estimates = laboratory.folder / regression.LLC.format(rank=2)
    estimates.write_bytes(b"damaged")
    for _ in range(2):
        done = laboratory.snakemake(REGRESSION, check=False)
        assert done.returncode != 0
        assert laboratory.files()[REGRESSION] == before[REGRESSION]
    estimates.unlink()
    laboratory.snakemake(REGRESSION)
    assert laboratory.files() == before


def test_twenty_kills_lose_nothing(tmp_path):
    """A run is killed and started again by the same command until it ends; then a new one."""
    expected = Laboratory(tmp_path / "undisturbed")
    expected.folder.mkdir()
    expected.snakemake(*WORK, overlays=[WORKLOAD])
    seed = np.random.SeedSequence().entropy
    print(f"numpy seed of the kills: {seed}")
    rng = np.random.default_rng(seed)
    killed = Counter()
    for chain in itertools.count(1):
        laboratory = Laboratory(tmp_path / f"chain{chain}")
        laboratory.folder.mkdir()
        while killed.total() < 20 and (end := disturb(laboratory, rng, killed.total())):
            print(f"chain {chain}: {end}")
            if end.sent == "SIGKILL":
                killed["at work" if end.at_work else "before or between jobs"] += 1
        laboratory.snakemake(*WORK, overlays=[WORKLOAD])
        assert laboratory.files() == expected.files()
        hidden = [path for path in (laboratory.folder / "results").rglob(".*") if path.is_file()]
        assert hidden == []
        left = state(laboratory, "locks", "incomplete", "sessions")
        assert [path.name for path in left] == ["starting"]
        if killed.total() >= 20:
            break
    print(killed)
    assert killed["at work"] >= 5
    assert killed["before or between jobs"] >= 1


class End(NamedTuple):
    """How a run was ended."""

    sent: str
    to: str
    at_work: bool
    seconds: float  # after its start, or after that of its first job


def disturb(laboratory, rng, number):
    """Start a run and end it by a signal; return how, or nothing if it came to its own end."""
    sent = int(rng.choice([signal.SIGKILL] * 9 + [signal.SIGHUP, signal.SIGINT, signal.SIGTERM]))
    to = str(rng.choice(["main process", "all"]))
    at_work = number % 4 != 0
    seconds = rng.uniform(0, 2)
    began = time.time()
    running = start(laboratory, *WORK, overlays=[WORKLOAD])
    while at_work and running.poll() is None and not jobs_since(began, laboratory):
        time.sleep(0.01)
    time.sleep(seconds)
    at_work = jobs_since(began, laboratory)
    if running.poll() is not None:
        assert running.returncode == 0
        return None
    (os.kill if to == "main process" else os.killpg)(running.pid, sent)
    running.wait()
    return End(signal.Signals(sent).name, to, at_work, round(seconds, 2))


def jobs_since(began, laboratory):
    """Whether jobs run that have been started since."""
    markers = (laboratory.folder / ".snakemake/incomplete").rglob("*")
    return any(path.is_file() and modified(path) > began for path in markers)


def modified(path):
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # its job has just ended
        return 0
