import numpy as np
import pytest

from lgi.superposition.phases import figures
from lgi.superposition.phases.settings import Phases
from lgi.superposition.phases.table import ONE_ACTIVE, phases
from lgi.superposition.training.settings import BinaryData

BINARY = BinaryData(kind="binary", features=6, test_samples=1)
SETTINGS = Phases(
    sparsity=[0.5], radius=[1.0], bias=[-0.5, 0.0, 0.1], noise=0.02, random=60, seed=0
)
TRAINED = 0.9


@pytest.fixture(scope="module")
def made():
    from tests.unit.superposition.conftest import made_up_run

    runs = [made_up_run(sparsity=TRAINED), made_up_run(init="kgon6", sparsity=TRAINED)]
    return phases(iter(runs), data=BINARY, sparsities=[0.5, TRAINED, 0.99], settings=SETTINGS)


def test_the_hexagon_is_lowest_for_sparse_data_and_loses_nothing_on_one_feature(made):
    minima, _ = made
    lowest = minima[minima["lowest"]].drop_duplicates("sparsity").set_index("sparsity")
    assert lowest.loc[[0.9, 0.99, 1.0], "kgon"].tolist() == ["6", "6", "6"]
    assert lowest.loc[1.0, "data"] == ONE_ACTIVE
    assert lowest.loc[1.0, "scaled_loss"] == pytest.approx(0, abs=1e-12)
    assert lowest.loc[0.5, "kgon"] == "3"
    # A plateau of the superposition paper: three features share two dimensions.
    shares = lowest.loc[0.5, ["least_dimensionality", "greatest_dimensionality"]].to_numpy(float)
    np.testing.assert_allclose(shares, 2 / 3, atol=1e-4)
    assert lowest["minimum"].all()


def test_losses_are_in_units_of_the_model_that_answers_0(made):
    minima, _ = made
    binary = minima[minima["sparsity"] < 1]
    np.testing.assert_allclose(binary["loss"], binary["scaled_loss"] * (1 - binary["sparsity"]))
    # The best constant answer to a feature that is 1 with probability 1 - S is 1 - S.
    np.testing.assert_allclose(binary["scaled_constant"], binary["sparsity"], rtol=1e-9)


def test_trained_models_are_starts_and_rows(made):
    minima, trained = made
    assert trained["models"].sum() == 10
    assert (trained["sparsity"] == TRAINED).all()
    assert minima.loc[minima["sparsity"] == TRAINED, "trained"].sum() == 10
    assert minima.loc[minima["sparsity"] != TRAINED, "trained"].sum() == 0
    assert (trained["best"] <= trained["median"]).all()


def test_the_figure_draws_the_table(made):
    figure = figures.phases(*made)
    losses, shapes = figure.axes
    assert "answering 0" in losses.get_ylabel()
    assert "dimensionality" in shapes.get_ylabel()
