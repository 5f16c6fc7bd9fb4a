"""Turns, on runs whose answer is known."""

import numpy as np
import pytest

from lgi.claims import LESS_THAN_HALF, NOT_APPLICABLE, NOT_SUPPORTED
from lgi.errors import DataError
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.turn import table as turn
from tests.unit.gaussians.synthetic import run_of


def table(runs):
    return turn.table(runs, factor=1.1, uncovered=0.01)


def fake(loss, covered, uncovered, early_stop=None, **record):
    arrays = {"loss_covered": np.array(covered, float), "uncovered": np.array(uncovered, float)}
    return Fit(run_of(loss, arrays, {"early_stop": early_stop}, **record))


def test_the_increase_is_split_between_covered_and_uncovered_pixels():
    run = fake([4, 2, 2.1, 3, 6], [4, 2, 2.05, 2.25, 3], [0, 0, 0.02, 0.1, 0.4])
    (row,) = table([run]).itertuples()
    assert row.turned
    assert (row.best_iteration, row.turn_iteration, row.uncovered_iteration) == (2, 8, 4)
    assert row.share_at_turn == pytest.approx(0.75)  # of the increase 1, 0.25 is on covered pixels
    assert (row.increase_at_end, row.share_at_end) == (4, 0.75)
    assert (row.uncovered_at_best, row.uncovered_at_turn, row.uncovered_at_end) == (0, 0.1, 0.4)
    assert row.correlation == 1


def test_a_run_that_keeps_its_best_has_not_turned():
    run = fake([4, 3, 2, 2.1], [4, 3, 2, 2.1], [0.5, 0, 0, 0])
    (row,) = table([run]).itertuples()
    assert not row.turned
    assert np.isnan([row.turn_iteration, row.share_at_turn, row.uncovered_iteration]).all()


def test_a_run_that_was_never_finite_has_a_row():
    (row,) = table([fake([np.nan], [np.nan], [0])]).itertuples()
    assert not row.turned
    assert np.isnan(row.best_loss)


def test_no_runs_are_an_error():
    with pytest.raises(DataError, match="no runs"):
        table([])


TURNING = ([3, 1, 1.05, 1.2], [3, 1, 1, 1], [0, 0, 0.1, 0.2])


@pytest.mark.parametrize(
    ("early_stop", "decided"), [(None, False), (1.1, True), (1.05, True), (1.2, False)]
)
def test_an_early_stop_at_or_before_a_turn_decides(early_stop, decided):
    rows = table([fake(*TURNING, seed=seed, early_stop=early_stop) for seed in range(12)])
    assert rows["decided"].tolist() == [decided] * 12
    part = turn.turning(rows, "published", 0.95)
    assert part.interval.value == 1
    assert part.verdict(LESS_THAN_HALF) == (NOT_APPLICABLE if decided else NOT_SUPPORTED)
    assert ("early stop" in part.reason) == decided


def test_the_parts_of_the_loss_add_up_along_training():
    losses = ([4.0, 3.0, 2.0, 1.0, 2.0, 3.0], np.linspace(0, 0.5, 6))
    runs = [
        fake(np.multiply(k, losses[0]), np.multiply(k, losses[0]) * (1 - losses[1]), losses[1], n=n)
        for n, k in ((5, 1.0), (6, 2.0), (7, 3.0))
    ]
    parts, uncovered = turn.curves([*runs, fake([np.nan], [np.nan], [0])])
    whole, covered, rest = (parts[parts["part"] == part] for part in turn.PARTS)
    # The middle run of three is the median of each.
    np.testing.assert_allclose(covered["median"].to_numpy() + rest["median"], whole["median"])
    at_best = whole.iloc[(whole["at"] - 1).abs().argmin()]
    assert at_best[["low", "median", "high"]].tolist() == [1.5, 2.0, 2.5]
    assert (whole["at"].min(), whole["at"].max()) == pytest.approx((1 / 8, 4), rel=0.05)
    assert uncovered.groupby(["n", "seed"]).size().tolist() == [6, 6, 6]
    assert uncovered.loc[uncovered["n"] == 5, "at"].tolist() == [1 / 8, 1 / 4, 1 / 2, 1, 2, 4]


def test_ends_that_few_runs_reach_are_left_out():
    long = [fake([2, 1, 1, 1, 1], [2, 1, 1, 1, 1], [0] * 5, seed=seed) for seed in (1, 2)]
    short = [fake([2, 1, 1], [2, 1, 1], [0] * 3, seed=seed) for seed in (3, 4)]
    parts, _ = turn.curves([*long, *short])
    assert parts["at"].max() <= 2  # half of the runs is not more than half


def test_curves_need_a_run_with_a_best():
    with pytest.raises(DataError, match="runs with a finite loss"):
        turn.curves([fake([np.nan], [np.nan], [0])])
