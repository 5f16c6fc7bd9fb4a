"""Measures an image as the engine of study 1 does along a fit.

It is no part of the engine's own modules, whose source is a part of what every run depends on.
"""

import numpy as np

from lgi.gaussians.fits.formulas import Losses
from lgi.gaussians.fits.loss_cpu import measure, target_windows
from lgi.gaussians.fits.raster_cpu import image_of
from lgi.gaussians.fits.settings import LossWeights


def losses(image: np.ndarray, target: np.ndarray, weights: LossWeights) -> Losses:
    """Return the reported loss of an image with its parts.

    Parameters
    ----------
    image, target
        float32 [height, width, 3].
    weights
        Of the reported loss.
    """
    held = image_of(target, "mean")
    return measure(held, image_of(image, "mean").target, target_windows(held), weights)
