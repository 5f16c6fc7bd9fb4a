"""Where a Gaussian ends, said once for every renderer of study 1, whatever its precision.

`fall` is written with operators alone: it takes PyTorch's tensors, NumPy's arrays and numba's
numbers. Only the float32 engine, whose numbers are lanes, says it again.
"""

import math
from typing import NamedTuple

from lgi.gaussians.fits.settings import EdgeSettings

COVERED = 1e-10
"""A pixel whose weights sum to no more than this is uncovered, whatever the blend, and black where
that is a mean; and a Gaussian gets no gradient in training from pixels where its own weight is
below this."""


class Edge(NamedTuple):
    """Constants of an edge, as Python's floats or in the precision of a renderer."""

    cutoff: float  # in sigma
    floor: float  # exp(-cutoff² / 2) where the edge is smooth, 0 where it is hard
    background: float  # weight of black, 0 where the edge is hard or colours add up


def edge_of(cutoff: float, edge: EdgeSettings) -> Edge:
    """Return the constants of a recipe's cut-off and edge."""
    if edge.kind == "hard":
        return Edge(cutoff, 0.0, 0.0)
    return Edge(cutoff, math.exp(-0.5 * cutoff**2), edge.background or 0.0)


def fall(exponential, s, edge):
    """Return how a weight falls, -2 dw/ds, and the weight w, up to the cut-off c.

    With a hard edge both are exp(-s/2): the derivative is blind to the jump. With a smooth one
    w = exp(-s/2) - exp(-c²/2) (1 - (s - c²)/2), which is 0 at c together with its slope.

    Parameters
    ----------
    exponential
        exp(-s/2).
    s
        Squared distance in sigma.
    edge
        `Edge`, in the precision of `s`.
    """
    decay = exponential - edge.floor
    return decay, decay + 0.5 * edge.floor * (s - edge.cutoff * edge.cutoff)
