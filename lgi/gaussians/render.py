"""Definition of rendering: the colour of a pixel is the weighted mean of the Gaussians' colours."""

import torch
from torch import Tensor

COVERED = 1e-10
"""A pixel whose weights sum to no more than this is uncovered, and black."""

FELT = 1e-10
"""A Gaussian gets no gradient from pixels where its weight is below this."""


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
    w = weights(parameters, width, height, cutoff)
    colour = parameters[:, 5:8]
    felt = w.detach() >= FELT
    near, far = torch.where(felt, w, 0), torch.where(felt, 0, w.detach())
    weight = near.sum(1) + far.sum(1)
    covered = weight > COVERED
    mean = (near @ colour + far @ colour.detach()) / torch.where(covered, weight, 1)[:, None]
    image = torch.where(covered[:, None], mean, 0)
    return image.view(height, width, 3), weight.view(height, width)


def weights(parameters: Tensor, width: int, height: int, cutoff: float) -> Tensor:
    """Return the weight of each Gaussian at each pixel, [height * width, n], in raster order."""
    x, y, sx, sy, rotation = parameters[:, :5].T
    rows, columns = torch.meshgrid(
        torch.arange(height, device=parameters.device, dtype=parameters.dtype) / height,
        torch.arange(width, device=parameters.device, dtype=parameters.dtype) / width,
        indexing="ij",
    )
    dx, dy = columns.reshape(-1, 1) - x, rows.reshape(-1, 1) - y
    along = dx * torch.cos(rotation) + dy * torch.sin(rotation)
    across = dy * torch.cos(rotation) - dx * torch.sin(rotation)
    d2 = (along / sx) ** 2 + (across / sy) ** 2
    return torch.where(d2 <= cutoff**2, torch.exp(-d2 / 2), 0)
