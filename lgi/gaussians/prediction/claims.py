"""What is said of prediction, and how it is judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lgi.claims import OURS, Claim, Part, Sentences, judge
from lgi.gaussians.prediction.features import STATES
from lgi.gaussians.prediction.settings import PredictionSettings
from lgi.gaussians.prediction.table import (
    AUC,
    BEYOND,
    EACH_N,
    LOSS,
    PREVIOUS,
    REGRESSION,
    SEEDS,
    SKILL,
    VALUE,
    region,
)
from lgi.intervals import Interval

START, BEST, _ = STATES
_BEST = "({measure}: {estimate})"


@dataclass(frozen=True)
class Statement:
    """A claim on what predicts, and the rows of the table that it is about."""

    text: str
    target: str
    measure: str
    of: Mapping[str, str]  # further columns
    sentences: Sentences


def _that(text: str) -> Sentences:
    return Sentences(
        supported=f"That {text} is supported {_BEST}.",
        not_supported=f"That {text} is not supported {_BEST}.",
        undecided=f"Whether {text} is not decided {_BEST}.",
    )


STATEMENTS = {
    "loss_of_n": Statement(
        "each N has a loss of its own, beyond the trend",
        LOSS,
        BEYOND,
        {"predictor": EACH_N},
        _that("each N has a loss of its own beyond the trend"),
    ),
    "loss_from_start": Statement(
        "how a fit starts predicts its best loss, beyond N",
        LOSS,
        BEYOND,
        {"state": START},
        Sentences(
            supported=f"How a fit starts tells how well it will do {_BEST}.",
            not_supported=f"How a fit starts does not tell how well it will do {_BEST}.",
            undecided="Nothing known before training is sure to tell how well a fit will do "
            f"{_BEST}.",
        ),
    ),
    "loss_from_best": Statement(
        "how a fit is at its best explains its loss, beyond N",
        LOSS,
        BEYOND,
        {"state": BEST},
        _that("how a fit is at its best explains its loss"),
    ),
    "risk_of_n": Statement(
        "each N has a risk of its own to do worse than N - 1",
        REGRESSION,
        SKILL,
        {"predictor": EACH_N},
        _that("some N are more likely to regress than others"),
    ),
    "risk_from_start": Statement(
        "how a fit starts predicts its risk to do worse",
        REGRESSION,
        SKILL,
        {"state": START},
        _that("the start tells whether a step will go up"),
    ),
    "risk_from_previous": Statement(
        "the loss at N - 1 predicts the risk to do worse",
        REGRESSION,
        SKILL,
        {"predictor": PREVIOUS},
        _that("the loss at N - 1 tells whether a step will go up"),
    ),
    "risk_from_best": Statement(
        "how a fit is at its best explains its risk to do worse",
        REGRESSION,
        SKILL,
        {"state": BEST},
        _that("how a fit is at its best explains whether the step to it goes up"),
    ),
    "steps_of_n": Statement(
        "N tells which steps of a seed do worse",
        REGRESSION,
        AUC,
        {"predictor": EACH_N},
        _that("N tells which steps of a seed go up"),
    ),
    "steps_from_start": Statement(
        "how fits start tells which steps of a seed do worse",
        REGRESSION,
        AUC,
        {"state": START},
        _that("the starts tell which steps of a seed go up"),
    ),
    "steps_from_previous": Statement(
        "the losses at N - 1 tell which steps of a seed do worse",
        REGRESSION,
        AUC,
        {"predictor": PREVIOUS},
        _that(
            "a lucky loss at N - 1 tells that the step to N goes up, as regression to the mean "
            "would"
        ),
    ),
    "steps_from_best": Statement(
        "how fits are at their best tells which steps of a seed do worse",
        REGRESSION,
        AUC,
        {"state": BEST},
        _that("how fits are at their best tells which steps of a seed go up"),
    ),
}
"""By the last part of the claim's id, which starts with "prediction."."""


def claims(*, prediction: pd.DataFrame, settings: PredictionSettings) -> Iterator[dict]:
    """Judge what can be predicted of seeds that were not learnt from.

    Parameters
    ----------
    prediction
        ``gaussians_prediction.csv``.
    settings
        The least skill that counts.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`. A statement on several predictors holds if it does of one; the
        statistic of the whole is that of the best.
    """
    for name, said in STATEMENTS.items():
        wanted = {"target": said.target, "test": SEEDS, "measure": said.measure, **said.of}
        found = prediction[(prediction[list(wanted)] == pd.Series(wanted)).all(axis=1)]
        several = len(found[["image", "recipe"]].drop_duplicates()) > 1
        parts = [_part(row, several) for row in found.to_dict("records")]
        claim = Claim(
            f"prediction.{name}",
            said.text,
            OURS,
            f"{said.measure}, {SEEDS}",
            region(said.measure, settings.least),
            said.sentences,
            follows="some",
        )
        yield from judge(claim, parts, _best(parts))


def _best(parts: list[Part]) -> Part | None:
    """Return the part of the largest statistic, if any has one."""
    known = [part for part in parts if np.isfinite(part.interval.value)]
    return max(known, key=lambda part: part.interval.value, default=None)


def _part(row: dict, several: bool) -> Part:
    name = row["predictor"] if row["form"] == VALUE else f"{row['predictor']}, {row['form']}"
    where = f"{row['image']}, {row['recipe']}: " if several else ""
    interval = Interval(row["value"], row["joint_low"], row["joint_high"], row["seeds"])
    return Part(where + name, interval)
