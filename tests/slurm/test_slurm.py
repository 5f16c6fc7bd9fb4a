"""The workflow on a real SLURM of one machine: one file, since there is one SLURM."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from lgi.runs import read_run
from tests.configurations import ROOT, SMOKE_FILE
from tests.slurm.cluster import DAEMONS, ETC, NoSlurmError, process, running, until

pytestmark = pytest.mark.slow

SNAKEMAKE = Path(sys.executable).with_name("snakemake")
IMPATIENT = """
import asyncio
from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

async def sleep(executor):
    await asyncio.sleep(2)

RemoteExecutor.sleep = sleep
main()
"""
"""Snakemake that asks SLURM every two seconds: the plugin waits 3, 13, 23, ... s."""
FIT = "results/gaussians/gradient_checkerboard/published/n{n}_seed7.npz"
SMALL = [
    FIT.format(n=60),
    "results/figures/gaussians/loss_vs_n/gradient_checkerboard/published.png",
    "results/llc/superposition/fine/kgon4/samples100/sparsity0.4262.csv",
]
"""Fits, alone and in batches, a table, a figure, a training and an estimate."""
SITE = {
    "slurm-status-command": "squeue",
    "slurm-init-seconds-before-status-checks": 3,
    "latency-wait": 5,
    "default-resources": {"slurm_partition": "cpu"},
}
TOO_LONG, BROKEN, CANCELLED = 61, 62, 63
HELD = 65, 66
"""Fits that wait while there is a file of their N in the working folder."""
HELD_FITS = [FIT.format(n=n) for n in HELD]
ALONE = {"LGI_JOB_SECONDS": "0"}
"""Each run has a job of its own."""
MISBEHAVE = f"""
import time
from pathlib import Path
from lgi.jobs import logged as logged_first

@logged_first
def misbehave(snakemake):
    n = int(snakemake.wildcards.get("n", 0))
    first = snakemake.resources.runtime == 1
    if n == {BROKEN}:
        raise RuntimeError("a fit that fails whenever it is tried")
    if first and n in ({TOO_LONG}, {CANCELLED}):
        time.sleep(3_600)
    while n in {HELD} and Path(str(n)).exists():
        time.sleep(0.2)

misbehave(snakemake)
"""


class Run:
    """A command in a clone, which makes its results in a folder of its own."""

    def __init__(self, folder: Path, code: Path = ROOT):
        folder.mkdir()
        self.folder = folder
        self.code = code

    def start(self, *command, **environment: str) -> "Run":
        """Start a command; its output goes to a file."""
        with open(self.folder / "output", "w", encoding="utf-8") as file:
            self.process = subprocess.Popen(
                list(map(str, command)),
                cwd=self.code,
                env={**os.environ, **environment},
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        return self

    def snakemake(
        self,
        *targets: str,
        site: Path | None,
        options=(),
        overlay: dict | None = None,
        command=(sys.executable, "-c", IMPATIENT),
        **environment: str,
    ) -> "Run":
        """Start snakemake on the SLURM whose values a profile has, or without one."""
        given = ("--profile", "slurm", "--profile", site) if site else ("--cores", 1)
        options = (*given, *self.smoke(overlay or {}), *options)
        return self.start(*command, *options, "--", *targets, **environment)

    def hold(self, *fits: int) -> "Run":
        """Let fits wait."""
        for n in fits:
            (self.folder / str(n)).touch()
        return self

    def release(self, *fits: int) -> None:
        """Let fits go on."""
        for n in fits:
            (self.folder / str(n)).unlink()

    def smoke(self, overlay: dict) -> tuple:
        """Return the options of `make smoke`, with a further configuration."""
        (self.folder / "overlay.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
        files = (SMOKE_FILE, self.folder / "overlay.yaml")
        return ("--configfile", *files, "--directory", self.folder)

    def ends_with(self, code: int) -> str:
        """Wait for its end and return what it said."""
        found = self.process.wait(timeout=1_800)
        text = self.said()
        assert found == code, text
        return text

    def said(self) -> str:
        """Return what it said until now."""
        return (self.folder / "output").read_text(encoding="utf-8")

    def jobs(self, cluster) -> dict[str, list[dict]]:
        """Return its jobs in order, by rule and wildcards."""
        name = re.search(r"SLURM run ID: (\S+)", self.said())
        found = defaultdict(list)
        for job in cluster.jobs().values():
            if name and job["JobName"] == name[1]:
                found[job["Comment"].removeprefix("rule_")].append(job)
        return {
            rule: sorted(jobs, key=lambda job: int(job["JobId"])) for rule, jobs in found.items()
        }

    def state(self, cluster, n: int) -> str | None:
        """Return the state of the last job of a fit, if there is one."""
        return self.jobs(cluster).get(fit_job(n), [{}])[-1].get("JobState")

    def files(self) -> dict[str, bytes]:
        """Return every result with its bytes."""
        results = sorted((self.folder / "results").rglob("*.*"))
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in results}

    def records(self) -> list[dict]:
        """Return what Snakemake recorded of finished jobs."""
        files = (self.folder / ".snakemake/metadata").rglob("*")
        return [json.loads(path.read_bytes()) for path in files if path.is_file()]

    def sessions(self) -> list[str]:
        """Return the names of its sessions that did not come to their own end."""
        return [path.stem for path in self.folder.glob(".snakemake/sessions/*.json")]


def fit_job(n: int) -> str:
    """Return how the job of a fit is called."""
    return f"fit_wildcards_gradient_checkerboard_published_{n}_7"


@contextmanager
def one():
    """Give a running SLURM; without one the test is skipped, or fails where none may be."""
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(running())
        except NoSlurmError as error:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(error))
        yield cluster


@pytest.fixture(scope="module")
def slurm():
    with one() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Values of a site, in a profile of their own."""
    return profile(tmp_path_factory.mktemp("site"), SITE)


@pytest.fixture(scope="module")
def misbehaving(tmp_path_factory):
    """A clone in which some fits go wrong, and the profile of a site that gives fits a minute."""
    code = tmp_path_factory.mktemp("clone")
    for name in ("lgi", "rules", "workflow_scripts", "profiles", "slurm", "published"):
        shutil.copytree(ROOT / name, code / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (
        "Snakefile",
        "config.yaml",
        "docs/caption.rst",
        "docs/report.rst",
        "envs/lgi.yaml",
        "envs/cuda.yaml",
    ):
        (code / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, code / name)
    script = code / "workflow_scripts" / "fit_gaussians.py"
    script.write_text(MISBEHAVE + script.read_text(encoding="utf-8"), encoding="utf-8")
    values = SITE | {"set-resources": {"fit": {"runtime": "attempt"}}}
    return code, profile(code / "site", values)


def profile(folder: Path, values: dict) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    return folder


def unexported(folder: Path) -> Path:
    """Return a folder with the `sbatch` of a site that passes on no environment."""
    folder.mkdir()
    sbatch = folder / "sbatch"
    sbatch.write_text(
        f'#!/bin/bash\nexec {shutil.which("sbatch")} "${{@/#--export=ALL/--export=NONE}}"\n',
        encoding="utf-8",
    )
    sbatch.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def runs(slurm, site, misbehaving, tmp_path_factory):
    """All runs that leave the daemons alone: they wait side by side."""
    folder = tmp_path_factory.mktemp("slurm")
    code, short = misbehaving
    allocation = Run(folder / "allocation")
    found = {
        "lost": Run(folder / "lost", code).hold(*HELD).snakemake(*HELD_FITS, site=site, **ALONE),
        "disturbed": Run(folder / "disturbed", code).snakemake(
            *(FIT.format(n=n) for n in (TOO_LONG, BROKEN, CANCELLED)), site=short, **ALONE
        ),
        "small": Run(folder / "small").snakemake(*SMALL, site=site, command=(SNAKEMAKE,)),
        "cuda": Run(folder / "cuda").snakemake(
            *(FIT.format(n=60), "results/regression/rank2.npz"),
            site=site,
            options=("--retries", 0, "--config", "device=cuda"),
        ),
        "unexported": Run(folder / "unexported").snakemake(
            *(FIT.format(n=8).replace("seed7", f"seed{seed}") for seed in range(16)),
            site=site,
            LGI_JOB_SECONDS="0.1",
            PATH=f"{unexported(folder / 'commands')}{os.pathsep}{os.environ['PATH']}",
        ),
        "local": Run(folder / "local").snakemake(*SMALL, site=None),
        "undisturbed": Run(folder / "undisturbed", code).snakemake(*HELD_FITS, site=None),
        "allocation": allocation.start(
            *("sbatch", "--wait", "--cpus-per-task=2", "--time=30"),
            *(f"--output={allocation.folder}/log", "slurm/allocation.sh"),
            *(*allocation.smoke({}), "--", *SMALL),
        ),
    }
    try:
        until(lambda: found["disturbed"].state(slurm, CANCELLED) == "RUNNING", seconds=1_800)
        (job,) = found["disturbed"].jobs(slurm)[fit_job(CANCELLED)]
        subprocess.run(["scancel", job["JobId"]], check=True)
        yield found
    finally:
        for run in found.values():
            run.process.kill()
            run.process.wait()


def test_a_configured_slurm_is_left_alone(monkeypatch):
    monkeypatch.setenv("SLURM_CONF", "/site/slurm.conf")
    with pytest.raises(NoSlurmError, match=r"a SLURM is configured in /site"), running():
        pass


# Before the fixture `slurm` is asked for: there is room for one.
def test_what_a_killed_run_of_the_tests_left_is_removed():
    with one():
        pass  # installed
    waiting = "from tests.slurm.cluster import *\nwith running(): print('up', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", waiting], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"up\n"
        child.kill()
    assert (ETC / "slurm.conf").exists()
    left = [process(name) for name in DAEMONS]
    assert None not in left
    with running():
        assert not set(left) & {process(name) for name in DAEMONS}
    assert not (ETC / "slurm.conf").exists()
    assert [process(name) for name in DAEMONS] == [None] * 3


def test_a_lost_run_is_gone_on_from_by_the_same_command(slurm, runs, site):
    run, (alone, ended) = runs["lost"], HELD
    until(lambda: {run.state(slurm, n) for n in HELD} == {"RUNNING"}, seconds=1_800)
    (session,) = run.sessions()
    lost = [job for (job,) in run.jobs(slurm).values()]
    assert all(job["JobName"].startswith(f"lgi_{session}_") for job in lost)

    run.process.kill()
    run.process.wait()
    run.release(alone)
    until(lambda: run.state(slurm, alone) == "COMPLETED", seconds=1_800)
    (record,) = run.records()
    assert record["rule"] == "fit"
    assert record["params"]
    assert not record["incomplete"]

    for lose in (signal.SIGHUP, None):
        (before,) = run.jobs(slurm)[fit_job(ended)]
        run.snakemake(*HELD_FITS, site=site, **ALONE)
        until(lambda: run.state(slurm, ended) == "RUNNING", seconds=1_800)
        assert "A run was lost: process " in run.said()
        assert "1 of its SLURM jobs cancelled" in run.said()
        assert slurm.jobs()[before["JobId"]]["JobState"] == "CANCELLED"
        if lose:
            run.process.send_signal(lose)
            run.process.wait()
    run.release(ended)
    run.ends_with(0)
    assert list(run.jobs(slurm)) == [fit_job(ended)]
    runs["undisturbed"].ends_with(0)
    assert run.files() == runs["undisturbed"].files()

    fewer = {"gaussians": {"recipes": {"published": {"iterations": 190}}}}
    run.snakemake(FIT.format(n=alone), site=None, overlay=fewer).ends_with(0)
    made = read_run(run.folder / FIT.format(n=alone))
    assert made.record["recipe"]["iterations"] == 190


def test_runs_share_a_job_also_where_no_environment_is_passed_on(slurm, runs):
    runs["unexported"].ends_with(0)
    ((rule, jobs),) = runs["unexported"].jobs(slurm).items()
    assert rule == "fit"
    assert 1 < len(jobs) < 16
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert len(runs["unexported"].files()) == 16


def test_a_job_over_its_time_limit_is_tried_again_with_more(slurm, runs):
    runs["disturbed"].ends_with(1)
    first, second = runs["disturbed"].jobs(slurm)[fit_job(TOO_LONG)]
    assert [first["JobState"], second["JobState"]] == ["TIMEOUT", "COMPLETED"]
    assert [first["TimeLimit"], second["TimeLimit"]] == ["00:01:00", "00:02:00"]
    assert 2 * megabytes(first) == megabytes(second) > 0
    assert FIT.format(n=TOO_LONG) in runs["disturbed"].files()


def test_a_job_that_was_cancelled_from_outside_is_tried_again(slurm, runs):
    runs["disturbed"].ends_with(1)
    states = [job["JobState"] for job in runs["disturbed"].jobs(slurm)[fit_job(CANCELLED)]]
    assert states == ["CANCELLED", "COMPLETED"]
    assert FIT.format(n=CANCELLED) in runs["disturbed"].files()


def test_a_job_that_fails_is_told_with_its_log_and_the_others_finish(slurm, runs):
    said = runs["disturbed"].ends_with(1)
    states = [job["JobState"] for job in runs["disturbed"].jobs(slurm)[fit_job(BROKEN)]]
    assert states == ["FAILED", "FAILED"]
    assert f"logs/gaussians/gradient_checkerboard/published/n{BROKEN}_seed7" in said
    assert "RuntimeError: a fit that fails whenever it is tried" in said
    assert FIT.format(n=BROKEN) not in runs["disturbed"].files()


def test_a_small_workflow_makes_the_same_bytes_as_without_slurm(slurm, runs):
    runs["small"].ends_with(0)
    runs["local"].ends_with(0)
    jobs = [job for found in runs["small"].jobs(slurm).values() for job in found]
    assert len(jobs) > 2
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert {job["Partition"] for job in jobs} == {"cpu"}
    assert runs["small"].files() == runs["local"].files()
    assert set(SMALL) <= set(runs["small"].files())


def test_the_whole_workflow_runs_in_one_allocation(slurm, runs):
    runs["allocation"].ends_with(0)
    runs["local"].ends_with(0)
    assert runs["allocation"].files() == runs["local"].files()


def test_training_on_cuda_asks_for_a_gpu_and_nothing_else_does(slurm, runs):
    runs["cuda"].process.wait(timeout=1_800)
    jobs = runs["cuda"].jobs(slurm)
    asked = {rule: job.get("TresPerJob") for rule, (job,) in jobs.items()}
    assert asked == {fit_job(60): "gres:gpu:1", "train_regression_wildcards_2": None}
    assert not any(
        "TresPerJob" in job for found in runs["small"].jobs(slurm).values() for job in found
    )


def test_a_slurm_without_accounting_is_refused_before_any_job(slurm, tmp_path):
    values = {"slurm-status-command": "sacct"}
    run = Run(tmp_path / "unaccounted").snakemake(SMALL[0], site=profile(tmp_path / "site", values))
    assert "pass --slurm-status-command squeue" in run.ends_with(1)
    assert run.jobs(slurm) == {}


def test_a_run_outlasts_a_restart_of_the_daemons(slurm, runs, misbehaving, site, tmp_path):
    for name in runs.keys() - {"lost"}:  # which waits for its own test
        runs[name].process.wait(timeout=1_800)
    code, _ = misbehaving
    run = Run(tmp_path / "restarted", code).hold(*HELD)
    run.snakemake(*HELD_FITS, site=site, **ALONE)
    runs["restarted"] = run  # ended with them
    logs = run.folder / "logs"
    # Before that `srun` would wait for the slurmctld.
    until(lambda: len([*logs.rglob("*.log")]) == 2, seconds=1_800)
    slurm.stop("slurmctld")
    until(lambda: "SLURM does not answer" in run.said(), seconds=1_800)
    slurm.start("slurmctld")
    slurm.stop("slurmd")
    slurm.start("slurmd")
    run.release(*HELD)
    run.ends_with(0)
    assert run.files() == runs["undisturbed"].files()


def megabytes(job: dict) -> int:
    """Return the memory that a job asked for."""
    return int(re.fullmatch(r"(\d+)M", job["MinMemoryNode"])[1])
