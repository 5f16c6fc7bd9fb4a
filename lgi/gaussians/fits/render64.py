"""The float64 renderer: image and weights in NumPy, as `lgi.gaussians.fits.render` defines them.

What is computed of a fit once training is over derives from it: the Jacobian and the features,
here, and the likelihood, whose kernel in `lgi.gaussians.llc.likelihood_cpu` is this restricted to
the pixels that count. CPU jobs need no PyTorch for it.
"""

from typing import NamedTuple

import numpy as np

from lgi.gaussians.fits.edge import COVERED, edge_of, fall
from lgi.gaussians.fits.initial import COLUMNS, present
from lgi.gaussians.fits.settings import Blend, EdgeSettings

COLOURS = COLUMNS["colour"]


class Weights(NamedTuple):
    """What each Gaussian does at each pixel, all [n, height, width]."""

    w: np.ndarray  # its weight
    decay: np.ndarray  # -2 dw/ds, with s the squared distance in sigma
    along: np.ndarray  # distance along its first axis, in units of width and height
    across: np.ndarray  # and along its second


def render(
    parameters: np.ndarray,  # [n, P]
    width: int,
    height: int,
    cutoff: float,
    edge: EdgeSettings,
    kind: Blend,
) -> tuple[np.ndarray, np.ndarray]:
    """Render Gaussians in float64.

    Parameters
    ----------
    parameters
        Columns as in `lgi.gaussians.fits.initial.PARAMETERS`; a row of 0 is no Gaussian.
    width, height
        Pixels.
    cutoff, edge, kind
        Cut-off, edge and blend, as in a recipe.

    Returns
    -------
    image : ndarray
        [height, width, 3].
    weight : ndarray
        [height, width], sum of the weights of all Gaussians and of black.
    """
    parameters = present(np.asarray(parameters, dtype=np.float64))
    w = weights(parameters, width, height, cutoff, edge).w
    return blend(w, parameters[:, COLOURS], edge_of(cutoff, edge).background, kind)


def weights(
    parameters: np.ndarray, width: int, height: int, cutoff: float, edge: EdgeSettings
) -> Weights:
    """Return what each Gaussian does at each pixel, from float64 parameters [n, P]."""
    x, y, sx, sy, rotation = parameters.T[:5, :, None, None]
    dx = np.arange(width) / width - x
    dy = np.arange(height)[:, None] / height - y
    cos, sin = np.cos(rotation), np.sin(rotation)
    along, across = dx * cos + dy * sin, dy * cos - dx * sin
    s = (along / sx) ** 2 + (across / sy) ** 2
    near = s <= cutoff**2
    decay, w = (np.where(near, v, 0) for v in fall(np.exp(-s / 2), s, edge_of(cutoff, edge)))
    return Weights(w, decay, along, across)


def blend(
    w: np.ndarray, colours: np.ndarray, background: float, kind: Blend
) -> tuple[np.ndarray, np.ndarray]:
    """Return the image [height, width, 3] and its weight.

    Parameters
    ----------
    w
        [n, height, width], weight of each Gaussian at each pixel.
    colours
        [n, 3].
    background
        Weight of black.
    kind
        Whether the weighted colours are averaged or added.
    """
    weight = w.sum(axis=0) + background
    colour = np.tensordot(w, colours, axes=(0, 0))
    if kind == "sum":
        return colour, weight
    covered = (weight > COVERED)[:, :, None]
    image = np.divide(colour, weight[:, :, None], out=np.zeros_like(colour), where=covered)
    return image, weight
