"""The float64 renderer against the definition, run in float64, and its edges."""

import numpy as np
import pytest
import torch

from lgi.gaussians.fits import render as definition
from lgi.gaussians.fits import render64
from lgi.gaussians.fits.edge import edge_of, fall
from lgi.gaussians.fits.settings import HardEdge, SmoothEdge

WIDTH, HEIGHT = 12, 10
HARD = HardEdge(kind="hard")
SMOOTH = SmoothEdge(kind="smooth", background=0.01)
NO_BLACK = SmoothEdge(kind="smooth", background=None)
EDGES = pytest.mark.parametrize(
    ("cutoff", "edge"), [(30.0, HARD), (2.0, HARD), (2.0, SMOOTH), (1.2, SMOOTH), (1.2, NO_BLACK)]
)


@pytest.fixture
def parameters():
    """Return rotated Gaussians; within 2 sigma they leave no pixel out, within 1.2 some."""
    rng = np.random.default_rng(11)
    values = rng.uniform(0.1, 0.9, (5, 9))
    values[:, 2:4] = rng.uniform(0.2, 0.5, (5, 2))
    return values


@EDGES
@pytest.mark.parametrize("blend", ["mean", "sum"])
def test_image_equals_that_of_the_definition(parameters, cutoff, edge, blend):
    expected = definition.render(torch.tensor(parameters), WIDTH, HEIGHT, cutoff, edge, blend)
    found = render64.render(parameters, WIDTH, HEIGHT, cutoff, edge, blend)
    for values, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(values, wanted.numpy(), rtol=1e-12, atol=1e-15)


@EDGES
def test_weights_and_distances_equal_those_of_the_definition(parameters, cutoff, edge):
    tensor = torch.tensor(parameters)
    w, decay = definition.weights(tensor, WIDTH, HEIGHT, cutoff, edge)
    along, across = definition.offsets(tensor, WIDTH, HEIGHT)
    found = render64.weights(parameters, WIDTH, HEIGHT, cutoff, edge)
    for values, wanted in zip(found, (w, decay, along, across), strict=True):
        np.testing.assert_allclose(values, wanted.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("edge", [HARD, SMOOTH])
def test_decay_is_the_slope_of_the_weight(edge):
    s, step, constants = np.linspace(0.1, 3.9, 20), 1e-6, edge_of(2.0, edge)
    below, above = (fall(np.exp(-(s + d) / 2), s + d, constants)[1] for d in (-step, step))
    decay, _ = fall(np.exp(-s / 2), s, constants)
    np.testing.assert_allclose(decay, (below - above) / step, rtol=1e-8, atol=1e-9)


def test_a_smooth_edge_ends_at_0_with_its_slope_and_a_hard_one_with_a_jump():
    end = np.exp(-2.0)
    assert fall(end, 4.0, edge_of(2.0, SMOOTH)) == (0, 0)
    assert fall(end, 4.0, edge_of(2.0, HARD)) == (end, end)
