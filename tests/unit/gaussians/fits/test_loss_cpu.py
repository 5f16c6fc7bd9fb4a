"""The compiled gradient of the reported loss against autograd in float64."""

import numpy as np
import pytest
import torch

from lgi.gaussians.fits import loss
from lgi.gaussians.fits.formulas import Objective
from lgi.gaussians.fits.loss_cpu import differentiate_loss, target_windows
from lgi.gaussians.fits.raster_cpu import image_of


def prepared(rendered, target):
    image = image_of(target, "mean")
    size = image.width * image.height
    image.rendered[:, :size] = rendered.reshape(size, 3).T
    return image, target_windows(image)


@pytest.mark.parametrize("size", [(9, 9), (10, 31), (40, 9), (33, 47)])
@pytest.mark.parametrize("near", [1.0, 0.05])
def test_gradient_of_ssim(size, near):
    """Far from the target and close to it; float32 leaves 1e-4 of the largest slope."""
    width, height = size
    random = np.random.default_rng(width * height)
    target = random.uniform(0, 1, (height, width, 3)).astype(np.float32)
    other = random.uniform(0, 1, target.shape)
    rendered = (target + near * (other - target)).astype(np.float32)
    image, windows = prepared(rendered, target)
    differentiate_loss(image, Objective(*np.float32([0, 0, 1])), windows, 0, image.height)
    ours = image.error[:, : width * height].T.reshape(height, width, 3)

    theirs = torch.tensor(rendered.astype(np.float64), requires_grad=True)
    (-loss.ssim(theirs, torch.tensor(target.astype(np.float64)))).backward()
    expected = theirs.grad.numpy() * target.size
    assert np.abs(ours - expected).max() < 1e-4 * np.abs(expected).max()
    # The last row and column lie in no window.
    assert np.all(expected[-1] == 0)
    assert np.all(ours[-1] == 0)


def test_no_window_begins_where_one_does_not_fit():
    """Across the edge of the image the formula may divide by 0, and must not reach a pixel.

    With D = -C2 / 2 and a target of 1 the denominator of SSIM's structure, taken across the edge
    where the target's moments stand at 0, is exactly 0.
    """
    target = np.ones((20, 24, 3), np.float32)
    d = -np.float32(0.03**2) / np.float32(2)
    image, windows = prepared(target, target)
    image.target[:, : 20 * 24] = 1
    image.rendered[:, : 20 * 24] = np.float32(1) + d
    differentiate_loss(image, Objective(*np.float32([0.2, 0.8, 0.1])), windows, 0, image.height)
    assert np.isfinite(image.error).all()
