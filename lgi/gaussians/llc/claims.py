"""What the learning coefficients of fits say, each statement with a computed verdict.

A part is the fits of one image and recipe with one setting of the estimator. Only estimates that
are ok count, but for the first statement: where none is, there is no coefficient to speak of.
"""

from collections.abc import Callable, Iterator

import pandas as pd

from lgi import intervals
from lgi.claims import ABOVE_0, MOST, OURS, Claim, Region, Sentences, judge, parts
from lgi.gaussians.llc.settings import LLCClaims
from lgi.intervals import Interval
from lgi.llc.status import OK

PART = ["image", "recipe", "setting"]

Statistic = Callable[[pd.DataFrame, float], Interval]  # of estimates, at a level


def claims(llc: pd.DataFrame, settings: LLCClaims) -> Iterator[dict]:
    """Judge what is said of the coefficients.

    Parameters
    ----------
    llc
        Estimates, from `lgi.gaussians.llc.estimates.estimate_minimum`.
    settings
        Confidence, the margin of predictions, and how many estimates decide.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`, the whole of each claim first.
    """
    ok = llc[llc["status"] == OK]
    # Localisation counts directions out: what is regular is told where it is weakest.
    weakest = ok[ok["localisation"] == ok["localisation"].min()]
    near: Region = (1 - settings.margin, 1 + settings.margin)
    for claim, rows, statistic in (
        (ESTIMABLE, llc, _share_ok),
        (GROWS_WITH_N, ok, _slope),
        (_half("regular", near), weakest, _ratio("parameters", 0.5)),
        (_half("hessian", near), ok, _ratio("predicted")),
        (_half("jacobian", near), ok, _ratio("predicted_jacobian")),
        (_half("effective_rank", near), ok, _ratio("effective_rank", 0.5)),
        (RANKS, ok, _rank_correlation),
    ):
        names = rows[PART].drop_duplicates().itertuples(index=False, name=None)
        own = {", ".join(name): rows[(rows[PART] == list(name)).all(axis=1)] for name in names}
        options = {"least": settings.least, "units": "estimates"}
        yield from judge(claim, parts(own, statistic, settings.confidence, **options))


def _share_ok(rows: pd.DataFrame, level: float) -> Interval:
    return intervals.share((rows["status"] == OK).sum(), len(rows), level)


def _slope(rows: pd.DataFrame, level: float) -> Interval:
    return intervals.line(rows["n"], rows["llc"], level).slope


def _ratio(column: str, factor: float = 1.0) -> Statistic:
    return lambda rows, level: intervals.mean(rows["llc"] / (factor * rows[column]), level)


def _rank_correlation(rows: pd.DataFrame, level: float) -> Interval:
    return intervals.spearman(rows["effective_rank"], rows["llc"], level)


ESTIMABLE = Claim(
    id="llc.estimable",
    text="the learning coefficient of a fit can be estimated",
    source=OURS,
    measure="share of the estimates that are ok",
    region=MOST,
    sentences=Sentences(
        supported="Most estimates are ok: the coefficient of a fit can be estimated.",
        not_supported="Most estimates are not ok: not every fit has a coefficient that can be "
        "estimated.",
        undecided="Whether most fits have a coefficient that can be estimated is not decided.",
    ),
)
GROWS_WITH_N = Claim(
    id="llc.grows_with_n",
    text="the learning coefficient grows with N",
    source=OURS,
    measure="slope of the coefficient over N",
    region=ABOVE_0,
    sentences=Sentences(
        supported="Where it can, it grows with N.",
        not_supported="It does not grow with N everywhere.",
        undecided="Whether it grows with N everywhere is not decided.",
    ),
)
RANKS = Claim(
    id="llc.ranks",
    text="fits with a larger effective rank have a larger coefficient",
    source=OURS,
    measure="rank correlation of coefficient and effective rank",
    region=ABOVE_0,
    sentences=Sentences(
        supported="But the two go together: a larger effective rank has a larger coefficient.",
        not_supported="Nor do the two go together everywhere.",
        undecided="Whether the two go together is not decided.",
    ),
)
_HALVES = {
    "regular": (
        "fits are regular: the coefficient is half the number of free parameters",
        "coefficient over half the number of free parameters",
        Sentences(
            supported="Fits are regular: it is half the number of free parameters.",
            not_supported="Fits are singular: it is not half the number of free parameters.",
            undecided="Whether fits are regular is not decided.",
        ),
    ),
    "hessian": (
        "the coefficient is half the effective dimension of the Hessian",
        "coefficient over half the effective dimension of the Hessian",
        Sentences(
            supported="Half the effective dimension of the Hessian predicts it.",
            not_supported="Half the effective dimension of the Hessian does not predict it "
            "everywhere.",
            undecided="Whether half the effective dimension of the Hessian predicts it is not "
            "decided.",
        ),
    ),
    "jacobian": (
        "the coefficient is half the effective dimension of the Jacobian",
        "coefficient over half the effective dimension of the Jacobian",
        Sentences(
            supported="The local learning coefficient of a fit is half the effective dimension of "
            "the Jacobian of its image.",
            not_supported="The local learning coefficient of a fit is not half the effective "
            "dimension of the Jacobian of its image everywhere.",
            undecided="Whether the local learning coefficient of a fit is half the effective "
            "dimension of the Jacobian of its image is not decided.",
        ),
    ),
    "effective_rank": (
        "the coefficient is half the effective rank of the Jacobian",
        "coefficient over half the effective rank of the Jacobian",
        Sentences(
            supported="It is half the effective rank of the Jacobian.",
            not_supported="It is not half the effective rank of the Jacobian.",
            undecided="Whether it is half the effective rank of the Jacobian is not decided.",
        ),
    ),
}


def _half(name: str, near: Region) -> Claim:
    """Return the claim that the coefficient is half of something, within a margin."""
    text, measure, sentences = _HALVES[name]
    return Claim(f"llc.{name}", text, OURS, measure, near, sentences)


IDS = (
    ESTIMABLE.id,
    GROWS_WITH_N.id,
    *(f"llc.{name}" for name in _HALVES),
    RANKS.id,
)
"""Of all of them, in the order in which a text tells them."""
