"""What the learning coefficients of fits say, each statement with a computed verdict.

A part is the fits of one image and recipe with one setting of the estimator. Only estimates that
are ok count, but for the first statement: where none is, there is no coefficient to speak of. The
intervals of k parts are at the level
1 - (1 - confidence) / k, so that they hold together (Bonferroni).
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.gaussians.llc_settings import CoefficientClaims
from lgi.intervals import Interval
from lgi.llc.estimate import OK
from lgi.verdicts import ABOVE_0, OURS, Part, Region, judge

PART = ["image", "recipe", "setting"]
MOST: Region = (0.5, np.inf)


def claims(table: pd.DataFrame, settings: CoefficientClaims) -> list[dict]:
    """Judge what is said of the coefficients.

    Parameters
    ----------
    table
        Estimates, from `lgi.gaussians.llc.coefficients`.
    settings
        Confidence, the margin of predictions, and how many estimates decide.

    Returns
    -------
    list of dict
        Rows of `lgi.verdicts.judge`, the whole of each claim first.
    """
    ok = table[table["verdict"] == OK]
    # Localisation counts directions out: what is regular is told where it is weakest.
    weakest = ok[ok["localisation"] == ok["localisation"].min()]
    near: Region = (1 - settings.margin, 1 + settings.margin)

    def of(rows: pd.DataFrame, statistic: Callable[[pd.DataFrame, float], Interval]) -> list[Part]:
        """Return a part for every image, recipe and setting of the rows."""
        names = list(rows[PART].drop_duplicates().itertuples(index=False, name=None))
        level = 1 - (1 - settings.confidence) / max(len(names), 1)
        parts = []
        for name in names:
            own = rows[(rows[PART] == list(name)).all(axis=1)]
            parts.append(_part(", ".join(name), statistic(own, level), settings.least))
        return parts

    def ratio(column: str, factor: float = 1.0):
        return lambda own, level: intervals.mean(own["llc"] / (factor * own[column]), level)

    def verdict_ok(own: pd.DataFrame, level: float) -> Interval:
        return intervals.share((own["verdict"] == OK).sum(), len(own), level)

    return [
        *judge(
            "the learning coefficient of a fit can be estimated",
            OURS,
            "share of the estimates that are ok",
            MOST,
            of(table, verdict_ok),
        ),
        *judge(
            "the learning coefficient grows with N",
            OURS,
            "slope of the coefficient over N",
            ABOVE_0,
            of(ok, lambda own, level: intervals.line(own["n"], own["llc"], level).slope),
        ),
        *judge(
            "fits are regular: the coefficient is half the number of free parameters",
            OURS,
            "coefficient over half the number of free parameters",
            near,
            of(weakest, ratio("parameters", 0.5)),
        ),
        *judge(
            "the coefficient is half the effective dimension of the Hessian",
            OURS,
            "coefficient over half the effective dimension of the Hessian",
            near,
            of(ok, ratio("predicted")),
        ),
        *judge(
            "the coefficient is half the effective dimension of the Jacobian",
            OURS,
            "coefficient over half the effective dimension of the Jacobian",
            near,
            of(ok, ratio("predicted_jacobian")),
        ),
        *judge(
            "the coefficient is half the effective rank of the Jacobian",
            OURS,
            "coefficient over half the effective rank of the Jacobian",
            near,
            of(ok, ratio("effective_rank", 0.5)),
        ),
        *judge(
            "fits with a larger effective rank have a larger coefficient",
            OURS,
            "rank correlation of coefficient and effective rank",
            ABOVE_0,
            of(ok, lambda own, level: intervals.spearman(own["effective_rank"], own["llc"], level)),
        ),
    ]


def _part(name: str, interval: Interval, least: int) -> Part:
    """Return a part, without its interval where too few estimates stand behind it."""
    if interval.n >= least and np.isfinite(interval.low):
        return Part(name, interval)
    reason = f"fewer than {least} estimates" if interval.n < least else "they do not vary"
    return Part(name, Interval(interval.value, np.nan, np.nan, interval.n), reason=reason)
