"""The PyTorch definition against closed forms, finite differences and brute force."""

import math

import numpy as np
import pytest
import torch

from lgi.gaussians.fits import fit, loss
from lgi.gaussians.fits.adam import Adam
from lgi.gaussians.fits.render import render, weights
from lgi.gaussians.fits.settings import HardEdge, SmoothEdge

N, WIDTH, HEIGHT = 5, 12, 10
HARD = HardEdge(kind="hard")
SMOOTH = SmoothEdge(kind="smooth", background=0.01)
NO_BLACK = SmoothEdge(kind="smooth", background=None)


@pytest.fixture
def parameters():
    """Return broad rotated Gaussians that cover every pixel, float64."""
    rng = np.random.default_rng(11)
    values = rng.uniform(0.1, 0.9, (N, 9))
    values[:, 2:4] = rng.uniform(0.3, 0.5, (N, 2))
    return torch.tensor(values, requires_grad=True)


@pytest.fixture
def target():
    return torch.tensor(np.random.default_rng(12).uniform(0, 1, (HEIGHT, WIDTH, 3)))


def test_render_equals_the_sum_written_out(parameters):
    image, weight = render(parameters, WIDTH, HEIGHT, 2.0, HARD, "mean")
    added, same_weight = render(parameters, WIDTH, HEIGHT, 2.0, HARD, "sum")
    assert torch.equal(weight, same_weight)
    for row, column in [(0, 0), (9, 11), (4, 6)]:
        total, colour = 0.0, np.zeros(3)
        for x, y, sx, sy, angle, r, g, b, _ in parameters.detach().numpy():
            dx, dy = column / WIDTH - x, row / HEIGHT - y
            along = math.cos(angle) * dx + math.sin(angle) * dy
            across = -math.sin(angle) * dx + math.cos(angle) * dy
            d2 = (along / sx) ** 2 + (across / sy) ** 2
            if d2 <= 4:
                total += math.exp(-d2 / 2)
                colour += math.exp(-d2 / 2) * np.array([r, g, b])
        assert weight[row, column].item() == pytest.approx(total)
        np.testing.assert_allclose(image[row, column].detach(), colour / total)
        np.testing.assert_allclose(added[row, column].detach(), colour)


def test_one_gaussian_paints_its_disc_and_leaves_the_rest_black():
    one = torch.tensor([[0.5, 0.5, 0.1, 0.1, 0, 0.2, 0.4, 0.6, 1]], dtype=torch.float64)
    image, weight = render(one, 40, 40, 3.5, HARD, "mean")
    rows, columns = torch.meshgrid(torch.arange(40), torch.arange(40), indexing="ij")
    inside = (rows - 20) ** 2 + (columns - 20) ** 2 <= (0.1 * 40 * 3.5) ** 2
    assert torch.equal(weight > 0, inside)
    assert torch.allclose(image[inside], torch.tensor([0.2, 0.4, 0.6], dtype=torch.float64))
    assert torch.all(image[~inside] == 0)


@pytest.mark.parametrize("measure", [loss.l1, loss.l2, loss.ssim])
def test_gradients_equal_finite_differences(parameters, target, measure):
    def function(values):
        return measure(render(values, WIDTH, HEIGHT, 30.0, HARD, "mean")[0], target)

    assert torch.autograd.gradcheck(function, parameters)


@pytest.mark.parametrize("blend", ["mean", "sum"])
def test_gradient_written_out_equals_that_of_autograd(parameters, target, gradient_of, blend):
    """Rotated Gaussians, far from the cut-off; autograd is checked by finite differences above."""
    image, _ = render(parameters, WIDTH, HEIGHT, 30.0, HARD, blend)
    (expected,) = torch.autograd.grad(loss.l2(image, target), parameters)
    gradient = gradient_of(parameters.detach(), target, cutoff=30.0, blend=blend)
    assert torch.all(expected[:, :8] != 0)
    torch.testing.assert_close(gradient, expected, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize(
    ("cutoff", "edge", "blend"),
    [(30.0, HARD, "mean"), (2.0, SMOOTH, "mean"), (1.2, SMOOTH, "mean"), (1.2, NO_BLACK, "sum")],
)
def test_gradient_of_the_reported_loss_equals_that_of_autograd(
    parameters, target, make_recipe, gradient_of, cutoff, edge, blend
):
    """A smooth edge has a gradient wherever it lies; here it cuts off parts of the image."""
    weights = make_recipe().loss
    image, _ = render(parameters, WIDTH, HEIGHT, cutoff, edge, blend)
    (expected,) = torch.autograd.grad(loss.reported(image, target, weights), parameters)
    changes = {"cutoff": cutoff, "edge": edge.model_dump(), "gradient": "reported", "blend": blend}
    gradient = gradient_of(parameters.detach(), target, **changes)
    assert torch.all(expected[:, :8] != 0)
    torch.testing.assert_close(gradient, expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(("edge", "blend"), [(SMOOTH, "mean"), (NO_BLACK, "sum")])
def test_a_smooth_edge_has_a_gradient_by_finite_differences(parameters, target, edge, blend):
    def function(values):
        return loss.l2(render(values, WIDTH, HEIGHT, 1.5, edge, blend)[0], target)

    assert torch.autograd.gradcheck(function, parameters)


def test_a_smooth_weight_and_its_slope_end_at_the_cutoff():
    """On a line of pixels through one Gaussian of sigma 0.1, cut off at 2 sigma."""
    one = torch.tensor([[0.5, 0.5, 0.1, 0.1, 0, 1, 1, 1, 1]], dtype=torch.float64)
    w, decay = weights(one, 400, 10, 2.0, SMOOTH)
    d2 = ((torch.arange(400).double() / 400 - 0.5) / 0.1) ** 2
    inside = d2 <= 4
    expected = torch.exp(-d2 / 2) - math.exp(-2) * (1 - (d2 - 4) / 2)
    torch.testing.assert_close(w[0, 5], torch.where(inside, expected, 0), rtol=1e-6, atol=1e-9)
    slope = torch.exp(-d2 / 2) - math.exp(-2)
    torch.testing.assert_close(decay[0, 5], torch.where(inside, slope, 0), rtol=1e-6, atol=1e-9)
    assert w.min() > -1e-15


def test_a_pixel_darkens_as_its_gaussian_withdraws():
    """With a smooth edge the image fades to black; with a hard one it falls to black at once."""
    scales = torch.linspace(0.02, 0.1, 500, dtype=torch.float64)
    colours = []
    for edge in (SMOOTH, HARD):
        ones = [torch.tensor([[0.3, 0.5, s, s, 0, 1, 1, 1, 1]]) for s in scales.tolist()]
        images = [render(one, 10, 10, 3.5, edge, "mean")[0] for one in ones]
        colours.append(torch.stack([image[5, 5, 0] for image in images]))
    smooth, hard = colours
    assert smooth.diff().abs().max() < 0.05
    assert smooth.min() == 0
    assert smooth.max() > 0.9
    assert set(hard.tolist()) == {0.0, 1.0}


def test_gradient_is_blind_to_the_cutoff(gradient_of):
    """Growing the Gaussian would paint more pixels; the gradient must not see that."""
    one = torch.tensor([[0.5, 0.5, 0.1, 0.1, 0, 1, 1, 1, 1]], dtype=torch.float64)
    target = torch.ones(40, 40, 3, dtype=torch.float64)
    assert render(one, 40, 40, 3.5, HARD, "mean")[1].count_nonzero() < 1600
    assert torch.all(gradient_of(one, target, cutoff=3.5) == 0)


def test_weights_too_small_to_be_felt_get_no_gradient(gradient_of):
    far = torch.tensor([[0.0, 0.5, 0.05, 0.05, 0, 1, 1, 1, 1]], dtype=torch.float64)
    target = torch.zeros(20, 20, 3, dtype=torch.float64)
    _, weight = render(far, 20, 20, 100.0, HARD, "mean")
    felt = weight >= 1e-10
    assert 0 < felt.sum() < 400
    # A lone Gaussian shows its colour wherever the pixel is covered.
    gradient = gradient_of(far, target, cutoff=100.0)
    assert gradient[0, 5].item() == pytest.approx(2 * felt.sum().item() / (20 * 20 * 3))


def test_a_gaussian_that_reaches_no_pixel_has_no_gradient(gradient_of):
    between = torch.tensor([[0.525, 0.525, 0.001, 0.001, 0, 1, 1, 1, 1]] * 2)
    assert torch.equal(gradient_of(between, torch.ones(20, 20, 3)), torch.zeros(2, 9))


def test_adam_equals_that_of_pytorch(make_recipe):
    """In float64 no rounding tells them apart."""
    settings = make_recipe().optimiser
    rng = np.random.default_rng(3)
    ours = torch.tensor(rng.normal(size=(4, 9)))
    theirs = ours.clone()
    optimisers = [
        Adam(ours, settings),
        torch.optim.Adam([theirs], settings.rate, (settings.beta1, settings.beta2)),
    ]
    for _ in range(20):
        ours.grad = theirs.grad = torch.tensor(rng.normal(size=(4, 9)))
        for optimiser in optimisers:
            optimiser.step()
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def test_losses_of_known_images():
    black, white = torch.zeros(16, 20, 3), torch.ones(16, 20, 3)
    assert loss.l1(black, white) == 1
    assert loss.l2(black, white / 2) == 0.25
    assert loss.ssim(white, white) == 1
    # Flat windows have no variance: what remains is the term of the means.
    assert loss.ssim(black, white).item() == pytest.approx(loss.C1 / (1 + loss.C1))


def test_ssim_equals_windows_written_out(target):
    image = target.flip(0) * 0.8
    values = []
    for channel in range(3):
        for row in range(4, HEIGHT - 4):
            for column in range(4, WIDTH - 4):
                window = np.s_[row - 4 : row + 4, column - 4 : column + 4, channel]
                a, b = image.numpy()[window], target.numpy()[window]
                covariance = ((a - a.mean()) * (b - b.mean())).mean()
                values.append(
                    (2 * a.mean() * b.mean() + 1e-4)
                    * (2 * covariance + 9e-4)
                    / (a.mean() ** 2 + b.mean() ** 2 + 1e-4)
                    / (a.var() + b.var() + 9e-4)
                )
    assert len(values) == 3 * 2 * 4
    assert loss.ssim(image, target).item() == pytest.approx(np.mean(values))


def test_reported_loss_is_the_weighted_sum(make_recipe, target):
    image = target * 0.5
    expected = (
        0.2 * loss.l1(image, target)
        + 0.8 * loss.l2(image, target)
        + 0.1 * (1 - loss.ssim(image, target))
    )
    assert loss.reported(image, target, make_recipe().loss) == pytest.approx(expected.item())


def test_bounds_hold_only_what_is_trained(make_recipe):
    low, high = fit.bounds(make_recipe(trained=["scale"]), 9)
    assert low[2:4].tolist() == pytest.approx([0.001, 0.001])
    assert high[2:4].tolist() == [0.5, 0.5]
    assert torch.isinf(low).sum() == 7
