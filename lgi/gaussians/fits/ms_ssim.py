"""Multi-scale structural similarity of a finished fit; training does not look at it."""

import math

import numpy as np

C1, C2 = 0.01**2, 0.03**2
EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, from the finest on."""
WINDOW, DEVIATION = 11, 1.5
SMALLEST_SIDE = WINDOW * 2 ** (len(EXPONENTS) - 1)
"""Smallest width and height in pixels: the coarsest scale holds one window."""


def ms_ssim(image: np.ndarray, target: np.ndarray) -> float:
    """Return the multi-scale structural similarity of two images [height, width, 3] in [0, 1].

    Wang, Simoncelli and Bovik (2003), "Multiscale structural similarity for image quality
    assessment", eq. 7: the product over five scales of contrast and structure, and of luminance
    at the coarsest, each the mean over windows, to the powers `EXPONENTS`. Windows are Gaussian,
    11 x 11 with a standard deviation of 1.5 pixels, and lie inside the image; a scale is the
    one before averaged over 2 x 2 pixels, an odd last row or column left out. A mean of
    contrast and structure below 0 counts as 0. Mean over channels.

    NaN where a side is shorter than 176 pixels: the coarsest scale would hold no window, and with
    fewer scales it would be another measure.
    """
    if min(image.shape[:2]) < SMALLEST_SIDE:
        return math.nan
    image, target = (values.astype(np.float64) for values in (image, target))
    similarity = np.ones(3)
    for scale, exponent in enumerate(EXPONENTS):
        if scale:
            image, target = _halved(image), _halved(target)
        luminance, structure = _parts(image, target)
        similarity *= np.maximum(structure, 0) ** exponent
    return float((similarity * np.maximum(luminance, 0) ** exponent).mean())


def _parts(image: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean luminance, and contrast with structure, of each channel."""
    mean_a, mean_b = _averaged(image), _averaged(target)
    variances = _averaged(image * image) - mean_a**2 + _averaged(target * target) - mean_b**2
    covariance = _averaged(image * target) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    structure = (2 * covariance + C2) / (variances + C2)
    return luminance.mean((0, 1)), structure.mean((0, 1))


def _averaged(values: np.ndarray) -> np.ndarray:
    """Return the mean over the window around each pixel that has a whole one."""
    from scipy import ndimage  # here, since few of those who import a table of fits need it

    reach = WINDOW // 2
    window = np.exp(-((np.arange(WINDOW) - reach) ** 2) / (2 * DEVIATION**2))
    window /= window.sum()
    for axis in (0, 1):
        values = ndimage.correlate1d(values, window, axis)
    return values[reach:-reach, reach:-reach]


def _halved(values: np.ndarray) -> np.ndarray:
    height, width = (size // 2 * 2 for size in values.shape[:2])
    values = values[:height, :width]
    return (values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]) / 4
