"""Faults of the environment: a run ends right or says why, and the next one goes on.

What single functions do about them is tested in `tests/unit/test_faults.py`, `test_cache.py` and
`test_jit.py`.
"""

import os
import re
import shutil
import subprocess

import pytest

from lgi.gaussians.fits.results import FIT
from lgi.regression import results as regression
from lgi.runs import SUM
from tests.configurations import ROOT
from tests.disks import small_disk
from tests.workflow.conftest import Laboratory

pytestmark = pytest.mark.slow

RUN = regression.RUN.format(rank=2)
TABLE = "results/llc/regression/rank2.csv"
FIGURE = "results/figures/regression_llc.png"
FILM = "results/animations/superposition/polygons/kgon4/samples100/sparsity0.4262_seed0.gif"
TRACE = (
    "results/llc/superposition/traces/published/kgon4/samples100/sparsity0.4262_seed3_epoch200.nc"
)
ONE_FIT = FIT.format(image="gradient_checkerboard", recipe="published", n=5, seed=1)


def differing(laboratory: Laboratory, finished: Laboratory) -> list[str]:
    """Return the results that are not those of the undisturbed run, byte by byte."""
    right = finished.files()
    return [name for name, content in laboratory.files().items() if content != right[name]]


def errors(output: str) -> list[str]:
    """Return what jobs said in their logs, which Snakemake shows."""
    return re.findall(r"^error: (.*)$", output, re.M)


def test_a_full_disk_in_a_folder_of_any_name(finished, tmp_path):
    """Run files, table, figure, film, trace, logs and Snakemake's own notes, on a small disk.

    Then with more room, on one CPU and with 64 threads wanted of each library.
    """
    folder = tmp_path / "Blank ä\"q'uo $HOME {x} %s" / ("l" * 200)
    targets = ["--", RUN, FIGURE, FILM, TRACE, ONE_FIT]
    with small_disk(folder, 260) as disk:
        laboratory = Laboratory(folder)
        done = laboratory.snakemake(*targets, check=False, cores=1)
        assert done.returncode != 0
        assert "No space left on device" in done.stdout
        assert "Signals.SIG" not in done.stdout  # none crashed
        assert differing(laboratory, finished) == []
        disk.remount("size=40m")
        threads = {f"{name}_NUM_THREADS": "64" for name in ("OMP", "NUMBA", "OPENBLAS")}
        pinned = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]
        done = subprocess.run(
            [*pinned, *laboratory.command(*targets, cores=1)],
            cwd=ROOT,
            env=os.environ | threads,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stdout
        assert {*targets[1:]} <= set(laboratory.files())
        assert differing(laboratory, finished) == []


def test_no_home_no_temporary_folder_no_caches_few_files_and_a_clock_that_was_set_back(
    finished, laboratory
):
    folder = laboratory.folder
    (folder / "elsewhere").mkdir()
    (folder / "results").symlink_to("elsewhere")
    (folder / "file").touch()
    nothing = str(folder / "file" / "nowhere")
    environment = {
        **dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR", "LGI_CACHE_DIR"), nothing),
        "XDG_CACHE_HOME": str(folder / "cache"),  # which Snakemake needs
    }

    def run(target, limit="ulimit -n 64;", after=""):
        command = laboratory.command("--", target, cores=1)
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", f'{limit} "$@" {after}', "run", *command],
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    # Whoever reads the output leaves in the middle.
    stopped = run(RUN, after="2>&1 | head -n 36")
    assert "Traceback" not in stopped.stdout
    assert differing(laboratory, finished) == []
    done = run(FIGURE, after=">&-")  # and standard output is closed
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("compiled code cannot be kept there (Not a directory)") == 1
    assert (folder / ".snakemake" / "lgi").is_dir()
    assert (folder / "results").is_symlink()
    assert FIGURE in laboratory.files()
    assert differing(laboratory, finished) == []
    # Inputs are of the future, as after a clock that was set back.
    for suffix in ("", SUM):
        (folder / f"{TABLE}{suffix}").unlink()
    os.utime(folder / RUN, (4e9, 4e9))
    before = laboratory.files()
    done = run(TABLE)
    assert done.returncode != 0
    assert "This could indicate a clock skew problem" in done.stderr
    assert laboratory.files() == before
    os.utime(folder / RUN)
    assert run(TABLE).returncode == 0
    assert TABLE in laboratory.files()
    assert differing(laboratory, finished) == []


def test_a_job_is_killed_and_the_rest_is_made(laboratory, finished):
    """Killed as the kernel does it when memory is short."""
    kills = laboratory.folder / "kills"
    kills.mkdir()
    (kills / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if sys.orig_argv[-1].endswith('train_superposition.py'):\n"
        "    os.kill(os.getpid(), 9)\n",
        encoding="utf-8",
    )
    done = laboratory.snakemake(
        *("--", FILM, RUN), check=False, cores=1, env={"PYTHONPATH": str(kills)}
    )
    assert done.returncode != 0
    assert "train_superposition.py' died with <Signals.SIGKILL: 9>" in done.stdout
    assert "Traceback" not in done.stdout
    assert list(laboratory.files()) == [RUN]
    assert differing(laboratory, finished) == []


def test_what_stands_in_the_way_is_told_before_any_work(laboratory):
    (laboratory.folder / "results").write_text("mine", encoding="utf-8")
    done = laboratory.snakemake("--", RUN, check=False)
    assert done.returncode != 0
    assert "results: no folder, but what is made lies below it; move it away" in done.stdout
    assert "Traceback" not in done.stdout
    assert (laboratory.folder / "results").read_text(encoding="utf-8") == "mine"


def test_files_that_were_emptied_deleted_or_cut(finished, laboratory):
    """A run file that was cut is named, an emptied table too, a deleted one is made again."""
    shutil.copytree(finished.folder, laboratory.folder, dirs_exist_ok=True)
    (laboratory.folder / TABLE).unlink()
    laboratory.snakemake("--", TABLE, cores=1)
    assert differing(laboratory, finished) == []
    (laboratory.folder / TABLE).write_bytes(b"")
    path = laboratory.folder / FIT.format(
        image="gradient_checkerboard", recipe="film", n=5, seed=42
    )
    path.write_bytes(path.read_bytes()[:-100])
    film = "results/figures/gaussians/fit/gradient_checkerboard/film/n5_seed42.png"
    done = laboratory.snakemake("--", FIGURE, film, check=False, cores=1)
    assert done.returncode != 0
    named = {one.partition(":")[0] for one in errors(done.stdout)}
    assert named == {TABLE, str(path.relative_to(laboratory.folder))}
