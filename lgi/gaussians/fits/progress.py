"""What both engines do around the iterations of a fit: begin, measure, save."""

import math
from collections.abc import Mapping

import numpy as np

from lgi.checkpoints import NoCheckpoint
from lgi.gaussians.fits.formulas import Losses
from lgi.gaussians.fits.history import History, Measurement
from lgi.gaussians.fits.initial import COLUMNS, PARAMETERS, present
from lgi.gaussians.fits.settings import RecipeSettings

MOMENTS = ("m", "v", "steps")
"""State of Adam: moments [P, n], and steps [n] made so far."""


def begin(
    start: np.ndarray, history: History, checkpoint: NoCheckpoint
) -> tuple[int, np.ndarray, dict[str, np.ndarray]]:
    """Return updates made so far, parameters [n, P] and `MOMENTS`; none if the fit begins.

    The history is filled up to then.
    """
    saved = checkpoint.load()
    if saved is None:
        return 0, present(start), {}
    progress = saved.record["progress"]
    history.resume(saved.arrays, progress["best_iteration"])
    moments = {name: saved[name] for name in MOMENTS}
    return progress["iteration"], saved["end"][: len(moments["steps"])], moments


def save(
    done: int,
    parameters: np.ndarray,
    moments: Mapping[str, np.ndarray],
    history: History,
    checkpoint: NoCheckpoint,
) -> None:
    """Save the state after so many updates: parameters [n, P] and `MOMENTS`."""
    arrays = history.arrays(parameters) | moments
    checkpoint.save(arrays, iteration=done, best_iteration=history.best_iteration)


def trained_rows(recipe: RecipeSettings) -> np.ndarray:
    """Return which parameters are trained, group by group."""
    return np.array([row for group in recipe.trained for row in COLUMNS[group]])


def bounds(recipe: RecipeSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return lower and upper bounds, float32 [P], infinite of what is not trained."""
    low = np.full(len(PARAMETERS), -np.inf, dtype=np.float32)
    high = np.full(len(PARAMETERS), np.inf, dtype=np.float32)
    for group in recipe.trained:
        columns = list(COLUMNS[group])
        low[columns], high[columns] = recipe.bounds(group)
    return low, high


def measurement(
    recipe: RecipeSettings,
    losses: Losses,
    covered: Losses,
    uncovered: float,
    overlap: float,
    parameters: np.ndarray,
    gradient: np.ndarray,
) -> Measurement:
    """Return what is kept of a logged iteration.

    Parameters
    ----------
    recipe
        Recipe of the fit.
    losses, covered
        Of the rendered image, and of the same with the target where it is uncovered.
    uncovered
        Share of the pixels that are uncovered.
    overlap
        Mean number of Gaussians that reach a pixel.
    parameters, gradient
        float32 [P, n].
    """
    norms, at_low, at_high = [], [], []
    for group in recipe.trained:
        rows = slice(COLUMNS[group][0], COLUMNS[group][-1] + 1)
        values, (low, high) = parameters[rows], np.float32(recipe.bounds(group))
        norms.append(float(np.linalg.norm(gradient[rows].astype(np.float64, order="C"))))
        at_low.append(np.count_nonzero(values <= low) / values.size)
        at_high.append(np.count_nonzero(values >= high) / values.size)
    return Measurement(
        loss=float(losses.loss),
        l1=float(losses.l1),
        l2=float(losses.l2),
        ssim=float(losses.ssim),
        psnr=-10 * math.log10(losses.l2) if losses.l2 > 0 else math.inf,
        uncovered=uncovered,
        loss_covered=float(covered.loss),
        overlap=overlap,
        gradient_norm=tuple(norms),
        at_low=tuple(at_low),
        at_high=tuple(at_high),
    )
