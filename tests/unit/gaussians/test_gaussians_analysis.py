from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError, RunFileError
from lgi.gaussians import analysis
from lgi.gaussians.history import MEASURES
from lgi.runs import Run


def fake(n, loss, seed=42, recipe="published", state="finished", image="gradient_checkerboard"):
    loss = np.array(loss, dtype=float)
    arrays = {name: np.zeros(len(loss)) for name in MEASURES} | {
        "iteration": 2 ** np.arange(len(loss)),
        "loss": loss,
        "uncovered": np.linspace(0, 0.5, len(loss)),
        "target": np.zeros((10, 20, 3)),
    }
    record = {
        "study": "gaussians",
        "image_name": image,
        "recipe_name": recipe,
        "recipe": {"iterations": 8},
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
    assert row["iterations"] == 8


def test_change_compares_with_one_gaussian_less_and_the_same_seed():
    runs = [fake(5, [1.0]), fake(6, [1.5]), fake(8, [1.0]), fake(6, [0.5], seed=7)]
    table = analysis.table(runs).set_index(["n", "seed"])["change_vs_previous_n"]
    assert table[6, 42] == 0.5
    assert np.isnan(table[[(5, 42), (8, 42), (6, 7)]]).all()


def test_published_values_stand_only_beside_the_published_runs(published):
    runs = [
        fake(5, [1]),
        fake(5, [1], seed=7),
        fake(5, [1], recipe="wide"),
        fake(5, [1], image="smooth"),
    ]
    table = analysis.table(runs, published).set_index(["image", "recipe", "seed"])
    values = table["published_best_loss"]
    assert values["gradient_checkerboard", "published", 42] == 0.11
    assert values.notna().sum() == 1


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


def test_training_curves_are_tidy():
    curves = analysis.training_curves([fake(6, [4, 2, 3]), fake(5, [5, 3])])
    assert len(curves) == 5
    assert curves["n"].tolist() == [5, 5, 6, 6, 6]
    assert curves["loss"].tolist() == [5, 3, 4, 2, 3]


def test_faults_are_errors():
    with pytest.raises(DataError, match="no runs"):
        analysis.table([])
    with pytest.raises(DataError, match="no runs"):
        analysis.training_curves([])
    with pytest.raises(DataError, match="n 5, seed 42"):
        analysis.table([fake(5, [1]), fake(5, [2])])
    foreign = Run(Path("other.npz"), {}, {"study": "superposition"})
    with pytest.raises(RunFileError, match="other"):
        analysis.table([foreign])
    cut = fake(5, [1])
    del cut.arrays["uncovered"]
    with pytest.raises(RunFileError, match="uncovered"):
        analysis.table([cut])
