"""Definition of the gradient that a fit follows, written out as it was published.

Autograd gives the same up to rounding. But rounding is all that the gradient of a Gaussian that
stands alone consists of, and Adam makes full steps of it: grouping and order belong to the
definition.
"""

import torch
from torch import Tensor

from lgi.gaussians.render import offsets

FELT = 1e-10
"""A Gaussian gets no gradient from pixels where its weight is below this."""


def l2_gradient(
    parameters: Tensor,  # [n, P]
    w: Tensor,  # [n, height, width]
    image: Tensor,  # [height, width, 3]
    weight: Tensor,  # [height, width]
    target: Tensor,  # [height, width, 3]
) -> Tensor:
    """Return the gradient [n, P] of L2, exact but blind to the cut-off.

    Parameters
    ----------
    parameters
        Columns as in `lgi.gaussians.initial.PARAMETERS`.
    w
        Weight of each Gaussian at each pixel, as from `lgi.gaussians.render.weights`.
    image, weight
        What was rendered from these, as from `lgi.gaussians.render.blend`.
    target
        Image that the Gaussians are fitted to.
    """
    height, width, _ = target.shape
    i, row, column = torch.nonzero(w >= FELT, as_tuple=True)  # by Gaussian, then in raster order
    along, across = (offset[i, row, column] for offset in offsets(parameters, width, height))
    w, weight = w[i, row, column], weight[row, column]
    r, g, b = image[row, column].T
    e_r, e_g, e_b = (2 * (image - target))[row, column].T
    _, _, sx, sy, rotation, c_r, c_g, c_b, _ = parameters[i].T
    cos, sin = torch.cos(rotation), torch.sin(rotation)

    share = w / weight
    u = e_r * ((c_r - r) / weight) + e_g * ((c_g - g) / weight) + e_b * ((c_b - b) / weight)
    q = u * (w * -0.5)
    slope_x, slope_y = (2 * (along / sx)) / sx, (2 * (across / sy)) / sy  # of d2 along both axes
    terms = (
        q * -(slope_x * cos - slope_y * sin),
        q * -(slope_x * sin + slope_y * cos),
        q * ((-2 * (along * along)) / ((sx * sx) * sx)),
        q * ((-2 * (across * across)) / ((sy * sy) * sy)),
        q * (slope_x * across - slope_y * along),
        e_r * share,
        e_g * share,
        e_b * share,
        torch.zeros_like(share),  # opacity cancels in a weighted mean
    )
    felt = torch.bincount(i, minlength=len(parameters))
    # Unlike `sum`, this adds one term after the other, in float32.
    sums = torch.segment_reduce(torch.stack(terms, dim=1), "sum", lengths=felt)
    return sums / sums.new_tensor(target.numel())  # a tensor: CUDA would multiply by 1 / number
