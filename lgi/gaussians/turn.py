"""Why a fit turns: what its loss and its coverage do once the best is behind it.

The reported loss falls into two parts. One would remain if every uncovered pixel had the colour of
the target; the other falls on the uncovered pixels. If training turns because coverage is lost, the
loss that comes after the best falls on them.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.errors import DataError
from lgi.gaussians.analysis import RUN
from lgi.gaussians.study_settings import TurnSettings
from lgi.runs import Run
from lgi.verdicts import ABOVE_0, ORIGINAL, OURS, Part, judge

COLUMNS = (
    *RUN,
    "best_iteration",
    "best_loss",
    "turned",
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
HALF = (0.5, np.inf)
"""Region of a share that is most of it."""


def table(runs: Iterable[Run], settings: TurnSettings) -> pd.DataFrame:
    """Return how each run turned, sorted by image, recipe, N and seed.

    Parameters
    ----------
    runs
        Run files of study 1.
    settings
        When a run has turned, and when a pixel share counts as lost.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. ``turned`` says whether a logged loss after the best exceeds
        ``settings.factor`` times it, ``turn_iteration`` where first. ``uncovered_iteration`` is
        where the uncovered share first exceeds ``settings.uncovered``; the start may leave
        pixels uncovered, so only iterations from which on it never falls below count.
        ``increase_…`` is the loss there minus the best loss, ``share_…`` the part of it that falls
        on uncovered pixels: 1 if all of it does; it exceeds 1 where the covered pixels get better
        meanwhile. ``correlation`` is the rank correlation of loss and uncovered share over the
        logged iterations from the best on. NaN where there is no such iteration.

    Raises
    ------
    DataError
        If there is no run.
    """
    frame = pd.DataFrame([_row(run, settings) for run in runs], columns=list(COLUMNS))
    if frame.empty:
        raise DataError("no runs of study 1 to look for a turn")
    return frame.sort_values(RUN, ignore_index=True)


def claims(table: pd.DataFrame, settings: TurnSettings) -> list[dict]:
    """Judge what is said of the turn.

    Parameters
    ----------
    table
        As from `table`.
    settings
        Recipes that the statements speak of, each a part of its own, and the confidence.

    Returns
    -------
    list of dict
        Rows of `lgi.verdicts.judge`.
    """
    turned, recipes = table[table["turned"]], settings.recipes
    confidence = 1 - (1 - settings.confidence) / len(recipes)

    def parts(rows: pd.DataFrame, column: str, estimate) -> list[Part]:
        return [
            Part(recipe, estimate(rows.loc[rows["recipe"] == recipe, column].to_numpy(float)))
            for recipe in recipes
        ]

    def mean(values: np.ndarray):
        return intervals.mean(values, confidence)

    def share(values: np.ndarray):
        return intervals.share(int(values.sum()), len(values), confidence)

    lead = turned.assign(lead=np.log2(turned["turn_iteration"] / turned["uncovered_iteration"]))
    return [
        *judge(
            "training diverges: the loss rises again after its best",
            ORIGINAL,
            f"share of runs whose loss exceeds {settings.factor:g} times its best",
            HALF,
            parts(table, "turned", share),
        ),
        *judge(
            "the loss rises because pixels lose their Gaussians",
            OURS,
            f"share of the increase, up to {settings.factor:g} times the best, on uncovered pixels",
            HALF,
            parts(turned, "share_at_turn", mean),
        ),
        *judge(
            "at the end of training most of the increase falls on uncovered pixels",
            OURS,
            "share of the increase at the end on uncovered pixels",
            HALF,
            parts(turned, "share_at_end", mean),
        ),
        *judge(
            "coverage is lost before the loss has risen",
            OURS,
            f"log2 of the iteration of the turn over that of {settings.uncovered:.0%} uncovered",
            ABOVE_0,
            parts(lead, "lead", mean),
        ),
    ]


def _row(run: Run, settings: TurnSettings) -> dict:
    record = run.record
    iteration, loss, covered, uncovered = (
        run[name] for name in ("iteration", "loss", "loss_covered", "uncovered")
    )
    row = dict.fromkeys(COLUMNS, np.nan) | {
        "image": record["image_name"],
        "recipe": record["recipe_name"],
        "n": record["n"],
        "seed": record["seed"],
        "best_iteration": record["best_iteration"],
        "turned": False,
    }
    (places,) = np.nonzero(iteration == record["best_iteration"])
    if not len(places):
        return row
    best = places[0]
    after = np.flatnonzero((np.arange(len(loss)) > best) & (loss > settings.factor * loss[best]))
    row |= {
        "best_loss": loss[best],
        "uncovered_at_best": uncovered[best],
        "uncovered_at_end": uncovered[-1],
        "uncovered_iteration": _lost_from(iteration, uncovered, settings.uncovered),
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


def _share(loss: np.ndarray, part: np.ndarray, first: int, last: int) -> float:
    """Return which share of the increase of the loss its part makes up; NaN without increase."""
    increase = loss[last] - loss[first]
    return (part[last] - part[first]) / increase if increase > 0 else np.nan


def _lost_from(iteration: np.ndarray, uncovered: np.ndarray, limit: float) -> float:
    """Return the iteration from which on the uncovered share stays above a limit, else NaN."""
    below = np.flatnonzero(~(uncovered > limit))
    first = below[-1] + 1 if len(below) else 0
    return iteration[first] if first < len(iteration) else np.nan
