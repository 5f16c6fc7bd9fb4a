"""Definition of rendering: a pixel's colour is the weighted mean of the Gaussians', or their sum.

With d2 the squared distance in sigma and c the cut-off, a Gaussian counts where d2 <= c², with

- a hard edge:   w = exp(-d2/2), as published; a pixel without weight is black
- a smooth edge: w = exp(-d2/2) - exp(-c²/2) (1 - (d2 - c²)/2), which is 0 at c together with its
  slope; in a mean, black has a small weight everywhere, so that a pixel darkens as its Gaussians
  withdraw, as it does by itself in a sum
"""

import math

import torch
from torch import Tensor

from lgi.gaussians.fits.edge import COVERED, Edge, edge_of, fall
from lgi.gaussians.fits.initial import present
from lgi.gaussians.fits.settings import Blend, EdgeSettings

CUBIC = (0x1C6AF84B912394 / 2**72, 0x1EBFCE50FAC4F3 / 2**65, 0x162E42FF0C52D6 / 2**58)
"""Coefficients of 2^(r/32) in glibc's `expf` (Arm optimized routines, `math/expf.c`)."""


def render(
    parameters: Tensor,  # [n, P]
    width: int,
    height: int,
    cutoff: float,
    edge: EdgeSettings,
    kind: Blend,
) -> tuple[Tensor, Tensor]:
    """Render Gaussians.

    Parameters
    ----------
    parameters
        Columns as in `lgi.gaussians.fits.initial.PARAMETERS`; a row of 0 is no Gaussian. Opacity is
        not used: it cancels in a mean, and is a part of the colour in a sum.
    width, height
        Pixels; pixel (column, row) lies at (column / width, row / height).
    cutoff
        A Gaussian counts up to this many sigma from its centre.
    edge
        How its weight ends there.
    kind
        Whether the weighted colours are averaged or added.

    Returns
    -------
    image : Tensor
        [height, width, 3].
    weight : Tensor
        [height, width], sum of the weights of all Gaussians and of black.
    """
    parameters = present(parameters)
    w, _ = weights(parameters, width, height, cutoff, edge)
    return blend(w, parameters[:, 5:8], edge_of(cutoff, edge).background, kind)


def blend(w: Tensor, colours: Tensor, background: float, kind: Blend) -> tuple[Tensor, Tensor]:
    """Return the image [height, width, 3] and its weight, summed in the order of the Gaussians.

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
    weight = torch.full_like(w[0], background)
    colour = torch.zeros_like(w[0, :, :, None] * colours[0])
    for one, its_colour in zip(w, colours, strict=True):
        weight = weight + one
        colour = colour + one[:, :, None] * its_colour
    if kind == "sum":
        return colour, weight
    covered = (weight > COVERED)[:, :, None]
    return torch.where(covered, colour / torch.where(covered, weight[:, :, None], 1), 0), weight


def weights(
    parameters: Tensor, width: int, height: int, cutoff: float, edge: EdgeSettings
) -> tuple[Tensor, Tensor]:
    """Return the weight w of each Gaussian at each pixel and -2 dw/d(d2), both [n, height, width].

    The derivative is blind to the jump of a hard edge.
    """
    along, across = offsets(parameters, width, height)
    sx, sy = parameters.T[2:4, :, None, None]
    d2 = (along / sx) ** 2 + (across / sy) ** 2
    here = Edge(*d2.new_tensor(edge_of(cutoff, edge)))
    near = d2 <= here.cutoff**2
    w, decay = torch.zeros_like(d2), torch.zeros_like(d2)
    decay[near], w[near] = fall(exponential(-d2[near] / 2), d2[near], here)
    return w, decay


def exponential(x: Tensor) -> Tensor:
    """Return exp(x): in float32 as glibc's `expf` rounds it, by 2^(k/32) and a cubic in float64."""
    if x.dtype == torch.float64:
        return torch.exp(x)
    steps = x.double() * (32 / math.log(2))
    k = steps.round()
    r = steps - k
    cubic = (CUBIC[0] * r + CUBIC[1]) * (r * r) + (CUBIC[2] * r + 1)
    return (cubic * torch.exp2(k / 32)).float()


def offsets(parameters: Tensor, width: int, height: int) -> tuple[Tensor, Tensor]:
    """Return how far each pixel lies along both axes of each Gaussian, both [n, height, width]."""
    x, y, _, _, rotation = parameters.T[:5, :, None, None]
    columns = torch.arange(width, device=parameters.device, dtype=parameters.dtype) / width
    rows = torch.arange(height, device=parameters.device, dtype=parameters.dtype) / height
    dx, dy = columns - x, rows[:, None] - y
    cos, sin = direction(rotation)
    return dx * cos + dy * sin, dy * cos - dx * sin


def direction(rotation: Tensor) -> tuple[Tensor, Tensor]:
    """Return cosine and sine, through float64: float32 functions differ between libraries."""
    angle = rotation.double()
    return torch.cos(angle).to(rotation), torch.sin(angle).to(rotation)
