"""A run whose main process was lost is gone on from by the next start, without a word of locks."""

import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lgi.gaussians.fits.results import FIT
from lgi.runs import read_run
from lgi.superposition.training.results import TABLE as SUPERPOSITION
from tests.configurations import ROOT
from tests.workflow.conftest import Laboratory, planned

pytestmark = pytest.mark.slow

TARGET = FIT.format(image="gradient_checkerboard", recipe="published", n=5, seed=2)
LONG = {"gaussians": {"recipes": {"published": {"iterations": 10_000_000}}}}
OTHER = {"gaussians": {"recipes": {"published": {"iterations": 190}}}}

PRETENDED = ("sbatch", "squeue", "scancel", "srun", "sinfo", "sacct", "scontrol")
SUBMITTING = (
    *("--executor", "slurm", "--jobs", 4, "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", 1, "--slurm-jobname-prefix", "lgi"),
    *("--default-resources", "slurm_account=none", "slurm_partition=pretended", "mem_mb=500"),
    *("runtime=5", "--latency-wait", 5),
)

WORK = (
    "results/figures/gaussians/fit/gradient_checkerboard/published/n5_seed1.png",
    "results/llc/superposition/fine/kgon4/samples100/sparsity0.4262.csv",
    "results/tables/regression_llc.csv",
    SUPERPOSITION,
)
"""Fits, trainings with snapshots, estimates, tables and a figure."""
WORKLOAD = {
    "gaussians": {"recipes": {"published": {"iterations": 5_000}}},
    "superposition": {"training": {"epochs": 5_000}},
}


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Return the folder of jobs of a pretended SLURM, the commands of which are on the PATH."""
    commands, jobs = tmp_path / "commands", tmp_path / "jobs"
    commands.mkdir()
    jobs.mkdir()
    for name in PRETENDED:
        (commands / name).symlink_to(Path(__file__).with_name("pretended_slurm.py"))
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PRETENDED_SLURM", str(jobs))
    return jobs


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
        assert f"Another run works in this folder: process {first.pid} on " in second.stdout
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
    (slurm / "2.job").write_text("0 another run")
    lose(running)
    done = laboratory.snakemake(TARGET, overlays=[OTHER])
    assert "1 of its SLURM jobs cancelled" in done.stdout
    assert (slurm / "1.ended").read_text() == "cancelled"
    assert not (slurm / "2.ended").exists()
    assert made_with(laboratory) == 190


def test_twenty_kills_lose_nothing(tmp_path):
    """A run is killed and started again, by the same command, until it ends; then from afresh."""
    undisturbed = Laboratory(tmp_path / "undisturbed")
    undisturbed.folder.mkdir()
    undisturbed.snakemake(*WORK, overlays=[WORKLOAD])
    expected = undisturbed.files()
    seed = np.random.SeedSequence().entropy
    print(f"numpy seed of the kills: {seed}")
    rng = np.random.default_rng(seed)
    kills = Counter()
    chain = 0
    while kills["SIGKILL"] < 20:
        chain += 1
        laboratory = Laboratory(tmp_path / f"chain{chain}")
        laboratory.folder.mkdir()
        while kill := disturb(laboratory, rng):
            print(f"chain {chain}:", *kill)
            kills.update(kill)
        assert laboratory.files() == expected
        left = [path for path in (laboratory.folder / "results").rglob(".*") if path.is_file()]
        assert left == []
        assert state(laboratory, "locks", "incomplete", "sessions/*.json") == {}
    print(*kills.items())
    assert kills["at work"] >= 10
    assert kills["not at work"] >= 1


def disturb(laboratory, rng):
    """Start a run and end it by a signal; return what was done, nothing if it ended before."""
    running = start(laboratory, *WORK, overlays=[WORKLOAD])
    sent = int(rng.choice([signal.SIGKILL] * 8 + [signal.SIGTERM, signal.SIGINT]))
    alone = rng.random() < 0.5
    moment = rng.uniform(0, 3)
    if rng.random() < 0.8:  # while jobs run
        old = state(laboratory, "incomplete", "sessions")
        while running.poll() is None and not state(laboratory, "incomplete").keys() - old.keys():
            time.sleep(0.01)
    time.sleep(moment)
    at_work = bool(state(laboratory, "incomplete"))
    if running.poll() is not None:
        assert running.returncode == 0
        return None
    (os.kill if alone else os.killpg)(running.pid, sent)
    running.wait()
    return (
        signal.Signals(sent).name,
        "main process" if alone else "all",
        "at work" if at_work else "not at work",
        f"{moment:.2f} s",
    )
