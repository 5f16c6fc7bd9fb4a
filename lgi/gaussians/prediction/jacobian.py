"""How the rendered image moves with each parameter, and what its singular values say.

The image is that of `lgi.gaussians.fits.render64`, its derivative written out beside it; as in
training, it is blind to the jump of a hard edge.

Singular values depend on the units of the parameters. Here they are those that an optimiser sees:
positions and scales in widths and heights of the image, rotation in radians, colours and image in
intensities. `equilibrated` takes the units out.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lgi.gaussians.fits.edge import COVERED, edge_of
from lgi.gaussians.fits.initial import COLUMNS, present
from lgi.gaussians.fits.render64 import COLOURS, Weights, blend, weights
from lgi.gaussians.fits.settings import Blend, EdgeSettings

FLAT = 1e-6
"""Singular values up to this share of the largest count as 0. A step along such a direction moves
the image less than float32 resolves; and JᵀJ, which holds their squares to 1e-16 of the largest,
still gives those above to a thousandth."""


class _Parts(NamedTuple):
    """What the Jacobian is made of."""

    share: np.ndarray  # [n, pixels] derivative of a channel by the colour of that channel
    moved: np.ndarray  # [3, n, columns, pixels] derivative of each channel by the other columns
    colours: list[int]  # places of the trained colours among the trained columns
    channels: list[int]  # their channels
    others: list[int]  # places of the others


def trained_columns(groups: Sequence[str]) -> list[int]:
    """Return the columns of the parameters that are trained, in the order of the groups."""
    return [column for group in groups for column in COLUMNS[group]]


def jacobian(
    parameters: np.ndarray,  # [n, P]
    width: int,
    height: int,
    cutoff: float,
    edge: EdgeSettings,
    kind: Blend,
    groups: Sequence[str],
) -> np.ndarray:
    """Return the derivative of the image by the trained parameters.

    Parameters
    ----------
    parameters
        Columns as in `lgi.gaussians.fits.initial.PARAMETERS`; a row of 0 is no Gaussian, and has
        no column in J.
    width, height
        Pixels.
    cutoff, edge, kind
        Cut-off, edge and blend, as in a recipe.
    groups
        Names of the trained groups; they choose the K columns (`trained_columns`).

    Returns
    -------
    ndarray
        [height * width * 3, n * K]: rows as in ``image.ravel()``, columns as in
        ``parameters[:, trained_columns(groups)].ravel()``, so Gaussian after Gaussian. With a hard
        edge, the rows of uncovered pixels are 0.
    """
    parts = _parts(parameters, width, height, cutoff, edge, kind, groups)
    n, pixels = parts.share.shape
    trained = len(parts.colours) + len(parts.others)
    result = np.zeros((n, trained, pixels, 3))
    for place, channel in zip(parts.colours, parts.channels, strict=True):
        result[:, place, :, channel] = parts.share
    result[:, parts.others] = parts.moved.transpose(1, 2, 3, 0)
    return result.reshape(n * trained, pixels * 3).T


def gram(
    parameters: np.ndarray,  # [n, P]
    width: int,
    height: int,
    cutoff: float,
    edge: EdgeSettings,
    kind: Blend,
    groups: Sequence[str],
) -> np.ndarray:
    """Return JᵀJ [n * K, n * K] of the Jacobian J, without making J.

    A colour moves its own channel alone, and every channel alike: most of J is 0 or a repetition.
    Parameters and order as for `jacobian`.
    """
    share, moved, colours, channels, others = _parts(
        parameters, width, height, cutoff, edge, kind, groups
    )
    n, trained = len(share), len(colours) + len(others)
    result = np.zeros((n, trained, n, trained))
    flat = moved.reshape(3, n * len(others), share.shape[1])
    mixed = (flat @ share.T).reshape(3, n, len(others), n)
    by_colour = share @ share.T
    for place, channel in zip(colours, channels, strict=True):
        result[:, place, :, place] = by_colour
        result[:, others, :, place] = mixed[channel].transpose(1, 0, 2)
        result[:, place, :, others] = mixed[channel].transpose(1, 2, 0)
    result = result.reshape(n * trained, n * trained)
    if others:
        rows = (trained * np.arange(n)[:, None] + others).ravel()
        result[np.ix_(rows, rows)] = sum(one @ one.T for one in flat)
    return result


def _parts(
    parameters: np.ndarray,
    width: int,
    height: int,
    cutoff: float,
    edge: EdgeSettings,
    kind: Blend,
    groups: Sequence[str],
) -> _Parts:
    parameters = present(np.asarray(parameters, dtype=np.float64))
    near = weights(parameters, width, height, cutoff, edge)
    image, weight = blend(near.w, parameters[:, COLOURS], edge_of(cutoff, edge).background, kind)
    if kind == "sum":  # as if a mean over a weight of 1, of which nothing else has a part
        image, weight = np.zeros_like(image), np.ones_like(weight)
    covered = weight > COVERED
    share, pull = (  # dw/ds, over the weight
        np.divide(values, factor * weight, out=np.zeros_like(values), where=covered)
        for values, factor in ((near.w, 1), (near.decay, -2))
    )
    columns = trained_columns(groups)
    others = [place for place, column in enumerate(columns) if column not in COLOURS]
    slopes = _slopes(parameters, near)
    n, pixels = len(parameters), height * width
    moved = np.empty((3, n, len(others), height, width))
    for channel in range(3):
        contrast = pull * (parameters[:, COLOURS[channel], None, None] - image[:, :, channel])
        for i, place in enumerate(others):
            np.multiply(contrast, slopes[columns[place]], out=moved[channel, :, i])
    colours = [place for place, column in enumerate(columns) if column in COLOURS]
    channels = [COLOURS.index(columns[place]) for place in colours]
    moved = moved.reshape(3, n, len(others), pixels)
    return _Parts(share.reshape(n, pixels), moved, colours, channels, others)


def _slopes(parameters: np.ndarray, near: Weights) -> dict[int, np.ndarray]:
    """Return ds/dp [n, height, width] of position, scale and rotation, by column."""
    _, _, sx, sy, rotation = parameters.T[:5, :, None, None]
    cos, sin = np.cos(rotation), np.sin(rotation)
    by_along, by_across = 2 * near.along / sx**2, 2 * near.across / sy**2
    return {
        0: by_across * sin - by_along * cos,
        1: -by_along * sin - by_across * cos,
        2: -by_along * near.along / sx,
        3: -by_across * near.across / sy,
        4: by_along * near.across - by_across * near.along,
    }


def spectrum(jacobian: np.ndarray) -> np.ndarray:
    """Return the singular values of a Jacobian [rows, columns], descending: one per column."""
    from scipy import linalg  # here, since importing it takes long

    rows, columns = jacobian.shape
    return np.pad(linalg.svdvals(jacobian), (0, max(columns - rows, 0)))


def gram_spectrum(gram: np.ndarray) -> np.ndarray:
    """Return the singular values of J from JᵀJ, descending.

    Squares are known to about 1e-16 of the largest, so values below 1e-8 of the largest are noise.
    """
    from scipy import linalg

    return np.sqrt(np.maximum(linalg.eigvalsh(gram)[::-1], 0))


def equilibrated(gram: np.ndarray, floor: float = FLAT) -> np.ndarray:
    """Return JᵀJ of the Jacobian with each column divided by its length.

    It does not depend on units. No other choice of units has a condition number smaller than its
    own by more than the square root of the number of columns (van der Sluis 1969, "Condition
    numbers and equilibration of matrices"). Columns up to `floor` times the longest become 0: of a
    Gaussian that stands alone, all but the colours are rounding.
    """
    length = np.sqrt(np.diagonal(gram))
    long = length > floor * length.max(initial=0)
    inverse = np.divide(1, length, out=np.zeros_like(length), where=long)
    return gram * inverse[:, None] * inverse


def numerical_rank(singular_values: np.ndarray, floor: float = FLAT) -> int:
    """Return how many singular values lie above `floor` times the largest."""
    return int((singular_values > floor * singular_values.max(initial=0)).sum())


def condition_number(singular_values: np.ndarray, floor: float = FLAT) -> float:
    """Return the largest singular value over the smallest above `floor` times the largest.

    Directions below are null: `numerical_rank` counts them, and they would make the condition
    number infinite or noise. NaN if all values are 0.
    """
    kept = singular_values[singular_values > floor * singular_values.max(initial=0)]
    return float(kept.max() / kept.min()) if len(kept) else math.nan


def effective_rank(singular_values: np.ndarray) -> float:
    """Return exp of the entropy of the singular values as shares of their sum.

    Roy and Vetterli (2007), "The effective rank: a measure of effective dimensionality": from 1,
    if one value is all there is, to their number, if all are equal. NaN if all values are 0.
    """
    total = singular_values.sum()
    if not total > 0:
        return math.nan
    share = singular_values[singular_values > 0] / total
    return float(np.exp(-(share * np.log(share)).sum()))


def effective_dimension(singular_values: np.ndarray, ridge: float) -> float:
    """Return Σ s² / (s² + ridge), the number of directions that data determine.

    MacKay (1992), "Bayesian interpolation", counts well-determined parameters so, with s² the
    curvatures of the loss and `ridge` that of the prior, both in the same units.
    """
    squares = singular_values**2
    return float((squares / (squares + ridge)).sum())
