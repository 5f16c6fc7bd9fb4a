"""The whole workflow in small: what it makes, on one core, after a kill, beside bad files."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from base64 import b64decode
from pathlib import PurePath

import imageio.v3 as imageio
import numpy as np
import pandas as pd
import pytest

from lgi.batches import VARIABLE
from lgi.gaussians.fits.results import FIT, PUBLISHED, REPRODUCIBILITY
from lgi.gaussians.fits.results import TABLE as GAUSSIANS
from lgi.llc.inference_data import read_trace
from lgi.regression import results as regression
from lgi.runs import read_run, write_run
from lgi.superposition.llc import results as llc
from lgi.superposition.training.results import TABLE as SUPERPOSITION
from tests.configurations import ROOT, SMOKE, catalogue
from tests.workflow.conftest import Laboratory, makers, planned, started

CELL = ["init", "samples", "sparsity", "epoch"]
STATE = ["init", "samples", "sparsity", "seed", "epoch"]
PICTURES = (".png", ".gif")
CODE = ("lgi", "rules", "workflow_scripts", "profiles", "envs", "published", "tests/config")


@pytest.fixture(scope="module")
def smoke():
    return catalogue(SMOKE)


@pytest.fixture(scope="module")
def table(finished):
    """Return a function that reads a table."""
    return lambda path: pd.read_csv(finished.folder / path)


@pytest.fixture(scope="module")
def clone(finished, tmp_path_factory):
    """The same run in another clone, every file of which is newer and has a further comment.

    Its Snakefile prints the name of each rule and the number of its parameters.
    """
    code = tmp_path_factory.mktemp("clone")
    for name in CODE:
        shutil.copytree(ROOT / name, code / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "config.yaml", "docs/caption.rst"):
        (code / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, code / name)
    for path in [*(code / "lgi").rglob("*.py"), *(code / "workflow_scripts").glob("*.py")]:
        source = path.read_text(encoding="utf-8")
        path.write_text(f'# new\n{source}\n"""Says nothing."""\n', encoding="utf-8")
    with open(code / "Snakefile", "a", encoding="utf-8") as file:
        file.write("for rule in workflow.rules:\n    print('RULE', rule.name, len(rule.params))\n")
    folder = code / finished.folder.relative_to(ROOT)
    shutil.copytree(finished.folder, folder)
    return Laboratory(folder, code)


@pytest.fixture(scope="module")
def unchanged(clone):
    """What a run says in the clone."""
    return clone.snakemake("--dry-run").stdout


@pytest.fixture(scope="module")
def rules(unchanged):
    """The number of parameters of each rule."""
    return {name: int(count) for name, count in re.findall(r"^RULE (\w+) (\d+)$", unchanged, re.M)}


@pytest.fixture(scope="module")
def plan(finished):
    """What a run of everything anew would do."""
    return finished.snakemake("--dry-run", "--forceall").stdout


def test_every_listed_result_is_there(finished, smoke):
    missing = [path for path in smoke.everything() if not (finished.folder / path).is_file()]
    assert missing == []


def test_a_second_run_does_nothing_though_files_are_touched_and_have_comments(unchanged):
    assert "Nothing to be done" in unchanged


def test_a_changed_setting_reruns_what_rests_on_it(clone):
    overlay = {"superposition": {"llc": {"settings": {"published": {"draws": 61}}}}}
    jobs = planned(clone.snakemake("--dry-run", overlays=[overlay]).stdout)
    assert jobs["estimate_superposition_llc"] == 2  # of 4
    assert jobs["trace_superposition_llc"] == jobs["plot_llc_trace"] == 1
    assert jobs["collect_superposition_llc"] == jobs["llc_settings"] == 1
    assert jobs["calibrate_superposition_llc"] == 1  # varies its step
    assert jobs["llc_and_loss"] == jobs["train_superposition"] == jobs["fit"] == 0


def test_a_published_table_is_known_by_its_content_not_by_its_time(clone):
    path = clone.code / PUBLISHED
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"7" + content[-1:])
    os.utime(path, (0, 0))
    try:
        jobs = planned(clone.snakemake("--dry-run").stdout)
    finally:
        path.write_bytes(content)
    assert jobs["gaussians_table"] == 1
    assert jobs["loss_vs_n"] > 0
    assert jobs["fit"] == jobs["collect_superposition"] == 0


def test_snakemake_compares_every_parameter(finished, rules, plan):
    """It leaves out without a word what is of no plain type, and would never rerun for it."""
    found = makers(plan)
    assert len(found) > 40
    for rule, paths in found.items():
        for path in paths:
            params = recorded(finished, path)["params"]
            assert len(params) == rules[rule] > 0, path
            # nor may it record where an object lies in memory: that differs from run to run
            assert not re.search(r" at 0x[0-9a-f]+", " ".join(params)), path


def recorded(laboratory, path):
    """Return what Snakemake recorded of a file that a job made."""
    folder = laboratory.folder / ".snakemake" / "metadata"
    for record in folder.rglob("*"):
        # Its name is the path in base 64, cut into folders where it is long.
        name = "".join(part.removeprefix("@") for part in record.relative_to(folder).parts)
        if record.is_file() and b64decode(name).decode() == path:
            return json.loads(record.read_text(encoding="utf-8"))
    raise AssertionError(f"{path} is not recorded")


def test_the_smoke_run_has_few_jobs_and_covers_every_rule(smoke, rules, plan):
    jobs = planned(plan)
    assert started(plan) <= 60 < jobs["total"]
    without_a_job = {"all", "gallery", "copy_to_gallery", "unknown", *smoke.groups()}
    without_a_job.add("compare_published")  # needs the published epochs, up to 20,000
    assert set(jobs) - {"all", "total"} == set(rules) - without_a_job


def test_the_tables_hold_a_row_for_each_observation(table, smoke):
    config = smoke.config
    gaussians = table(GAUSSIANS)
    assert len(gaussians) == len(config.gaussians.listed())
    assert gaussians.best_loss.le(gaussians.initial_loss).all()
    epochs = config.superposition.training.snapshot_epochs()
    superposition = table(SUPERPOSITION)
    assert len(superposition) == 2 * 3 * len(epochs)
    assert not superposition.duplicated(STATE).any()
    estimates = table(llc.LLC)
    settings = config.superposition.llc.estimated(config)
    epochs = {name: len(setting.epochs.at) for name, setting in settings.items()}
    assert epochs["fine"] == 2
    assert len(estimates) == 2 * 3 * sum(epochs.values())
    assert not estimates.duplicated(["setting", *STATE]).any()
    assert estimates.llc_se.gt(0).all()
    shares = table(llc.STATUS)
    assert np.allclose(shares.groupby(["setting", *CELL])["share"].sum(), 1)
    assert len(shares.drop_duplicates(["setting", *CELL])) == len(estimates) / 3
    claims = table("results/tables/superposition_claims.csv")
    assert claims[["id", "source", "states", "part", "verdict"]].notna().all().all()
    assert set(claims.samples.dropna()) == {100}
    # They compare models of different numbers of samples.
    apart = {"superposition.kgon4_worse_on_average", "superposition.kgon4_best_better"}
    assert set(claims.id[claims.samples.isna()]) == apart
    summary = table("results/tables/superposition_claims_summary.csv")
    assert set(summary.id) == set(claims.id)
    assert summary.id.is_unique
    calibration = table(llc.CALIBRATION)
    sweep = config.superposition.llc.calibration
    values = sum(map(len, sweep.step_size.values())) + len(sweep.localisation)
    values += len(sweep.n_beta) + len(sweep.n) + len(sweep.draws) + 1  # and the reference
    assert len(calibration) == values
    again = table(REPRODUCIBILITY)
    twice = [
        {(run.image, run.n, run.seed) for run in config.gaussians.listed() if run.recipe == recipe}
        for recipe in ("published", "published_3000")
    ]
    assert 0 < len(again) <= len(set.intersection(*twice))
    within = again.reference_best_iteration <= again.iterations
    assert again.absolute_difference[within].eq(0).all()


def test_the_analysis_of_study_2_has_no_names_of_the_configuration(finished):
    text = (finished.folder / "results/report/superposition.md").read_text(encoding="utf-8")
    told = re.sub(r"\]\([^)]*\)|<a id=[^>]*>", "", text)
    assert re.findall(r"\w+_\w+|kgon\d|\bnan\b", told) == []
    assert "### 1. " in told


def test_a_trace_is_the_chains_of_the_estimate_in_the_table(finished, table, smoke):
    estimates = table(llc.LLC)
    traces = smoke.result("trace_superposition_llc").paths(smoke.config)
    assert len(traces) == 1
    for path in traces:
        kept = read_trace(finished.folder / path)
        named = re.fullmatch(llc.TRACE.replace("{", "(?P<").replace("}", ">.+)"), path).groupdict()
        chosen = estimates.setting == named["setting"]
        for key in STATE:
            if key == "init":
                chosen &= estimates[key] == named[key]
            else:  # paths hold four decimals of a sparsity
                chosen &= np.isclose(estimates[key], float(named[key]), rtol=0, atol=5e-5)
        (estimate,) = estimates[chosen].llc
        assert np.isclose(kept.llc[:, kept.burn_in :].mean(), estimate, rtol=1e-12)


def test_the_example_of_a_study_finds_the_known_coefficient(finished, table, smoke):
    study = smoke.config.regression
    rows = table("results/tables/regression_llc.csv")
    assert len(rows) == len(study.runs.seeds) * len(study.training.epochs)
    last = rows[rows.epoch == max(study.training.epochs)]
    assert last.status.eq("ok").all()
    # Half of rank 2; standard errors of chains as long as these are below 0.03.
    assert last.llc_se.lt(0.03).all()
    assert np.allclose(last.llc, 1, rtol=0, atol=0.1)
    claims = table("results/tables/regression_claims.csv")
    whole = claims[claims.part == "together"].set_index("id")
    assert whole.verdict.to_dict() == {"regression.half_the_rank": "supported"}
    assert whole.sentence.str.startswith("Trained to the end").all()
    assert imageio.imread(finished.folder / "results/figures/regression_llc.png").std() > 1
    run = read_run(finished.folder / regression.RUN.format(rank=2))
    assert (np.diff(run["loss"], axis=1) < 0).all()


def test_pictures_can_be_read_and_are_not_empty(finished, smoke):
    shown = [PurePath(path) for path in smoke.everything() if PurePath(path).suffix in PICTURES]
    beside = [path.with_suffix(".mp4") for path in shown if path.suffix == ".gif"]
    assert len(shown) > 25
    assert beside
    for path in [*shown, *beside]:
        first = {} if path.suffix == ".png" else {"index": 0}
        frames = np.asarray(imageio.imread(finished.folder / path, **first))
        assert frames.std() > 1, path


ONE_OF_EACH = (
    "results/tables/gaussians_n_study.csv",
    "results/gaussians/features/gradient_checkerboard/published_3000/n5.csv",
    "results/llc/gaussians/gradient_checkerboard/minimum/n2_seed42.csv",
    "results/llc/superposition/fine/kgon4/samples100/sparsity0.4262.csv",
    "results/tables/superposition_llc_calibration.csv",
    "results/tables/superposition_llc_resolution.csv",
    "results/tables/llc_known_answers.csv",
    "results/tables/regression_llc.csv",
    "results/animations/superposition/polygons/kgon4/samples100/sparsity0.4262_seed0.gif",
)
"""A result of each engine, estimate and encoder, and all that it rests on."""


@pytest.mark.slow
def test_one_core_gives_the_same_bytes(finished, laboratory):
    threads = {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    laboratory.snakemake("--", *ONE_OF_EACH, cores=1, env=threads)
    first, second = finished.files(), laboratory.files()
    assert {*ONE_OF_EACH} <= set(second)
    assert [name for name in second if first[name] != second[name]] == []


def test_a_fit_has_the_same_bytes_alone_and_with_other_seeds(finished, laboratory):
    target = "results/gaussians/gradient_checkerboard/published/n5_seed1.npz"
    done = laboratory.snakemake("--", target, env={VARIABLE: "0"})
    assert "rule fit:" in done.stdout
    assert list(laboratory.files()) == [target]
    assert laboratory.files()[target] == finished.files()[target]


def test_a_killed_run_is_taken_up_again(finished, laboratory):
    named = {"image": "gradient_checkerboard", "recipe": "published", "seed": 1}
    targets = [FIT.format(n=n, **named) for n in (4, 5, 6)]
    running = subprocess.Popen(
        laboratory.command(*targets),
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    results = laboratory.folder / "results"
    while len(list(results.rglob("*.npz"))) < 2 and running.poll() is None:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    laboratory.snakemake(*targets)
    first, second = finished.files(), laboratory.files()
    assert set(targets) <= set(second)
    assert [name for name in second if first.get(name) != second[name]] == []


def test_bad_run_files_are_named_and_nothing_is_lost(finished, laboratory):
    shutil.copytree(finished.folder, laboratory.folder, dirs_exist_ok=True)
    minimum = "results/llc/gaussians/minima/gradient_checkerboard/minimum/n3_seed42.npz"
    film = "results/figures/gaussians/fit/gradient_checkerboard/film/n5_seed42.png"
    targets = [GAUSSIANS, minimum, film]
    before = {path: (laboratory.folder / path).read_bytes() for path in targets[:1]}
    named = {"image": "gradient_checkerboard", "seed": 42}
    truncated = FIT.format(recipe="film", n=5, **named)
    foreign = FIT.format(recipe="minimum", n=3, **named)
    incomplete = FIT.format(recipe="published", n=5, **named)
    path = laboratory.folder / truncated
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    np.savez(laboratory.folder / foreign, loss=np.arange(3))
    run = read_run(laboratory.folder / incomplete)
    arrays = {name: array for name, array in run.arrays.items() if name != "uncovered"}
    write_run(laboratory.folder / incomplete, arrays, run.record)
    done = laboratory.snakemake(*targets, check=False)
    assert done.returncode != 0
    for path in (truncated, foreign, incomplete):
        assert re.search(rf"^\s*error: {re.escape(path)}: ", done.stdout, re.M), path
    for path, content in before.items():
        assert (laboratory.folder / path).read_bytes() == content


def test_a_job_that_fails_does_not_stop_the_others(laboratory):
    """NaN during training is recorded in its run file and shown in the table; the sweep goes on."""
    overlay = {"superposition": {"training": {"rate": 1e8}}}
    laboratory.snakemake(SUPERPOSITION, overlays=[overlay])
    table = pd.read_csv(laboratory.folder / SUPERPOSITION)
    last = table[table.epoch == 200]
    assert len(last) == 2 * 3
    assert last.diverged_epoch.ge(0).all()
    assert last.train_loss.isna().all()
    assert table[table.epoch == 0].train_loss.notna().all()


@pytest.mark.slow
def test_printed_values_are_read_in_the_folder_of_the_repository_too(clone, finished):
    here = Laboratory(clone.code, clone.code)
    shutil.copytree(finished.folder / "results", here.folder / "results")
    made = ("results/tables/gaussians.csv", "results/tables/gaussians_n_study.csv")
    for path in made:
        (here.folder / path).unlink()
    here.snakemake(*made)
    for path in made:
        assert (here.folder / path).read_bytes() == (finished.folder / path).read_bytes()


def test_the_analysis_of_study_1_has_no_names_of_the_configuration(finished):
    text = (finished.folder / "results/report/gaussians.md").read_text(encoding="utf-8")
    told = re.sub(r"\]\([^)]*\)|`[^`]*`|<a id=[^>]*>", "", text)
    assert re.findall(r"\w+_\w+|\bnan\b", told) == []
    assert "### 1. " in told
    assert not re.search(r"\b(\d[\d.,]*) to \1\b(?![\d.,])", told)
