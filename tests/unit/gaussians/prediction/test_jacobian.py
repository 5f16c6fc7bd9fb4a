"""The Jacobian of the image against finite differences and autograd; its spectrum's known answers.

All in float64. The edges are placed so that no pixel lies near a jump.
"""

import math

import numpy as np
import pytest
import torch

from lgi.gaussians.fits import render as definition
from lgi.gaussians.fits.render64 import render
from lgi.gaussians.fits.settings import HardEdge, SmoothEdge
from lgi.gaussians.prediction import jacobian as j

N, WIDTH, HEIGHT = 5, 12, 10
ALL = ("position", "scale", "rotation", "colour")
HARD = HardEdge(kind="hard")
SMOOTH = SmoothEdge(kind="smooth", background=0.01)
NO_BLACK = SmoothEdge(kind="smooth", background=None)
EDGES = pytest.mark.parametrize(
    ("cutoff", "edge", "blend"),
    [
        (30.0, HARD, "mean"),
        (2.0, HARD, "mean"),
        (2.0, SMOOTH, "mean"),
        (1.2, SMOOTH, "mean"),
        (2.0, HARD, "sum"),
        (1.2, NO_BLACK, "sum"),
    ],
)


@pytest.fixture
def parameters():
    """Return rotated Gaussians; within 2 sigma they leave no pixel out, within 1.2 some."""
    rng = np.random.default_rng(11)
    values = rng.uniform(0.1, 0.9, (N, 9))
    values[:, 2:4] = rng.uniform(0.2, 0.5, (N, 2))
    return values


@EDGES
def test_jacobian_equals_that_of_autograd(parameters, cutoff, edge, blend):
    """A sign, an axis or a factor of the definition that is wrong here shows."""

    def image(values):
        return definition.render(values, WIDTH, HEIGHT, cutoff, edge, blend)[0].reshape(-1)

    full = torch.autograd.functional.jacobian(image, torch.tensor(parameters))
    columns = j.trained_columns(ALL)
    expected = full[:, :, columns].reshape(WIDTH * HEIGHT * 3, -1).numpy()
    found = j.jacobian(parameters, WIDTH, HEIGHT, cutoff, edge, blend, ALL)
    assert np.all(np.abs(expected).max(axis=0) > 1e-3)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@EDGES
def test_jacobian_equals_finite_differences(parameters, cutoff, edge, blend):
    """Central differences: 1e-6 squared times third derivatives (to 1e3), and 1e-16 / 1e-6."""
    found = j.jacobian(parameters, WIDTH, HEIGHT, cutoff, edge, blend, ALL)
    columns, step = j.trained_columns(ALL), 1e-6
    for g in range(N):
        for k, column in enumerate(columns):
            sides = []
            for sign in (1, -1):
                moved = parameters.copy()
                moved[g, column] += sign * step
                sides.append(render(moved, WIDTH, HEIGHT, cutoff, edge, blend)[0].ravel())
            expected = (sides[0] - sides[1]) / (2 * step)
            np.testing.assert_allclose(found[:, g * len(columns) + k], expected, atol=3e-8)


@EDGES
@pytest.mark.parametrize(
    "groups", [ALL, ("colour", "position"), ("scale",), ("colour",), ("rotation", "scale")]
)
def test_gram_is_that_of_the_jacobian(parameters, cutoff, edge, blend, groups):
    settings = (parameters, WIDTH, HEIGHT, cutoff, edge, blend, groups)
    matrix = j.jacobian(*settings)
    assert matrix.shape == (WIDTH * HEIGHT * 3, N * len(j.trained_columns(groups)))
    np.testing.assert_allclose(j.gram(*settings), matrix.T @ matrix, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(
        j.gram_spectrum(j.gram(*settings)), j.spectrum(matrix), rtol=1e-6, atol=1e-7
    )


def test_uncovered_pixels_do_not_move_and_lone_gaussians_only_by_their_colour():
    """Two far discs; a third Gaussian falls between pixels and reaches none."""
    parameters = np.array(
        [
            [0.2, 0.2, 0.05, 0.05, 0, 0.2, 0.4, 0.6, 1],
            [0.8, 0.8, 0.05, 0.05, 0, 0.9, 0.1, 0.3, 1],
            [0.512, 0.512, 0.001, 0.001, 0, 0.5, 0.5, 0.5, 1],
        ]
    )
    groups = ("position", "scale", "colour")
    matrix = j.jacobian(parameters, 40, 40, 3.0, HARD, "mean", groups)
    _, weight = render(parameters, 40, 40, 3.0, HARD, "mean")
    by_pixel = matrix.reshape(40, 40, 3, 3, 7)
    assert 0 < (weight > 0).sum() < 1600
    assert not by_pixel[weight == 0].any()
    assert not by_pixel[:, :, :, 2].any()
    np.testing.assert_allclose(by_pixel[..., :4], 0, atol=1e-13)  # where one Gaussian is alone
    inside = by_pixel[weight > 0].sum(axis=2)  # over Gaussians, [pixels, channels, columns]
    np.testing.assert_allclose(inside[:, :, 4:], np.broadcast_to(np.eye(3), inside[:, :, 4:].shape))
    values = j.spectrum(matrix)
    assert j.numerical_rank(values) == 6
    assert len(values) == 21


def test_spectrum_has_a_value_for_each_parameter():
    """Fewer pixels than parameters leave directions that nothing determines."""
    np.testing.assert_allclose(j.spectrum(np.array([[3.0, 0, 4], [0, 0, 0]])), [5, 0, 0])
    np.testing.assert_allclose(j.spectrum(np.diag([1.0, 3, 2])), [3, 2, 1])
    np.testing.assert_allclose(j.gram_spectrum(np.diag([1.0, 9, 4])), [3, 2, 1])


def test_ranks_of_known_spectra():
    assert j.effective_rank(np.ones(7)) == pytest.approx(7)
    assert j.effective_rank(np.array([5.0, 0, 0])) == pytest.approx(1)
    # 3/4 and 1/4: exp(-(3/4) ln(3/4) - (1/4) ln(1/4)) = 4 / 3^(3/4)
    assert j.effective_rank(np.array([3.0, 1, 0])) == pytest.approx(4 / 3**0.75)
    assert math.isnan(j.effective_rank(np.zeros(3)))
    values = np.array([2.0, 1, 0.1, 0])
    assert j.numerical_rank(values) == 3
    assert j.numerical_rank(values, floor=0.1) == 2
    assert j.numerical_rank(np.zeros(3)) == 0
    assert j.effective_dimension(values, 1.0) == pytest.approx(4 / 5 + 1 / 2 + 0.01 / 1.01)
    assert j.effective_dimension(values, 1e-9) == pytest.approx(3, rel=1e-6)


def test_condition_number_leaves_null_directions_out():
    assert j.condition_number(np.array([2.0, 1, 0.1, 0])) == pytest.approx(20)
    assert j.condition_number(np.array([2.0, 1, 1e-9]), floor=1e-6) == pytest.approx(2)
    assert j.condition_number(np.array([2.0, 1, 1e-9]), floor=1e-10) == pytest.approx(2e9)
    assert math.isnan(j.condition_number(np.zeros(2)))


def test_equilibrated_does_not_depend_on_units():
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(20, 6))
    matrix[:, 4] = 0
    units = matrix * np.array([1, 1e-2, 1e3, 7, 2, 0.5])
    found = j.equilibrated(units.T @ units)
    np.testing.assert_allclose(found, j.equilibrated(matrix.T @ matrix), atol=1e-12)
    np.testing.assert_allclose(np.diagonal(found), [1, 1, 1, 1, 0, 1])
    values = j.gram_spectrum(found)
    assert (values**2).sum() == pytest.approx(5)
    assert j.numerical_rank(values) == 5


def test_equilibrated_takes_rounding_for_0():
    matrix = np.diag([1.0, 1e-3, 1e-15])
    found = j.gram_spectrum(j.equilibrated(matrix**2))
    np.testing.assert_allclose(found, [1, 1, 0])
