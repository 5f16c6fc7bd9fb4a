"""Local learning coefficients of study 2's models along training, on their own training sets."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lgi.errors import RunFileError
from lgi.llc.estimate import Traces, estimate, traces
from lgi.llc.settings import LLCSettings
from lgi.runs import Run, read_table
from lgi.superposition.kernels import loss_and_gradient
from lgi.superposition.run import training_patterns

RUN_ARRAYS = ("seed", "epoch", "W", "b", "train_loss")
COLUMNS = (
    "init",
    "samples",
    "sparsity",
    "seed",
    "epoch",
    "llc",
    "llc_se",
    "loss_at_w",
    "mean_loss",
    "share_below",
    "gradient_norm",
    "acceptance",
    "rhat",
    "ess",
    "verdict",
    "reason",
)


def estimate_run(run: Run, setting: LLCSettings) -> pd.DataFrame:
    """Estimate the LLC of every model of a run file at the setting's epochs.

    The loss is that of training: the mean of (x̂ - x)² over samples and features, on each seed's
    own training set; the parameters are the free ones, W and b. The chains of seed s at epoch e
    draw from the stream (s, "llc", e), so an estimate does not depend on the other models.

    Parameters
    ----------
    run
        Run file of study 2 with the arrays `RUN_ARRAYS`.
    setting
        Sampler, its settings, and the epochs.

    Returns
    -------
    pandas.DataFrame
        A row for each seed and epoch, in this order; the columns `COLUMNS`, described at
        `lgi.llc.estimate.estimate`.

    Raises
    ------
    RunFileError
        If the run has no snapshot at an epoch, or the data rebuilt from its record are not those
        it was trained on; the message names the file.
    """
    snapshots = _snapshots(run, setting.epochs)
    parts = [
        pd.DataFrame(estimate(loss_and_gradient, setting=setting, **problem))
        for problem in _problems(run, setting.epochs)
    ]
    rows = pd.MultiIndex.from_product([run["seed"], setting.epochs], names=["seed", "epoch"])
    table = pd.concat(parts, ignore_index=True).set_index(rows).reset_index()
    _check_loss(run, table["loss_at_w"].to_numpy(), run["train_loss"][:, snapshots].ravel())
    return table.assign(**{name: run.record[name] for name in COLUMNS[:3]})[list(COLUMNS)]


def trace_run(run: Run, setting: LLCSettings, seed: int, epoch: int) -> Traces:
    """Return the chains behind the estimate of one model of a run file.

    Parameters
    ----------
    run
        Run file of study 2 with the arrays `RUN_ARRAYS`.
    setting
        Sampler and its settings; its epochs do not matter.
    seed, epoch
        The model.

    Returns
    -------
    Traces
        Those that `estimate_run` summarises in the model's row, byte for byte.

    Raises
    ------
    RunFileError
        If the run has no such seed or no snapshot at this epoch; the message names the file.
    """
    (model,) = np.flatnonzero(run["seed"] == seed).tolist() or [None]
    if model is None:
        raise RunFileError(
            f"{run.path}: no seed {seed}; it has {', '.join(map(str, run['seed'].tolist()))}"
        )
    (problem,) = _problems(run, (epoch,), slice(model, model + 1))
    return traces(loss_and_gradient, setting=setting, **problem)


def llc_table(files: Iterable[str | Path], settings: Iterable[str]) -> pd.DataFrame:
    """Gather tables of `estimate_run` into one.

    Parameters
    ----------
    files
        Tables as CSV.
    settings
        Name of the setting of each, which becomes the column ``setting``.

    Returns
    -------
    pandas.DataFrame
        All rows, sorted by setting, init, samples, sparsity, seed and epoch.

    Raises
    ------
    RunFileError
        If a table is missing, truncated or foreign; the message names it.
    """
    tables = []
    for file, setting in zip(files, settings, strict=True):
        table = read_table(file, columns=COLUMNS).fillna({"reason": ""})
        table.insert(COLUMNS.index("seed"), "setting", setting)
        tables.append(table)
    order = ["setting", *COLUMNS[:5]]
    return pd.concat(tables).sort_values(order, ignore_index=True)


def _snapshots(run: Run, epochs: Iterable[int]) -> list[int]:
    """Return the places of the epochs among the run's snapshots."""
    places = {epoch: place for place, epoch in enumerate(run["epoch"].tolist())}
    missing = [epoch for epoch in epochs if epoch not in places]
    if missing:
        raise RunFileError(
            f"{run.path}: no snapshot at epoch {', '.join(map(str, missing))}; "
            f"it has {', '.join(map(str, places))}"
        )
    return [places[epoch] for epoch in epochs]


def _problems(
    run: Run, epochs: tuple[int, ...], models: slice = slice(None)
) -> Iterator[dict[str, Any]]:
    """Yield the arguments of `estimate` for the models at the epochs, epochs innermost."""
    snapshots = _snapshots(run, epochs)
    seeds = run["seed"][models]
    parameters = np.concatenate(
        [
            run["W"][models][:, snapshots].reshape(len(seeds), len(snapshots), -1),
            run["b"][models][:, snapshots],
        ],
        axis=2,
    )  # [M, epochs, P]
    for part, patterns, shares in _data(run, models):
        yield {
            "parameters": parameters[part].reshape(-1, parameters.shape[2]).T,
            "shared": (patterns,),
            "per_model": (np.repeat(shares.T, len(snapshots), axis=1),),
            "samples": run.record["samples"],
            "streams": [(seed, "llc", epoch) for seed in seeds[part] for epoch in epochs],
        }


def _data(run: Run, models: slice) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Yield some of the models, the patterns [K, features] of their data, their shares [some, K].

    All models at once where they have patterns in common, else each with its own: continuous
    values do not repeat.
    """
    patterns, counts = training_patterns(run.record)
    samples = run.record["samples"]
    shares = counts[models] / samples
    step = len(shares) if len(patterns) <= samples else 1
    for first in range(0, len(shares), step):
        part = slice(first, first + step)
        occurs = shares[part].any(axis=0)
        # One dtype for all arrays, as the loss asks for.
        yield part, patterns[occurs].astype(np.float64), shares[part][:, occurs]


def _check_loss(run: Run, rebuilt: np.ndarray, trained: np.ndarray) -> None:
    """Raise if L(w*) on the rebuilt data is not the training loss that the run recorded."""
    # Float32 parameters, both losses summed in float64 in another order.
    if not np.allclose(rebuilt, trained, rtol=1e-6, atol=1e-9, equal_nan=True):
        raise RunFileError(
            f"{run.path}: the data rebuilt from its record do not give its training loss: "
            "another version of lgi or NumPy made it; train it again"
        )
