"""The typed view of a run file: what it says, and files that are no whole run."""

import math
from pathlib import Path

import numpy as np
import pytest

from lgi.errors import RunFileError
from lgi.gaussians.fits import fit_cpu
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.fits.view import RECORD, Fit, read_fit
from lgi.runs import Run, write_run
from tests.unit.gaussians.synthetic import PUBLISHED, run_of


def test_a_view_says_what_the_file_holds(tmp_path):
    run = run_of([4, 2, 3], {"psnr": np.array([9.0, 12, 10])}, {"cutoff": 2.5}, n=7)
    write_run(tmp_path / "run.npz", run.arrays, run.record)
    fit = read_fit(tmp_path / "run.npz")
    assert fit.name == ("flat", "published", 7, 42)
    assert fit.identity() == {"image": "flat", "recipe": "published", "n": 7, "seed": 42}
    assert fit.recipe == RecipeSettings.model_validate(PUBLISHED | {"cutoff": 2.5})
    assert (fit.width, fit.height, fit.pixels) == (20, 10, 200)
    assert (fit.best_iteration, fit.best_place, fit.at_best("psnr")) == (2, 1, 12)
    assert (fit.state, fit.diverged) == ("finished", False)
    np.testing.assert_array_equal(fit["loss"], [4, 2, 3])


def test_columns_go_by_name():
    fit = Fit(run_of())
    np.testing.assert_array_equal(fit.columns(fit["best"], "b", "x"), fit["best"][:, [7, 0]])


def test_a_run_whose_first_loss_was_not_finite_has_no_best():
    fit = Fit(run_of([np.nan], state="diverged at iteration 1"))
    assert fit.diverged
    assert fit.best_place is None
    assert math.isnan(fit.at_best("loss"))


def test_states_are_those_that_are_finite():
    run = run_of()
    run["best"][0, 0] = np.nan
    assert list(Fit(run).states()) == ["start", "end"]


def test_a_run_renders_as_it_was_fitted():
    fit = Fit(run_of(recipe={"cutoff": 1.0}))
    image, _ = fit_cpu.render(fit["best"], 20, 10, 1.0, fit.recipe.edge, "mean")
    np.testing.assert_array_equal(fit.render(fit["best"]), image)


def test_files_of_another_study_and_foreign_recipes_are_named():
    with pytest.raises(RunFileError, match=r"other\.npz: not a run of study 1"):
        Fit(Run(Path("other.npz"), {}, {"study": "superposition"}))
    run = run_of(n=5)
    run.record["recipe"]["cutoff"] = -1
    with pytest.raises(RunFileError, match=r"n5_seed42.npz: recipe: (.|\n)*cutoff"):
        _ = Fit(run).recipe


@pytest.mark.parametrize("name", ["uncovered", "target", "loss", "iteration"])
def test_a_run_file_without_an_array_is_named(name):
    run = run_of([1], n=5)
    del run.arrays[name]
    with pytest.raises(RunFileError, match=f"n5_seed42.npz: no array '{name}'"):
        Fit(run)


@pytest.mark.parametrize("name", RECORD)
def test_a_run_file_without_an_entry_is_named(name):
    run = run_of([1], n=5)
    del run.record[name]
    with pytest.raises(RunFileError, match=f"n5_seed42.npz: the record lacks {name}"):
        Fit(run)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("loss", np.zeros(3), "loss has shape"),
        ("uncovered", np.zeros((2, 1)), "uncovered has shape"),
        ("iteration", np.zeros(0), "iteration has shape"),
        ("target", np.zeros((4, 4)), "target has shape"),
        ("iteration", np.array([3, 4]), "best_iteration 2 is not among"),
    ],
)
def test_a_run_file_whose_arrays_do_not_fit_is_named(name, value, fault):
    run = run_of([2, 1], n=5)
    run.arrays[name] = value
    with pytest.raises(RunFileError, match=f"n5_seed42.npz: {fault}"):
        Fit(run)
