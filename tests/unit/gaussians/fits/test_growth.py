"""Gaussians that are added where the error is: when, where, how they begin, and who reads them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lgi.gaussians.fits import figures, fit, fit_cpu
from lgi.gaussians.fits.adam import Adam
from lgi.gaussians.fits.growth import growth_of
from lgi.gaussians.fits.history import MEASURES
from lgi.gaussians.fits.initial import OPACITY, present, random_start, start
from lgi.gaussians.fits.render64 import render
from lgi.gaussians.fits.run import fit_run
from lgi.gaussians.fits.settings import ErrorGuidedStart, RandomStart
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.prediction.features import features, table
from lgi.runs import Run
from tests.unit.gaussians.synthetic import NAMES

GROWING = {"kind": "error_guided", "scale": [0.01, 0.1], "first": 0.5, "rounds": 4, "until": 0.4}
SMOOTH_SUM = {"blend": "sum", "edge": {"kind": "smooth", "background": None}}
HOW = pytest.mark.parametrize("how", [{}, SMOOTH_SUM], ids=["mean", "sum"])


@pytest.fixture
def grow(make_recipe):
    """Return a function that gives a growing recipe."""

    def make(iterations=100, snapshots=8, start=GROWING, **changes):
        return make_recipe(
            iterations=iterations, snapshots=snapshots, initialisation=start, **changes
        )

    return make


@pytest.fixture
def target(make_target):
    return make_target("textured", 18, 12)


# ------------------------------------------------------------------ when


def test_half_comes_first_and_an_eighth_in_each_of_four_rounds(grow):
    assert growth_of(grow(), 80, 1).counts == {10: 10, 20: 10, 30: 10, 40: 10}


@given(
    n=st.integers(1, 300),
    first=st.floats(0.001, 1),
    rounds=st.integers(1, 40),
    until=st.floats(0.001, 0.999),
    iterations=st.integers(2, 200),
)
def test_all_are_there_before_the_last_iteration(make_recipe, n, first, rounds, until, iterations):
    settings = GROWING | {"first": first, "rounds": rounds, "until": until}
    recipe = make_recipe(iterations=iterations, initialisation=settings)
    begin = present(random := start(n, 3, recipe.initialisation, None))
    counts = growth_of(recipe, n, 3).counts
    assert len(random) == n
    assert len(begin) >= 1
    assert len(begin) + sum(counts.values()) == n
    assert all(0 < k < iterations and count > 0 for k, count in counts.items())


def test_the_first_are_the_first_of_the_published_start():
    settings = ErrorGuidedStart(**GROWING)
    begin = start(9, 42, settings, None)
    plain = random_start(9, 42, RandomStart(kind="random", scale=settings.scale))
    np.testing.assert_array_equal(begin[:4], plain[:4])
    assert not begin[4:].any()


# ------------------------------------------------------------------ where


def added(recipe, n, image, target, seed=1, iteration=10):
    return growth_of(recipe, n, seed).added(iteration, image, target)


def test_they_lie_on_the_pixels_that_are_wrong_in_the_colour_of_the_target(grow, target):
    image = target.copy()
    wrong = {(2, 3), (7, 5), (17, 11)}
    for column, row in wrong:
        image[row, column] += 0.1
    found = added(grow(), 24, image, target)  # three of them
    places = np.rint(found[:, :2] * [18, 12]).astype(int)
    assert set(map(tuple, places.tolist())) == wrong
    np.testing.assert_array_equal(found[:, 5:8], target[places[:, 1], places[:, 0]])
    assert np.all(found[:, 2] == found[:, 3])
    assert np.all((found[:, 2] >= 0.01) & (found[:, 2] <= 0.1))
    assert np.all(found[:, [4, OPACITY]] == [0, 1])
    assert found.dtype == np.float32


def test_where_colours_add_up_they_bring_what_the_image_lacks(grow, target):
    image = target.copy()
    image[4, 6] -= np.float32([0.25, 0.5, -0.125])
    recipe = grow(**SMOOTH_SUM)
    found = added(recipe, 8, image, target)
    np.testing.assert_array_equal(found[0, 5:8], (target - image)[4, 6])
    assert found[0, 7] < 0


def test_a_pixel_three_times_as_wrong_is_drawn_three_times_as_often(grow, target):
    image = target.copy()
    image[0, 0, 0] += 0.5
    image[5, 9, :2] += 0.75  # an error of 1.5 over channels
    growth = growth_of(grow(), 8, 0)
    drawn = [
        growth_of(grow(), 8, seed).added(10, image, target)[0, 0] == 0.5 for seed in range(2000)
    ]
    assert growth.counts[10] == 1
    # Five standard errors of a share of 3/4.
    assert abs(np.mean(drawn) - 0.75) < 5 * np.sqrt(0.75 * 0.25 / 2000)


def test_streams_differ_by_seed_and_round_and_nothing_else(grow, target):
    image = np.zeros_like(target)
    first = added(grow(), 80, image, target)
    assert added(grow(), 80, image.copy(), target).tobytes() == first.tobytes()
    assert not np.array_equal(added(grow(), 80, image, target, seed=2), first)
    assert not np.array_equal(added(grow(), 80, image, target, iteration=20), first)


def test_more_gaussians_than_pixels_and_no_error_at_all(grow, target):
    found = added(grow(), 4000, target, target)  # 500 of them for 216 pixels
    places = np.unique(np.rint(found[:, :2] * [18, 12]), axis=0, return_counts=True)
    assert len(places[0]) == 216
    assert set(places[1]) == {2, 3}


# ------------------------------------------------------------------ the engines


@HOW
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_both_engines_grow_alike_to_the_last_bit(grow, target, how, n):
    recipe = grow(120, **how)
    begin = start(n, 42, recipe.initialisation, target)
    (fast, end), (slow, their_end) = (
        engine.fit(target, begin, recipe, 42) for engine in (fit_cpu, fit)
    )
    ours, theirs = fast.arrays(end), slow.arrays(their_end)
    for name in ("start", "best", "end", "snapshots"):
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
    assert present(ours["end"]).shape == ours["best"].shape == (n, 9)
    there = [len(present(state)) for state in ours["snapshots"]]
    assert there == sorted(there)
    assert there[-1] == n
    for name in (*MEASURES, "gradient_norm", "at_low", "at_high"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-4, atol=1e-7, err_msg=name)


def test_growth_changes_nothing_before_it_begins(grow, target):
    """Until the first round a fit is that of its first Gaussians alone."""
    recipe = grow(100)
    few = start(20, 7, recipe.initialisation, target)
    grown, _ = fit_cpu.fit(target, few, recipe, 7)
    alone = grow(100, start={"kind": "random", "scale": [0.01, 0.1]})
    plain, _ = fit_cpu.fit(target, present(few), alone)
    before = [k for k in grown.pauses() if k <= 10 and grown.measures_at(k)]
    for name in ("loss", "at_high"):
        np.testing.assert_array_equal(
            grown.arrays(few)[name][: len(before)], plain.arrays(few[:10])[name][: len(before)]
        )


def test_a_state_that_lacks_gaussians_is_never_the_best(grow, target):
    recipe = grow(60, start=GROWING | {"until": 0.9}, early_stop=1.000001)
    begin = start(10, 3, recipe.initialisation, target)
    history, end = fit_cpu.fit(target, begin, recipe, 3)
    assert history.best_iteration > 54
    assert len(present(history.arrays(end)["best"])) == 10


def test_a_new_row_moves_as_if_training_began_with_it(make_recipe):
    settings = make_recipe().optimiser
    old, new = torch.zeros(2, 9), torch.zeros(3, 9)
    adam = Adam(old, settings)
    for _ in range(50):
        old.grad = torch.ones_like(old)
        adam.step()
    adam.extend(new)
    new.grad = torch.ones_like(new)
    adam.step()
    fresh = torch.zeros(1, 9)
    one = Adam(fresh, settings)
    fresh.grad = torch.ones_like(fresh)
    one.step()
    assert torch.equal(new[2:], fresh)
    assert fresh[0, 0].item() == pytest.approx(-settings.rate, rel=1e-6)


# ------------------------------------------------------------------ who reads a run


@pytest.fixture
def growing_fit(grow, make_image, tmp_path):
    arrays, record = fit_run(
        "textured", make_image("textured", 18, 12), "grown", grow(60), 8, 42, "source"
    )
    return Fit(Run(tmp_path / "run.npz", arrays, record))


def test_readers_see_those_that_are_there(growing_fit):
    assert growing_fit["start"].shape == (8, 9)
    assert {state: len(p) for state, p in growing_fit.states().items()} == {
        "start": 4,
        "best": 8,
        "end": 8,
    }
    assert growing_fit.columns(growing_fit["start"], "sx").shape == (4, 1)
    np.testing.assert_array_equal(
        growing_fit.render(growing_fit["start"]), growing_fit.render(growing_fit["start"][:4])
    )
    recipe = growing_fit.recipe
    whole, few = (
        render(p, 18, 12, recipe.cutoff, recipe.edge, recipe.blend)[0]
        for p in (growing_fit["start"], growing_fit["start"][:4])
    )
    np.testing.assert_array_equal(whole, few)
    assert features(growing_fit["start"], 18, 12, recipe) == pytest.approx(
        features(growing_fit["start"][:4], 18, 12, recipe)
    )
    assert table([growing_fit])["scale"].min() >= 0.01


def test_an_animation_gains_ellipses(growing_fit, monkeypatch):
    counts = []

    def record(_figure, artists, count, update):
        for k in range(count):
            update(k)
            counts.append(len(artists[1].get_paths()))

    monkeypatch.setattr("lgi.figures.animation.frames", record)
    figures.fit_frames(growing_fit, NAMES)
    assert counts[0] == 4
    assert counts[-1] == 8
    assert sorted(counts) == counts


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"first": 0}, "first"),
        ({"first": 1.1}, "first"),
        ({"rounds": 0}, "rounds"),
        ({"until": 0}, "until"),
        ({"until": 1}, "until"),
        ({"scale": [0.1, 0.01]}, "scale"),
    ],
)
def test_bad_settings_are_named(grow, changes, message):
    with pytest.raises(ValueError, match=message):
        grow(start=GROWING | changes)


def test_a_single_iteration_leaves_no_time_to_grow(grow):
    with pytest.raises(ValueError, match=r"iterations: 1; allowed .* 2 or more"):
        grow(1)
