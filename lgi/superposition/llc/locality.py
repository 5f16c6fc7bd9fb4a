"""Whether chains from different models on the same data see the same landscape.

Models trained from different starts on the same data have different minima. Chains that stay at
theirs have different E[L]; where E[L] is the same although L(w*) is not, both walk through one
region, and λ̂ = nβ (E[L] - L(w*)) is a constant less nβ L(w*).
"""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.llc.settings import squared_error_factor
from lgi.llc.status import OK
from lgi.superposition.llc.tables import SCALE

if TYPE_CHECKING:
    from lgi.superposition.llc.settings import Locality

CELL = ["setting", *SCALE, "samples", "sparsity", "epoch"]
COLUMNS = [
    *CELL,
    "models",
    "seeds",
    "pairs",
    "far",
    "far_seeds",
    "agree",
    "agree_low",
    "agree_high",
    "far_ok",
    "agree_ok",
    "share_explained",
]


def locality(llc: pd.DataFrame, features: int, settings: "Locality") -> pd.DataFrame:
    """Compare the chains of models on the same data, for every setting, size, sparsity and epoch.

    Parameters
    ----------
    llc
        From `lgi.superposition.llc.tables.gathered`.
    features
        Of the data: with σ they give the factor between the loss of the table and L.
    settings
        What differs, and what agrees.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`: ``models`` with a finite λ̂ and of how many ``seeds``; ``pairs`` of
        starts of one seed whose w* are distinct; how many of them are ``far`` apart, and in how
        many seeds; ``agree``, the share of those whose E[L] agree, the mean over seeds with its
        interval; ``far_ok``, how many of the far pairs are of two estimates that are ok, and
        ``agree_ok``, the share of those whose E[L] agree; ``share_explained``,
        1 - Var(nβ E[L]) / Var(λ̂) about the means of each seed: what λ̂ = constant of the data -
        nβ L(w*) explains of the variance among models on the same data, below 0 where it explains
        nothing.
    """
    rows = llc[np.isfinite(llc["llc"])]
    scale = rows["n_beta"] * squared_error_factor(rows["sigma"], features)
    rows = rows.assign(at_w=scale * rows["loss_at_w"], mean=scale * rows["mean_loss"])
    return pd.DataFrame(
        [
            dict(zip(CELL, cell, strict=True)) | _compared(part, settings)
            for cell, part in rows.groupby(CELL, sort=True)
        ],
        columns=COLUMNS,
    )


def _compared(part: pd.DataFrame, settings: "Locality") -> dict:
    pairs = pd.DataFrame(_pairs(part, settings), columns=["seed", "far", "agrees", "ok"])
    far = pairs[pairs["far"].astype(bool)]
    shares = far.groupby("seed")["agrees"].mean()
    ok = far[far["ok"].astype(bool)]
    agree = intervals.mean(shares.to_numpy(dtype=float), settings.confidence)
    within = part[["llc", "mean"]] - part.groupby("seed")[["llc", "mean"]].transform("mean")
    llc, mean = (within**2).sum()
    return {
        "models": len(part),
        "seeds": part["seed"].nunique(),
        "pairs": len(pairs),
        "far": len(far),
        "far_seeds": agree.n,
        "agree": agree.value,
        "agree_low": agree.low,
        "agree_high": agree.high,
        "far_ok": len(ok),
        "agree_ok": ok["agrees"].astype(float).mean(),
        "share_explained": 1 - mean / llc if llc > 0 else np.nan,
    }


def _pairs(part: pd.DataFrame, settings: "Locality") -> list[tuple[int, bool, bool, bool]]:
    """Return for every pair of distinct w* the seed, and if they are far, agree, are both ok."""
    found = []
    for seed, models in part.groupby("seed"):
        columns = (models[name].to_numpy() for name in ("at_w", "mean", "llc_se", "status"))
        for one, other in combinations(zip(*columns, strict=True), 2):
            (a, mean_a, se_a, status_a), (b, mean_b, se_b, status_b) = one, other
            if abs(a - b) > settings.distinct * max(abs(a), abs(b)):
                agrees = abs(mean_a - mean_b) <= settings.errors * np.hypot(se_a, se_b)
                ok = status_a == status_b == OK
                found.append((seed, abs(a - b) > settings.apart, agrees, ok))
    return found
