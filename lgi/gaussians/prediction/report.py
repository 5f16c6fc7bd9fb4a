"""Section of the written analysis on prediction."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from lgi.claims import SUPPORTED
from lgi.gaussians.prediction.table import BEFORE, BEYOND, LOSS, REGRESSION, SEEDS, SKILL
from lgi.prose import interval, listed, table

if TYPE_CHECKING:
    from lgi.gaussians.report import Study

BEST = 5  # predictors that a table shows


def section(study: "Study") -> Iterator[str]:
    """Yield whether difficult N can be predicted."""
    rows = study.tables["prediction"]
    yield "## Can a difficult N be predicted?"
    yield ""
    yield (
        "What is known of a fit predicts seeds that it was not learnt from. *Skill* is the share of "
        "the squared error that a prediction saves: 1 is perfect, 0 no better than the mean."
    )
    yield ""
    for target, measure, what in (
        (LOSS, BEYOND, "the best loss, beyond what a line through N says"),
        (REGRESSION, SKILL, "whether a step goes up"),
    ):
        found = rows[
            (rows["target"] == target) & (rows["measure"] == measure) & (rows["test"] == SEEDS)
        ]
        yield f"The best predictors of {what}:"
        yield ""
        yield from _best(found)
        yield ""
        before = found[(found["known"] == BEFORE) & (found["verdict"] == SUPPORTED)]
        yield (
            "Known before training, and with skill: "
            f"{listed(sorted(set(before['predictor'])), 'nothing')}."
        )
        yield ""
    for claim in (
        "loss_of_n",
        "loss_from_start",
        "risk_from_start",
        "risk_of_n",
        "steps_from_previous",
    ):
        yield study.claims.sentence(f"prediction.{claim}")
    yield ""
    yield study.figure("prediction", "Skill of every predictor")
    yield ""
    yield study.figure("spectra", "Singular values of the Jacobian")


def _best(rows: pd.DataFrame) -> Iterator[str]:
    yield from table(
        rows.sort_values("value", ascending=False).head(BEST),
        {
            "predictor": (("predictor", "form"), _predictor),
            "of the": ("state", str),
            "known": ("known", str),
            "skill [joint interval]": (("value", "joint_low", "joint_high"), interval),
            "verdict": ("verdict", str),
        },
    )


def _predictor(predictor: str, form: object) -> str:
    name = predictor.replace("_", " ")
    return name if pd.isna(form) or form in ("", "value") else f"{name}, {form}"
