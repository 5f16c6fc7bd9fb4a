"""What the effective dimensions of fits say, each statement with a computed verdict.

A part is the minima of one image and recipe at one setting of σ and γ. Only estimates that are ok
count. Those of a seed become one value, as its fits share their start: a mean, at the N at which
every seed has one, or a slope.
"""

from collections.abc import Callable, Iterator

import pandas as pd

from lgi import intervals
from lgi.claims import ABOVE_0, OURS, Claim, Region, Sentences, judge, parts
from lgi.display import UNNAMED_FITS, GaussianNames
from lgi.gaussians.fits.table import by_seed
from lgi.gaussians.llc.settings import LLCClaims
from lgi.llc.status import OK
from lgi.prose import percent

PART = ["image", "recipe", "setting"]

OfSeeds = Callable[[pd.DataFrame], pd.Series]  # of the estimates of a part: a value per seed


def claims(
    llc: pd.DataFrame, settings: LLCClaims, names: GaussianNames = UNNAMED_FITS
) -> Iterator[dict]:
    """Judge what is said of the dimensions.

    Parameters
    ----------
    llc
        Estimates, from `lgi.gaussians.llc.estimates.estimate_minimum`.
    settings
        Confidence, the margin of predictions, and how many seeds decide.
    names
        What people read in place of names.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`, the whole of each claim first; n counts seeds.
    """
    ok = llc[llc["status"] == OK]
    near: Region = (1 - settings.margin, 1 + settings.margin)
    for claim, of_seeds in (
        (_half("hessian", near), _ratio("predicted")),
        (_half("jacobian", near), _ratio("predicted_jacobian")),
        (_half("effective_rank", near), _ratio("effective_rank", 0.5)),
        (GROWS_WITH_N, _slopes),
    ):
        parted = ok[PART].drop_duplicates().itertuples(index=False, name=None)
        own = {
            names.fit(*part): of_seeds(ok[(ok[PART] == list(part)).all(axis=1)]).to_numpy()
            for part in parted
        }
        found = parts(own, intervals.mean, settings.confidence, least=settings.least)
        yield from judge(claim, found)


def _ratio(column: str, factor: float = 1.0) -> OfSeeds:
    return lambda rows: by_seed(rows.assign(ratio=rows["llc"] / (factor * rows[column])), "ratio")


def _slopes(rows: pd.DataFrame) -> pd.Series:
    """Return the slope of the dimension over N of each seed, of those with several N."""
    away = rows.assign(away=rows["n"] - rows.groupby("seed")["n"].transform("mean"))
    squares = (away["away"] ** 2).groupby(away["seed"]).sum()
    return ((away["away"] * away["llc"]).groupby(away["seed"]).sum() / squares)[squares > 0]


GROWS_WITH_N = Claim(
    id="llc.grows_with_n",
    text="the effective dimension grows with N",
    source=OURS,
    measure="slope of half the effective dimension over N, mean over seeds",
    region=ABOVE_0,
    sentences=Sentences(
        supported="The effective dimension grows with N.",
        not_supported="The effective dimension does not grow with N everywhere.",
        undecided="Whether the effective dimension grows with N everywhere is not decided.",
    ),
)
_HALVES = {
    "hessian": (
        "at σ and γ chains find half the effective dimension of the Hessian",
        "estimate over half the effective dimension of the Hessian, mean over seeds",
        Sentences(
            supported="Around the minimum near a fit chains find half the effective dimension of "
            "the Hessian at their σ and γ, within {margin}: the Laplace value.",
            not_supported="Around the minimum near a fit chains do not everywhere find half the "
            "effective dimension of the Hessian at their σ and γ.",
            undecided="Whether chains find half the effective dimension of the Hessian at their σ "
            "and γ is not decided.",
        ),
    ),
    "jacobian": (
        "at σ and γ chains find half the effective dimension of the Jacobian",
        "estimate over half the effective dimension of the Jacobian, mean over seeds",
        Sentences(
            supported="The Jacobian of the image has the same effective dimension as chains find, "
            "within {margin}.",
            not_supported="The Jacobian of the image does not everywhere have the effective "
            "dimension that chains find.",
            undecided="Whether the Jacobian of the image has the effective dimension that chains "
            "find, within {margin}, is not decided.",
        ),
    ),
    "effective_rank": (
        "at σ and γ chains find half the effective rank of the Jacobian",
        "estimate over half the effective rank of the Jacobian, mean over seeds",
        Sentences(
            supported="Chains find half the effective rank of the Jacobian, within {margin}.",
            not_supported="Chains do not find half the effective rank of the Jacobian, which knows "
            "no σ and no γ.",
            undecided="Whether chains find half the effective rank of the Jacobian is not decided.",
        ),
    ),
}


def _half(name: str, near: Region) -> Claim:
    """Return the claim that an estimate is half of something, within a margin."""
    text, measure, said = _HALVES[name]
    margin = percent(near[1] - 1)
    sentences = Sentences(
        *(
            text.replace("{margin}", margin)
            for text in (said.supported, said.not_supported, said.undecided)
        )
    )
    return Claim(f"llc.{name}", text, OURS, measure, near, sentences)


IDS = (*(f"llc.{name}" for name in _HALVES), GROWS_WITH_N.id)
"""Of all of them, in the order in which a text tells them."""
