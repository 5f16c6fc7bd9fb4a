"""What is said of blends, edges and starts, and how it is judged."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import (
    ABOVE_0,
    CONTRADICTED,
    MOST,
    NOT_SUPPORTED,
    OURS,
    SUPPORTED,
    UNDECIDED,
    WITHIN,
    Claim,
    Part,
    Sentences,
    judge,
    names_by_verdict,
    parts,
)
from lgi.display import UNNAMED_FITS, GaussianNames
from lgi.gaussians.blending.settings import BlendingSettings
from lgi.gaussians.blending.table import VARIED
from lgi.gaussians.fits.table import differences_by_seed, share_of_seeds
from lgi.prose import capital, joined, percent, some_of

COMPARED = (
    ("edge_of_mean", "a smooth edge", "a hard one", {"blend": "mean"}, "edge", "smooth", "hard"),
    ("edge_of_sum", "a smooth edge", "a hard one", {"blend": "sum"}, "edge", "smooth", "hard"),
    ("sum_with_hard", "a sum", "a mean", {"edge": "hard"}, "blend", "sum", "mean"),
    ("sum_with_smooth", "a sum", "a mean", {"edge": "smooth"}, "blend", "sum", "mean"),
    (
        "error_guided_or_random",
        "an error-guided start",
        "a random start",
        {},
        *("start", "error_guided", "random"),
    ),
    (
        "error_guided_or_kmeans",
        "an error-guided start",
        "a k-means start",
        {},
        *("start", "error_guided", "kmeans"),
    ),
)
"""Id, both sides in words, what is held, and which column has which two values."""

HELD = {
    "mean": "where colours are averaged",
    "sum": "where colours are added",
    "hard": "with a hard edge",
    "smooth": "with a smooth edge",
}
STARTS = {"kmeans": "k-means", "error_guided": "error-guided"}
"""What people read in place of kinds of starts, where that is another word."""
TURNS = (
    ("mean_turns", "mean", "averaged"),
    ("sum_turns", "sum", "added"),
)


NAMED = 2
"""Parts are named in a sentence up to this number; the table of claims names all."""


def claims(
    *, runs: pd.DataFrame, settings: BlendingSettings, names: GaussianNames = UNNAMED_FITS
) -> Iterator[dict]:
    """Judge which blend turns with a hard edge, and what fits better.

    Parameters
    ----------
    runs
        ``gaussians_blending_runs.csv``.
    settings
        The confidence, and what difference counts.
    names
        What people read in place of names.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`; a part for each image and for each of what is neither compared
        nor held: start, learning rate where several are compared, blend and edge.
    """
    runs = runs.assign(log_loss=np.log(runs["best_loss"]))
    for name, blend, word in TURNS:
        rows = _split(runs, {"blend": blend, "edge": "hard"}, (), names)
        found = parts(
            rows,
            lambda own, level: share_of_seeds(own, "turned", level),
            settings.confidence,
            least=settings.least,
        )
        yield from judge(_turns(name, word, found), found)
    for name, better, worse, held, column, *sides in COMPARED:
        first, second = (_split(runs, held | {column: side}, (column,), names) for side in sides)
        values = {
            part: differences_by_seed(first[part], second[part], "log_loss").to_numpy()
            for part in first
            if part in second
        }
        found = parts(
            values,
            intervals.mean,
            settings.confidence,
            p=intervals.p_of_mean,
            least=settings.least,
        )
        yield from judge(_fits_better(name, better, worse, held, settings.margin, found), found)


def _split(
    runs: pd.DataFrame, held: Mapping[str, str], compared: Sequence[str], names: GaussianNames
) -> dict[str, pd.DataFrame]:
    """Return the runs that have what is held, by the name of their part."""
    rows = runs[np.logical_and.reduce([runs[key] == value for key, value in held.items()])]
    keys = ["image", *(key for key in VARIED if key not in held and key not in compared)]
    if runs["rate"].nunique() == 1:
        keys.remove("rate")
    words = {
        "image": lambda image: names.of("images", image),
        "start": lambda start: f"{STARTS.get(start, start)} start",
        "rate": "rate {:g}".format,
        "edge": "{} edge".format,
    }
    return {
        joined(*(words.get(key, str)(value) for key, value in zip(keys, group, strict=True))): own
        for group, own in rows.groupby(keys)
    }


def _turns(name: str, word: str, found: Sequence[Part]) -> Claim:
    by_verdict = names_by_verdict(found, MOST)
    what = f"fits whose colours are {word}"
    told = _clauses(
        ("most turn", by_verdict[SUPPORTED]),
        ("most do not turn", by_verdict[NOT_SUPPORTED]),
        ("not decided", by_verdict[UNDECIDED]),
    )
    detail = f"With a hard edge, of {what}, {told}."
    against = by_verdict[NOT_SUPPORTED]
    return Claim(
        f"blending.{name}",
        f"with a hard edge, {what} turn",
        OURS,
        "share of seeds that turn",
        MOST,
        Sentences(
            supported=f"With a hard edge, {what} turn.",
            not_supported=detail
            if len(against) < len(found)
            else f"With a hard edge, {what} do not turn within their iterations.",
            undecided=detail,
        ),
    )


def _fits_better(
    name: str,
    better: str,
    worse: str,
    held: Mapping[str, str],
    margin: float,
    found: Sequence[Part],
) -> Claim:
    where = "".join(f"{HELD[value]}, " for value in held.values())
    by_verdict = names_by_verdict(found, ABOVE_0, margin)
    told = _clauses(
        (f"{better} fits better than {worse}", by_verdict[SUPPORTED]),
        (f"{worse} fits better than {better}", by_verdict[CONTRADICTED]),
        (f"{better} fits no better than {worse}", by_verdict[NOT_SUPPORTED]),
        (f"{better} and {worse} fit alike, to {percent(margin)},", by_verdict[WITHIN]),
        (f"which of {better} and {worse} fits better is not decided", by_verdict[UNDECIDED]),
    )
    return Claim(
        f"blending.{name}",
        f"{where}{better} fits better than {worse}",
        OURS,
        f"mean log of the best loss with {worse} over that with {better}, seed by seed",
        ABOVE_0,
        Sentences(
            supported=_sentence(f"{where}{better} fits better than {worse}, wherever tried"),
            not_supported=_sentence(where + told),
            undecided=_sentence(where + told),
        ),
        margin=margin,
    )


def _clauses(*told: tuple[str, list[str]]) -> str:
    """Return what is told of how many parts; few are named."""
    count = sum(len(names) for _, names in told)
    cases = [
        f"{words} in {some_of(len(names), count, 'case')}"
        + (f" ({'; '.join(names)})" if len(names) <= NAMED else "")
        for words, names in told
        if names
    ]
    return "; ".join(cases) or "nothing was run"


def _sentence(text: str) -> str:
    return capital(text) + "."
