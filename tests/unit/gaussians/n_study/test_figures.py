import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.gaussians.n_study import figures
from lgi.gaussians.n_study.seeds import differences, steps
from lgi.gaussians.n_study.seeds import summary as seeds_summary
from lgi.gaussians.n_study.settings import NStudySettings, SeedsSettings, Tier
from lgi.gaussians.n_study.table import n_study, summary

LISTS = {"fine": [4, 5, 6, 7], "gap": [8, 9], "broad": [2, 4, 6, 12]}
NUMBERS = sorted({n for numbers in LISTS.values() for n in numbers})
TIERS = [Tier(name="good", at_most=0.65), Tier(name="poor", at_most=None)]
STUDY = NStudySettings.model_construct(tiers=TIERS, confidence=0.95, tolerance=0.05)
SEEDS = SeedsSettings(
    runs="seeds",
    confidence=0.95,
    resamples=50,
    seed=0,
    power=0.8,
)


def study(loss=None):
    """Return the table and the summary of a study whose N = 6 regresses."""
    losses = {n: 1 - 0.05 * n for n in NUMBERS} | {6: 0.9} | (loss or {})
    table = pd.DataFrame({"n": list(losses), "best_loss": list(losses.values())}).assign(
        seed=42,
        image="board",
        recipe="published",
        n_over_pixels=0.01,
        pixels_per_gaussian=100,
        best_iteration=1000,
        iterations=10_000,
        final_loss=1.0,
        evaluations=5000.0,
        published_best_loss=np.nan,
        state="finished",
    )
    printed = pd.DataFrame({"n": [4], "seed": [42], "best_loss": [0.5]})
    found = n_study(table, printed, LISTS, STUDY)
    return found, summary(found, LISTS, STUDY, 42)


def losses(count=6, numbers=(4, 5, 6, 7), noise=0.1):
    rng = np.random.default_rng(2)
    values = 1 - 0.05 * np.array(numbers) + noise * rng.normal(size=(count, len(numbers)))
    return pd.DataFrame(values, index=[42, *range(1, count)], columns=list(numbers))


def long(losses):
    """Return losses as they stand in the table of every seed."""
    every = losses.rename_axis(index="seed", columns="n").stack(future_stack=True)
    change = differences(losses).rename_axis(index="seed", columns="n").stack(future_stack=True)
    return pd.DataFrame({"best_loss": every, "change": change}).reset_index()


def summed(losses):
    return seeds_summary(losses, losses, SEEDS, 42, 0.05)


FRESH = steps(losses(4, (4, 5)), SEEDS, 42)
NONE = FRESH[:0]


def points(axes, *markers):
    lines = [line for line in axes.lines if line.get_marker() in markers]
    return sorted((x, y) for line in lines for x, y in zip(*line.get_data(), strict=True))


def labels(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_n_study_draws_every_run_once_in_each_panel():
    table, found = study()
    panels = figures.n_study(table, found, TIERS, 42).axes
    for axes, column in zip(panels, ("best_loss", "best_iteration", "evaluations"), strict=True):
        drawn = points(axes, "o", "s", "D")
        assert drawn == sorted(zip(table["n"], table[column], strict=True))
    losses = panels[0]
    assert [x for x, _ in points(losses, "s")] == LISTS["gap"]
    assert [x for x, _ in points(losses, "D")] == [2, 12]
    assert points(losses, "^") == [(6, 0.9)]
    assert [text.get_text() for text in losses.texts] == ["good", "poor"]


def test_n_study_draws_the_line_of_its_summary():
    table, found = study({6: 0.7})
    losses = figures.n_study(table, found, TIERS, 42).axes[0]
    (line,) = [line for line in losses.lines if line.get_linestyle() == ":"]
    assert np.allclose(line.get_xdata(), [4, 9])
    assert np.allclose(line.get_ydata(), [0.8, 0.55])
    (joined,) = [line for line in losses.lines if line.get_linestyle() == "--"]
    assert joined.get_xdata().tolist() == LISTS["broad"]


def test_n_study_says_only_what_is_drawn():
    assert "worse than one fewer" in labels(figures.n_study(*study(), TIERS, 42))
    assert "worse than one fewer" not in labels(figures.n_study(*study({6: 0.7}), TIERS, 42))


def test_one_run_is_drawn_without_a_line():
    table, found = study()
    one = table[table["n"] == 4]
    figure = figures.n_study(one, found[:0], TIERS, 42)
    assert points(figure.axes[0], "o") == [(4, 0.8)]


def test_loss_over_seeds_draws_each_seed_and_their_mean():
    table = losses()
    axes = figures.loss_over_seeds(long(table), summed(table), 42, 0.95).axes[0]
    curves = [line.get_ydata() for line in axes.lines if line.get_marker() == "None"]
    assert np.allclose(sorted(map(tuple, curves)), sorted(map(tuple, table.to_numpy())))
    assert np.allclose([y for _, y in points(axes, "o")], table.mean())
    assert [y for _, y in points(axes, "D")] == table.loc[42].tolist()


def test_loss_over_seeds_names_what_it_draws():
    said = labels(figures.loss_over_seeds(long(losses()), summed(losses()), 42, 0.9))
    assert said == ["one seed", "mean of 6 seeds, 90% interval", "seed 42"]
    one = losses(1)
    assert labels(figures.loss_over_seeds(long(one), summed(one), 7, 0.9)) == ["one seed", "mean"]


def test_steps_draw_means_shares_and_seeds():
    table, found = steps(losses(), SEEDS, 42), differences(losses())
    above, below = figures.steps(table, long(losses()), NONE, [6], 42, 0.95).axes
    seeds = [y for line in above.lines if line.get_markersize() == 2 for y in line.get_ydata()]
    assert np.allclose(sorted(seeds), sorted(found.to_numpy().ravel()))
    assert [y for _, y in points(above, "D")] == table["original"].tolist()
    assert [y for _, y in points(below, "o")] == table["share"].tolist()
    assert [patch.get_x() + 0.45 for patch in above.patches] == [6]


def test_fresh_seeds_stand_beside_the_others():
    table = steps(losses(), SEEDS, 42)
    figure = figures.steps(table, long(losses()), FRESH, [], 42, 0.95)
    above, below = figure.axes
    assert points(above, "s") == [(5.2, FRESH["mean"].item())]
    assert points(below, "s") == [(5.2, FRESH["share"].item())]
    assert "mean of 4 fresh seeds, 95% interval" in labels(figure)


def test_the_legend_names_a_seed_and_shading_where_there_is_any():
    table = steps(losses(), SEEDS, 42)
    shaded, plain = (
        labels(figures.steps(table, long(losses()), NONE, claimed, 42, 0.95))
        for claimed in ([6], [])
    )
    assert "seed 42" in shaded
    assert [label for label in shaded if label not in plain] == ["said to do worse"]


def test_marks_are_full_where_a_step_differs_from_0_after_correction():
    table = steps(losses(noise=0.1), SEEDS, 42)
    table["p_holm"] = [0.2, 0.01, 0.04]
    above = figures.steps(table, long(losses()), NONE, [], 42, 0.95).axes[0]
    full, empty = (line for line in above.lines if line.get_markersize() == 5)
    assert full.get_xdata().tolist() == [6, 7]
    assert full.get_markerfacecolor() != empty.get_markerfacecolor() == "white"
    assert empty.get_xdata().tolist() == [5]


@pytest.mark.parametrize("count", [1, 2])
def test_few_seeds_have_no_bars(count):
    table = losses(count)
    figure = figures.steps(steps(table, SEEDS, 42), long(table), NONE, [5], 42, 0.95)
    assert len(figure.axes) == 2


def test_one_seed_draws_orders_and_agreement():
    table = losses()
    found = summed(table)
    left, right = figures.one_seed(found).axes
    order = found[found["quantity"] == "right_order"]
    assert [y for _, y in points(left, "o")] == order["value"].tolist()
    assert len(points(right, "o")) == len(figures.AGREEMENT)
    values = found.set_index(["quantity", "part"])["value"]
    assert sorted(x for x, _ in points(right, "o")) == sorted(values[list(figures.AGREEMENT)])


def test_nothing_to_draw_is_an_error():
    table, found = study()
    with pytest.raises(DataError, match="no finite best loss of seed 42"):
        figures.n_study(table[:0], found, TIERS, 42)
    with pytest.raises(DataError, match="no finite best losses of many seeds"):
        figures.loss_over_seeds(long(losses() * np.nan), summed(losses()), 42, 0.95)
    empty = steps(losses(numbers=(4, 6)), SEEDS, 42)
    with pytest.raises(DataError, match="no steps"):
        figures.steps(empty, long(losses()), NONE, [], 42, 0.95)
    with pytest.raises(DataError, match="no order of two N"):
        figures.one_seed(summed(losses(1)))
