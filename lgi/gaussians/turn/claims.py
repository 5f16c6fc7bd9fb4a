"""What is said of turning and of its cures, and how it is judged."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import (
    ABOVE_0,
    BELOW_0,
    MOST,
    OURS,
    Claim,
    Part,
    Sentences,
    judge,
    parts,
)
from lgi.display import UNNAMED_FITS, GaussianNames
from lgi.gaussians.fits.table import by_seed, rows_of
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
    names: GaussianNames = UNNAMED_FITS,
) -> Iterator[dict]:
    """Judge what is said of the turn, each recipe a part, and what each recipe does about it.

    Parameters
    ----------
    turn, cures
        ``gaussians_turn.csv`` and ``gaussians_cures.csv``.
    settings
        What has turned, and which fits the statements speak of.
    lists
        The lists of runs.
    names
        What people read in place of names.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`.
    """
    rows = rows_of(turn, settings.fits.fits(lists))
    runs = {
        names.of("recipes", recipe): rows[rows["recipe"] == recipe]
        for recipe in sorted(set(rows["recipe"]))
    }
    yield from judge(_diverges(settings), _share_that_turns(runs, settings.confidence))
    turned = {recipe: own[own["turned"]] for recipe, own in runs.items()}
    for claim, value in (
        (_lost_pixels(settings), lambda own: own["rise_on_lost_at_turn"]),
        (LOST_PIXELS_AT_END, lambda own: own["rise_on_lost_at_end"]),
        (KEPT_PIXELS, lambda own: own["kept_error_at_end"] - own["kept_error_before_at_end"]),
        (
            _coverage_first(settings),
            lambda own: np.log2(own["turn_iteration"] / own["uncovered_iteration"]),
        ),
    ):
        values = {
            recipe: by_seed(own.assign(value=value(own)), "value").to_numpy()
            for recipe, own in turned.items()
        }
        yield from judge(claim, parts(values, intervals.mean, settings.confidence, least=2))
    cures_of = settings.cures
    for row in cures[cures["recipe"] != cures_of.reference].to_dict("records"):
        judged = comparison.claims_of(
            row, cures_of.reference, cures_of.spent, settings.uncovered, names
        )
        for claim, conditions in judged.values():
            yield from judge(claim, conditions)


def _share_that_turns(runs: dict[str, pd.DataFrame], confidence: float) -> list[Part]:
    level = intervals.joint_level(confidence, len(runs))
    return [turning(rows, recipe, level) for recipe, rows in runs.items()]


def _diverges(settings: TurnSettings) -> Claim:
    return Claim(
        "turn.diverges",
        "training turns: the loss rises again after its best",
        OURS,
        f"share of seeds most of whose fits exceed {settings.factor:g} times their best loss later",
        MOST,
        Sentences(
            supported="Turning is the rule.",
            not_supported="Turning is the exception.",
            undecided="Whether most seeds turn is not decided.",
        ),
    )


def _lost_pixels(settings: TurnSettings) -> Claim:
    return Claim(
        "turn.lost_pixels",
        "the loss rises because pixels lose their Gaussians",
        OURS,
        "share of the rise of the pixel loss on pixels covered at the best and not at the first "
        f"kept state from {settings.factor:g} times the best loss on",
        MOST,
        Sentences(
            supported="Training turns because pixels lose their Gaussians: most of what is added "
            "to the pixel loss after the best falls on pixels that were covered then.",
            not_supported="Training does not turn because pixels lose their Gaussians: most of "
            "what is added to the pixel loss after the best falls elsewhere.",
            undecided="Why training turns is not decided.",
        ),
    )


LOST_PIXELS_AT_END = Claim(
    "turn.lost_pixels_at_end",
    "at the end of training, too, the rise is on pixels that have lost their Gaussians",
    OURS,
    "share of the rise of the pixel loss on pixels covered at the best and not at the end",
    MOST,
    Sentences(
        supported="At the end, too, most of what was added falls on pixels that have lost their "
        "Gaussians.",
        not_supported="At the end most of what was added falls on other pixels.",
        undecided="Where most of what was added falls at the end is not decided.",
    ),
)

KEPT_PIXELS = Claim(
    "turn.kept_pixels",
    "pixels that stay covered are fitted better at the end than at the best",
    OURS,
    "mean absolute error at the end minus at the best, of pixels covered both times",
    BELOW_0,
    Sentences(
        supported="Pixels that stay covered are fitted better at the end than at the best.",
        not_supported="Pixels that stay covered are not fitted better at the end than at the best.",
        undecided="Whether pixels that stay covered are fitted better at the end than at the best "
        "is not decided.",
    ),
)


def _coverage_first(settings: TurnSettings) -> Claim:
    lost = percent(settings.uncovered)
    return Claim(
        "turn.coverage_first",
        "coverage is lost before the loss has risen",
        OURS,
        f"log2 of the iteration of the turn over that of {lost} uncovered",
        ABOVE_0,
        Sentences(
            supported=f"Coverage goes first: on average {lost} of the image is lost for good "
            f"before the loss is {settings.factor:g} times its best.",
            not_supported=f"Coverage does not go first: on average the loss is {settings.factor:g} "
            f"times its best before {lost} of the image is lost for good.",
            undecided="Which comes first, the loss of coverage or the rise of the loss, is not "
            "decided.",
        ),
    )
