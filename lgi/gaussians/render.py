"""Definition of rendering: the colour of a pixel is the weighted mean of the Gaussians' colours."""

import math

import torch
from torch import Tensor

COVERED = 1e-10
"""A pixel whose weights sum to no more than this is uncovered, and black."""

CUBIC = (0x1C6AF84B912394 / 2**72, 0x1EBFCE50FAC4F3 / 2**65, 0x162E42FF0C52D6 / 2**58)
"""Coefficients of 2^(r/32) in glibc's `expf` (Arm optimized routines, `math/expf.c`)."""


def render(
    parameters: Tensor,  # [n, P]
    width: int,
    height: int,
    cutoff: float,
) -> tuple[Tensor, Tensor]:
    """Render Gaussians.

    Parameters
    ----------
    parameters
        Columns as in `lgi.gaussians.initial.PARAMETERS`. Opacity cancels in a weighted mean and
        is not used.
    width, height
        Pixels; pixel (column, row) lies at (column / width, row / height).
    cutoff
        A Gaussian counts up to this many sigma from its centre. The gradient is blind to it.

    Returns
    -------
    image : Tensor
        [height, width, 3].
    weight : Tensor
        [height, width], sum of the weights of all Gaussians.
    """
    return blend(weights(parameters, width, height, cutoff), parameters[:, 5:8])


def blend(w: Tensor, colours: Tensor) -> tuple[Tensor, Tensor]:
    """Return the image [height, width, 3] and its weight, summed in the order of the Gaussians.

    Parameters
    ----------
    w
        [n, height, width], weight of each Gaussian at each pixel.
    colours
        [n, 3].
    """
    weight, colour = torch.zeros_like(w[0]), torch.zeros_like(w[0, :, :, None] * colours[0])
    for one, its_colour in zip(w, colours, strict=True):
        weight = weight + one
        colour = colour + one[:, :, None] * its_colour
    covered = (weight > COVERED)[:, :, None]
    return torch.where(covered, colour / torch.where(covered, weight[:, :, None], 1), 0), weight


def weights(parameters: Tensor, width: int, height: int, cutoff: float) -> Tensor:
    """Return the weight [n, height, width] of each Gaussian at each pixel."""
    along, across = offsets(parameters, width, height)
    sx, sy = parameters.T[2:4, :, None, None]
    d2 = (along / sx) ** 2 + (across / sy) ** 2
    near = d2 <= cutoff**2
    w = torch.zeros_like(d2)
    w[near] = exponential(-d2[near] / 2)
    return w


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
    cos, sin = torch.cos(rotation), torch.sin(rotation)
    return dx * cos + dy * sin, dy * cos - dx * sin
