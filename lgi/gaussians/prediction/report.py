"""Part of the written analysis on prediction."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lgi.analysis import Folded

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[Folded]:
    """Yield whether it can be predicted how well a fit does."""
    yield Folded("Whether it can be predicted how well a fit does", list(_predicted(study)))


def _predicted(study: "Study") -> Iterator[str]:
    yield study.claims.sentence("prediction.loss_from_start")
    yield study.claims.sentence("prediction.steps_from_previous")
    yield (
        "*Skill* is the share of the squared error that a prediction saves in seeds that it was not "
        "learnt from. Every predictor stands in "
        f"[the table]({study.link('tables/gaussians_prediction.csv')})."
    )
