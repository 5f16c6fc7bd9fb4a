"""Tables of geometry: shares of k-gons along training, and features at its end."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lgi.runs import Run
from lgi.superposition.geometry.geometry import (
    DEGENERATE,
    column_norms,
    feature_dimensionality,
    is_represented,
    kgon_kinds,
)
from lgi.superposition.training.table import gathered
from lgi.superposition.training.view import RUN, Models

# In the order in which figures stack them.
KINDS = (DEGENERATE, "3", "4", "5", "5+", "6")


def kgon_shares(runs: Iterable[Run]) -> pd.DataFrame:
    """Return the share of each kind of k-gon among the seeds, at every snapshot of every run.

    Parameters
    ----------
    runs
        Run files of `lgi.superposition.training.run.train_run`.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, epoch, kgon (see `kgon_kinds`) and share. Every kind
        that occurs anywhere has a row for every snapshot, also where its share is 0, in the order
        of `KINDS`; shares sum to 1.

    Raises
    ------
    DataError
        If there are no runs.
    """
    models = map(Models, runs)
    rows = gathered(
        (pd.DataFrame(m.rows(kgon=kgon_kinds(m.W, m.b))) for m in models), ["seed", "epoch"]
    )
    keys = [rows[key] for key in [*RUN, "epoch"]]
    shares = pd.crosstab(keys, rows["kgon"], normalize="index")
    order = [kind for kind in KINDS if kind in shares]
    order += sorted(set(shares) - set(order))
    return shares[order].stack().rename("share").reset_index()


def final_features(runs: Iterable[Run]) -> pd.DataFrame:
    """Return every feature of every model at the end of training.

    The mean dimensionality of a trained model is near hidden / features whatever its geometry; the
    plateaus of superposition show in the single features.

    Parameters
    ----------
    runs
        Run files of `lgi.superposition.training.run.train_run`.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, seed, feature, inverse_density = 1 / (1 - S), norm |W_i|,
        bias, dimensionality D_i, represented (|W_i|² nearer to 1 than to 0) and median_represented
        (median dimensionality of the represented features of all seeds of the run, NaN where there
        are none); models that diverged are left out.

    Raises
    ------
    DataError
        If there are no runs.
    """
    return gathered((_final_rows(Models(run)) for run in runs), ["seed", "feature"])


def _final_rows(models: Models) -> pd.DataFrame:
    """Return the last snapshot of one run file as rows: models outside, features inside."""
    finite = models.diverged_epoch < 0
    W, b = models.W[finite, -1], models.b[finite, -1]
    count, features = b.shape
    dimensionality, represented = feature_dimensionality(W), is_represented(W)
    known = dimensionality[represented]
    columns = models.names | {
        "seed": np.repeat(models.seeds[finite], features),
        "feature": np.tile(np.arange(features), count),
        "inverse_density": 1 / (1 - models.run.record["sparsity"]),
        "norm": column_norms(W).ravel(),
        "bias": b.ravel(),
        "dimensionality": dimensionality.ravel(),
        "represented": represented.ravel(),
        "median_represented": np.median(known) if known.size else np.nan,
    }
    return pd.DataFrame(columns)
