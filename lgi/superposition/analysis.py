"""Tables of study 2, from run files to the numbers that figures draw."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from lgi.errors import DataError, RunFileError
from lgi.runs import Run
from lgi.superposition.geometry import (
    DEGENERATE,
    column_norms,
    dimensions_per_feature,
    feature_dimensionality,
    features_represented,
    kgon_kinds,
)

RUN = ["init", "samples", "sparsity"]
LOSSES = ("train_loss", "test_loss", "population_loss")
# In the order in which figures stack them.
KINDS = (DEGENERATE, "3", "4", "5", "5+", "6")
LEAST_SEEDS = 4  # the interval of a correlation has n - 3 in its denominator


def table(runs: Iterable[Run]) -> pd.DataFrame:
    """Gather run files into one tidy table, a row per model and snapshot.

    Parameters
    ----------
    runs
        Run files of `lgi.superposition.run.train_run`.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, seed, epoch, train_loss, test_loss, population_loss (means
        over samples and features), kgon (see `kgon_kinds`; ``"undefined"`` unless hidden is 2),
        mean_dimensionality (over features), dimensions_per_feature = hidden / ‖W‖² (D* of Elhage
        et al. 2022), features_represented, diverged_epoch (first epoch with parameters that are
        not finite, -1 where none). Sorted by the first five.

    Raises
    ------
    DataError
        If there are no runs.
    """
    parts = [_rows(run) for run in runs]
    if not parts:
        raise DataError("no run files to gather into a table of study 2")
    gathered = pd.concat(parts, ignore_index=True)
    return gathered.sort_values([*RUN, "seed", "epoch"], ignore_index=True)


def kgon_shares(table: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each kind of k-gon among the seeds, at every snapshot of every run.

    Parameters
    ----------
    table
        The table of study 2.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, epoch, kgon, share. Every kind of `KINDS` that occurs
        anywhere has a row for every snapshot, also where its share is 0; shares sum to 1.
    """
    # A table read from a file holds numbers where every kind is a number.
    kinds = table["kgon"].astype(str)
    shares = pd.crosstab([table[key] for key in [*RUN, "epoch"]], kinds, normalize="index")
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
        Run files of `lgi.superposition.run.train_run`.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, seed, feature, inverse_density = 1 / (1 - S), norm |W_i|,
        bias and dimensionality D_i; models that diverged are left out.

    Raises
    ------
    DataError
        If there are no runs.
    """
    parts = [_final_rows(run) for run in runs]
    if not parts:
        raise DataError("no run files to take the features of study 2 from")
    gathered = pd.concat(parts, ignore_index=True)
    return gathered.sort_values([*RUN, "seed", "feature"], ignore_index=True)


def start_comparison(
    table: pd.DataFrame, inits: Iterable[str], loss: str = "train_loss"
) -> pd.DataFrame:
    """Compare starts by their final losses: on average, and the best of the seeds.

    Parameters
    ----------
    table
        The table of study 2.
    inits
        Names of the initialisations to compare.
    loss
        Which loss.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, mean_loss, mean_low, mean_high (95 % interval of the mean,
        Student's t, NaN for one seed), best_loss, seeds; models that diverged are left out.

    Raises
    ------
    DataError
        If an initialisation has no rows.
    """
    inits = list(inits)
    if missing := set(inits) - set(table["init"]):
        raise DataError(
            f"no runs of initialisation {', '.join(sorted(missing))} to compare; "
            f"there are {', '.join(sorted(set(table['init'])))}"
        )
    chosen = table[table["init"].isin(inits)]
    final = chosen[chosen["epoch"] == chosen.groupby(RUN)["epoch"].transform("max")]
    groups = final[np.isfinite(final[loss])].groupby(RUN)[loss]
    result = groups.agg(mean_loss="mean", error="sem", best_loss="min", seeds="size").reset_index()
    freedom = result["seeds"].where(result["seeds"] > 1) - 1
    half = result.pop("error") * stats.t.ppf(0.975, freedom)
    result.insert(len(RUN) + 1, "mean_low", result["mean_loss"] - half)
    result.insert(len(RUN) + 2, "mean_high", result["mean_loss"] + half)
    return result


def loss_llc_correlation(
    table: pd.DataFrame, llc: pd.DataFrame, loss: str = "train_loss"
) -> pd.DataFrame:
    """Correlate loss and LLC over the seeds of every run, at every epoch with an estimate.

    Parameters
    ----------
    table
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
        and reason. Intervals are at 95 %: Fisher's for Pearson, for Spearman with the variance of
        Bonett and Wright 2000, "Sample size requirements for estimating Pearson, Kendall and
        Spearman correlations". Where a correlation is undefined all six are NaN and the reason
        says why; elsewhere it is empty.

    Raises
    ------
    DataError
        If the tables have no model and epoch in common.
    """
    keys = [*RUN, "seed", "epoch"]
    merged = llc.merge(table[[*keys, loss]], on=keys)
    if merged.empty:
        raise DataError("the tables of losses and LLC have no model and epoch in common")
    groups = [*(["setting"] if "setting" in llc else []), "init", "samples", "epoch", "sparsity"]
    rows = [
        dict(zip(groups, names, strict=True)) | _correlation(group[loss], group["llc"])
        for names, group in merged.groupby(groups)
    ]
    return pd.DataFrame(rows)


def verdict_shares(llc: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each verdict among the seeds, for every setting, run and epoch.

    Parameters
    ----------
    llc
        The table of the LLC: setting, init, samples, sparsity, seed, epoch and verdict.

    Returns
    -------
    DataFrame
        Columns setting, init, samples, sparsity, epoch, verdict, share and seeds. Every verdict
        that occurs anywhere has a row in every cell, also where its share is 0; the shares of a
        cell sum to 1.
    """
    cell = ["setting", *RUN, "epoch"]
    counts = pd.crosstab([llc[key] for key in cell], llc["verdict"])
    seeds = counts.sum(axis=1)
    shares = counts.div(seeds, axis=0).stack().rename("share").reset_index()
    return shares.merge(seeds.rename("seeds").reset_index(), on=cell)


def _rows(run: Run) -> pd.DataFrame:
    """Return one run file as rows: models outside, snapshots inside."""
    W, b = run["W"], run["b"]
    models, snapshots = run["seed"].size, run["epoch"].size
    for name in ("W", "b", *LOSSES):
        if run[name].shape[:2] != (models, snapshots):
            raise RunFileError(
                f"{run.path}: {name} is of shape {run[name].shape}, but there are "
                f"{models} seeds and {snapshots} epochs"
            )
    kinds = kgon_kinds(W, b) if W.shape[-2] == 2 else np.full(b.shape[:2], "undefined")
    columns = {name: run.record[name] for name in RUN}
    columns |= {"seed": np.repeat(run["seed"], snapshots), "epoch": np.tile(run["epoch"], models)}
    columns |= {name: run[name].ravel() for name in LOSSES}
    columns |= {
        "kgon": kinds.ravel(),
        "mean_dimensionality": feature_dimensionality(W).mean(axis=-1).ravel(),
        "dimensions_per_feature": dimensions_per_feature(W).ravel(),
        "features_represented": features_represented(W).ravel(),
        "diverged_epoch": np.repeat(run["diverged_epoch"], snapshots),
    }
    return pd.DataFrame(columns)


def _final_rows(run: Run) -> pd.DataFrame:
    """Return the last snapshot of one run file as rows: models outside, features inside."""
    finite = run["diverged_epoch"] < 0
    W, b = run["W"][finite, -1], run["b"][finite, -1]
    models, features = b.shape
    columns = {name: run.record[name] for name in RUN}
    columns |= {
        "seed": np.repeat(run["seed"][finite], features),
        "feature": np.tile(np.arange(features), models),
        "inverse_density": 1 / (1 - run.record["sparsity"]),
        "norm": column_norms(W).ravel(),
        "bias": b.ravel(),
        "dimensionality": feature_dimensionality(W).ravel(),
    }
    return pd.DataFrame(columns)


def _correlation(loss: pd.Series, llc: pd.Series) -> dict:
    finite = np.isfinite(loss) & np.isfinite(llc)
    x, y = loss[finite].to_numpy(), llc[finite].to_numpy()
    reason = _undefined(x, y)
    names = [f"{kind}{end}" for kind in ("pearson", "spearman") for end in ("", "_low", "_high")]
    values = [np.nan] * len(names) if reason else [*_pearson(x, y), *_spearman(x, y)]
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
    result = stats.pearsonr(x, y)
    return result.statistic, *result.confidence_interval(0.95)


def _spearman(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    r = stats.spearmanr(x, y).statistic
    if abs(r) >= 1:
        return (
            r,
            r,
            r,
        )  # as SciPy does for Pearson: the interval of a perfect correlation is a point
    half = stats.norm.ppf(0.975) * np.sqrt((1 + r**2 / 2) / (len(x) - 3))
    return r, np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)
