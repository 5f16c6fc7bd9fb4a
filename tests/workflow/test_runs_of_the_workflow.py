"""The whole workflow in small: what it makes, on one core, after a kill, beside bad files."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import imageio.v3 as imageio
import numpy as np
import pandas as pd
import pytest
import yaml

from conftest import ROOT, SMOKE
from lgi import paths
from lgi.config import check
from lgi.llc.inference_data import read_trace
from lgi.runs import read_run, write_run

CELL = ["init", "samples", "sparsity", "epoch"]


@pytest.fixture(scope="session")
def config():
    from snakemake.utils import update_config

    merged = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(merged, yaml.safe_load(SMOKE.read_text()))
    return check(merged)


def test_every_listed_result_is_there(finished, config):
    missing = [path for path in paths.everything(config) if not (finished.folder / path).is_file()]
    assert missing == []


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in finished.snakemake("--dry-run").stdout


def test_the_tables_hold_a_row_for_each_observation(finished, config):
    read = lambda path: pd.read_csv(finished.folder / path)  # noqa: E731
    gaussians = read(paths.GAUSSIANS_TABLE)
    assert len(gaussians) == len(config.gaussian_runs())
    assert gaussians.best_loss.le(gaussians.initial_loss).all()
    epochs = config.superposition.training.snapshot_epochs()
    superposition = read(paths.SUPERPOSITION_TABLE)
    assert len(superposition) == 8 * 3 * len(epochs)
    assert not superposition.duplicated(["init", "samples", "sparsity", "seed", "epoch"]).any()
    llc = read(paths.LLC_TABLE)
    assert len(llc) == 2 * 8 * 3 * 3
    assert llc.llc_se.gt(0).all()
    shares = read(paths.VERDICT_TABLE)
    assert np.allclose(shares.groupby(["setting", *CELL])["share"].sum(), 1)
    assert len(shares.drop_duplicates(["setting", *CELL])) == 2 * 8 * 3
    claims = read(paths.CLAIM_TABLE)
    assert claims[["claim", "source", "samples", "states", "part", "verdict"]].notna().all().all()
    assert set(claims.samples) == {50, 100}
    calibration = read(paths.CALIBRATION_TABLE)
    sweep = config.llc.calibration
    values = sum(map(len, sweep.step_size.values())) + len(sweep.localisation)
    values += len(sweep.n_beta) + len(sweep.n) + 1  # and the reference
    assert len(calibration) == 2 * values
    again = read(paths.REPRODUCIBILITY_TABLE)
    twice = [
        {(run.image, run.n, run.seed) for run in config.gaussian_runs() if run.recipe == recipe}
        for recipe in ("published", "published_3000")
    ]
    assert 0 < len(again) <= len(set.intersection(*twice))
    within = again.reference_best_iteration <= again.iterations
    assert again.absolute_difference[within].eq(0).all()


def test_a_trace_is_the_chains_of_the_estimate_in_the_table(finished, config):
    llc = pd.read_csv(finished.folder / paths.LLC_TABLE)
    for trace, path in zip(config.llc.traces, paths.llc_traces(config), strict=True):
        kept = read_trace(finished.folder / path)
        chosen = (llc.setting == trace.setting) & (llc.init == trace.init)
        chosen &= (llc.samples == trace.samples) & (llc.seed == trace.seed)
        chosen &= (llc.epoch == trace.epoch) & np.isclose(llc.sparsity, trace.sparsity, atol=5e-5)
        (estimate,) = llc[chosen].llc
        assert np.isclose(kept.llc[:, kept.burn_in :].mean(), estimate, rtol=1e-12)


def test_pictures_can_be_read_and_are_not_empty(finished):
    checked = 0
    for path in (finished.folder / "results").rglob("*"):
        if path.suffix in {".png", ".gif", ".mp4"}:
            frames = np.asarray(
                imageio.imread(path, **({"index": 0} if path.suffix != ".png" else {}))
            )
            assert frames.std() > 1, path
            checked += 1
    assert checked > 30


@pytest.mark.slow
def test_one_core_gives_the_same_bytes(finished, laboratory, config):
    threads = {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    laboratory.snakemake("tables", "animations", cores=1, env=threads)
    first, second = finished.files(), laboratory.files()
    animations = [*paths.gaussians_animations(config), *paths.superposition_animations(config)]
    runs = [*paths.gaussians_runs(config), *paths.superposition_runs(config)]
    assert {*paths.tables(config), *animations, *runs, *paths.llc_estimates(config)} <= set(second)
    assert [name for name in second if first[name] != second[name]] == []


def test_a_fit_has_the_same_bytes_alone_and_with_other_seeds(finished, laboratory):
    target = "results/gaussians/gradient_checkerboard/published/n5_seed1.npz"
    done = laboratory.snakemake("--allowed-rules", "fit_gaussians", "--", target)
    assert "rule fit_gaussians:" in done.stdout
    assert list(laboratory.files()) == [target]
    assert laboratory.files()[target] == finished.files()[target]


def test_a_killed_run_is_taken_up_again(finished, laboratory):
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", str(SMOKE), "--directory", str(laboratory.folder), "--cores", "2"]
    running = subprocess.Popen(
        command,
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    results = laboratory.folder / "results"
    deadline = time.monotonic() + 100
    while len(list(results.rglob("*.npz"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    laboratory.snakemake("--unlock")
    laboratory.snakemake("tables")
    first = finished.files()
    second = {name: content for name, content in laboratory.files().items() if "/." not in name}
    assert [name for name in second if first.get(name) != second[name]] == []


@pytest.mark.parametrize("damage", ["truncated", "foreign", "incomplete"])
def test_a_bad_run_file_is_named_and_nothing_is_lost(finished, laboratory, damage):
    shutil.copytree(finished.folder, laboratory.folder, dirs_exist_ok=True)
    table = laboratory.folder / paths.GAUSSIANS_TABLE
    before = table.read_bytes()
    bad = laboratory.folder / "results/gaussians/gradient_checkerboard/published/n5_seed1.npz"
    content = bad.read_bytes()
    if damage == "truncated":
        bad.write_bytes(content[: len(content) // 2])
    elif damage == "foreign":
        np.savez(bad, loss=np.arange(3))
    else:
        run = read_run(bad)
        arrays = {name: array for name, array in run.arrays.items() if name != "uncovered"}
        write_run(bad, arrays, run.record)
    done = laboratory.snakemake(paths.GAUSSIANS_TABLE, check=False)
    assert done.returncode != 0
    assert re.search(r"error: \S*gradient_checkerboard/published/n5_seed1\.npz: ", done.stdout)
    assert table.read_bytes() == before


def test_a_job_that_fails_does_not_stop_the_others(laboratory):
    """NaN during training is recorded in its run file and shown in the table; the sweep goes on."""
    overlay = {"superposition": {"training": {"rate": 1e8}}}
    laboratory.snakemake(paths.SUPERPOSITION_TABLE, overlays=[overlay])
    table = pd.read_csv(laboratory.folder / paths.SUPERPOSITION_TABLE)
    last = table[table.epoch == 200]
    assert last.diverged_epoch.ge(0).all()
    assert last.train_loss.isna().all()
    assert table[table.epoch == 0].train_loss.notna().all()
