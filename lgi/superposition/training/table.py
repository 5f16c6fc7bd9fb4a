"""Tables of training: every snapshot of every model, losses along training, and by start."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lgi.distributions import t_quantile
from lgi.errors import DataError
from lgi.runs import Run
from lgi.superposition.geometry.geometry import (
    dimensions_per_feature,
    feature_dimensionality,
    features_represented,
    kgon_kinds,
)
from lgi.superposition.training.view import GAPS, LOSSES, RUN, Models


def tables(runs: Iterable[Run]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table of all snapshots, and the final losses by start (`start_comparison`)."""
    gathered = table(runs)
    return gathered, start_comparison(gathered)


def table(runs: Iterable[Run]) -> pd.DataFrame:
    """Gather run files into one tidy table, a row per model and snapshot.

    Parameters
    ----------
    runs
        Run files of `lgi.superposition.training.run.train_run`.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, seed, epoch, train_loss, test_loss, population_loss (means
        over samples and features), kgon (see `kgon_kinds`),
        mean_dimensionality (over features), dimensions_per_feature = hidden / ‖W‖² (D* of Elhage
        et al. 2022), features_represented, diverged_epoch (first epoch with parameters that are
        not finite, NaN where there is none). Sorted by the first five.

    Raises
    ------
    DataError
        If there are no runs.
    """
    return gathered((_rows(Models(run)) for run in runs), ["seed", "epoch"])


def gathered(parts: Iterable[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """Return tables of single run files as one, sorted by run and further keys.

    Raises
    ------
    DataError
        If there are none.
    """
    parts = list(parts)
    if not parts:
        raise DataError("no run files to gather into a table of study 2")
    return pd.concat(parts, ignore_index=True).sort_values([*RUN, *keys], ignore_index=True)


def losses(runs: Iterable[Run]) -> pd.DataFrame:
    """Return init, samples, sparsity, seed, epoch and the losses of every model and snapshot."""
    models = map(Models, runs)
    return gathered((pd.DataFrame(m.rows(**m.losses)) for m in models), ["seed", "epoch"])


def losses_over_training(runs: Iterable[Run]) -> pd.DataFrame:
    """Return median, quartiles and extremes of the losses and their gap over the seeds.

    Parameters
    ----------
    runs
        Run files of `lgi.superposition.training.run.train_run`.

    Returns
    -------
    DataFrame
        A row per snapshot: columns loss (one of `LOSSES` or `GAPS`), init, samples, sparsity,
        epoch, median, low and high (the quartiles), least, most and seeds. A gap is that of each
        model, in units of 1 - S: on binary data the population loss of a model that always answers
        0. States without a finite training loss are left out, and so is a loss that is not known
        everywhere else.

    Raises
    ------
    DataError
        If there are no runs.
    """
    rows = losses(runs)
    rows = rows[np.isfinite(rows["train_loss"])]
    # The population loss is known exactly for discrete data only.
    scale = 1 - rows["sparsity"]
    gaps = {gap: (rows[name] - rows["train_loss"]) / scale for gap, name in GAPS.items()}
    rows = rows.assign(**gaps)
    known = [name for name in (*LOSSES, *GAPS) if np.isfinite(rows[name]).all()]
    groups = rows.groupby([*RUN, "epoch"])
    return pd.concat([_spread(groups[name]).assign(loss=name) for name in known])[
        ["loss", *RUN, "epoch", "median", "low", "high", "least", "most", "seeds"]
    ]


def _spread(groups: "pd.api.typing.SeriesGroupBy") -> pd.DataFrame:
    low, median, high = (groups.quantile(share) for share in (0.25, 0.5, 0.75))
    extremes = groups.agg(least="min", most="max", seeds="size")
    return extremes.assign(low=low, median=median, high=high).reset_index()


def start_comparison(
    table: pd.DataFrame, inits: Iterable[str] | None = None, loss: str = "train_loss"
) -> pd.DataFrame:
    """Compare starts by their final losses: on average, and the best of the seeds.

    Parameters
    ----------
    table
        The table of study 2.
    inits
        Names of the initialisations to compare; without them all.
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
    inits = list(table["init"].unique() if inits is None else inits)
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
    half = result.pop("error") * t_quantile(0.975, freedom)
    result.insert(len(RUN) + 1, "mean_low", result["mean_loss"] - half)
    result.insert(len(RUN) + 2, "mean_high", result["mean_loss"] + half)
    return result


def head_to_head(runs: Iterable[Run], *, first: str, second: str) -> pd.DataFrame:
    """Compare the final training losses of two starts, and give their ratios.

    Parameters
    ----------
    runs
        Run files of these starts.
    first, second
        Names of the initialisations.

    Returns
    -------
    DataFrame
        Columns of `start_comparison`, and mean_ratio and best_ratio, the first start's losses as
        multiples of the second's, in the rows of the first; infinite or NaN where the second's
        are 0. Rows of the first start come before those of the second.

    Raises
    ------
    DataError
        If there are no runs of one of them.
    """
    compared = start_comparison(losses(runs), [first, second])
    one, other = (compared[compared["init"] == init] for init in (first, second))
    pairs = one.merge(other, on=RUN[1:], how="left", suffixes=("", "_of_second"))
    for name in ("mean", "best"):
        pairs[f"{name}_ratio"] = pairs[f"{name}_loss"] / pairs[f"{name}_loss_of_second"]
    return pd.concat([pairs, other], ignore_index=True)[
        [*compared.columns, "mean_ratio", "best_ratio"]
    ]


def _rows(models: Models) -> pd.DataFrame:
    """Return one run file as rows: models outside, snapshots inside."""
    W, b = models.W, models.b
    diverged = np.where(models.diverged_epoch < 0, np.nan, models.diverged_epoch)
    columns = models.rows(
        **models.losses,
        kgon=kgon_kinds(W, b),
        mean_dimensionality=feature_dimensionality(W).mean(axis=-1),
        dimensions_per_feature=dimensions_per_feature(W),
        features_represented=features_represented(W),
        diverged_epoch=np.broadcast_to(diverged[:, None], b.shape[:2]),
    )
    return pd.DataFrame(columns)
