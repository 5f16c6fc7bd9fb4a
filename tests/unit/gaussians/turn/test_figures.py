"""Figures of turns and cures show what their tables and runs hold."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from lgi.claims import NOT_APPLICABLE
from lgi.errors import DataError
from lgi.gaussians.fits.initial import PARAMETERS
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.turn import figures
from lgi.gaussians.turn.cures import CURES, TURNS
from lgi.gaussians.turn.table import KEPT, PARTS
from tests.unit.gaussians.synthetic import NAMES, run_of


def fake(n):
    """Return a run of n equal Gaussians, without an engine to render it."""
    target = {"target": np.full((8, 12, 3), 0.5, np.float32)}
    fit = Fit(run_of((4, 3, 2, 1, 2, 3), target, n=n))
    fit.render = lambda parameters: np.full((8, 12, 3), 0.4, np.float32)
    return fit


@pytest.fixture(scope="module")
def curves():
    at, names = [0.5, 1.0, 2.0], (*PARTS, KEPT)
    parts = pd.DataFrame({"part": np.repeat(names, 3), "at": at * 4, "median": np.arange(12.0)})
    parts = parts.assign(low=parts["median"] - 0.5, high=parts["median"] + 1)
    line = {"image": "flat", "recipe": "published", "seed": 1, "at": at, "uncovered": [0, 0, 0.5]}
    return parts, pd.concat(pd.DataFrame(line | {"n": n}) for n in (5, 6, 7))


def test_a_turn_shows_its_parts_and_a_line_per_run(curves):
    figure = figures.turn(*curves)
    above, middle, below = figure.axes[:3]
    lines = [*above.lines[:3], middle.lines[0]]
    drawn = {line.get_label(): list(line.get_ydata()) for line in lines}
    expected = ([0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11])
    assert drawn == dict(zip((*PARTS, KEPT), expected, strict=True))
    bands = [
        collection.get_paths()[0].vertices[:, 1]
        for axes in (above, middle)
        for collection in axes.collections
    ]
    assert [(y.min(), y.max()) for y in bands] == [(-0.5, 3), (2.5, 6), (5.5, 9), (8.5, 12)]
    assert len(below.lines) == 3 + 1  # and the best
    assert below.get_xlabel() == "iteration, in units of that of the best loss"
    assert below.get_legend().get_title().get_text() == "3 runs, 1 seed"


def test_a_turn_needs_runs(curves):
    parts, uncovered = curves
    with pytest.raises(DataError, match="runs with a finite loss"):
        figures.turn(parts, uncovered.iloc[:0])


def cure_tables():
    table = pd.DataFrame(
        {
            "recipe": ["published", "slow", "smooth"],
            "best_loss": [0.08, 0.08, 0.05],
            "iterations": [10_000, 10_000, 3000],
            "seeds": 2,
            "turned": [1.0, 1.0, 0.0],
            "turned_low": [0.6, 0.6, 0.0],
            "turned_high": [1.0, 1.0, 0.4],
            "kind": ["", TURNS, CURES],
            "changes": ["", "optimiser", "edge"],
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


def test_every_recipe_has_its_runs_its_share_and_what_it_does():
    table, runs = cure_tables()
    figure = figures.cures(table, runs, NAMES, 1.1)
    left, right = figure.axes
    labels = [tick.get_text() for tick in left.get_yticklabels()]
    recipes = ["as published (10,000)", "rate of 0.0003 (10,000)", "smooth edge (3,000)"]
    headings = ["reference", "learning rate throughout", "edge of a Gaussian"]
    assert labels == [*headings, *recipes]
    heights = left.get_yticks()
    order = [labels[k] for k in np.argsort(-heights)]
    assert order == [one for pair in zip(headings, recipes, strict=True) for one in pair]
    points = np.concatenate([line.get_xdata() for line in left.lines if line.get_marker() == "o"])
    assert sorted(points) == sorted([*runs["best_loss"], *runs["final_loss"]])
    np.testing.assert_array_equal(right.lines[0].get_xdata(), table["turned"])
    said = {text.get_text(): text.xy[1] for text in right.texts}
    assert said == dict(zip(("turns", "cures"), heights[-2:], strict=True))
    assert right.get_xlabel() == "share of 2 seeds that turn"
    (legend,) = figure.legends
    assert "a later loss exceeds its best by 10%" in legend.get_title().get_text()


def test_a_share_that_a_definition_decides_is_not_drawn():
    table, runs = cure_tables()
    table.loc[table["recipe"] == "slow", "kind"] = NOT_APPLICABLE
    _, right = figures.cures(table, runs, NAMES, 1.1).axes
    np.testing.assert_array_equal(right.lines[0].get_xdata(), [1.0, 0.0])
    assert "stops itself" in [text.get_text() for text in right.texts]


@pytest.mark.parametrize(
    ("changes", "group"),
    [
        ("schedule", "learning rate along training"),
        ("iterations, schedule", "learning rate along training"),
        ("cutoff, edge", "edge of a Gaussian"),
        ("iterations, initialisation", "start"),
        ("cutoff, optimiser", "several things at once"),
        ("blend", "several things at once"),
    ],
)
def test_recipes_are_grouped_by_what_they_change(changes, group):
    table, _ = cure_tables()
    table.loc[1, "changes"] = changes
    found = figures._grouped(table)
    assert "slow" in found.pop(group)
    assert all("slow" not in others for others in found.values())


def test_a_last_loss_rings_its_best():
    left, _ = figures.cures(*cure_tables(), NAMES, 1.1).axes
    rings = [line for line in left.lines if line.get_markerfacecolor() == "none"]
    dots = [line for line in left.lines if line.get_markerfacecolor() == figures.COVERED]
    assert len(rings) == len(dots) == 3
    for ring, dot in zip(rings, dots, strict=True):
        assert ring.get_markersize() > 2 * dot.get_markersize()


def test_cures_need_recipes():
    table, runs = cure_tables()
    with pytest.raises(DataError, match="recipes to compare"):
        figures.cures(table.iloc[:0], runs, NAMES, 1.1)


def test_neighbours_mark_what_is_at_a_bound():
    free, stuck = fake(5), fake(6)
    stuck["best"][2, PARAMETERS.index("sx")] = np.float32(0.001)
    stuck["best"][4, PARAMETERS.index("x")] = np.float32(1.0)
    figure = figures.neighbours([free, stuck], NAMES)
    widths = [
        collection.get_linewidths()
        for axes in figure.axes
        for collection in axes.collections
        if isinstance(collection, PolyCollection) and len(collection.get_linewidths()) > 1
    ]
    assert [np.sum(np.array(width) > 1) for width in widths] == [0, 2]
    titles = [axes.get_title() for axes in figure.axes]
    assert "N = 5\nbest, iteration 8" in titles
    assert {"error at the best\nloss 1.0000", "error at the end\nloss 3.0000"} <= set(titles)
    assert figure.get_suptitle() == "flat image, as published, seed 42"


def test_neighbours_need_a_finite_state():
    run = fake(5)
    run["best"][:] = np.nan
    with pytest.raises(DataError, match="finite best state"):
        figures.neighbours([run], NAMES)
