"""Definition of the reported loss: L1, L2 and structural similarity."""

import torch
from torch import Tensor

from lgi.gaussians.fits.settings import SSIM_WINDOW, LossWeights

C1, C2 = 0.01**2, 0.03**2
"""Constants that keep SSIM finite where an image is dark or flat (Wang et al. 2004)."""


def l1(image: Tensor, target: Tensor) -> Tensor:
    """Return the mean absolute difference over pixels and channels."""
    return (image - target).abs().mean()


def l2(image: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared difference over pixels and channels."""
    return ((image - target) ** 2).mean()


def ssim(image: Tensor, target: Tensor) -> Tensor:
    """Return the mean structural similarity of two images [height, width, 3].

    Equation 13 of Wang et al. (2004), uniform 8 x 8 windows [c - 4, c + 4) around the centres
    4 <= c < size - 4, population variances; mean over windows and channels.
    """
    a, b = _windows(image), _windows(target)
    mean_a, mean_b = a.mean(-1), b.mean(-1)
    off_a, off_b = a - mean_a[..., None], b - mean_b[..., None]
    variance_a, variance_b = (off_a**2).mean(-1), (off_b**2).mean(-1)
    covariance = (off_a * off_b).mean(-1)
    similarity = ((2 * mean_a * mean_b + C1) * (2 * covariance + C2)) / (
        (mean_a**2 + mean_b**2 + C1) * (variance_a + variance_b + C2)
    )
    return similarity.mean()


def reported(image: Tensor, target: Tensor, weights: LossWeights) -> Tensor:
    """Return the reported loss of an image [height, width, 3]."""
    dissimilarity = 1 - ssim(image, target)
    return (
        weights.l1 * l1(image, target)
        + weights.l2 * l2(image, target)
        + weights.ssim * dissimilarity
    )


def _windows(image: Tensor) -> Tensor:
    """Return the windows [height - 8, width - 8, 3, 64] of an image."""
    windows = image.unfold(0, SSIM_WINDOW, 1).unfold(1, SSIM_WINDOW, 1)
    return torch.flatten(windows[:-1, :-1], start_dim=-2)
