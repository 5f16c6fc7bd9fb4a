"""Why a fit turns: what its loss and its coverage do once the best is behind it.

The reported loss falls into two parts. One would remain if every uncovered pixel had the colour of
the target; the other falls on the uncovered pixels. If training turns because coverage is lost, the
loss that comes after the best falls on them.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import Part
from lgi.errors import DataError
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.fits.view import RUN, Fit

COLUMNS = (
    *RUN,
    "best_iteration",
    "best_loss",
    "turned",
    "decided",
    "turn_iteration",
    "uncovered_iteration",
    "uncovered_at_best",
    "uncovered_at_turn",
    "increase_at_turn",
    "share_at_turn",
    "uncovered_at_end",
    "increase_at_end",
    "share_at_end",
    "correlation",
)
DECIDED = "its early stop ends a run at or before a turn"
"""Why whether the runs of a recipe turn says nothing."""

PARTS = ("whole loss", "on covered pixels", "on uncovered pixels")
GRID = np.geomspace(1 / 32, 8, 161)  # iterations in units of that of the best


def table(fits: Iterable[Fit], *, factor: float, uncovered: float) -> pd.DataFrame:
    """Return how each run turned, sorted by image, recipe, N and seed.

    Parameters
    ----------
    fits
        Runs of study 1.
    factor
        A run has turned once a logged loss after its best exceeds this many times it.
    uncovered
        Coverage is lost once more of the image than this share is uncovered.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. ``turned`` says whether the run has, ``turn_iteration`` where first, and
        ``decided`` whether the recipe's definition decides it (`decided`). ``uncovered_iteration``
        is where the uncovered share first exceeds `uncovered`; the start may leave pixels
        uncovered, so only iterations from which on it never falls below count.
        ``increase_…`` is the loss there minus the best loss, ``share_…`` the part of it that falls
        on uncovered pixels: 1 if all of it does; it exceeds 1 where the covered pixels get better
        meanwhile. ``correlation`` is the rank correlation of loss and uncovered share over the
        logged iterations from the best on. NaN where there is no such iteration.

    Raises
    ------
    DataError
        If there is no run.
    """
    rows = [_row(fit, factor, uncovered) for fit in fits]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    if frame.empty:
        raise DataError("no runs of study 1 to look for a turn")
    return frame.sort_values(RUN, ignore_index=True)


def decided(recipe: RecipeSettings, factor: float) -> bool:
    """Tell whether a recipe's own definition decides whether its runs turn.

    One that stops a run once its loss is `early_stop` times its best ends it at or before a turn,
    which is `factor` times its best: what its runs do then says nothing of why fits turn.

    Parameters
    ----------
    recipe
        Settings of the recipe.
    factor
        A fit has turned once its loss is this many times its best.
    """
    return recipe.early_stop is not None and recipe.early_stop <= factor


def turning(rows: pd.DataFrame, name: str, confidence: float) -> Part:
    """Return the share of runs that turn, as a part of a claim, with its exact interval.

    Where the recipe's definition decides it, the part does not apply: no verdict can follow.

    Parameters
    ----------
    rows
        Runs of one recipe, as from `table`.
    name
        Name of the part.
    confidence
        Level of the interval.
    """
    share = intervals.share(int(rows["turned"].sum()), len(rows), confidence)
    if rows["decided"].any():
        return Part(name, share, reason=DECIDED, applies=False)
    return Part(name, share)


def curves(fits: Iterable[Fit]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return loss and coverage of runs along training, in units of the iteration of their best.

    Parameters
    ----------
    fits
        Runs of study 1; those without a best are left out.

    Returns
    -------
    parts : DataFrame
        ``part`` of the loss (`PARTS`), ``at`` in units of the best iteration, ``low``, ``median``
        and ``high``: median and quartiles over runs, at those places of `GRID` that more than half
        of the runs reach, since a change of runs would look like one of loss.
    uncovered : DataFrame
        What names the run, ``at``, and the ``uncovered`` share of the image there, a row per
        logged iteration.

    Raises
    ------
    DataError
        If no run has a best.
    """
    on_grid, lines = {part: [] for part in PARTS}, []
    for fit in fits:
        if not fit.best_iteration:
            continue
        at, loss, covered = fit["iteration"] / fit.best_iteration, fit["loss"], fit["loss_covered"]
        for part, values in zip(PARTS, (loss, covered, loss - covered), strict=True):
            on_grid[part].append(np.interp(GRID, at, values, left=np.nan, right=np.nan))
        lines.append(pd.DataFrame(fit.identity() | {"at": at, "uncovered": fit["uncovered"]}))
    if not lines:
        raise DataError("no runs with a finite loss to look along training")
    parts = [_quartiles(part, np.array(values)) for part, values in on_grid.items()]
    return pd.concat(parts, ignore_index=True), pd.concat(lines, ignore_index=True)


def _row(fit: Fit, factor: float, limit: float) -> dict:
    iteration, loss, covered, uncovered = (
        fit[name] for name in ("iteration", "loss", "loss_covered", "uncovered")
    )
    row = dict.fromkeys(COLUMNS, np.nan) | fit.identity()
    row |= {"best_iteration": fit.best_iteration, "turned": False}
    row |= {"decided": decided(fit.recipe, factor)}
    best = fit.best_place
    if best is None:
        return row
    after = np.flatnonzero((np.arange(len(loss)) > best) & (loss > factor * loss[best]))
    row |= {
        "best_loss": fit.at_best("loss"),
        "uncovered_at_best": fit.at_best("uncovered"),
        "uncovered_at_end": uncovered[-1],
        "uncovered_iteration": _lost_from(iteration, uncovered, limit),
        "correlation": intervals.spearman(loss[best:], uncovered[best:], 0.95).value,
    }
    if len(after):
        turn, on_uncovered = after[0], loss - covered
        row |= {
            "turned": True,
            "turn_iteration": iteration[turn],
            "uncovered_at_turn": uncovered[turn],
            "increase_at_turn": loss[turn] - loss[best],
            "share_at_turn": _share(loss, on_uncovered, best, turn),
            "increase_at_end": loss[-1] - loss[best],
            "share_at_end": _share(loss, on_uncovered, best, len(loss) - 1),
        }
    return row


def _quartiles(part: str, values: np.ndarray) -> pd.DataFrame:
    """Return median and quartiles of values [runs, places of the grid]."""
    kept = np.isfinite(values).mean(axis=0) > 0.5
    low, median, high = np.nanquantile(values[:, kept], [0.25, 0.5, 0.75], axis=0)
    return pd.DataFrame(
        {"part": part, "at": GRID[kept], "low": low, "median": median, "high": high}
    )


def _share(loss: np.ndarray, part: np.ndarray, first: int, last: int) -> float:
    """Return which share of the increase of the loss its part makes up; NaN without increase."""
    increase = loss[last] - loss[first]
    return (part[last] - part[first]) / increase if increase > 0 else np.nan


def _lost_from(iteration: np.ndarray, uncovered: np.ndarray, limit: float) -> float:
    """Return the iteration from which on the uncovered share stays above a limit, else NaN."""
    below = np.flatnonzero(~(uncovered > limit))
    first = below[-1] + 1 if len(below) else 0
    return iteration[first] if first < len(iteration) else np.nan
