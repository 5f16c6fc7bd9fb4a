"""The minimum of the squared error that a fit runs into, in float64, and the curvatures there.

Training stops near a minimum, not at one, and float32 does not resolve it. From the best state of a
run a quasi-Newton method goes on within the recipe's bounds, in rounds: between them come a step
that leaves saddles and new units for the values. Values that end on a bound are held there: they
are not free, and the loss may slope there.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import linalg, optimize

from lgi import provenance
from lgi.errors import DataError
from lgi.gaussians.fits.edge import edge_of
from lgi.gaussians.fits.initial import COLUMNS, PARAMETERS
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.llc.likelihood_cpu import VALUES, squared_error
from lgi.gaussians.llc.settings import MinimumSettings
from lgi.gaussians.prediction.jacobian import gram, gram_spectrum

NAMED = ("study", "image_name", "image", "recipe_name", "recipe", "n", "seed")
"""What the record of a minimum takes from that of the fit."""

UNIT = 0.01
"""A step of one unit of any value changes the image by this, root mean square over pixels."""
FLOOR = 1e-4  # added to squared changes, as a share of their median: a Gaussian may change nothing
MEMORY = 50  # gradients that the quasi-Newton method keeps
DIFFERENCE = 1e-5  # half the distance of the gradients that give a second derivative
DAMPING = 1e-9  # curvatures below this share of the largest are flat
ON_BOUND = 1e-6  # a value as near to a bound as this is on it
TRIALS = 12  # of a Newton step, each with ten times the damping


@dataclass(frozen=True)
class SquaredError:
    """The squared error of an image as a function: Σ over channels, mean over pixels."""

    target: np.ndarray  # [3, height, width]
    edge: np.ndarray  # [3], an `Edge`

    def __call__(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the loss and the gradient [n, VALUES] of Gaussians [n, VALUES]."""
        gradient = np.empty_like(values)
        scale = 1 / self.target[0].size
        return squared_error(values, self.target, self.edge, scale, gradient), gradient

    def hessian(self, values: np.ndarray, free: np.ndarray) -> np.ndarray:
        """Return second derivatives [P, P] by the free values, from differences of the gradient."""
        rows = np.empty((len(free), len(free)))
        for row, place in enumerate(free):
            there = values.copy()
            there.flat[place] = values.flat[place] + DIFFERENCE
            rows[row] = self(there)[1].flat[free]
            there.flat[place] = values.flat[place] - DIFFERENCE
            rows[row] -= self(there)[1].flat[free]
        return (rows + rows.T) / (4 * DIFFERENCE)


class _Box(NamedTuple):
    """The trained values, all [K n], and their bounds."""

    places: np.ndarray  # in the flat values
    low: np.ndarray
    high: np.ndarray


class _Quadratic(NamedTuple):
    """Second-order expansion around some values, by those that are not on a bound."""

    free: np.ndarray  # [P] places
    curvature: np.ndarray  # [P] ascending
    directions: np.ndarray  # [P, P], a column for each
    slope: np.ndarray  # [P] along each direction


def squared_error_of(target: np.ndarray, recipe: RecipeSettings, name: str) -> SquaredError:
    """Return the squared error that a recipe with a smooth edge descends.

    Parameters
    ----------
    target
        [height, width, 3].
    recipe
        Gives cut-off and edge.
    name
        Whose recipe it is, for the message.

    Raises
    ------
    DataError
        If the edge is hard: what training follows there is not the gradient of its loss.
    """
    if recipe.edge.kind != "smooth":
        raise DataError(f"{name}: edge: {recipe.edge.kind}; a minimum needs a smooth one")
    channels = np.ascontiguousarray(target.transpose(2, 0, 1), dtype=np.float64)
    return SquaredError(channels, np.array(edge_of(recipe.cutoff, recipe.edge)))


def find_minimum(
    fit: Fit, settings: MinimumSettings, source: str
) -> tuple[dict[str, np.ndarray], dict]:
    """Go on from the best state of a run to a minimum of the squared error.

    Parameters
    ----------
    fit
        Run of study 1, its recipe with a smooth edge.
    settings
        When the search ends.
    source
        Fingerprint of the source, for the record.

    Returns
    -------
    arrays : dict of str to ndarray
        ``values`` [n, 8], the minimum; ``free`` [P], the places, in the flat ``values``, of those
        that are trained and not on a bound; ``curvature`` [P] and ``directions`` [P, P],
        eigenvalues, ascending, and eigenvectors (columns) of the Hessian of the squared error
        (Σ over channels, mean over pixels) by the free values; ``singular_values`` [P] of the
        Jacobian of the image by them, descending; ``target`` [height, width, 3].
    record : dict
        What was run; ``trained``, the number of trained values; ``loss_of_fit`` and ``loss``,
        there and here; ``moved``, the largest change of a value; ``gain``, what a Newton step
        would still take from the loss.

    Raises
    ------
    DataError
        If the edge is hard or every trained value is on a bound; the message names the file.
    """
    recipe, target = fit.recipe, fit["target"]
    error = squared_error_of(target, recipe, f"{fit.path}: recipe")
    start = np.ascontiguousarray(fit["best"][:, :VALUES], dtype=np.float64)
    box = _box(recipe, len(start))
    values, at_end = start, None
    for last in [False] * (settings.rounds - 1) + [True]:
        jacobian = _gram(values, target, recipe)
        values = _descend(error, values, box, np.diag(jacobian), settings.evaluations)
        at_end = _quadratic(error, values, box)
        if not len(at_end.free):
            raise DataError(f"{fit.path}: all of its trained values are on a bound at the minimum")
        left = _leave(error, values, box, at_end, settings.tolerance)
        if left is None or last:
            break
        values = left
    kept = np.isin(box.places, at_end.free)
    squares = _gram(values, target, recipe)[np.ix_(kept, kept)]
    arrays = {
        "values": values,
        "free": at_end.free,
        "curvature": at_end.curvature,
        "directions": at_end.directions,
        "singular_values": gram_spectrum(squares),
        "target": target,
    }
    record = {key: fit.record[key] for key in NAMED}
    record |= {
        "settings": settings.model_dump(mode="json"),
        "trained": len(box.places),
        "loss_of_fit": error(start)[0],
        "loss": error(values)[0],
        "moved": float(np.abs(values - start).max()),
        "gain": _gain(at_end),
        "provenance": provenance.describe("numba", "cpu", source),
    }
    return arrays, record


def _box(recipe: RecipeSettings, n: int) -> _Box:
    """Return the trained values of `n` Gaussians, Gaussian after Gaussian."""
    groups = {column: group for group in recipe.trained for column in COLUMNS[group]}
    columns = sorted(groups)
    bounds = np.array([recipe.bounds(groups[column]) for column in columns])
    low, high = np.tile(bounds.T, n)
    return _Box((VALUES * np.arange(n)[:, None] + columns).ravel(), low, high)


def _gram(values: np.ndarray, target: np.ndarray, recipe: RecipeSettings) -> np.ndarray:
    """Return JᵀJ [K n, K n] of the Jacobian of the image by the trained values."""
    height, width, _ = target.shape
    parameters = np.ones((len(values), len(PARAMETERS)))
    parameters[:, :VALUES] = values
    groups = sorted(recipe.trained, key=COLUMNS.get)
    return gram(parameters, width, height, recipe.cutoff, recipe.edge, recipe.blend, groups)


def _descend(
    error: SquaredError, start: np.ndarray, box: _Box, squares: np.ndarray, evaluations: int
) -> np.ndarray:
    """Return where a quasi-Newton method with bounds ends (L-BFGS-B, Byrd et al. 1995).

    `squares` [K n] are the squared changes of the image by each value, summed over pixels.
    """
    squares = squares / error.target[0].size
    unit = 1 / np.maximum(np.sqrt(squares + FLOOR * np.median(squares)) / UNIT, 1)
    whole = error(start)[0]
    values = start.copy()

    def loss(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        values.flat[box.places] = scaled * unit
        loss, gradient = error(values)
        return loss / whole, gradient.flat[box.places] * unit / whole

    found = optimize.minimize(
        loss,
        start.flat[box.places] / unit,
        jac=True,
        method="L-BFGS-B",
        bounds=optimize.Bounds(box.low / unit, box.high / unit),
        # Until the loss no longer falls in its last digit, or the evaluations are used up.
        options={
            "maxfun": evaluations,
            "maxiter": evaluations,
            "maxcor": MEMORY,
            "ftol": 0,
            "gtol": 0,
        },
    )
    values.flat[box.places] = np.clip(found.x * unit, box.low, box.high)
    return values


def _quadratic(error: SquaredError, values: np.ndarray, box: _Box) -> _Quadratic:
    here = values.flat[box.places]
    free = box.places[(here > box.low + ON_BOUND) & (here < box.high - ON_BOUND)]
    if not len(free):
        return _Quadratic(free, np.empty(0), np.empty((0, 0)), np.empty(0))
    curvature, directions = linalg.eigh(error.hessian(values, free))
    return _Quadratic(free, curvature, directions, directions.T @ error(values)[1].flat[free])


def _sizes(at: _Quadratic, damping: float) -> np.ndarray:
    sizes = np.abs(at.curvature)
    return sizes + damping * sizes.max()


def _gain(at: _Quadratic) -> float:
    """Return what a Newton step takes from the loss, saddles being left."""
    return float(0.5 * np.sum(at.slope**2 / _sizes(at, DAMPING)))


def _leave(
    error: SquaredError, values: np.ndarray, box: _Box, at: _Quadratic, tolerance: float
) -> np.ndarray | None:
    """Return better values, if a step gains more than `tolerance`.

    The step is Newton's, with each curvature replaced by its size. Along the most negative
    curvature it goes either way as far as gains ten times the tolerance, as at the top of a saddle
    there is no slope.
    """
    loss = error(values)[0]
    inside = np.isin(box.places, at.free)
    low, high = box.low[inside], box.high[inside]
    steps = []
    if _gain(at) > tolerance:
        steps += [-at.slope / _sizes(at, DAMPING * 10**trial) for trial in range(TRIALS)]
    if at.curvature[0] < -DAMPING * at.curvature[-1]:
        length = np.sqrt(20 * tolerance / -at.curvature[0])
        steps += [sign * length * (np.arange(len(at.free)) == 0) for sign in (1, -1)]
    for step in steps:
        there = values.copy()
        there.flat[at.free] = np.clip(values.flat[at.free] + at.directions @ step, low, high)
        if error(there)[0] < loss - tolerance:
            return there
    return None
