from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from lgi.errors import DataError, RunFileError
from lgi.gaussians import analysis
from lgi.gaussians.history import MEASURES
from lgi.gaussians.published import IMAGE, RECIPE
from lgi.gaussians.run import fit_run
from lgi.gaussians.settings import RecipeSettings
from lgi.runs import Run

CONFIG = yaml.safe_load((Path(__file__).parents[3] / "config.yaml").read_text())["gaussians"]
IMAGES, PUBLISHED = CONFIG["images"], CONFIG["recipes"]["published"]


def fake(n, loss, seed=42, recipe="published", state="finished", side=64, **changes):
    loss = np.array(loss, dtype=float)
    arrays = {name: np.zeros(len(loss)) for name in MEASURES} | {
        "iteration": 2 ** np.arange(len(loss)),
        "loss": loss,
        "uncovered": np.linspace(0, 0.5, len(loss)),
        "target": np.zeros((10, 20, 3)),
    }
    record = {
        "study": "gaussians",
        "image_name": "gradient_checkerboard",
        "image": {"kind": "gradient_checkerboard", "width": side, "height": side},
        "recipe_name": recipe,
        "recipe": RecipeSettings.model_validate(PUBLISHED | changes).model_dump(mode="json"),
        "n": n,
        "seed": seed,
        "state": state,
        "best_iteration": int(arrays["iteration"][np.nanargmin(loss)]),
    }
    return Run(Path(f"n{n}_seed{seed}.npz"), arrays, record)


@pytest.fixture
def published():
    return pd.DataFrame({"n": [5, 6], "seed": [42, 42], "best_loss": [0.11, 0.22]})


def test_a_row_per_run(published):
    runs = [fake(6, [4, 2, 3]), fake(5, [5, 3, 1]), fake(5, [5, 1, 2], seed=7)]
    table = analysis.table(runs, published)
    assert tuple(table.columns) == analysis.COLUMNS
    assert table["n"].tolist() == [5, 5, 6]
    assert table["seed"].tolist() == [7, 42, 42]
    row = table.iloc[2]
    assert (row["best_loss"], row["best_iteration"], row["initial_loss"]) == (2, 2, 4)
    assert row["final_loss"] == 3
    assert (row["uncovered_at_best"], row["uncovered_at_end"]) == (0.25, 0.5)
    assert (row["n_over_pixels"], row["pixels_per_gaussian"]) == (6 / 200, 200 / 6)
    assert row["iterations"] == 10_000


def test_cost_is_the_mean_over_iterations_of_what_gaussians_reach():
    """Measured at 1, 2, 4: 3 Gaussians a pixel up to 2, then falling to 1; 200 pixels."""
    run = fake(5, [3, 2, 1])
    run.arrays["overlap"] = np.array([3.0, 3.0, 1.0])
    assert analysis.table([run]).loc[0, "evaluations"] == 200 * (3 * 1 + 2 * 2) / 3


def test_rows_of_some_runs():
    table = analysis.table([fake(5, [1.0]), fake(6, [1.0]), fake(6, [1.0], seed=7)])
    wanted = [("gradient_checkerboard", "published", 6, 42), ("other", "published", 6, 7)]
    rows = analysis.rows_of(table, wanted)
    assert rows[["n", "seed"]].to_numpy().tolist() == [[6, 42]]


def test_change_compares_with_the_next_smaller_n_of_the_same_seed():
    runs = [fake(5, [1.0]), fake(6, [1.5]), fake(9, [1.0]), fake(6, [0.5], seed=7)]
    runs += [fake(7, [3.0], recipe="wide")]
    table = analysis.table(runs).set_index(["recipe", "n", "seed"])["change_vs_previous_n"]
    assert table["published", 6, 42] == 0.5
    assert table["published", 9, 42] == -0.5
    assert table.notna().sum() == 2


def test_published_values_stand_beside_runs_of_the_published_settings(published):
    runs = [
        fake(5, [1]),
        fake(5, [1], recipe="renamed", snapshots=3),
        fake(5, [1], seed=7),
        fake(5, [1], recipe="wide", cutoff=10),
        fake(6, [1], cutoff=10),
        fake(6, [1], recipe="small", side=32),
    ]
    table = analysis.table(runs, published).set_index(["recipe", "n", "seed"])
    values = table["published_best_loss"]
    assert values["published", 5, 42] == values["renamed", 5, 42] == 0.11
    assert values.notna().sum() == 2


def test_the_published_settings_are_those_of_the_configuration():
    recipe = RecipeSettings.model_validate(PUBLISHED | {"snapshots": 0})
    assert recipe == RECIPE
    assert IMAGES["gradient_checkerboard"] == IMAGE.model_dump()


def test_a_diverged_run_is_visible():
    table = analysis.table([fake(5, [2, 1, np.nan], state="diverged at iteration 4")])
    assert table.loc[0, "state"] == "diverged at iteration 4"
    assert table.loc[0, "best_loss"] == 1
    assert np.isnan(table.loc[0, "final_loss"])


def test_reproducibility_pairs_runs():
    runs = [
        fake(5, [2, 1]),
        fake(6, [4, 2]),
        fake(5, [2, 1.5], recipe="published_3000"),
        fake(9, [1], recipe="published_3000"),
    ]
    pairs = analysis.reproducibility(analysis.table(runs))
    assert pairs["n"].tolist() == [5]
    assert pairs["absolute_difference"].tolist() == [0.5]
    assert pairs["relative_difference"].tolist() == [0.5]


def test_a_run_that_diverges_at_once_has_a_row(make_image, make_recipe):
    recipe = make_recipe(iterations=4, loss={"l1": 1e39, "l2": 0, "ssim": 0})
    image = make_image("smooth", 12, 12)
    arrays, record = fit_run("smooth", image, "hopeless", recipe, 3, 1, "cpu")
    table = analysis.table([Run(Path("hopeless.npz"), arrays, record), fake(5, [1])])
    row = table[table["recipe"] == "hopeless"].iloc[0]
    assert row["state"] == "diverged at iteration 1"
    assert row["best_iteration"] == 0
    assert row[["best_loss", "uncovered_at_best", "final_loss"]].isna().all()


def test_faults_are_errors():
    with pytest.raises(DataError, match="no runs"):
        analysis.table([])
    with pytest.raises(DataError, match="n 5, seed 42"):
        analysis.table([fake(5, [1]), fake(5, [2])])
    foreign = Run(Path("other.npz"), {}, {"study": "superposition"})
    with pytest.raises(RunFileError, match="other"):
        analysis.table([foreign])


@pytest.mark.parametrize("name", ["uncovered", "target", "loss", "iteration"])
def test_a_run_file_without_an_array_is_named(name):
    run = fake(5, [1])
    del run.arrays[name]
    with pytest.raises(RunFileError, match=f"n5_seed42.npz: no array '{name}'"):
        analysis.table([run])


@pytest.mark.parametrize("name", analysis.RECORD)
def test_a_run_file_without_an_entry_is_named(name):
    run = fake(5, [1])
    del run.record[name]
    with pytest.raises(RunFileError, match=f"n5_seed42.npz: the record lacks {name}"):
        analysis.table([run])


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
    run = fake(5, [2, 1])
    run.arrays[name] = value
    with pytest.raises(RunFileError, match=f"n5_seed42.npz: {fault}"):
        analysis.table([run])
