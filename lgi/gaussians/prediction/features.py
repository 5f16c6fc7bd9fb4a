"""What a state of a fit is like: the Jacobian of its image, its bounds, how its Gaussians lie."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from lgi.errors import DataError
from lgi.gaussians.fits.edge import COVERED
from lgi.gaussians.fits.initial import COLUMNS as GROUPS
from lgi.gaussians.fits.initial import present
from lgi.gaussians.fits.render64 import weights
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.fits.view import RUN, STATES, Fit
from lgi.gaussians.prediction import jacobian

OF_JACOBIAN = (
    "log10_condition",
    "log10_condition_equilibrated",
    "effective_rank",
    "effective_rank_share",
    "effective_rank_equilibrated",
    "null_share",
)
OF_GAUSSIANS = (
    "at_bounds",
    "overlap",
    "neighbour_overlap",
    "spacing",
    "spacing_variation",
    "uncovered",
    "scale",
)
COLUMNS = (*RUN, "best_loss", "state", "loss", *OF_JACOBIAN, *OF_GAUSSIANS)


def table(fits: Iterable[Fit]) -> pd.DataFrame:
    """Return the features of every run at its start, its best and its end.

    Parameters
    ----------
    fits
        Runs of study 1.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, a row per run and state. ``best_loss`` is the run's, NaN if it diverged
        at once; ``loss`` is the reported loss of the state, at the end that of the last logged
        iteration. The rest as from `features`, NaN for a state that is not finite.

    Raises
    ------
    DataError
        If there are no runs.
    """
    rows = [row for fit in fits for row in _rows(fit)]
    if not rows:
        raise DataError("no runs of study 1 to take features of")
    return pd.DataFrame(rows, columns=list(COLUMNS))


def gather(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return tables as from `table` as one, by image, recipe, N and seed, states in their order."""
    rows = pd.concat(tables, ignore_index=True)
    return rows.sort_values(RUN, kind="stable", ignore_index=True)


def features(
    parameters: np.ndarray,  # [n, P]
    width: int,
    height: int,
    recipe: RecipeSettings,
) -> dict[str, float]:
    """Return the features of one state.

    Parameters
    ----------
    parameters
        Finite; columns as in `lgi.gaussians.fits.initial.PARAMETERS`; a row of 0 is no
        Gaussian.
    width, height
        Pixels.
    recipe
        Cut-off, edge, trained groups and bounds.

    Returns
    -------
    dict of str to float
        Of the Jacobian's singular values (`lgi.gaussians.prediction.jacobian`):

        - ``log10_condition``, the condition number; ``..._equilibrated`` without units
        - ``effective_rank``; ``..._share`` per parameter; ``..._equilibrated`` without units
        - ``null_share``, the share of directions that do not move the image

        Of the Gaussians:

        - ``at_bounds``, the share of trained parameters at one of their bounds
        - ``overlap``, the mean number of Gaussians that count at a pixel
        - ``neighbour_overlap``, the mean over Gaussians of their largest overlap with another
        - ``spacing``, the mean distance of a centre from the next, in pixels over the square root
          of pixels per Gaussian: 1/2 for random centres, 1 on a square grid (Clark and Evans 1954,
          "Distance to nearest neighbor as a measure of spatial relationships in populations")
        - ``spacing_variation``, the standard deviation of these distances over their mean
        - ``uncovered``, the share of pixels that no Gaussian reaches
        - ``scale``, the mean of all scales, in units of the image

        Distances and overlaps between Gaussians are NaN if there is but one.
    """
    parameters = present(np.asarray(parameters, dtype=np.float64))
    w = weights(parameters, width, height, recipe.cutoff, recipe.edge).w
    distance = nearest(parameters, width, height)
    return _of_jacobian(parameters, width, height, recipe) | {
        "at_bounds": at_bounds(parameters, recipe),
        "overlap": float((w > 0).sum() / (width * height)),
        "neighbour_overlap": float(_others(bhattacharyya(parameters)).max(axis=1).mean()),
        "spacing": float(distance.mean() * math.sqrt(len(parameters) / (width * height))),
        "spacing_variation": _variation(distance),
        "uncovered": float((w.sum(axis=0) <= COVERED).mean()),
        "scale": float(parameters[:, GROUPS["scale"]].mean()),
    }


def at_bounds(parameters: np.ndarray, recipe: RecipeSettings) -> float:
    """Return the share of trained parameters at a bound, which training keeps in float32."""
    held = []
    for group in recipe.trained:
        low, high = np.float32(recipe.bounds(group))
        values = np.float32(parameters[:, GROUPS[group]])
        held.append(((values <= low) | (values >= high)).ravel())
    return float(np.concatenate(held).mean())


def bhattacharyya(parameters: np.ndarray) -> np.ndarray:
    """Return the overlap of all pairs of Gaussians as densities, [n, n] in 0 to 1.

    Bhattacharyya (1943), "On a measure of divergence between two statistical populations defined
    by their probability distributions": exp(-dᵀ S⁻¹ d / 8) (det S_a det S_b)^(1/4) / (det S)^(1/2),
    with d between the means and S the mean of the covariances S_a and S_b.
    """
    x, y, sx, sy, rotation = parameters.T[:5]
    cos, sin = np.cos(rotation), np.sin(rotation)
    xx, yy = (sx * cos) ** 2 + (sy * sin) ** 2, (sx * sin) ** 2 + (sy * cos) ** 2
    xy = (sx**2 - sy**2) * cos * sin
    a, b, c = (_mean_of_pairs(values) for values in (xx, xy, yy))
    determinant = a * c - b**2
    dx, dy = x[:, None] - x, y[:, None] - y
    distance = (c * dx**2 - 2 * b * dx * dy + a * dy**2) / determinant
    area = sx * sy
    return np.exp(-distance / 8) * np.sqrt(area[:, None] * area / determinant)


def nearest(parameters: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return the distance in pixels [n] of each centre from the next, NaN for a lone one."""
    x, y = parameters[:, 0] * width, parameters[:, 1] * height
    return _others(np.hypot(x[:, None] - x, y[:, None] - y)).min(axis=1)


def singular_values(fits: Iterable[Fit]) -> pd.DataFrame:
    """Return the singular values of the Jacobian at the finite states of runs.

    Returns
    -------
    DataFrame
        ``n``, ``seed``, ``state``, ``place`` (from 1), ``singular_value``, descending.
    """
    frames = []
    for fit in fits:
        for state, parameters in fit.states().items():
            gram = _gram(parameters, fit.width, fit.height, fit.recipe)
            values = jacobian.gram_spectrum(gram)
            frame = pd.DataFrame({"place": np.arange(1, len(values) + 1), "singular_value": values})
            frames.append(frame.assign(n=fit.n, seed=fit.seed, state=state))
    if not frames:
        raise DataError("no runs with a finite state to take singular values of")
    return pd.concat(frames, ignore_index=True)


def _rows(fit: Fit) -> list[dict]:
    """Return a row for each state of a run."""
    best, finite, rows = fit.at_best("loss"), fit.states(), []
    losses = (fit["loss"][0], best, fit["loss"][-1])
    for state, loss in zip(STATES, losses, strict=True):
        row = fit.identity() | {"best_loss": best, "state": state, "loss": float(loss)}
        if state in finite:
            row |= features(finite[state], fit.width, fit.height, fit.recipe)
        rows.append(row)
    return rows


def _of_jacobian(
    parameters: np.ndarray, width: int, height: int, recipe: RecipeSettings
) -> dict[str, float]:
    gram = _gram(parameters, width, height, recipe)
    values = jacobian.gram_spectrum(gram)
    alike = jacobian.gram_spectrum(jacobian.equilibrated(gram))
    rank = jacobian.effective_rank(values)
    return {
        "log10_condition": math.log10(jacobian.condition_number(values)),
        "log10_condition_equilibrated": math.log10(jacobian.condition_number(alike)),
        "effective_rank": rank,
        "effective_rank_share": rank / len(values),
        "effective_rank_equilibrated": jacobian.effective_rank(alike),
        "null_share": 1 - jacobian.numerical_rank(values) / len(values),
    }


def _gram(parameters: np.ndarray, width: int, height: int, recipe: RecipeSettings) -> np.ndarray:
    how = (recipe.cutoff, recipe.edge, recipe.blend, recipe.trained)
    return jacobian.gram(parameters, width, height, *how)


def _variation(values: np.ndarray) -> float:
    """Return the standard deviation over the mean, NaN where all values are 0."""
    return float(values.std() / values.mean()) if values.any() else math.nan


def _mean_of_pairs(values: np.ndarray) -> np.ndarray:
    return (values[:, None] + values) / 2


def _others(values: np.ndarray) -> np.ndarray:
    """Return a square matrix without its diagonal, [n, n - 1]; of one row, NaN."""
    n = len(values)
    if n < 2:
        return np.full((n, 1), np.nan)
    return values[~np.eye(n, dtype=bool)].reshape(n, n - 1)
