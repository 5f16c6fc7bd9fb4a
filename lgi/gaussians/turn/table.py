"""Why a fit turns: what its error and its coverage do once the best is behind it.

L1 and L2 are means over pixels, so a rise of 0.2 L1 + 0.8 L2 (the weights are the recipe's), the
*pixel loss*, is the sum of what pixels add that were covered at the best and are covered still
(*kept*), of those that have lost their Gaussians since (*lost*), and of those that have gained one;
pixels uncovered both times are black both times and add nothing. SSIM is of windows, which hold
pixels of several kinds: its share of the rise is told beside, undivided.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import Part
from lgi.errors import DataError
from lgi.gaussians.fits.schedule import rates
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.fits.table import share_of_seeds
from lgi.gaussians.fits.view import RUN, Fit

LATER = ("turn", "end")
"""Where a run is compared with its best."""

SPLIT = (
    "iteration",
    "rise",
    "rise_on_lost",
    "rise_on_kept",
    "rise_of_ssim",
    "brought",
    "kept_error",
    "kept_error_before",
    "lost_error",
    "lost_error_before",
)
"""What is told of each of `LATER`, in columns such as ``rise_at_turn``."""

COLUMNS = (
    *RUN,
    "iterations",
    "best_iteration",
    "best_loss",
    "turned",
    "decided",
    "turn_iteration",
    "integrated_rate",
    "uncovered_iteration",
    "uncovered_at_best",
    "uncovered_at_turn",
    "uncovered_at_end",
    "correlation",
    *(f"{name}_at_{when}" for when in LATER for name in SPLIT),
)
DECIDED = "its early stop ends a run at or before a turn"
"""Why whether the runs of a recipe turns says nothing."""

PARTS = ("all pixels", "pixels that have lost their Gaussians", "pixels covered both times")
KEPT = "error of a pixel covered both times"
"""Parts of the curves: changes of the pixel loss since the best, and a mean absolute error."""

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
        Columns `COLUMNS`. ``turned`` says whether the run has, within its ``iterations``;
        ``turn_iteration`` where first, and ``integrated_rate`` the sum of the learning rates before
        it, roughly how far Adam can have moved a parameter by then. ``decided`` says whether the
        recipe's definition decides it (`decided`). ``uncovered_iteration`` is where the uncovered
        share first exceeds `uncovered`; the start may leave pixels uncovered, so only iterations
        from which on it never falls below count. ``correlation`` is the rank correlation of loss
        and uncovered share over the logged iterations from the best on.

        A run that has turned is compared with its best at the first kept state from the turn on and
        at its end: ``iteration_at_…`` is that of the state; ``rise_at_…`` how much the pixel loss
        has risen, ``rise_on_lost_…`` and ``rise_on_kept_…`` the shares of it that lost and kept
        pixels add (the rest is that of pixels gained; a share exceeds 1 where others get better
        meanwhile), ``brought_…`` what the lost pixels had already at the best, in units of the
        rise; ``rise_of_ssim_…`` the share of SSIM in the rise of the whole loss, at the logged turn
        and at the last iteration.
        ``kept_error_…`` and ``lost_error_…`` are mean absolute errors of these pixels there, and
        ``…_before_…`` of the same pixels at the best. NaN where there is no such pixel or state.

    Raises
    ------
    DataError
        If there is no run.
    """
    rows = [row(fit, factor, uncovered) for fit in fits]
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
    """Return the share of seeds that turn, as a part of a claim, with its exact interval.

    A seed turns if more than half of its runs do. Where the recipe's definition decides it, the
    part does not apply: no verdict can follow.

    Parameters
    ----------
    rows
        Runs of one recipe, as from `table`.
    name
        Name of the part.
    confidence
        Level of the interval.
    """
    share = share_of_seeds(rows, "turned", confidence)
    if rows["decided"].any():
        return Part(name, share, reason=DECIDED, applies=False)
    return Part(name, share)


def curves(fits: Iterable[Fit]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return error and coverage of runs along training, in units of the iteration of their best.

    Parameters
    ----------
    fits
        Runs of study 1; those without a best are left out.

    Returns
    -------
    parts : DataFrame
        ``part``, ``at`` in units of the best iteration, ``low``, ``median`` and ``high``: median
        and quartiles over runs, at those places of `GRID` that more than half of the runs reach,
        since a change of runs would look like one of loss. Parts are the change of the pixel loss
        since the best, of all pixels, of those covered then and not now, and of those covered both
        times (`PARTS`), and the mean absolute error of the latter (`KEPT`), at the kept states.
    uncovered : DataFrame
        What names the run, ``at``, and the ``uncovered`` share of the image there, a row per
        logged iteration.

    Raises
    ------
    DataError
        If no run has a best.
    """
    on_grid, lines = {part: [] for part in (*PARTS, KEPT)}, []
    for fit in fits:
        if not fit.best_iteration:
            continue
        best = _State.of(fit, fit["best"])
        changes = [_State.of(fit, state).since(best) for state in fit["snapshots"]]
        at = fit["snapshot_iteration"] / fit.best_iteration
        for part, name in zip(on_grid, ("rise", "on_lost", "on_kept", "kept_error"), strict=True):
            values = [getattr(change, name) for change in changes]
            on_grid[part].append(_interpolated(at, values))
        at = fit["iteration"] / fit.best_iteration
        lines.append(pd.DataFrame(fit.identity() | {"at": at, "uncovered": fit["uncovered"]}))
    if not lines:
        raise DataError("no runs with a finite loss to look along training")
    parts = [_quartiles(part, np.array(values)) for part, values in on_grid.items()]
    return pd.concat(parts, ignore_index=True), pd.concat(lines, ignore_index=True)


class _Change(NamedTuple):
    """What has become of the pixels since the best; losses are sums over the image's pixels."""

    rise: float  # of the pixel loss
    on_lost: float  # of it
    on_kept: float
    brought: float  # pixel loss that the lost pixels had at the best
    kept_error: float  # mean absolute error of these pixels
    kept_error_before: float
    lost_error: float
    lost_error_before: float


class _State(NamedTuple):
    """What a state of a fit leaves at each pixel."""

    loss: np.ndarray  # [pixels], weighted absolute and squared error; their mean is the pixel loss
    error: np.ndarray  # [pixels], absolute
    covered: np.ndarray

    @classmethod
    def of(cls, fit: Fit, parameters: np.ndarray) -> "_State":
        absolute, squared, covered = fit.errors(parameters)
        weights = fit.recipe.loss
        return cls(weights.l1 * absolute + weights.l2 * squared, absolute, covered)

    def since(self, best: "_State") -> _Change:
        """Return how the state differs from that at the best."""
        change, size = self.loss - best.loss, self.loss.size
        kept, lost = best.covered & self.covered, best.covered & ~self.covered
        return _Change(
            change.sum() / size,
            change[lost].sum() / size,
            change[kept].sum() / size,
            best.loss[lost].sum() / size,
            *(_mean(state.error[pixels]) for pixels in (kept, lost) for state in (self, best)),
        )


def row(fit: Fit, factor: float, limit: float) -> dict:
    """Return how one run turned, the row of `table`; `limit` is the share that is uncovered."""
    iteration, loss, uncovered = fit["iteration"], fit["loss"], fit["uncovered"]
    row = dict.fromkeys(COLUMNS, np.nan) | fit.identity()
    row |= {"iterations": fit.recipe.iterations, "best_iteration": fit.best_iteration or np.nan}
    row |= {"turned": False, "decided": decided(fit.recipe, factor)}
    best = fit.best_place
    if best is None:
        return row
    row |= {
        "best_loss": fit.at_best("loss"),
        "uncovered_at_best": fit.at_best("uncovered"),
        "uncovered_at_end": uncovered[-1],
        "uncovered_iteration": _lost_from(iteration, uncovered, limit),
        "correlation": intervals.spearman(loss[best:], uncovered[best:], 0.95).value,
    }
    after = np.flatnonzero((np.arange(len(loss)) > best) & (loss > factor * loss[best]))
    if not len(after):
        return row
    turn = int(iteration[after[0]])
    row |= {
        "turned": True,
        "turn_iteration": turn,
        "uncovered_at_turn": uncovered[after[0]],
        "integrated_rate": rates(fit.recipe, 1, turn - 1).sum(dtype=np.float64),
    }
    at_best = _State.of(fit, fit["best"])
    states = (_state_from(fit, turn), (int(iteration[-1]), fit["end"]))
    for when, (at, state), place in zip(LATER, states, (after[0], -1), strict=True):
        split = _split(_State.of(fit, state).since(at_best))
        split |= {"iteration": at, "rise_of_ssim": _share_of_ssim(fit, place)}
        row |= {f"{name}_at_{when}": value for name, value in split.items()}
    return row


def _split(change: _Change) -> dict[str, float]:
    """Return what is told of a change; shares of a rise, which there may not be."""
    rise = change.rise if change.rise > 0 else np.nan
    return {
        "rise": change.rise,
        "rise_on_lost": change.on_lost / rise,
        "rise_on_kept": change.on_kept / rise,
        "brought": change.brought / rise,
        "kept_error": change.kept_error,
        "kept_error_before": change.kept_error_before,
        "lost_error": change.lost_error,
        "lost_error_before": change.lost_error_before,
    }


def _state_from(fit: Fit, iteration: int) -> tuple[int, np.ndarray]:
    """Return the first kept state from an iteration on, with its own."""
    later = np.flatnonzero(fit["snapshot_iteration"] >= iteration)
    if len(later):
        return int(fit["snapshot_iteration"][later[0]]), fit["snapshots"][later[0]]
    return int(fit["iteration"][-1]), fit["end"]


def _share_of_ssim(fit: Fit, place: int) -> float:
    """Return which share of a rise of the logged loss is that of its part of SSIM."""
    rise = fit["loss"][place] - fit.at_best("loss")
    lost = fit.recipe.loss.ssim * (fit.at_best("ssim") - fit["ssim"][place])
    return lost / rise if rise > 0 else np.nan


def _interpolated(at: np.ndarray, values: list[float]) -> np.ndarray:
    """Return values at the places of the grid, NaN beyond the first and the last."""
    values = np.array(values)
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(GRID), np.nan)
    return np.interp(GRID, at[known], values[known], left=np.nan, right=np.nan)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else np.nan


def _quartiles(part: str, values: np.ndarray) -> pd.DataFrame:
    """Return median and quartiles of values [runs, places of the grid]."""
    kept = np.isfinite(values).mean(axis=0) > 0.5
    low, median, high = np.nanquantile(values[:, kept], [0.25, 0.5, 0.75], axis=0)
    return pd.DataFrame(
        {"part": part, "at": GRID[kept], "low": low, "median": median, "high": high}
    )


def _lost_from(iteration: np.ndarray, uncovered: np.ndarray, limit: float) -> float:
    """Return the iteration from which on the uncovered share stays above a limit, else NaN."""
    below = np.flatnonzero(~(uncovered > limit))
    first = below[-1] + 1 if len(below) else 0
    return iteration[first] if first < len(iteration) else np.nan
