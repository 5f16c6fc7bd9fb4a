"""What the study says: the coefficient at the end of training is the known one."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import OURS, Claim, Sentences, judge, parts
from lgi.regression.settings import Claims

LEAST = 3  # fewer seeds than these decide nothing


def claims(table: pd.DataFrame, settings: Claims) -> Iterator[dict]:
    """Judge the claim of the study.

    Parameters
    ----------
    table
        ``regression_llc.csv``: rank, seed, epoch, llc.
    settings
        Confidence and margin.
    """
    end = table[table["epoch"] == table["epoch"].max()]
    values = {
        f"rank {rank}": (rows["llc"] / (rank / 2)).to_numpy() for rank, rows in end.groupby("rank")
    }
    claim = Claim(
        "regression.half_the_rank",
        "the coefficient of a trained regression is half the rank of its inputs",
        OURS,
        "coefficient at the end of training over half the rank, mean over seeds",
        (1 - settings.margin, 1 + settings.margin),
        Sentences(
            "Trained to the end, its coefficient is half the rank of the inputs.",
            "Its coefficient at the end is not half the rank of the inputs.",
            "Whether its coefficient at the end is half the rank of the inputs is not decided.",
        ),
    )
    finite = {name: value[np.isfinite(value)] for name, value in values.items()}
    yield from judge(claim, parts(finite, intervals.mean, settings.confidence, least=LEAST))
