"""Local learning coefficients of study 2's models along training, on their own training sets."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lgi.errors import RunFileError
from lgi.llc.estimate import Traces, estimate, traces
from lgi.llc.problem import Problem
from lgi.runs import Run
from lgi.superposition.llc.settings import SuperpositionEstimate
from lgi.superposition.training.data import count_patterns
from lgi.superposition.training.kernels import loss_and_gradient
from lgi.superposition.training.run import fresh_samples, training_data
from lgi.superposition.training.view import Models

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
    "status",
    "reason",
)


def estimate_run(run: Run, setting: SuperpositionEstimate) -> pd.DataFrame:
    """Estimate the LLC of every model of a run file at the setting's epochs.

    The loss is that of training: the mean of (x̂ - x)² over samples and features, on each seed's
    own training set or on the fresh data of the setting; the parameters are the free ones, W and
    b. The chains of seed s at epoch e draw from the stream (s, "llc", e), so an estimate does not
    depend on the other models.

    Parameters
    ----------
    run
        Run file of study 2.
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
    models = Models(run)
    models = models.at(setting.epochs.among(models.epochs.tolist()))
    parts = [pd.DataFrame(estimate(problem, setting)) for problem in problems(models, setting)]
    table = pd.concat(parts, ignore_index=True)
    if setting.data is None:
        _check_loss(run, table["loss_at_w"].to_numpy(), models.losses["train_loss"].ravel())
    return table.assign(**models.rows())[list(COLUMNS)]


def trace_run(run: Run, setting: SuperpositionEstimate, seed: int, epoch: int) -> Traces:
    """Return the chains behind the estimate of one model of a run file.

    Parameters
    ----------
    run
        Run file of study 2.
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
    (problem,) = problems(Models(run).model(seed).at([epoch]), setting)
    return traces(problem, setting)


def problems(models: Models, setting: SuperpositionEstimate) -> Iterator[Problem]:
    """Yield what is sampled around models at their snapshots, snapshots innermost.

    All models at once where they have patterns in common, else one problem for each: continuous
    values do not repeat.
    """
    record, epochs, seeds = models.run.record, models.epochs.tolist(), models.seeds
    parameters = np.concatenate(
        [models.W.reshape(len(seeds), len(epochs), -1), models.b], axis=2
    )  # [M, T, P]
    fresh = setting.data
    data = fresh_samples(record, fresh.samples) if fresh else training_data(record)
    samples = data.shape[1]
    patterns, counts = count_patterns(data)
    shares = counts / samples
    step = len(shares) if len(patterns) <= samples else 1
    for first in range(0, len(shares), step):
        part = slice(first, first + step)
        occurs = shares[part].any(axis=0)
        yield Problem(
            loss_and_gradient=loss_and_gradient,
            parameters=parameters[part].reshape(-1, parameters.shape[2]).T,
            samples=samples,
            streams=[(seed, "llc", epoch) for seed in seeds[part] for epoch in epochs],
            # One dtype for all arrays, as the loss asks for.
            shared=(patterns[occurs].astype(np.float64),),
            per_model=(np.repeat(shares[part][:, occurs].T, len(epochs), axis=1),),
            copies=_copies(setting, models),
        )


def _copies(setting: SuperpositionEstimate, models: Models) -> np.ndarray | None:
    """Return how often each parameter is stored [P]; None for once."""
    if setting.copies is None:
        return None
    sizes = [models.W[0, 0].size, models.b[0, 0].size]
    return np.repeat([float(setting.copies.W), float(setting.copies.b)], sizes)


def _check_loss(run: Run, rebuilt: np.ndarray, trained: np.ndarray) -> None:
    """Raise if L(w*) on the rebuilt data is not the training loss that the run recorded."""
    # Float32 parameters, both losses summed in float64 in another order.
    if not np.allclose(rebuilt, trained, rtol=1e-6, atol=1e-9, equal_nan=True):
        raise RunFileError(
            f"{run.path}: the data rebuilt from its record do not give its training loss: "
            "another version of lgi or NumPy made it; train it again"
        )
