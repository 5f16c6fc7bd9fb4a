"""Tables of the learning coefficients of study 2: gathered, beside the loss, their quality."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from lgi.errors import DataError
from lgi.intervals import spearman
from lgi.llc import tables as of_both
from lgi.runs import Run, need_columns
from lgi.superposition.llc.estimates import COLUMNS
from lgi.superposition.training.view import RUN, Models

MODEL = [*RUN, "seed", "epoch"]
SCALE = ["sigma", "n_beta", "localisation"]
CONFIDENCE = 0.95
LEAST_SEEDS = 4  # the interval of a correlation has n - 3 in its denominator


def tables(
    superposition: pd.DataFrame, estimates: Iterable[pd.DataFrame], settings: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return all estimates, their correlation with the loss, and the share of each status.

    Parameters
    ----------
    superposition
        ``superposition.csv``.
    estimates, settings
        As for `gathered`.
    """
    llc = gathered(estimates, settings)
    return llc, correlation(superposition, llc), status_shares(llc)


def gathered(estimates: Iterable[pd.DataFrame], settings: Sequence[str]) -> pd.DataFrame:
    """Gather estimates into one table.

    Parameters
    ----------
    estimates
        Tables of `lgi.superposition.llc.estimates.estimate_run`.
    settings
        Name of the setting of each, which becomes the column ``setting``.

    Returns
    -------
    pandas.DataFrame
        All rows, sorted by setting, init, samples, sparsity, seed and epoch.

    Raises
    ------
    RunFileError
        If a table is truncated or foreign; the message names its file.
    """
    named = []
    for table, setting in zip(estimates, settings, strict=True):
        table = need_columns(table, COLUMNS).copy()
        table.insert(COLUMNS.index("seed"), "setting", setting)
        named.append(table)
    return of_both.gathered(named, COLUMNS, ["setting", *MODEL])


def status_shares(llc: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each status among the seeds, for every setting, scale, run and epoch.

    Parameters
    ----------
    llc
        From `gathered`.
    """
    return of_both.status_shares(llc, ["setting", *SCALE, *RUN, "epoch"])


def losses_and_llc(
    runs: Iterable[Run],
    estimates: Iterable[pd.DataFrame],
    settings: Sequence[str],
    epoch: int,
    loss: str = "train_loss",
) -> pd.DataFrame:
    """Return the loss of every model at one epoch beside its estimate.

    Parameters
    ----------
    runs
        Run files.
    estimates, settings
        As for `gathered`, of these runs, with one setting.
    epoch
        Which.
    loss
        Which loss.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, seed, epoch, the loss, sigma, n_beta, localisation, llc
        and status.
    """
    llc = gathered(estimates, settings)[[*MODEL, *SCALE, "llc", "status"]]
    return losses_at(runs, epoch, loss).merge(llc, on=MODEL)


def losses_at(runs: Iterable[Run], epoch: int, loss: str = "train_loss") -> pd.DataFrame:
    """Return the loss of every model of some runs at one epoch: init to epoch, and the loss.

    Runs without a snapshot there have no rows.
    """
    parts = []
    for run in runs:
        models = Models(run)
        there = models.snapshots(models.epochs == epoch)
        parts.append(pd.DataFrame(there.rows(**{loss: there.losses[loss]})))
    return pd.concat(parts).sort_values(MODEL, ignore_index=True)


def shares(estimates: Iterable[pd.DataFrame], settings: Sequence[str]) -> pd.DataFrame:
    """Return `status_shares` of estimates that are not gathered yet."""
    return status_shares(gathered(estimates, settings))


def correlation(
    superposition: pd.DataFrame, llc: pd.DataFrame, loss: str = "train_loss"
) -> pd.DataFrame:
    """Correlate loss and LLC over the seeds of every run, at every epoch with an estimate.

    Parameters
    ----------
    superposition
        The table of study 2.
    llc
        The table of the LLC: init, samples, sparsity, seed, epoch, llc, and setting where there
        is more than one.
    loss
        Which loss.

    Returns
    -------
    DataFrame
        Columns setting (where `llc` has it), init, samples, epoch, sparsity, seeds (with both
        values finite), pearson, pearson_low, pearson_high, spearman, spearman_low, spearman_high
        and reason. Intervals are at 95 %: Fisher's for Pearson, for Spearman those of
        `lgi.intervals.spearman`. Where a correlation is undefined all six are NaN and the reason
        says why; elsewhere it is empty.

    Raises
    ------
    DataError
        If the tables have no model and epoch in common.
    """
    merged = llc.merge(superposition[[*MODEL, loss]], on=MODEL)
    if merged.empty:
        raise DataError("the tables of losses and LLC have no model and epoch in common")
    groups = [*(["setting"] if "setting" in llc else []), "init", "samples", "epoch", "sparsity"]
    rows = [
        dict(zip(groups, names, strict=True)) | _correlation(group[loss], group["llc"])
        for names, group in merged.groupby(groups)
    ]
    return pd.DataFrame(rows)


def _correlation(loss: pd.Series, llc: pd.Series) -> dict:
    finite = np.isfinite(loss) & np.isfinite(llc)
    x, y = loss[finite].to_numpy(), llc[finite].to_numpy()
    reason = _undefined(x, y)
    names = [f"{kind}{end}" for kind in ("pearson", "spearman") for end in ("", "_low", "_high")]
    values = [np.nan] * len(names) if reason else [*_pearson(x, y), *spearman(x, y, CONFIDENCE)[:3]]
    return {"seeds": len(x), **dict(zip(names, values, strict=True)), "reason": reason}


def _undefined(x: np.ndarray, y: np.ndarray) -> str:
    if len(x) < LEAST_SEEDS:
        return f"fewer than {LEAST_SEEDS} seeds"
    for name, values in (("loss", x), ("llc", y)):
        # Differences of this size are rounding, not variation.
        if np.ptp(values) <= 1e-12 * np.abs(values).max():
            return f"{name} does not vary"
    return ""


def _pearson(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    from scipy import stats  # here, since importing it takes long

    result = stats.pearsonr(x, y)
    return result.statistic, *result.confidence_interval(CONFIDENCE)
