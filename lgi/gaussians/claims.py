"""Every claim of study 1 with its verdict, from the tables of all rooms."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from lgi.claims import ORIGINAL, OURS, claim_table
from lgi.display import GaussianNames
from lgi.gaussians.blending import claims as blending_claims
from lgi.gaussians.elsewhere import claims as elsewhere
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.llc import claims as llc_claims
from lgi.gaussians.n_study import claims as n_study
from lgi.gaussians.original import OriginalStudy
from lgi.gaussians.prediction import claims as prediction_claims
from lgi.gaussians.price import claims as price_claims
from lgi.gaussians.selection import RunList
from lgi.gaussians.sizes import claims as sizes_claims
from lgi.gaussians.turn import claims as turn_claims
from lgi.settings import Settings


def claims(
    table: pd.DataFrame,
    reproducibility: pd.DataFrame,
    published: pd.DataFrame,
    turn: pd.DataFrame,
    cures: pd.DataFrame,
    blending: pd.DataFrame,
    prediction: pd.DataFrame,
    planted: pd.DataFrame,
    llc: pd.DataFrame,
    settings: Mapping[str, Settings],
    original: OriginalStudy,
    of_the_original: bool,
    lists: Sequence[RunList],
    names: GaussianNames,
    pictures: Iterable[Fit] = (),
    priced: Mapping = MappingProxyType({}),
    sized: Mapping = MappingProxyType({}),
) -> pd.DataFrame:
    """Judge the claims of every room.

    Parameters
    ----------
    table, reproducibility
        ``gaussians.csv`` and ``gaussians_reproducibility.csv``.
    published
        Best losses that the original printed.
    turn, cures, prediction, llc
        ``gaussians_turn.csv`` and so on.
    planted
        ``gaussians_prediction_planted.csv``.
    blending
        ``gaussians_blending_runs.csv``.
    settings
        The section of each room, by its name.
    original
        What the original states.
    of_the_original
        Whether the N-study is of its image. Of another one nothing is asked that it says of single
        N, and no claim is its own.
    lists
        The lists of runs.
    names
        What people read in place of names.
    pictures
        A run of each image that `priced` asks about.
    priced, sized
        Further arguments of `lgi.gaussians.price.claims.claims` and of
        `lgi.gaussians.sizes.claims.claims`; empty where they are not asked.

    Returns
    -------
    DataFrame
        As from `lgi.claims.claim_table`.
    """
    rows = [
        *n_study.claims(
            table=table,
            reproducibility=reproducibility,
            published=published,
            settings=settings["n_study"],
            original=original if of_the_original else None,
            lists=lists,
            names=names,
        ),
        *turn_claims.claims(
            turn=turn, cures=cures, settings=settings["turn"], lists=lists, names=names
        ),
        *blending_claims.claims(runs=blending, settings=settings["blending"], names=names),
        *elsewhere.claims(
            table=table,
            settings=settings["elsewhere"],
            ratio=original.ratio,
            lists=lists,
            names=names,
        ),
        *prediction_claims.claims(
            prediction=prediction, planted=planted, settings=settings["prediction"], names=names
        ),
        *llc_claims.claims(llc, settings["llc"].claims, names),
        *(
            price_claims.claims(table=table, pictures=pictures, names=names, **priced)
            if priced
            else ()
        ),
        *(sizes_claims.claims(table=table, names=names, **sized) if sized else ()),
    ]
    found = claim_table(rows)
    if not of_the_original:
        found["source"] = found["source"].replace(ORIGINAL, OURS)
    return found
