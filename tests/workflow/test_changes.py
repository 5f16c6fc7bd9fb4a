"""What a change makes anew, and what it leaves: plans and runs of a finished workflow elsewhere."""

import os
import random
import shutil

import pytest

import lgi
from tests.configurations import ROOT, RUNS
from tests.workflow.conftest import Laboratory, makers, planned

CODE = ("lgi", "rules", "workflow_scripts", "profiles", "envs", "published", "tests/config")
FIT = "results/gaussians/gradient_checkerboard/{}/n{}_seed{}.npz"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def moved(finished, tmp_path_factory):
    """The finished folder and its code at another place."""
    code = tmp_path_factory.mktemp("moved")
    for name in CODE:
        shutil.copytree(ROOT / name, code / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "config.yaml", "docs/caption.rst", "docs/report.rst"):
        (code / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, code / name)
    folder = code / finished.folder.relative_to(ROOT)  # what is printed lies beside it
    shutil.copytree(finished.folder, folder)
    return Laboratory(folder, code)


@pytest.fixture
def edited(moved):
    """Return a function that edits a file of the code and tells what is then planned."""
    before = {}

    def edit(name, old, new):
        path = moved.code / name
        before.setdefault(path, text := path.read_text(encoding="utf-8"))
        assert text.count(old) >= 1, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return moved.snakemake("--dry-run").stdout

    yield edit
    for path, text in before.items():
        path.write_text(text, encoding="utf-8")


TRAINED = {"train_superposition", "train_superposition_limit"}
ESTIMATED = {"find_minimum", "estimate_gaussians_llc", "estimate_superposition_llc"}


def test_a_constant_of_an_engine_retrains_its_study_alone(edited):
    jobs = planned(edited("lgi/gaussians/fits/formulas.py", "= 2**14", "= 2**13"))
    assert jobs["fit"] > 40
    assert not TRAINED & jobs.keys()


def test_a_constant_of_training_retrains_the_other_study_alone(edited):
    jobs = planned(edited("lgi/superposition/training/train_cpu.py", "= 2**26", "= 2**25"))
    assert jobs.keys() >= TRAINED
    assert not jobs["fit"]


def test_the_look_of_figures_trains_and_estimates_nothing(edited):
    jobs = planned(edited("lgi/figures/style.py", '"axes.titlesize": 8', '"axes.titlesize": 9'))
    assert {"fit_figure", "loss_vs_n", "llc_and_loss", "plot_snapshots"} <= jobs.keys()
    assert not ({"fit"} | TRAINED | ESTIMATED | {"gaussians_table"}) & jobs.keys()


def test_a_table_trains_nothing_and_figures_of_others_stay(edited):
    name = "lgi/gaussians/price/table.py"
    jobs = planned(edited(name, 'MINIMA = "description', 'MINIMA = "new description'))
    assert "price_gaussians" in jobs
    remade = {"fit"} | TRAINED | ESTIMATED | {"loss_vs_n", "tabulate_turns"}
    assert not remade & jobs.keys()


def test_a_value_retrains_the_runs_that_have_it(moved):
    overlay = {
        "gaussians": {"recipes": {"early_stop": {"early_stop": 1.2}}},
        "superposition": {"training": {"rate": 0.004}},
    }
    output = moved.snakemake("--dry-run", overlays=[overlay]).stdout
    jobs, made = planned(output), makers(output)
    assert jobs["train_superposition"] == 2
    assert not {"train_superposition_limit"} & jobs.keys()  # has values of its own
    assert made["fit"] == {FIT.format("early_stop", 5, seed) for seed in (1, 42)}
    assert not {"fit_figure", "fit_animation"} & jobs.keys()  # they show others


@pytest.mark.parametrize("changed", [{"device": "cuda"}, {"device": "cpu"}, {"runs_per_job": 3}])
def test_neither_a_device_nor_how_runs_share_processes_makes_anything_anew(moved, changed):
    assert "Nothing to be done" in moved.snakemake("--dry-run", overlays=[changed]).stdout


def test_new_runs_are_made_alone_with_what_gathers_them(moved):
    lists = {entry["name"]: entry for entry in RUNS}
    more = lists["gap"] | {"name": "more", "n": 5, "seeds": [7, 8]}
    overlay = {
        "gaussians": {"runs": [*RUNS, more]},
        "superposition": {
            "runs": {"samples": [100, 200], "sparsity": [0.42624657926256726, 0.9]},
            "figures": {"samples": 100},
        },
    }
    lists["gap"]["n"], n = [7, 8], lists["gap"]["n"]
    output = moved.snakemake("--dry-run", overlays=[overlay]).stdout
    lists["gap"]["n"] = n
    jobs, made = planned(output), makers(output)
    new = {FIT.format("published", 8, seed) for seed in (1, 42)}
    new |= {FIT.format("published", 5, seed) for seed in (7, 8)}
    assert made["fit"] == new
    assert jobs["train_superposition"] == 2 * 2 * 2 - 2
    assert jobs["gaussians_table"] == jobs["tabulate_turns"] == 1
    there = {path for paths in made.values() for path in paths} & set(moved.files())
    assert there
    assert not [
        p for p in there if p.endswith(".npz") or "/fit/" in p or "/llc/superposition/" in p
    ]


def test_nothing_is_made_anew_for_file_times_places_or_the_version(moved, edited):
    """The copy of the code is newer, and its results get new times in any order.

    Tables in published/ are as new as a clone: they were inputs like any others.
    """
    for path in (moved.code / "published").iterdir():
        path.touch()
    assert "Nothing to be done" in edited("lgi/__init__.py", lgi.__version__, "9.9.9")
    times = random.Random(3)
    before = {}
    for path in sorted((moved.folder / "results").rglob("*")):
        if path.is_file():
            before[path] = path.stat().st_mtime
            at = 1_700_000_000 + times.randrange(1_000_000)
            os.utime(path, (at, at))
    try:
        assert "Nothing to be done" in moved.snakemake("--dry-run").stdout
    finally:
        for path, at in before.items():
            os.utime(path, (at, at))


def test_of_runs_that_shared_a_process_a_lost_one_is_made_alone(moved, finished):
    """With a new one; the others keep their bytes and times."""
    lost = FIT.format("published", 7, 1)
    (moved.folder / lost).unlink()
    gap = next(entry for entry in RUNS if entry["name"] == "gap")
    runs = [entry for entry in RUNS if entry is not gap] + [gap | {"seeds": [42, 1, 3]}]
    new, old = FIT.format("published", 7, 3), FIT.format("published", 7, 42)
    before = (moved.folder / old).stat()
    done = moved.snakemake("--", lost, new, old, overlays=[{"gaussians": {"runs": runs}}])
    assert "fit: 2 runs in one process" in done.stdout
    assert (moved.folder / old).stat().st_mtime_ns == before.st_mtime_ns
    assert (moved.folder / lost).read_bytes() == (finished.folder / lost).read_bytes()
    (moved.folder / new).unlink()
