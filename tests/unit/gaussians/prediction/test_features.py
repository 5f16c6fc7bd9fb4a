"""Features of a state against closed forms, and against what the run itself measured."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.gaussians.fits.run import fit_run
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.prediction import features
from lgi.runs import Run

SMOOTH = {"kind": "smooth", "background": 0.001}


@pytest.fixture(scope="module")
def runs(make_recipe, make_image):
    """Return short fits of 4 and 5 Gaussians, with a hard and with a smooth edge."""
    image = make_image(width=16, height=12)

    def fitted(n, seed, **changes):
        recipe = make_recipe(iterations=40, **changes)
        arrays, record = fit_run("board", image, "short", recipe, n, seed, "source")
        return Run(Path(f"n{n}_seed{seed}.npz"), arrays, record)

    return [fitted(5, 1), fitted(4, 2), fitted(4, 1, edge=SMOOTH, cutoff=2.0)]


def gaussians(*rows):
    """Return upright Gaussians from (x, y, sx, sy)."""
    parameters = np.zeros((len(rows), 9))
    parameters[:, :4] = rows
    parameters[:, 5:8] = np.linspace(0.2, 0.8, len(rows))[:, None]
    return parameters


def test_a_row_for_each_state_with_what_the_run_measured(runs):
    table = features.table(map(Fit, runs))
    assert tuple(table.columns) == features.COLUMNS
    assert table["state"].tolist() == list(features.STATES) * 3
    for run, (_, rows) in zip(runs, table.groupby(np.arange(9) // 3), strict=True):
        best = np.flatnonzero(run["iteration"] == run.record["best_iteration"])[0]
        assert rows["n"].eq(run.record["n"]).all()
        assert rows["best_loss"].eq(run["loss"].min()).all()
        np.testing.assert_allclose(rows["loss"], run["loss"][[0, best, -1]])
        for at, row in zip((0, best), rows.to_dict("records")[:2], strict=True):
            assert row["overlap"] == pytest.approx(run["overlap"][at], abs=1e-12)
            assert row["uncovered"] == pytest.approx(run["uncovered"][at], abs=1e-12)
            weights = np.array([2, 2, 3]) / 7  # columns of position, scale, colour
            held = (run["at_low"][at] + run["at_high"][at]) @ weights
            assert row["at_bounds"] == pytest.approx(held)
    assert table.drop(columns=["best_loss", "loss"]).notna().all(axis=None)


def test_a_state_that_is_not_finite_has_no_features(runs):
    run = runs[0]
    broken = np.full_like(run["end"], np.nan)
    table = features.table([Fit(Run(run.path, dict(run.arrays) | {"end": broken}, run.record))])
    measured = list(features.OF_JACOBIAN + features.OF_GAUSSIANS)
    assert table.loc[:1, measured].notna().all(axis=None)
    assert table.loc[2, measured].isna().all()


def test_a_run_that_diverged_at_once_has_no_best_loss(runs):
    run = runs[0]
    lost = Run(run.path, run.arrays, dict(run.record) | {"best_iteration": 0})
    assert features.table([Fit(lost)])["best_loss"].isna().all()


def test_no_runs_are_an_error():
    with pytest.raises(DataError, match="no runs"):
        features.table([])
    with pytest.raises(DataError, match="no runs"):
        features.singular_values([])


def test_gathered_tables_are_sorted_and_keep_their_states(runs):
    parts = [features.table([Fit(run)]) for run in runs[:2]]
    whole = features.gather(parts)
    assert whole["n"].tolist() == [4] * 3 + [5] * 3
    assert whole["state"].tolist() == list(features.STATES) * 2
    pd.testing.assert_frame_equal(whole, features.gather(parts[::-1]))


def test_singular_values_fall(runs):
    values = features.singular_values(map(Fit, runs[:2]))
    assert len(values) == 3 * (35 + 28)
    for _, line in values.groupby(["n", "state"]):
        assert line["place"].tolist() == list(range(1, len(line) + 1))
        assert (line["singular_value"].diff().dropna() <= 0).all()


def test_spacing_of_a_grid_is_1_in_an_image_of_any_shape(make_recipe):
    rows = [(x, y, 0.02, 0.02) for x in (0.125, 0.375, 0.625, 0.875) for y in (0.25, 0.75)]
    found = features.features(gaussians(*rows), 40, 20, make_recipe())
    assert found["spacing"] == pytest.approx(1)
    assert found["spacing_variation"] == pytest.approx(0, abs=1e-12)
    assert found["scale"] == pytest.approx(0.02)


def test_random_centres_are_half_as_far():
    """Clark and Evans: 1/2, here without borders; standard error 0.26 / sqrt(4000) = 0.004."""
    centres = gaussians(*np.random.default_rng(1).uniform(0, 1, (4000, 4)))
    inside = np.all(np.abs(centres[:, :2] - 0.5) < 0.4, axis=1)
    distance = features.nearest(centres, 100, 100)[inside]
    assert distance.mean() / 100 * math.sqrt(4000) == pytest.approx(0.5, abs=0.02)


def test_a_lone_gaussian_has_no_neighbour(make_recipe):
    found = features.features(gaussians((0.5, 0.5, 0.2, 0.2)), 20, 20, make_recipe())
    alone = {"neighbour_overlap", "spacing", "spacing_variation"}
    assert {name for name, value in found.items() if math.isnan(value)} == alone


def test_gaussians_that_do_not_meet_move_the_image_by_colour_alone(make_recipe):
    far = gaussians((0.2, 0.2, 0.03, 0.03), (0.8, 0.8, 0.03, 0.03))
    found = features.features(far, 40, 40, make_recipe())
    assert found["null_share"] == pytest.approx(8 / 14)
    assert found["log10_condition_equilibrated"] == pytest.approx(0)
    assert found["effective_rank_equilibrated"] == pytest.approx(6)
    assert found["overlap"] == pytest.approx(1 - found["uncovered"])


def test_shares_at_bounds_count_trained_parameters(make_recipe):
    held = gaussians((0, 0.5, 0.5, 0.1), (0.3, 1, 0.001, 0.2))
    held[:, 5:8] = 0.5
    held[0, 5], held[1, 7] = 1, 0
    assert features.at_bounds(held, make_recipe()) == pytest.approx(6 / 14)
    assert features.at_bounds(held, make_recipe(trained=["colour"])) == pytest.approx(2 / 6)
    rotation = features.at_bounds(held, make_recipe(trained=["rotation", "scale"]))
    assert rotation == pytest.approx(2 / 6)


def test_overlap_of_two_gaussians_equals_its_integral():
    """The integral of the geometric mean of both densities, on a grid of 0.005 over 6 sigma."""
    pair = gaussians((0.4, 0.5, 0.1, 0.05), (0.5, 0.4, 0.06, 0.12))
    pair[:, 4] = 0.4, -1.1
    x, y = np.meshgrid(np.arange(-1, 2, 0.005), np.arange(-1, 2, 0.005))
    densities = []
    for cx, cy, sx, sy, angle in pair[:, :5]:
        along = (x - cx) * math.cos(angle) + (y - cy) * math.sin(angle)
        across = (y - cy) * math.cos(angle) - (x - cx) * math.sin(angle)
        d2 = (along / sx) ** 2 + (across / sy) ** 2
        densities.append(np.exp(-d2 / 2) / (2 * math.pi * sx * sy))
    integral = np.sqrt(densities[0] * densities[1]).sum() * 0.005**2
    found = features.bhattacharyya(pair)
    assert 0.2 < integral < 0.9
    np.testing.assert_allclose(found, [[1, integral], [integral, 1]], atol=1e-6)
