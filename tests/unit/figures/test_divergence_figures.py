"""Figures of turns, cures and other images show what their tables and runs hold."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from lgi.errors import DataError
from lgi.figures import divergence
from lgi.gaussians.initial import PARAMETERS
from lgi.runs import Run


def fake(n=5, best=8, losses=(4.0, 3.0, 2.0, 1.0, 2.0, 3.0)):
    loss = np.array(losses)
    uncovered = np.linspace(0, 0.5, len(loss))
    parameters = np.tile(np.float32([0.5, 0.5, 0.1, 0.2, 0, 0.2, 0.4, 0.6, 1]), (n, 1))
    arrays = {
        "iteration": 2 ** np.arange(len(loss)),
        "loss": loss,
        "loss_covered": loss * (1 - uncovered),
        "uncovered": uncovered,
        "target": np.full((8, 12, 3), 0.5, np.float32),
        "best": parameters,
        "end": parameters.copy(),
    }
    bounds = {"position": {"low": 0.0, "high": 1.0}, "scale": {"low": 0.001, "high": 0.5}}
    record = {"n": n, "best_iteration": best, "parameters": list(PARAMETERS), "recipe": bounds}
    return Run(Path("run.npz"), arrays, record)


def render(parameters):
    return np.full((8, 12, 3), 0.4, np.float32)


def test_the_parts_of_the_loss_add_up():
    figure = divergence.turn([fake(n) for n in (5, 6, 7)])
    above, below = figure.axes[:2]
    whole, covered, rest = (line.get_ydata() for line in above.lines[:3])
    np.testing.assert_allclose(covered + rest, whole, rtol=1e-12)
    assert len(below.lines) == 3 + 1  # and the best
    assert below.get_xlabel() == "iteration, in units of that of the best loss"


def test_a_turn_needs_a_run_with_a_best():
    with pytest.raises(DataError, match="runs with a finite loss"):
        divergence.turn([fake(best=0)])


def cure_tables():
    table = pd.DataFrame(
        {
            "recipe": ["published", "slow", "smooth"],
            "best_loss": [0.08, 0.08, 0.05],
            "turned": [1.0, 1.0, 0.0],
            "turned_low": [0.6, 0.6, 0.0],
            "turned_high": [1.0, 1.0, 0.4],
        }
    )
    runs = pd.DataFrame(
        {
            "recipe": np.repeat(table["recipe"], 2).to_numpy(),
            "best_loss": [0.08, 0.081, 0.08, 0.082, 0.05, 0.051],
            "final_loss": [0.3, 0.31, 0.3, 0.32, 0.05, 0.051],
        }
    )
    return table, runs


def test_every_recipe_has_its_runs_and_its_share():
    table, runs = cure_tables()
    figure = divergence.cures(table, runs)
    left, right = figure.axes
    labels = [tick.get_text() for tick in left.get_yticklabels()]
    assert labels == ["smooth", "slow", "published"]
    points = np.concatenate([line.get_xdata() for line in left.lines if line.get_marker() == "o"])
    assert sorted(points) == sorted([*runs["best_loss"], *runs["final_loss"]])
    shares = right.lines[0].get_xdata()
    np.testing.assert_array_equal(shares, table["turned"])


def test_cures_need_recipes():
    table, runs = cure_tables()
    with pytest.raises(DataError, match="recipes to compare"):
        divergence.cures(table.iloc[:0], runs)


def test_a_panel_per_image_with_its_lowest():
    table = pd.DataFrame(
        {
            "image": ["a", "a", "b", "b"],
            "recipe": "published",
            "n": [20, 50] * 2,
            "n_over_pixels": [0.005, 0.0125] * 2,
            "best_loss": [0.1, 0.05, 0.2, 0.3],
            "low": [0.09, 0.04, 0.1, 0.2],
            "high": [0.11, 0.06, 0.3, 0.4],
            "is_lowest": [False, True, True, False],
        }
    )
    figure = divergence.elsewhere(table, (0.0122, 0.0134))
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    stars = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "*"]
    assert [(line.get_xdata().item(), line.get_ydata().item()) for line in stars] == [
        (0.0125, 0.05),
        (0.005, 0.2),
    ]
    with pytest.raises(DataError, match="images"):
        divergence.elsewhere(table.iloc[:0], (0.0122, 0.0134))


def test_neighbours_mark_what_is_at_a_bound():
    free, stuck = fake(5), fake(6)
    stuck["best"][2, PARAMETERS.index("sx")] = np.float32(0.001)
    stuck["best"][4, PARAMETERS.index("x")] = np.float32(1.0)
    figure = divergence.neighbours([free, stuck], [render, render])
    widths = [
        collection.get_linewidths()
        for axes in figure.axes
        for collection in axes.collections
        if isinstance(collection, PolyCollection) and len(collection.get_linewidths()) > 1
    ]
    assert [np.sum(np.array(width) > 1) for width in widths] == [0, 2]
    titles = [axes.get_title() for axes in figure.axes]
    assert "N = 5, iteration 8" in titles
    assert "loss 1.0000" in titles


def test_neighbours_need_a_finite_state():
    run = fake()
    run["best"][:] = np.nan
    with pytest.raises(DataError, match="finite best state"):
        divergence.neighbours([run], [render])
