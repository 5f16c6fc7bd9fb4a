"""What is claimed of pictures of real size."""

from collections.abc import Iterator, Sequence

import pandas as pd

from lgi import intervals
from lgi.claims import ABOVE_0, BELOW_1, OURS, Claim, Sentences, judge, parts
from lgi.display import UNNAMED_FITS, GaussianNames
from lgi.gaussians.selection import RunList
from lgi.gaussians.sizes.settings import SizesSettings
from lgi.gaussians.sizes.table import DOUBLING, EVALUATIONS, growths


def claims(
    table: pd.DataFrame,
    settings: SizesSettings,
    lists: Sequence[RunList],
    names: GaussianNames = UNNAMED_FITS,
) -> Iterator[dict]:
    """Judge whether more Gaussians still help, and whether they cost in proportion.

    Parameters
    ----------
    table, settings, lists
        As for `lgi.gaussians.sizes.table.tables`.
    names
        What people read in place of names.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`, a part for each picture; n counts seeds.
    """
    for quantity, claim in ((DOUBLING, STILL_RISES), (EVALUATIONS, WORK)):
        values = {
            names.fit(*name): value
            for name, value in growths(table, settings, lists, quantity).items()
        }
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
    "an iteration's work rises less than in proportion to N",
    OURS,
    "exponent of the pixels that Gaussians reach in an iteration, over N, mean over seeds",
    BELOW_1,
    Sentences(
        supported="On every picture twice the N takes less than twice the work of an iteration: "
        "more Gaussians are smaller ones.",
        not_supported="On some picture twice the N takes twice the work of an iteration, or more.",
        undecided="Whether twice the N takes less than twice the work of an iteration is not "
        "decided.",
    ),
)

CLAIM_OF = {DOUBLING: STILL_RISES.id, EVALUATIONS: WORK.id}
"""The claim on each growth."""
