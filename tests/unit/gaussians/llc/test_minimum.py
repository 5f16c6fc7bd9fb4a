"""From a fit to the minimum of its squared error: bounds, saddles, curvatures."""

import numpy as np
import pytest

from lgi.errors import DataError
from lgi.gaussians.fits.initial import PARAMETERS
from lgi.gaussians.fits.render64 import render
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.llc.likelihood_cpu import VALUES
from lgi.gaussians.llc.minimum import find_minimum, squared_error_of
from lgi.gaussians.llc.settings import MinimumSettings
from tests.unit.gaussians.synthetic import run_of

SETTINGS = MinimumSettings(rounds=6, evaluations=500, tolerance=1e-12)
EDGE = {"kind": "smooth", "background": 0.001}
WIDE = {"colour": {"low": -5, "high": 5}, "scale": {"low": 0.03, "high": 1}}
SIZE = 16

# x, y, sx, sy, rotation, red, green, blue, opacity
THREE = np.array(
    [
        [0.3, 0.3, 0.12, 0.2, 0.0, 0.9, 0.2, 0.1, 1],
        [0.7, 0.4, 0.2, 0.1, 0.0, 0.1, 0.8, 0.3, 1],
        [0.5, 0.8, 0.25, 0.15, 0.0, 0.4, 0.3, 0.9, 1],
    ]
)


@pytest.fixture(scope="module")
def make_run():
    """Return a function that gives a run whose best state are these Gaussians."""

    def make(best, target, **changes):
        arrays = {"best": best.astype(np.float32), "target": target.astype(np.float32)}
        recipe = {"edge": EDGE} | WIDE | changes
        return Fit(run_of(arrays=arrays, recipe=recipe, path="test.npz", n=len(best)))

    return make


def picture(parameters, recipe):
    return render(parameters, SIZE, SIZE, recipe.cutoff, recipe.edge, recipe.blend)[0]


def noisy(parameters, size=0.02, seed=0):
    moved = parameters.copy()
    moved[:, [0, 1, 2, 3, 5, 6, 7]] += np.random.default_rng(seed).normal(0, size, (len(moved), 7))
    return moved


def test_gaussians_that_were_moved_find_back(make_run, make_recipe):
    target = picture(THREE, make_recipe(edge=EDGE))
    arrays, record = find_minimum(make_run(noisy(THREE), target), SETTINGS, "source")
    # The target is kept in float32: its rounding, 6e-8, is what is left.
    np.testing.assert_allclose(arrays["values"], THREE[:, :VALUES], atol=1e-5)
    assert record["loss"] < 1e-13
    assert record["loss_of_fit"] > 1e-4
    assert record["gain"] <= SETTINGS.tolerance
    assert record["moved"] == pytest.approx(
        np.abs(arrays["values"] - noisy(THREE).astype(np.float32)[:, :VALUES]).max()
    )
    assert (record["trained"], len(arrays["free"])) == (21, 21)


def test_curvatures_are_those_of_the_jacobian_where_the_image_is_met(make_run, make_recipe):
    """At loss 0 the Hessian of the squared error is 2 JᵀJ / pixels."""
    target = picture(THREE, make_recipe(edge=EDGE))
    arrays, _ = find_minimum(make_run(noisy(THREE), target), SETTINGS, "source")
    by_jacobian = np.sort(2 * arrays["singular_values"] ** 2 / SIZE**2)
    np.testing.assert_allclose(arrays["curvature"], by_jacobian, rtol=1e-3, atol=1e-8)
    assert by_jacobian.min() > 1e-5  # else nothing was compared


def test_curvatures_are_those_of_the_jacobian_where_the_image_is_linear(make_run):
    """In its colours: whatever the target."""
    target = np.random.default_rng(0).uniform(size=(SIZE, SIZE, 3))
    arrays, _ = find_minimum(make_run(THREE, target, trained=["colour"]), SETTINGS, "source")
    assert len(arrays["free"]) == 9
    by_jacobian = np.sort(2 * arrays["singular_values"] ** 2 / SIZE**2)
    np.testing.assert_allclose(arrays["curvature"], by_jacobian, rtol=1e-7)


def test_directions_are_those_of_the_hessian(make_run):
    target = np.random.default_rng(0).uniform(size=(SIZE, SIZE, 3))
    run = make_run(THREE, target)
    arrays, _ = find_minimum(run, SETTINGS, "source")
    error = squared_error_of(target.astype(np.float32), run.recipe, "test")
    free, step = arrays["free"], 1e-4
    for place in (0, len(free) // 2, len(free) - 1):
        losses = []
        for sign in (-1, 0, 1):
            there = arrays["values"].copy()
            there.flat[free] += sign * step * arrays["directions"][:, place]
            losses.append(error(there)[0])
        second = (losses[0] - 2 * losses[1] + losses[2]) / step**2
        assert second == pytest.approx(arrays["curvature"][place], rel=1e-2, abs=1e-6)


def test_values_on_a_bound_are_held(make_run):
    target = np.zeros((SIZE, SIZE, 3))
    target[..., 0] = 1  # more than the bound allows
    bounds = {"colour": {"low": 0, "high": 0.5}}
    arrays, record = find_minimum(make_run(THREE, target, **bounds), SETTINGS, "source")
    values, free = arrays["values"], arrays["free"]
    np.testing.assert_allclose(values[:, 5], 0.5, atol=1e-6)
    np.testing.assert_allclose(values[:, 6:], 0, atol=1e-6)
    assert not np.isin(np.arange(3)[:, None] * VALUES + [5, 6, 7], free).any()
    assert len(free) < record["trained"] == 21


def test_nothing_free_is_an_error_that_names_the_run(make_run):
    target = np.ones((SIZE, SIZE, 3))
    bounds = {"colour": {"low": 0, "high": 0.5}}
    with pytest.raises(DataError, match=r"test\.npz: all of its trained values are on a bound"):
        find_minimum(make_run(THREE, target, trained=["colour"], **bounds), SETTINGS, "source")


def test_a_saddle_is_left(make_run, make_recipe):
    """Two equal Gaussians have equal slopes, and would stay equal for ever."""
    two = THREE[:2].copy()
    target = picture(two, make_recipe(edge=EDGE))
    equal = np.repeat(two.mean(axis=0, keepdims=True), 2, axis=0)
    once = MinimumSettings(rounds=1, evaluations=500, tolerance=1e-12)
    _, stays = find_minimum(make_run(equal, target), once, "source")
    arrays, leaves = find_minimum(make_run(equal, target), SETTINGS, "source")
    assert leaves["loss"] < 0.1 * stays["loss"]
    assert arrays["curvature"][0] > -1e-9 * arrays["curvature"][-1]


def test_rotation_is_a_value_like_others(make_run, make_recipe):
    turned = THREE.copy()
    turned[:, PARAMETERS.index("rotation")] = [0.3, -0.5, 0.8]
    target = picture(turned, make_recipe(edge=EDGE))
    groups = ["position", "scale", "rotation", "colour"]
    arrays, record = find_minimum(
        make_run(noisy(turned), target, trained=groups), SETTINGS, "source"
    )
    assert record["loss"] < 1e-13
    assert len(arrays["free"]) == 24
    by_jacobian = np.sort(2 * arrays["singular_values"] ** 2 / SIZE**2)
    np.testing.assert_allclose(arrays["curvature"], by_jacobian, rtol=1e-3, atol=1e-8)


def test_a_hard_edge_is_refused(make_run):
    run = make_run(THREE, np.zeros((SIZE, SIZE, 3)), edge={"kind": "hard"})
    with pytest.raises(DataError, match=r"test\.npz: recipe: edge: hard; a minimum needs a smooth"):
        find_minimum(run, SETTINGS, "source")


def test_same_minimum_twice(make_run):
    target = np.random.default_rng(0).uniform(size=(SIZE, SIZE, 3))
    first, second = (find_minimum(make_run(THREE, target), SETTINGS, "source") for _ in range(2))
    for name, array in first[0].items():
        assert array.tobytes() == second[0][name].tobytes(), name
    assert first[1] == second[1]
