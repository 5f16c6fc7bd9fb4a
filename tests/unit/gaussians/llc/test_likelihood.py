"""The float64 likelihood: against the definition of rendering, and lane by lane."""

import numpy as np
import pytest
import torch

from lgi.gaussians.fits import render64
from lgi.gaussians.fits.edge import edge_of
from lgi.gaussians.fits.initial import PARAMETERS
from lgi.gaussians.fits.render import render
from lgi.gaussians.fits.settings import SmoothEdge
from lgi.gaussians.llc.likelihood_cpu import (
    VALUES,
    loss_and_gradient,
    squared_error,
)
from lgi.gaussians.prediction.jacobian import jacobian

CUTOFF, BACKGROUND = 3.5, 0.01
SMOOTH = SmoothEdge(kind="smooth", background=BACKGROUND)
EDGE = np.array(edge_of(CUTOFF, SMOOTH))
EDGES = {"mean": SMOOTH, "sum": SmoothEdge(kind="smooth", background=None)}
BLENDS = pytest.mark.parametrize("blend", EDGES)


def gaussians(n=7, seed=0, rotated=True):
    """Return Gaussians of many sizes, some of them partly or wholly outside the image."""
    random = np.random.default_rng(seed)
    values = np.empty((n, VALUES))
    values[:, :2] = random.uniform(-0.3, 1.3, (n, 2))
    values[:, 2:4] = np.exp(random.uniform(np.log(0.01), np.log(0.6), (n, 2)))
    values[:, 4] = random.normal(size=n) if rotated else 0.0
    values[:, 5:] = random.uniform(-0.5, 1.5, (n, 3))
    return values


def target_of(height=13, width=21, seed=1):
    return np.random.default_rng(seed).uniform(size=(3, height, width))


def defined(values, target, scale, blend):
    """Return loss and gradient by the definition and autograd."""
    parameters = torch.ones(len(values), len(PARAMETERS), dtype=torch.float64)
    parameters[:, :VALUES] = torch.tensor(values)
    parameters.requires_grad_()
    image, _ = render(parameters, target.shape[2], target.shape[1], CUTOFF, EDGES[blend], blend)
    loss = scale * ((image - torch.tensor(target.transpose(1, 2, 0))) ** 2).sum()
    loss.backward()
    return loss.item(), parameters.grad[:, :VALUES].numpy()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rotated", [True, False])
@BLENDS
def test_loss_and_gradient_are_those_of_the_definition(seed, rotated, blend):
    values, target = gaussians(seed=seed, rotated=rotated), target_of()
    gradient = np.empty_like(values)
    edge = np.array(edge_of(CUTOFF, EDGES[blend]))
    loss = squared_error(values, target, edge, 0.37, gradient)
    expected_loss, expected = defined(values, target, 0.37, blend)
    # Sums of a few hundred terms in another order.
    assert loss == pytest.approx(expected_loss, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-11)
    assert np.abs(gradient).max() > 1e-3


@pytest.mark.parametrize("rotated", [True, False])
@BLENDS
def test_loss_and_gradient_are_those_of_the_float64_renderer_and_its_jacobian(rotated, blend):
    values, target = gaussians(rotated=rotated), target_of()
    gradient = np.empty_like(values)
    edge = np.array(edge_of(CUTOFF, EDGES[blend]))
    loss = squared_error(values, target, edge, 0.37, gradient)
    parameters = np.ones((len(values), len(PARAMETERS)))
    parameters[:, :VALUES] = values
    shape = (target.shape[2], target.shape[1], CUTOFF, EDGES[blend], blend)
    error = render64.render(parameters, *shape)[0] - target.transpose(1, 2, 0)
    slopes = jacobian(parameters, *shape, ("position", "scale", "rotation", "colour"))
    assert loss == pytest.approx(0.37 * (error**2).sum(), rel=1e-12)
    expected = 2 * 0.37 * slopes.T @ error.ravel()
    np.testing.assert_allclose(gradient.ravel(), expected, rtol=1e-9, atol=1e-11)


def test_gradient_is_the_slope_of_the_loss():
    """Differences of the loss, edges included: it has no kink."""
    values, target = gaussians(seed=3), target_of()
    gradient, unused = np.empty_like(values), np.empty_like(values)
    squared_error(values, target, EDGE, 1.0, gradient)
    for place in range(values.size):
        losses = []
        for sign in (1, -1):
            there = values.copy()
            there.flat[place] += sign * 1e-6
            losses.append(squared_error(there, target, EDGE, 1.0, unused))
        slope = (losses[0] - losses[1]) / 2e-6
        assert slope == pytest.approx(gradient.flat[place], rel=1e-5, abs=1e-6)


def test_signs_of_scales_do_not_matter():
    values, target = gaussians(), target_of()
    mirrored = values.copy()
    mirrored[::2, 2] *= -1
    mirrored[1::3, 3] *= -1
    there, here = np.empty_like(values), np.empty_like(values)
    loss = squared_error(values, target, EDGE, 1.0, here)
    assert squared_error(mirrored, target, EDGE, 1.0, there) == loss
    np.testing.assert_array_equal(there * np.sign(mirrored), here * np.sign(values))


def test_a_gaussian_that_reaches_no_pixel_has_no_slope():
    values, target = gaussians(n=2), target_of()
    values[1] = [5.0, 5.0, 0.01, 0.01, 0.3, 1, 1, 1]
    gradient = np.empty_like(values)
    squared_error(values, target, EDGE, 1.0, gradient)
    np.testing.assert_array_equal(gradient[1], 0)
    alone = np.empty((1, VALUES))
    squared_error(values[:1], target, EDGE, 1.0, alone)
    np.testing.assert_array_equal(gradient[:1], alone)


def problem(lanes, seed=0):
    """Return the arguments of `loss_and_gradient` up to the last two."""
    random = np.random.default_rng(seed)
    centre = gaussians(seed=seed)
    free = np.sort(random.permutation(centre.size)[:20])
    directions = random.normal(size=(20, 20)) / 20
    return (
        random.normal(size=(20, lanes)) * 0.1,
        target_of(),
        centre,
        free,
        directions,
        np.ascontiguousarray(directions.T),
        EDGE,
        np.array([0.7]),
    )


def evaluate(*arguments):
    gradient, loss = np.empty_like(arguments[0]), np.empty(arguments[0].shape[1])
    loss_and_gradient(*arguments, gradient, loss)
    return loss, gradient


def test_lanes_go_along_their_directions():
    z, target, centre, free, directions, transposed, edge, scale = problem(3)
    loss, gradient = evaluate(z, target, centre, free, directions, transposed, edge, scale)
    for lane in range(3):
        values = centre.copy()
        values.flat[free] += z[:, lane] @ directions
        own = np.empty_like(values)
        assert loss[lane] == pytest.approx(
            squared_error(values, target, edge, scale[0], own), rel=1e-12
        )
        expected = directions @ own.flat[free]
        np.testing.assert_allclose(gradient[:, lane], expected, rtol=1e-9, atol=1e-12)


def test_a_lane_has_the_same_bits_alone_and_among_others():
    z, *rest = problem(5)
    loss, gradient = evaluate(z, *rest)
    alone_loss, alone_gradient = evaluate(z[:, 2:3].copy(), *rest)
    assert alone_loss.tobytes() == loss[2:3].tobytes()
    assert alone_gradient.tobytes() == gradient[:, 2:3].tobytes()
