"""Run the real Snakemake on this workflow in a folder of its own."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

import lgi
from lgi.errors import RunFileError
from lgi.runs import read_run
from tests.configurations import ROOT, SMOKE_FILE

BUILT = ROOT / "build" / "smoke"
"""Where `make smoke` runs the whole workflow in small."""


PRETENDED = ("sbatch", "squeue", "scancel", "srun", "sinfo", "sacct", "sacctmgr", "scontrol")
SUBMITTING = (
    *("--executor", "slurm", "--jobs", 4, "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", 1, "--slurm-jobname-prefix", "lgi"),
    *("--default-resources", "slurm_account=none", "slurm_partition=pretended", "mem_mb=500"),
    *("runtime=5", "--latency-wait", 5),
)


class Laboratory:
    """A working folder beside a clone's code, with the smoke configuration and overlays."""

    def __init__(self, folder: Path, code: Path = ROOT):
        self.folder = folder
        self.code = code

    def command(self, *arguments, overlays=(), base=SMOKE_FILE, cores=2) -> list[str]:
        """Return the command line."""
        files = [base] if base else []
        for number, overlay in enumerate(overlays):
            files.append(self.folder / f"overlay{number}.yaml")
            files[-1].write_text(yaml.safe_dump(overlay), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "snakemake", "--snakefile", self.code / "Snakefile"),
            *(["--configfile", *files] if files else []),
            *("--directory", self.folder, "--cores", cores),
            *arguments,
        ]
        return list(map(str, command))

    def snakemake(self, *arguments, check=True, env=None, **given):
        """Run snakemake; return the completed process with all output in .stdout."""
        done = subprocess.run(
            self.command(*arguments, **given),
            cwd=self.code,
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=3_600,  # for what hangs
        )
        assert not check or done.returncode == 0, done.stdout
        return done

    def files(self) -> dict[str, bytes]:
        """Return every result with its bytes."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted((self.folder / "results").rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }


def planned(output: str) -> Counter:
    """Return the number of jobs per rule from the table that a run or a dry run prints."""
    table = output.split("Job stats:")[1].split("\n\n")[0]
    return Counter(
        {rule: int(count) for rule, count in re.findall(r"^(\w+)\s+(\d+)$", table, re.M)}
    )


def processes(output: str) -> dict[str, tuple[int, int]]:
    """Return how many runs of each rule share how many processes."""
    said = re.search(r"^Runs that share processes: (.*)\.$", output, re.M)
    found = re.findall(r"(\d+) of (\w+) in (\d+)", said[1]) if said else []
    return {rule: (int(runs), int(parts)) for runs, rule, parts in found}


def started(output: str) -> int:
    """Return how many processes a run or a dry run starts."""
    spared = sum(runs - parts for runs, parts in processes(output).values())
    return planned(output)["total"] - spared


def makers(output: str) -> dict[str, set[str]]:
    """Return what each rule makes, from the jobs that a dry run prints."""
    found = defaultdict(set)
    for rule, paths in re.findall(
        r"^(?:local)?rule (\w+):\n(?:    input: .*\n)?    output: (.*)$", output, re.M
    ):
        found[rule] |= set(paths.replace(" (update)", "").split(", "))
    return found


def version_of(path: Path) -> str:
    """Return the version of lgi that made a run, or nothing for one without a checksum."""
    try:
        return read_run(path).record["provenance"]["versions"]["lgi"]
    except RunFileError:
        return ""


@pytest.fixture
def laboratory(tmp_path):
    return Laboratory(tmp_path)


@pytest.fixture(scope="session")
def finished():
    """The folder in which the whole smoke workflow has run. Tests leave it as it is."""
    BUILT.mkdir(parents=True, exist_ok=True)
    laboratory = Laboratory(BUILT)
    with open(BUILT.parent / "smoke.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # processes of one test run share the folder
        # Bytes hold the version, for which nothing is made anew.
        fits = BUILT.glob("results/gaussians/*/*/*.npz")
        if {version_of(path) for path in fits} - {lgi.__version__}:
            shutil.rmtree(BUILT)
            BUILT.mkdir()
        laboratory.snakemake()
    return laboratory


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
