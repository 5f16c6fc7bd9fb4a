"""What a picture costs: what is left of it, in bits, and a price for every Gaussian.

A fit of N Gaussians leaves a squared error S, the sum over m = pixels × channels values, with equal
channels counted once, of which
normal noise of standard deviation σ takes

    (m / 2) log2(2 π σ²) + S / (2 σ² ln 2)  bits,

up to a constant that no N changes. The *description* fits the noise as well, σ² = S / m, and no
finer than the rounding of a picture of 8 bits: in two parts (Rissanen 1978, "Modeling by shortest
data description"), the picture as Gaussians at so many bits for each of their k N parameters, and
then what they leave of it. The *free energy* knows σ: n L + λ ln n in nats (Watanabe 2013, "A
widely applicable Bayesian information criterion"), where the n samples are the pixels, n L =
S / (2 σ²) up to a constant, and λ of a regular model is half the number of its parameters. There a
parameter costs ½ ln n nats, which is ½ log2 n bits (Schwarz 1978, "Estimating the dimension of a
model").

Both are A(N) + c N with a price c ≥ 0 of a Gaussian, so that the best N of any price lies on the
lower convex hull of A, and a price at which it goes from one corner of the hull to the next is a
slope of the hull.
"""

import math
from itertools import pairwise

import numpy as np

LEVEL = 1 / 255
"""Distance of two levels of an intensity of 8 bits."""

ROUNDING = LEVEL / math.sqrt(12)
"""Standard deviation of what rounding to such levels does to an intensity."""


def regular_price(pixels: int) -> float:
    """Return the bits that a parameter of a regular model costs in the free energy."""
    return 0.5 * math.log2(pixels)


def description(error: np.ndarray, values: int) -> np.ndarray:
    """Return the bits of what fits leave, with the noise fitted.

    Parameters
    ----------
    error
        Mean squared errors, over pixels and channels, of intensities from 0 to 1.
    values
        Number of pixels times channels.

    Returns
    -------
    ndarray
        Bits for values rounded to 8 bits, as of a normal density in units of a level.
    """
    noise = np.maximum(error, ROUNDING**2)
    spread = np.log2(2 * np.pi * noise / LEVEL**2) + error / (noise * math.log(2))
    return 0.5 * values * spread


def misfit(error: np.ndarray, values: int, noise: float) -> np.ndarray:
    """Return n L in bits for noise of a known standard deviation, but for what no N changes.

    Parameters
    ----------
    error, values
        As for `description`.
    noise
        Standard deviation of an intensity.
    """
    return values * error / (2 * noise**2 * math.log(2))


def best(left: np.ndarray, n: np.ndarray, price: float) -> np.ndarray:
    """Return the places of the best N, the first where several are.

    Parameters
    ----------
    left
        Bits that are left [..., N]; NaN where a fit has failed, which is never the best.
    n
        Numbers of Gaussians [N].
    price
        Bits of a Gaussian.
    """
    return np.where(np.isnan(left), np.inf, left + price * n).argmin(axis=-1)


def prices_of(left: np.ndarray, n: np.ndarray, at: int) -> tuple[float, float]:
    """Return between which prices of a Gaussian an N is the best.

    Parameters
    ----------
    left, n
        Bits that are left and numbers of Gaussians [N], ascending.
    at
        The N asked for.

    Returns
    -------
    tuple of float
        The lower and the upper end, in the units of `left`. They are one value where the best N
        steps over `at`, and NaN where the N do not reach beyond it: then one of the ends is
        unknown.
    """
    sides = list(pairwise(_hull(n, left)))
    slopes = [(left[i] - left[j]) / (n[j] - n[i]) for i, j in sides]
    for place, (i, j) in enumerate(sides):
        if n[i] < at < n[j]:
            return slopes[place], slopes[place]
        if n[j] == at and place + 1 < len(slopes):
            return slopes[place + 1], slopes[place]
    return math.nan, math.nan


def _hull(x: np.ndarray, y: np.ndarray) -> list[int]:
    """Return the places of the corners of the lower convex hull; x ascends."""
    corners: list[int] = []
    for place in np.flatnonzero(np.isfinite(y)):
        while len(corners) > 1:
            i, j = corners[-2:]
            # The middle one is above or on the line between its neighbours.
            if (y[j] - y[i]) * (x[place] - x[i]) < (y[place] - y[i]) * (x[j] - x[i]):
                break
            corners.pop()
        corners.append(int(place))
    return corners
