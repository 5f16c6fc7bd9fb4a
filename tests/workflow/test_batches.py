"""Runs that share a process: one of them fails, the process is killed, there is no GPU."""

import os

import pytest

from lgi.batches import VARIABLE
from lgi.gaussians.fits.results import FIT, FIT_FIGURE
from lgi.superposition.llc.results import ESTIMATE
from tests.workflow.conftest import SUBMITTING, makers, planned

NAMED = {"image": "gradient_checkerboard", "recipe": "published", "seed": 1}
FITS = [FIT.format(n=n, **NAMED) for n in (4, 5, 6)]
FIGURE = FIT_FIGURE.format(n=6, **NAMED)

BROKEN = """
import os, sys
if sys.orig_argv[-1].endswith("fit_gaussians.py"):
    from lgi import checkpoints, errors
    begin = checkpoints.Checkpoint.begin
    def broken(self, run):
        if run["n"] == 5:
            {what}
        return begin(self, run)
    checkpoints.Checkpoint.begin = broken
"""


@pytest.fixture
def breaking(laboratory):
    """Return a function that gives the environment in which fits of N = 5 break."""

    def environment(what):
        folder = laboratory.folder / "breaking"
        folder.mkdir(exist_ok=True)
        text = BROKEN.format(what=what)
        (folder / "sitecustomize.py").write_text(text, encoding="utf-8")
        return {"PYTHONPATH": str(folder)}

    return environment


@pytest.mark.slow
def test_a_run_that_fails_takes_no_other_with_it_and_is_made_alone_later(laboratory, breaking):
    env = breaking('raise errors.DataError("N = 5 is broken")')
    done = laboratory.snakemake("--", *FITS, FIGURE, check=False, cores=1, env=env)
    assert done.returncode != 0
    assert "fit: 3 runs in one process" in done.stdout
    assert "1 of 3 runs of fit in one process failed" in done.stdout
    assert done.stdout.count("error: N = 5 is broken") == 1
    assert {*FITS, FIGURE} - {FITS[1]} <= set(laboratory.files())
    assert FITS[1] not in laboratory.files()
    before = laboratory.files()
    plan = laboratory.snakemake("--dry-run", "--", *FITS, FIGURE).stdout
    assert makers(plan) == {"fit": {FITS[1]}}
    laboratory.snakemake("--", *FITS, FIGURE)
    after = laboratory.files()
    assert {name: after[name] for name in before} == before
    assert "Nothing to be done" in laboratory.snakemake("--dry-run", "--", *FITS, FIGURE).stdout


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_what_it_had_finished(laboratory, breaking):
    env = breaking("os.kill(os.getpid(), 9)")
    done = laboratory.snakemake("--", *FITS, check=False, cores=1, env=env)
    assert done.returncode != 0
    assert "3 of 3 runs of fit in one process failed" in done.stdout
    assert "died with <Signals.SIGKILL: 9>" in done.stdout
    assert laboratory.files() == {}
    hidden = list((laboratory.folder / "results").rglob(".*.finished"))
    assert len(hidden) == 1
    written = hidden[0].read_bytes()
    laboratory.snakemake("--", *FITS)
    assert laboratory.files()[FITS[0]] == written
    alone = laboratory.snakemake("--force", "--", FITS[0])
    assert "runs in one process" not in alone.stdout
    assert laboratory.files()[FITS[0]] == written


@pytest.mark.slow
def test_how_runs_are_grouped_decides_no_byte_and_a_change_makes_its_own_anew(laboratory):
    tables = [
        ESTIMATE.format(setting=setting, init=init, samples=100, sparsity="0.4262")
        for setting in ("fine", "raw_mse")
        for init in ("kgon4", "kgon6")
    ]
    together = laboratory.snakemake("--", *tables, overlays=[{"runs_per_job": 3}])
    assert "estimate_superposition_llc: 3 runs in one process" in together.stdout
    before = laboratory.files()
    for overlay, env in (({"runs_per_job": 2}, {}), ({"device": "cuda"}, {VARIABLE: "0"})):
        plan = laboratory.snakemake("--dry-run", "--", *tables, overlays=[overlay], env=env)
        assert "Nothing to be done" in plan.stdout
    changed = {"superposition": {"llc": {"settings": {"raw_mse": {"localisation": 2.0}}}}}
    plan = laboratory.snakemake("--dry-run", "--", *tables, overlays=[changed]).stdout
    assert makers(plan)["estimate_superposition_llc"] == {
        *tables[2:],
        *(f"{path}.sha256" for path in tables[2:]),
    }
    assert planned(plan)["total"] == 2
    (laboratory.folder / tables[0]).unlink()
    again = laboratory.snakemake("--", *tables)
    assert planned(again.stdout)["total"] == 1
    assert laboratory.files() == before


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="this machine has a GPU")
def test_without_a_gpu_cuda_is_refused_before_the_first_job(laboratory):
    overlay = {"device": "cuda"}
    done = laboratory.snakemake("--", FITS[0], overlays=[overlay], check=False)
    assert done.returncode != 0
    assert "device: cuda: " in done.stdout
    assert "run it where there is one, or with device: cpu" in done.stdout
    assert "Traceback" not in done.stdout
    assert laboratory.files() == {}
    assert not (laboratory.folder / "logs").exists()
    auto = laboratory.snakemake("--", FITS[0], overlays=[{"device": "auto"}])
    assert auto.stdout.count("device: cpu (") == 1
    log = next((laboratory.folder / "logs").rglob("*.log"))
    assert log.read_text(encoding="utf-8").startswith("device: cpu (")
    # It has been made: who draws needs no GPU.
    laboratory.snakemake("--", FITS[0], overlays=[overlay])


@pytest.mark.slow
def test_on_slurm_runs_that_share_a_process_are_one_job(laboratory, breaking, slurm):
    env = breaking('raise errors.DataError("N = 5 is broken")')
    given = {"env": env, "cores": 1, "check": False}
    done = laboratory.snakemake(*SUBMITTING, "--retries", 1, "--", *FITS, **given)
    assert done.returncode != 0
    assert [path.name for path in sorted(slurm.glob("*.job"))] == ["1.job", "2.job"]
    assert (slurm / "1.ended").read_text(encoding="utf-8").strip() != "0"
    assert done.stdout.count("1 of 3 runs of fit in one process failed") == 1
    assert set(laboratory.files()) == {FITS[0], FITS[2]}
    # Recorded by the job, which was tried again for the third alone.
    plan = laboratory.snakemake("--dry-run", "--", *FITS).stdout
    assert makers(plan) == {"fit": {FITS[1]}}
    changed = {"gaussians": {"recipes": {"published": {"iterations": 190}}}}
    plan = laboratory.snakemake("--dry-run", "--", *FITS, overlays=[changed]).stdout
    assert makers(plan) == {"fit": set(FITS)}
