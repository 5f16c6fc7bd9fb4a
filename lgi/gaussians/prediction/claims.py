"""What is said of prediction, and how it is judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lgi.claims import OURS, Claim, Part, Sentences, judge
from lgi.display import UNNAMED_FITS, GaussianNames
from lgi.gaussians.prediction.features import STATES
from lgi.gaussians.prediction.power import detectable
from lgi.gaussians.prediction.settings import PredictionSettings
from lgi.gaussians.prediction.table import (
    AUC,
    BEYOND,
    LOSS,
    PREVIOUS,
    REGRESSION,
    SEEDS,
    VALUE,
    region,
)
from lgi.intervals import Interval
from lgi.prose import number, percent

START = STATES[0]


@dataclass(frozen=True)
class Statement:
    """A claim on what predicts, and the rows of the table that it is about."""

    text: str
    target: str
    measure: str
    rows: Mapping[str, str]  # further columns
    sentences: Sentences

    def of(self, predictors: int, detectable: str) -> Sentences:
        """Return the sentences, with the number of predictors and what would have been found."""
        among = f", the best of {predictors} predictors" if predictors > 1 else ""
        best = f"({{measure}}{among}: {{estimate}}, {{n}} seeds)"
        said = self.sentences
        return Sentences(
            *(
                text.replace("{best}", best).replace("{detectable}", detectable)
                for text in (said.supported, said.not_supported, said.undecided)
            )
        )


STATEMENTS = {
    "loss_from_start": Statement(
        "how a fit starts predicts its best loss, beyond N",
        LOSS,
        BEYOND,
        {"state": START},
        Sentences(
            supported="How a fit starts tells how well it will do beyond N {best}.",
            not_supported="How a fit starts does not tell how well it will do beyond N {best}; "
            "{detectable}.",
            undecided="Nothing known before training was found to tell how well a fit will do "
            "beyond N {best}; {detectable}, smaller ones may be missed.",
        ),
    ),
    "steps_from_previous": Statement(
        "the losses at N - 1 tell which steps of a seed do worse",
        REGRESSION,
        AUC,
        {"predictor": PREVIOUS},
        Sentences(
            supported="A step of a seed tends to go up after a lucky loss at N - 1, as it does "
            "between independent losses {best}.",
            not_supported="The loss at N - 1 does not tell which steps of a seed go up {best}.",
            undecided="Whether the loss at N - 1 tells which steps of a seed go up is not decided "
            "{best}.",
        ),
    ),
}
"""By the last part of the claim's id, which starts with "prediction."; `{best}` and `{detectable}`
stand for the best of the predictors and for the skill that would have been found."""


def claims(
    *,
    prediction: pd.DataFrame,
    planted: pd.DataFrame,
    settings: PredictionSettings,
    names: GaussianNames = UNNAMED_FITS,
) -> Iterator[dict]:
    """Judge what can be predicted of seeds that were not learnt from.

    Parameters
    ----------
    prediction
        ``gaussians_prediction.csv``.
    planted
        ``gaussians_prediction_planted.csv``.
    settings
        The least skill that counts, and the chance with which one is to be found.
    names
        What people read in place of names.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`. A statement on several predictors holds if it does of one; the
        statistic of the whole is that of the best.
    """
    smallest = _detectable(planted, settings.power)
    what = f"a skill of {number(smallest, 2)}" if np.isfinite(smallest) else "no skill"
    found_with = f"{what} would have been found with a chance of {percent(settings.power)}"
    for name, said in STATEMENTS.items():
        wanted = {"target": said.target, "test": SEEDS, "measure": said.measure, **said.rows}
        found = prediction[(prediction[list(wanted)] == pd.Series(wanted)).all(axis=1)]
        several = len(found[["image", "recipe"]].drop_duplicates()) > 1
        parts = [_part(row, several, names) for row in found.to_dict("records")]
        claim = Claim(
            f"prediction.{name}",
            said.text,
            OURS,
            f"{said.measure}, {SEEDS}",
            region(said.measure, settings.least),
            said.of(len(parts), found_with),
            follows="some",
        )
        yield from judge(claim, parts, _best(parts))


def _detectable(planted: pd.DataFrame, power: float) -> float:
    """Return the skill that is found with a chance of `power` for every image and recipe."""
    kinds = planted.groupby(["image", "recipe"])
    return max((detectable(rows, power) for _, rows in kinds), default=np.nan)


def _best(parts: list[Part]) -> Part | None:
    """Return the part of the largest statistic, if any has one."""
    known = [part for part in parts if np.isfinite(part.interval.value)]
    return max(known, key=lambda part: part.interval.value, default=None)


def _part(row: dict, several: bool, names: GaussianNames) -> Part:
    name = row["predictor"] if row["form"] == VALUE else f"{row['predictor']}, {row['form']}"
    name = name.replace("_", " ")
    where = f"{names.fit(row['image'], row['recipe'])}: " if several else ""
    interval = Interval(row["value"], row["joint_low"], row["joint_high"], row["seeds"])
    return Part(where + name, interval)
