"""Definition of the gradient that a fit follows.

Its part from image to parameters is written out as it was published. Autograd gives the same up to
rounding. But rounding is all that the gradient of a Gaussian that stands alone consists of, and
Adam makes full steps of it: grouping and order belong to the definition.
"""

import torch
from torch import Tensor

from lgi.gaussians.fits import loss
from lgi.gaussians.fits.edge import COVERED
from lgi.gaussians.fits.render import direction, offsets
from lgi.gaussians.fits.settings import Blend, RecipeSettings


def image_gradient(image: Tensor, target: Tensor, recipe: RecipeSettings) -> Tensor:
    """Return the gradient [height, width, 3] of what a recipe minimises, times height width 3.

    Parameters
    ----------
    image, target
        [height, width, 3].
    recipe
        Says whether L2 alone is minimised or the reported loss.
    """
    if recipe.gradient == "l2":
        return 2 * (image - target)
    free = image.detach().requires_grad_()
    (slope,) = torch.autograd.grad(loss.reported(free, target, recipe.loss), free)
    return slope * target.numel()


def parameter_gradient(
    parameters: Tensor,  # [n, P]
    w: Tensor,  # [n, height, width]
    decay: Tensor,  # [n, height, width]
    image: Tensor,  # [height, width, 3]
    weight: Tensor,  # [height, width]
    error: Tensor,  # [height, width, 3]
    kind: Blend,
) -> Tensor:
    """Return the gradient [n, P], exact but blind to a hard cut-off.

    Parameters
    ----------
    parameters
        Columns as in `lgi.gaussians.fits.initial.PARAMETERS`.
    w, decay
        Weight of each Gaussian at each pixel and how it falls, from
        `lgi.gaussians.fits.render.weights`.
    image, weight
        What was rendered from these, as from `lgi.gaussians.fits.render.blend`.
    error
        As from `image_gradient`.
    kind
        As for `lgi.gaussians.fits.render.blend`.
    """
    height, width, _ = error.shape
    i, row, column = torch.nonzero(w >= COVERED, as_tuple=True)  # by Gaussian, then in raster order
    along, across = (offset[i, row, column] for offset in offsets(parameters, width, height))
    w, decay, weight = w[i, row, column], decay[i, row, column], weight[row, column]
    r, g, b = image[row, column].T
    e_r, e_g, e_b = error[row, column].T
    _, _, sx, sy, rotation, c_r, c_g, c_b, _ = parameters[i].T
    cos, sin = direction(rotation)

    if kind == "mean":
        share = w / weight
        u = e_r * ((c_r - r) / weight) + e_g * ((c_g - g) / weight) + e_b * ((c_b - b) / weight)
    else:
        share, u = w, e_r * c_r + e_g * c_g + e_b * c_b
    q = u * (decay * -0.5)
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
        torch.zeros_like(share),  # opacity is not used
    )
    felt = torch.bincount(i, minlength=len(parameters))
    # Unlike `sum`, this adds one term after the other, in float32.
    sums = torch.segment_reduce(torch.stack(terms, dim=1), "sum", lengths=felt)
    return sums / sums.new_tensor(error.numel())  # a tensor: CUDA would multiply by 1 / number
