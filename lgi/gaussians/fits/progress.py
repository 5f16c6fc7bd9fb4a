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


def measurements(
    recipe: RecipeSettings,
    losses: Losses,
    covered: Losses,
    uncovered: np.ndarray,
    overlap: np.ndarray,
    parameters: np.ndarray,
    gradient: np.ndarray,
) -> list[Measurement]:
    """Return what is kept of some logged iterations.

    Parameters
    ----------
    recipe
        Recipe of the fit.
    losses, covered
        float32 [L] each: of the rendered image, and with the target where it is uncovered.
    uncovered
        [L] share of the pixels that are uncovered.
    overlap
        [L] mean number of Gaussians that reach a pixel.
    parameters, gradient
        float32 [L, P, n].
    """
    columns = []
    for group in recipe.trained:
        rows = slice(COLUMNS[group][0], COLUMNS[group][-1] + 1)
        values, (low, high) = parameters[:, rows], np.float32(recipe.bounds(group))
        slopes = gradient[:, rows].astype(np.float64, order="C")
        norms = [math.sqrt(here.dot(here)) for here in map(np.ravel, slopes)]
        shares = (np.mean(where, axis=(1, 2)).tolist() for where in (values <= low, values >= high))
        columns.append((norms, *shares))
    # By iteration, each a tuple of groups.
    of_groups = zip(*(zip(*kind, strict=True) for kind in zip(*columns, strict=True)), strict=True)
    parts = zip(
        *(values.tolist() for values in losses),
        covered.loss.tolist(),
        uncovered.tolist(),
        overlap.tolist(),
        strict=True,
    )
    return [
        Measurement(
            loss=loss,
            l1=l1,
            l2=l2,
            ssim=ssim,
            psnr=-10 * math.log10(l2) if l2 > 0 else math.inf,
            uncovered=bare,
            loss_covered=loss_covered,
            overlap=reached,
            gradient_norm=norms,
            at_low=at_low,
            at_high=at_high,
        )
        for (loss, l1, l2, ssim, loss_covered, bare, reached), (norms, at_low, at_high) in zip(
            parts, of_groups, strict=True
        )
    ]
