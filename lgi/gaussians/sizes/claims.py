"""What is claimed of pictures of real size."""

from collections.abc import Iterator, Sequence

import pandas as pd

from lgi import intervals
from lgi.claims import ABOVE_0, BELOW_1, OURS, Claim, Sentences, judge, parts
from lgi.gaussians.selection import RunList
from lgi.gaussians.sizes.settings import SizesSettings
from lgi.gaussians.sizes.table import DOUBLING, EVALUATIONS, growths


def claims(
    table: pd.DataFrame, settings: SizesSettings, lists: Sequence[RunList]
) -> Iterator[dict]:
    """Judge whether more Gaussians still help, and whether they cost in proportion.

    Parameters
    ----------
    table, settings, lists
        As for `lgi.gaussians.sizes.table.tables`.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`, a part for each picture; n counts seeds.
    """
    for quantity, claim in ((DOUBLING, STILL_RISES), (EVALUATIONS, WORK)):
        values = growths(table, settings, lists, quantity)
        found = parts(values, intervals.mean, settings.confidence, least=settings.least)
        yield from judge(claim, found)


STILL_RISES = Claim(
    "sizes.still_rises",
    "on pictures of real size PSNR still rises at the largest N tried",
    OURS,
    "PSNR of twice the N between the two largest N (dB), mean over seeds",
    ABOVE_0,
    Sentences(
        supported="PSNR still rises at the largest N tried.",
        not_supported="PSNR no longer rises at the largest N tried.",
        undecided="Whether PSNR still rises at the largest N tried is not decided.",
    ),
)
WORK = Claim(
    "sizes.work",
    "an iteration's work grows less than in proportion to N",
    OURS,
    "exponent of the pixels that Gaussians reach in an iteration, over N, mean over seeds",
    BELOW_1,
    Sentences(
        supported="The work of an iteration grows less than in proportion to N, on every "
        "picture: more Gaussians are smaller ones.",
        not_supported="The work of an iteration grows in proportion to N or faster on some "
        "picture.",
        undecided="Whether the work of an iteration grows less than in proportion to N is not "
        "decided.",
    ),
)

CLAIM_OF = {DOUBLING: STILL_RISES.id, EVALUATIONS: WORK.id}
"""The claim on each growth."""
