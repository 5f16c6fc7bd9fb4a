"""Turns, on runs whose answer is known."""

from pathlib import Path

import numpy as np
import pytest

from lgi.claims import LESS_THAN_HALF, NOT_APPLICABLE, NOT_SUPPORTED
from lgi.errors import DataError
from lgi.gaussians.fits.run import fit_run
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.turn import table as turn
from lgi.runs import Run
from tests.unit.gaussians.synthetic import run_of


def table(runs):
    return turn.table(runs, factor=1.1, uncovered=0.01)


def fake(loss, uncovered, states=None, early_stop=None, ssim=None, **record):
    """Return a run whose pixels are told by `states`: name or snapshot's iteration to pixels.

    Pixels are (absolute error, whether covered); the weights of the loss make 0.2 a + 0.8 a².
    """
    states = {"best": [(0.1, True)], "end": [(0.1, True)]} | (states or {})
    kept = [key for key in states if isinstance(key, int)]
    number = {key: k for k, key in enumerate(states)}
    arrays = {
        "uncovered": np.array(uncovered, float),
        "ssim": np.zeros(len(loss)) if ssim is None else np.array(ssim, float),
        "snapshot_iteration": np.array(kept, dtype=int),
        "snapshots": np.array([np.full((5, 9), number[key]) for key in kept]).reshape(-1, 5, 9),
        **{key: np.full((5, 9), float(number[key])) for key in ("best", "end")},
    }
    fit = Fit(run_of(loss, arrays, {"early_stop": early_stop}, **record))

    def errors(parameters):
        pixels = list(states.values())[int(parameters[0, 0])]
        error = np.array([[error for error, _ in pixels]], dtype=float)
        return error, error**2, np.array([[covered for _, covered in pixels]])

    fit.errors = errors
    return fit


def pixel_loss(error):
    return 0.2 * error + 0.8 * error**2


def test_the_rise_is_split_by_what_became_of_the_pixels():
    """Of four pixels one is kept, one is lost after the best, one is gained, one never covered."""
    states = {
        "best": [(0.2, True), (0.1, True), (0.5, False), (0.5, False)],
        8: [(0.1, True), (0.9, False), (0.4, True), (0.5, False)],
        "end": [(0.3, True), (0.8, False), (0.5, False), (0.5, False)],
    }
    ssim = [0, 0.9, 0.8, 0.7, 0.5]
    run = fake([4, 2, 2.1, 3, 6], [0, 0, 0.02, 0.1, 0.4], states, ssim=ssim)
    (row,) = table([run]).itertuples()
    assert row.turned
    assert (row.best_iteration, row.turn_iteration, row.uncovered_iteration) == (2, 8, 4)
    assert row.integrated_rate == pytest.approx(7 * 0.001)
    assert (row.uncovered_at_best, row.uncovered_at_turn, row.uncovered_at_end) == (0, 0.1, 0.4)
    assert row.correlation == 1
    kept = pixel_loss(0.1) - pixel_loss(0.2)
    lost = pixel_loss(0.9) - pixel_loss(0.1)
    gained = pixel_loss(0.4) - pixel_loss(0.5)
    rise = kept + lost + gained
    assert row.iteration_at_turn == 8
    assert row.rise_at_turn == pytest.approx(rise / 4)
    assert row.rise_on_lost_at_turn == pytest.approx(lost / rise)
    assert row.rise_on_kept_at_turn == pytest.approx(kept / rise)
    assert row.brought_at_turn == pytest.approx(pixel_loss(0.1) / rise)
    assert (row.kept_error_before_at_turn, row.kept_error_at_turn) == (0.2, 0.1)
    assert (row.lost_error_before_at_end, row.lost_error_at_end) == (0.1, 0.8)
    # Of the whole loss, SSIM's part is 0.1 (1 - SSIM).
    assert row.rise_of_ssim_at_turn == pytest.approx(0.1 * 0.2 / 1)
    assert row.rise_of_ssim_at_end == pytest.approx(0.1 * 0.4 / 4)


def test_a_run_is_looked_at_in_the_first_kept_state_from_its_turn_on():
    states = {key: [(0.1 * key, True)] for key in (4, 9, 16)}
    (row,) = table([fake([4, 2, 2.1, 3, 6], [0] * 5, states)]).itertuples()
    assert row.iteration_at_turn == 9
    (row,) = table([fake([4, 2, 2.1, 3, 6], [0] * 5)]).itertuples()
    assert row.iteration_at_turn == 16  # none is kept: the end


def test_where_pixels_did_not_get_worse_there_is_no_share():
    (row,) = table([fake([4, 2, 3], [0] * 3)]).itertuples()
    assert row.rise_at_end == 0
    assert np.isnan([row.rise_on_lost_at_end, row.brought_at_end, row.lost_error_at_end]).all()


@pytest.mark.parametrize("edge", [{"kind": "hard"}, {"kind": "smooth", "background": 0.001}])
def test_errors_of_pixels_add_up_to_the_logged_losses(make_image, make_recipe, edge):
    """A real fit, looked at where its last measurement was made."""
    image = make_image(width=24, height=16)
    recipe = make_recipe(iterations=30, snapshots=5, edge=edge)
    arrays, record = fit_run("flat", image, "published", recipe, 4, 1, "")
    fit = Fit(Run(Path("real.npz"), arrays, record))
    assert fit["snapshot_iteration"][-1] == fit["iteration"][-1] == 30
    absolute, squared, covered = fit.errors(fit["snapshots"][-1])
    assert absolute.mean() == pytest.approx(fit["l1"][-1], rel=1e-5)
    assert squared.mean() == pytest.approx(fit["l2"][-1], rel=1e-5)
    assert 1 - covered.mean() == pytest.approx(fit["uncovered"][-1], abs=1e-12)


def test_a_run_that_keeps_its_best_has_not_turned():
    run = fake([4, 3, 2, 2.1], [0.5, 0, 0, 0])
    (row,) = table([run]).itertuples()
    assert not row.turned
    assert np.isnan([row.turn_iteration, row.rise_at_turn, row.uncovered_iteration]).all()


def test_a_run_that_was_never_finite_has_a_row():
    (row,) = table([fake([np.nan], [0])]).itertuples()
    assert not row.turned
    assert np.isnan(row.best_loss)


def test_no_runs_are_an_error():
    with pytest.raises(DataError, match="no runs"):
        table([])


TURNING = ([3, 1, 1.05, 1.2], [0, 0, 0.1, 0.2])


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


def test_a_seed_turns_if_most_of_its_fits_do():
    calm = ([3, 1, 1.05, 1.05], [0, 0, 0, 0])
    fits = [
        fake(*(TURNING if n > 4 + seed else calm), n=n, seed=seed)
        for n in (5, 6, 7)
        for seed in (0, 1, 2)
    ]
    part = turn.turning(table(fits), "published", 0.95)
    assert (part.interval.value, part.interval.n) == (2 / 3, 3)


def test_what_pixels_add_along_training():
    """The best is at 8; a pixel that is lost at 16 goes from 0.1 to 0.9, the kept one improves."""
    states = {
        "best": [(0.2, True), (0.1, True)],
        1: [(0.4, True), (0.4, True)],
        8: [(0.2, True), (0.1, True)],
        32: [(0.1, True), (0.9, False)],
    }
    losses = [4.0, 3.0, 2.0, 1.0, 2.0, 3.0]
    fits = [fake(losses, np.linspace(0, 0.5, 6), states, n=n) for n in (5, 6, 7)]
    parts, uncovered = turn.curves([*fits, fake([np.nan], [0])])
    last = parts[parts["at"] == parts["at"].max()].set_index("part")
    assert last["at"].tolist() == pytest.approx([4.0] * 4, rel=0.05)
    lost = (pixel_loss(0.9) - pixel_loss(0.1)) / 2
    kept = (pixel_loss(0.1) - pixel_loss(0.2)) / 2
    # The last place of the grid lies a little before the last state.
    expected = dict(zip((*turn.PARTS, turn.KEPT), (lost + kept, lost, kept, 0.1), strict=True))
    for part, value in expected.items():
        assert last.loc[part, "median"] == pytest.approx(value, rel=0.05)
    first = parts[parts["at"] == parts["at"].min()].set_index("part")
    assert first.loc[turn.PARTS[1], "median"] == 0
    assert first.loc[turn.KEPT, "median"] == pytest.approx(0.4, rel=0.05)
    assert uncovered.groupby(["n", "seed"]).size().tolist() == [6, 6, 6]
    assert uncovered.loc[uncovered["n"] == 5, "at"].tolist() == [1 / 8, 1 / 4, 1 / 2, 1, 2, 4]


def test_ends_that_few_runs_reach_are_left_out():
    pixel = [(0.1, True)]
    long = [fake([2, 1, 1, 1, 1], [0] * 5, {1: pixel, 16: pixel}, seed=seed) for seed in (1, 2)]
    short = [fake([2, 1, 1], [0] * 3, {1: pixel, 4: pixel}, seed=seed) for seed in (3, 4)]
    parts, _ = turn.curves([*long, *short])
    assert parts["at"].max() <= 2  # half of the runs is not more than half


def test_curves_need_a_run_with_a_best():
    with pytest.raises(DataError, match="runs with a finite loss"):
        turn.curves([fake([np.nan], [0])])
