"""Geometry of a toy model's features: the columns of W."""

import numpy as np

DEGENERATE = "degenerate"
DIVERGED = "diverged"
UNDEFINED = "undefined"
# Relative to the longest column: nearer than this, points count as one or as on a line.
RESOLUTION = 1e-7
DEAD = 0.1  # of the longest column: a shorter one is that of a dead feature


def kgon_kinds(W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Classify models by the convex hull of W's columns, dead features' left out.

    Parameters
    ----------
    W : array [..., hidden, features]
        Weights.
    b : array [..., features]
        Biases.

    Returns
    -------
    array of str [...]
        The number of corners of the hull (see `corners`); ``"5+"`` where there are five and a
        column that is no corner, dead or not, has a positive bias (Chen et al. 2023, "Dynamical
        versus Bayesian phase transitions in a toy model of superposition"); ``"degenerate"`` where
        the hull has no area, ``"diverged"`` where a parameter is not finite; ``"undefined"`` for
        all unless the hidden dimension is 2.
    """
    if W.shape[-2] != 2:
        return np.full(b.shape[:-1], UNDEFINED)
    finite = np.isfinite(W).all(axis=(-2, -1)) & np.isfinite(b).all(axis=-1)
    W = np.where(finite[..., None, None], W, 0)
    corner = corners(W)
    count = corner.sum(axis=-1)
    positive_inside = (~corner & (b > 0)).any(axis=-1)
    kinds = np.where((count == 5) & positive_inside, "5+", count.astype(str))
    kinds = np.where(count == 0, DEGENERATE, kinds)
    return np.where(finite, kinds, DIVERGED)


def corners(W: np.ndarray) -> np.ndarray:
    """Return which columns are vertices of the convex hull of the live ones (see `is_live`).

    A dead feature's column is near 0, and would be a vertex where 0 is not inside the others'
    hull.

    Parameters
    ----------
    W : array [..., 2, features]
        Finite weights.

    Returns
    -------
    array of bool [..., features]
        As of `hull_vertices`.
    """
    return hull_vertices(W, is_live(W))


def is_live(W: np.ndarray) -> np.ndarray:
    """Tell which columns are not shorter than a tenth of the longest.

    The others are those of dead features: [..., hidden, features] to bool [..., features], all
    True where W is 0.
    """
    norms = column_norms(W)
    return norms >= DEAD * norms.max(axis=-1, keepdims=True)


def hull_vertices(W: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
    """Return which columns are vertices of the convex hull of all columns, or of some.

    A point is a vertex when all other points, seen from it, lie within less than a half turn.
    `scipy.spatial.ConvexHull` finds the same vertices, one model at a time.

    Parameters
    ----------
    W : array [..., 2, features]
        Finite weights.
    counted : array of bool [..., features]
        The columns whose hull it is; all if not given.

    Returns
    -------
    array of bool [..., features]
        True for vertices, of equal points only the first; all False where the hull has no area.
    """
    counted = np.ones(W.shape[:-2] + W.shape[-1:], bool) if counted is None else counted
    points = np.moveaxis(np.asarray(W, np.float64), -2, 0)  # [2, ..., features]
    scale = np.hypot(*points).max(axis=-1)
    # x[..., i, j]: from point i to point j
    x, y = points[..., None, :] - points[..., :, None]
    equal = np.hypot(x, y) <= RESOLUTION * scale[..., None, None]
    other = counted[..., None, :]  # of point i's partners j
    duplicate = np.tril(equal & other, -1).any(axis=-1)
    free = _free_angle(x, y, equal | ~other)
    vertex = (free > np.pi + RESOLUTION) & counted & ~duplicate
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
