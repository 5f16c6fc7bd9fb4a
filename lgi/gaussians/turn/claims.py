"""What is said of turning and of its cures, and how it is judged."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import (
    ABOVE_0,
    LESS_THAN_HALF,
    MOST,
    ORIGINAL,
    OURS,
    Claim,
    Part,
    Sentences,
    judge,
    parts,
)
from lgi.gaussians.fits.table import rows_of
from lgi.gaussians.selection import RunList
from lgi.gaussians.turn import cures as comparison
from lgi.gaussians.turn.settings import TurnSettings
from lgi.gaussians.turn.table import turning
from lgi.prose import percent


def claims(
    *,
    turn: pd.DataFrame,
    cures: pd.DataFrame,
    settings: TurnSettings,
    lists: Sequence[RunList],
) -> Iterator[dict]:
    """Judge what is said of the turn, each recipe a part; and of each recipe, whether it cures.

    Parameters
    ----------
    turn, cures
        ``gaussians_turn.csv`` and ``gaussians_cures.csv``.
    settings
        What has turned, and which fits the statements speak of.
    lists
        The lists of runs.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`.
    """
    rows = rows_of(turn, settings.fits.fits(lists))
    runs = {recipe: rows[rows["recipe"] == recipe] for recipe in sorted(set(rows["recipe"]))}
    yield from judge(_diverges(settings), _share_that_turns(runs, settings.confidence))
    turned = {recipe: own[own["turned"]] for recipe, own in runs.items()}
    for claim, value in (
        (_lost_pixels(settings), lambda own: own["share_at_turn"]),
        (LOST_PIXELS_AT_END, lambda own: own["share_at_end"]),
        (
            _coverage_first(settings),
            lambda own: np.log2(own["turn_iteration"] / own["uncovered_iteration"]),
        ),
    ):
        values = {recipe: value(own).to_numpy(float) for recipe, own in turned.items()}
        found = parts(values, intervals.mean, settings.confidence, least=2, units="runs")
        yield from judge(claim, found)
    for row in cures[cures["recipe"] != settings.cures.reference].to_dict("records"):
        turning_of, gain = comparison.parts(row)
        yield from judge(_cures(row["recipe"]), [turning_of])
        yield from judge(_better(row["recipe"], settings.cures.reference), [gain])


def _share_that_turns(runs: dict[str, pd.DataFrame], confidence: float) -> list[Part]:
    level = intervals.joint_level(confidence, len(runs))
    return [turning(rows, recipe, level) for recipe, rows in runs.items()]


def _diverges(settings: TurnSettings) -> Claim:
    return Claim(
        "turn.diverges",
        "training diverges: the loss rises again after its best",
        ORIGINAL,
        f"share of runs whose loss exceeds {settings.factor:g} times its best",
        MOST,
        Sentences(
            supported="Turning is the rule.",
            not_supported="Turning is the exception.",
            undecided="Whether most fits turn is not decided.",
        ),
    )


def _lost_pixels(settings: TurnSettings) -> Claim:
    return Claim(
        "turn.lost_pixels",
        "the loss rises because pixels lose their Gaussians",
        OURS,
        f"share of the increase, up to {settings.factor:g} times the best, on uncovered pixels",
        MOST,
        Sentences(
            supported="Training turns because pixels lose their Gaussians: the loss that is added "
            "after the best falls on uncovered pixels.",
            not_supported="Training does not turn because pixels lose their Gaussians: the loss "
            "that is added after the best falls elsewhere.",
            undecided="Why training turns is not decided.",
        ),
    )


LOST_PIXELS_AT_END = Claim(
    "turn.lost_pixels_at_end",
    "at the end of training most of the increase falls on uncovered pixels",
    OURS,
    "share of the increase at the end on uncovered pixels",
    MOST,
    Sentences(
        supported="At the end, too, most of what was added falls on uncovered pixels.",
        not_supported="At the end most of what was added falls on covered pixels.",
        undecided="Where most of what was added falls at the end is not decided.",
    ),
)


def _coverage_first(settings: TurnSettings) -> Claim:
    lost = percent(settings.uncovered)
    return Claim(
        "turn.coverage_first",
        "coverage is lost before the loss has risen",
        OURS,
        f"log2 of the iteration of the turn over that of {settings.uncovered:.0%} uncovered",
        ABOVE_0,
        Sentences(
            supported=f"Coverage goes first: {lost} of the image is lost for good before the loss "
            "has risen.",
            not_supported="Coverage does not go first: the loss rises before pixels are lost.",
            undecided="Which comes first, the loss of coverage or the rise of the loss, is not "
            "decided.",
        ),
    )


def _cures(recipe: str) -> Claim:
    return Claim(
        f"cures.{recipe}",
        f"{recipe} keeps fits from turning",
        OURS,
        "share of runs that turn",
        LESS_THAN_HALF,
        Sentences(
            supported=f"Most fits do not turn with {recipe}.",
            not_supported=f"Most fits turn all the same with {recipe}.",
            undecided=f"Whether most fits turn with {recipe} is not decided.",
        ),
    )


def _better(recipe: str, reference: str) -> Claim:
    return Claim(
        f"cures.{recipe}.better",
        f"{recipe} fits better than {reference}",
        OURS,
        f"best loss of {reference} minus that of {recipe}",
        ABOVE_0,
        Sentences(
            supported=f"{recipe} fits better than {reference}.",
            not_supported=f"{recipe} does not fit better than {reference}.",
            undecided=f"Whether {recipe} fits better than {reference} is not decided.",
        ),
    )
