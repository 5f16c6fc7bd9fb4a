"""Geometry of a toy model's features: the columns of W."""

import numpy as np

DEGENERATE = "degenerate"
DIVERGED = "diverged"
UNDEFINED = "undefined"
# Relative to the longest column: nearer than this, points count as one or as on a line.
RESOLUTION = 1e-7


def kgon_kinds(W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Classify models by the convex hull of W's columns.

    Parameters
    ----------
    W : array [..., hidden, features]
        Weights.
    b : array [..., features]
        Biases.

    Returns
    -------
    array of str [...]
        The number of vertices of the hull; ``"5+"`` where five are vertices and a column inside
        the hull has a positive bias (Chen et al. 2023, "Dynamical versus Bayesian phase
        transitions in a toy model of superposition"); ``"degenerate"`` where the hull has no area,
        ``"diverged"`` where a parameter is not finite; ``"undefined"`` for all unless the hidden
        dimension is 2.
    """
    if W.shape[-2] != 2:
        return np.full(b.shape[:-1], UNDEFINED)
    finite = np.isfinite(W).all(axis=(-2, -1)) & np.isfinite(b).all(axis=-1)
    W = np.where(finite[..., None, None], W, 0)
    vertex = hull_vertices(W)
    count = vertex.sum(axis=-1)
    positive_inside = (~vertex & (b > 0)).any(axis=-1)
    kinds = np.where((count == 5) & positive_inside, "5+", count.astype(str))
    kinds = np.where(count == 0, DEGENERATE, kinds)
    return np.where(finite, kinds, DIVERGED)


def hull_vertices(W: np.ndarray) -> np.ndarray:
    """Return which columns are vertices of the convex hull of all columns.

    A point is a vertex when all other points, seen from it, lie within less than a half turn.
    `scipy.spatial.ConvexHull` finds the same vertices, one model at a time.

    Parameters
    ----------
    W : array [..., 2, features]
        Finite weights.

    Returns
    -------
    array of bool [..., features]
        True for vertices, of equal points only the first; all False where the hull has no area.
    """
    points = np.moveaxis(np.asarray(W, np.float64), -2, 0)  # [2, ..., features]
    scale = np.hypot(*points).max(axis=-1)
    # x[..., i, j]: from point i to point j
    x, y = points[..., None, :] - points[..., :, None]
    equal = np.hypot(x, y) <= RESOLUTION * scale[..., None, None]
    duplicate = np.tril(equal, -1).any(axis=-1)
    free = _free_angle(x, y, equal)
    vertex = (free > np.pi + RESOLUTION) & ~duplicate
    return vertex & (vertex.sum(axis=-1, keepdims=True) > 2)


def _free_angle(x: np.ndarray, y: np.ndarray, ignored: np.ndarray) -> np.ndarray:
    """Return the largest angle at each point i that holds no direction (x, y)[..., i, j]."""
    angle = np.sort(np.where(ignored, np.inf, np.arctan2(y, x)), axis=-1)
    first = np.where(np.isinf(angle[..., :1]), 0, angle[..., :1])  # infinite: no directions at all
    # Ignored directions sort last; in the first's place, one turn on, they leave no gap between.
    angle = np.where(np.isinf(angle), first + 2 * np.pi, angle)
    gaps = np.diff(np.concatenate([angle, first + 2 * np.pi], axis=-1), axis=-1)
    return gaps.max(axis=-1)


def column_norms(W: np.ndarray) -> np.ndarray:
    """Return the length |W_i| of every column: [..., hidden, features] to [..., features]."""
    return np.sqrt((W.astype(np.float64) ** 2).sum(axis=-2))


def column_angles(W: np.ndarray) -> np.ndarray:
    """Return the direction of every column in radians: [..., 2, features] to [..., features]."""
    return np.arctan2(W[..., 1, :], W[..., 0, :])


def feature_dimensionality(W: np.ndarray) -> np.ndarray:
    """Return the dimensionality D_i = |W_i|² / Σ_j (Ŵ_i·W_j)² of every feature.

    Elhage et al. 2022, "Toy Models of Superposition", section "The Geometry of Superposition": 1
    for a feature with a dimension of its own, 1/2 for one of an antipodal pair.

    Parameters
    ----------
    W : array [..., hidden, features]
        Weights.

    Returns
    -------
    array [..., features]
        Dimensionality; 0 for a column that is 0, NaN where W is not finite.
    """
    W = np.asarray(W, np.float64)
    squares = (W**2).sum(axis=-2)
    overlaps = ((np.swapaxes(W, -1, -2) @ W) ** 2).sum(axis=-1)  # |W_i|² Σ_j (Ŵ_i·W_j)²
    zero = overlaps == 0
    return np.where(zero, 0, squares**2 / np.where(zero, 1, overlaps))


def dimensions_per_feature(W: np.ndarray) -> np.ndarray:
    """Return D* = hidden / ‖W‖², dimensions per feature: [..., hidden, features] to [...].

    Elhage et al. 2022: ‖W‖² is about the number of features that the model represents. Infinite
    where W is 0, NaN where it is not finite.
    """
    squares = (np.asarray(W, np.float64) ** 2).sum(axis=(-2, -1))
    with np.errstate(divide="ignore"):
        return W.shape[-2] / squares


def features_represented(W: np.ndarray) -> np.ndarray:
    """Return how many features have |W_i|² nearer to 1 than to 0: [..., hidden, features] to [...].

    Elhage et al. 2022: |W_i|² is near 1 for a feature that the model represents, else near 0.
    """
    return is_represented(W).sum(axis=-1)


def is_represented(W: np.ndarray) -> np.ndarray:
    """Tell which features have |W_i|² nearer to 1 than to 0: [..., hidden, features] to bool."""
    return column_norms(W) ** 2 > 0.5
