from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lgi import intervals
from lgi.errors import DataError
from lgi.gaussians.fits import table as analysis
from lgi.gaussians.fits.published import IMAGE, RECIPE
from lgi.gaussians.fits.run import fit_run
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.fits.view import Fit
from lgi.runs import Run
from tests.unit.gaussians.synthetic import CONFIG, run_of


def fake(n, loss, seed=42, recipe="published", state="finished", side=64, **changes):
    return run_of(
        loss,
        {"uncovered": np.linspace(0, 0.5, len(loss))},
        changes,
        image_name="gradient_checkerboard",
        image={"kind": "gradient_checkerboard", "width": side, "height": side},
        recipe_name=recipe,
        n=n,
        seed=seed,
        state=state,
    )


def table_of(runs, *published):
    return analysis.table(map(Fit, runs), *published)


@pytest.fixture
def published():
    return pd.DataFrame({"n": [5, 6], "seed": [42, 42], "best_loss": [0.11, 0.22]})


def test_a_row_per_run(published):
    runs = [fake(6, [4, 2, 3]), fake(5, [5, 3, 1]), fake(5, [5, 1, 2], seed=7)]
    table = table_of(runs, published)
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
    assert table_of([run]).loc[0, "evaluations"] == 200 * (3 * 1 + 2 * 2) / 3


def test_rows_of_some_runs():
    table = table_of([fake(5, [1.0]), fake(6, [1.0]), fake(6, [1.0], seed=7)])
    wanted = [("gradient_checkerboard", "published", 6, 42), ("other", "published", 6, 7)]
    rows = analysis.rows_of(table, wanted)
    assert rows[["n", "seed"]].to_numpy().tolist() == [[6, 42]]


def test_change_compares_with_the_next_smaller_n_of_the_same_seed():
    runs = [fake(5, [1.0]), fake(6, [1.5]), fake(9, [1.0]), fake(6, [0.5], seed=7)]
    runs += [fake(7, [3.0], recipe="wide")]
    table = table_of(runs).set_index(["recipe", "n", "seed"])["change_vs_previous_n"]
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
    table = table_of(runs, published).set_index(["recipe", "n", "seed"])
    values = table["published_best_loss"]
    assert values["published", 5, 42] == values["renamed", 5, 42] == 0.11
    assert values.notna().sum() == 2


def test_the_published_settings_are_those_of_the_configuration():
    reference = CONFIG["recipes"][CONFIG["original"]["reference"]]
    assert RecipeSettings.model_validate(reference | {"snapshots": 0}) == RECIPE
    assert CONFIG["images"]["gradient_checkerboard"] == IMAGE.model_dump()


def test_a_diverged_run_is_visible():
    table = table_of([fake(5, [2, 1, np.nan], state="diverged at iteration 4")])
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
    _, pairs = analysis.tables(map(Fit, runs), None, "published_3000", "published")
    assert pairs["n"].tolist() == [5]
    assert pairs["absolute_difference"].tolist() == [0.5]
    assert pairs["relative_difference"].tolist() == [0.5]


def test_a_run_that_diverges_at_once_has_a_row(make_image, make_recipe):
    recipe = make_recipe(iterations=4, loss={"l1": 1e39, "l2": 0, "ssim": 0})
    image = make_image("smooth", 12, 12)
    arrays, record = fit_run("smooth", image, "hopeless", recipe, 3, 1, "source")
    table = table_of([Run(Path("hopeless.npz"), arrays, record), fake(5, [1])])
    row = table[table["recipe"] == "hopeless"].iloc[0]
    assert row["state"] == "diverged at iteration 1"
    assert row[["best_iteration", "best_loss", "uncovered_at_best", "final_loss"]].isna().all()


def test_faults_are_errors():
    with pytest.raises(DataError, match="no runs"):
        table_of([])
    with pytest.raises(DataError, match="n 5, seed 42"):
        table_of([fake(5, [1]), fake(5, [2])])


def runs_of(*values, recipe="published"):
    """Rows of (N, seed, value)."""
    rows = pd.DataFrame(values, columns=["n", "seed", "value"])
    return rows.assign(image="gradient", recipe=recipe)


def test_runs_of_a_seed_are_one_value():
    rows = runs_of((5, 1, 1.0), (6, 1, 3.0), (5, 2, 4.0), (6, 2, np.nan))
    assert analysis.by_seed(rows, "value").to_dict() == {1: 2.0, 2: 4.0}


def test_seeds_are_compared_on_the_runs_that_all_have():
    """Seed 1 alone has N = 9, whose value would tell it from seed 2."""
    rows = runs_of((5, 1, 1.0), (9, 1, 100.0), (5, 2, 1.0))
    assert analysis.by_seed(rows, "value").to_dict() == {1: 1.0, 2: 1.0}
    assert analysis.by_seed(rows[rows["seed"] == 1], "value").to_dict() == {1: 50.5}
    assert not len(analysis.by_seed(runs_of((5, 1, 1.0), (6, 2, 1.0)), "value"))


def test_differences_are_of_pairs():
    """N = 7 has no partner; pairs differ by 1 and 3 with seed 1, by 2 with seed 2."""
    rows = runs_of((5, 1, 1.0), (6, 1, 2.0), (5, 2, 3.0), (6, 2, 4.0), (7, 1, 9.0))
    others = runs_of((5, 1, 2.0), (6, 1, 5.0), (5, 2, 5.0), (6, 2, 6.0), recipe="published_3000")
    found = analysis.differences_by_seed(rows, others, "value")
    assert found.to_dict() == {1: 2.0, 2: 2.0}


def test_a_seed_counts_if_most_of_its_runs_do():
    rows = runs_of(*[(n, seed, n <= 4 + seed) for n in (5, 6, 7) for seed in (1, 2, 3)])
    found = analysis.share_of_seeds(rows, "value", 0.95)
    assert (found.value, found.n) == (2 / 3, 3)
    assert found == intervals.share(2, 3, 0.95)


def test_curves_have_the_n_of_all_seeds():
    rows = pd.DataFrame(
        [(30, 2, 0.1), (10, 2, 0.3), (10, 1, 0.4), (30, 1, np.nan), (20, 1, 0.2)],
        columns=["n", "seed", "loss"],
    )
    n, (loss,) = analysis.curves_of_seeds(rows, ["loss"])
    np.testing.assert_array_equal(n, [10, 30])
    np.testing.assert_array_equal(loss, [[0.4, np.nan], [0.3, 0.1]])


def test_pixels_follow_from_n_and_its_share():
    rows = pd.DataFrame({"n": [61, 10_000], "pixels_per_gaussian": [4800 / 61, 26.2144]})
    assert analysis.pixels_of(rows).tolist() == [4800, 262_144]
