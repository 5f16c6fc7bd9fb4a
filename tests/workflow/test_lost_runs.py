"""A run whose main process was lost is gone on from by the next start."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lgi.gaussians.fits.results import FIT
from lgi.gaussians.fits.results import TABLE as GAUSSIANS
from tests.configurations import ROOT

TARGET = FIT.format(image="gradient_checkerboard", recipe="published", n=5, seed=2)
SLOW = {"gaussians": {"recipes": {"published": {"iterations": 150_000}}}}
OTHER = {"gaussians": {"recipes": {"published": {"iterations": 190}}}}
COMMANDS = ("sbatch", "squeue", "scancel", "srun", "sinfo", "sacct", "scontrol")


def start(laboratory, *arguments, env=None, **given):
    """Start Snakemake in a process group of its own."""
    return subprocess.Popen(
        laboratory.command(*arguments, **given),
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(happened, running):
    """Wait until something has happened while Snakemake runs."""
    while not (found := happened()):
        assert running.poll() is None, "it has ended"
        time.sleep(0.02)
    return found


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Return the folder of jobs of a pretended SLURM, the commands of which are on the PATH."""
    commands, jobs = tmp_path / "commands", tmp_path / "jobs"
    commands.mkdir()
    jobs.mkdir()
    for name in COMMANDS:
        (commands / name).symlink_to(Path(__file__).with_name("pretended_slurm.py"))
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PRETENDED_SLURM", str(jobs))
    return jobs


SUBMITTING = (
    *("--executor", "slurm", "--jobs", "4", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "1", "--slurm-jobname-prefix", "lgi"),
    *("--default-resources", "slurm_account=none", "slurm_partition=pretended", "mem_mb=500"),
    *("runtime=5", "--latency-wait", "5"),
)
