"""One run of study 2: all seeds of one initialisation, sparsity and number of samples."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import tee
from typing import Any, NamedTuple

import numpy as np
from pydantic import TypeAdapter

from lgi.checkpoints import NO_CHECKPOINT, NoCheckpoint
from lgi.engines import chosen
from lgi.errors import ConfigError
from lgi.provenance import describe, source_fingerprint
from lgi.randomness import generator
from lgi.runs import Content
from lgi.shipped import shipped
from lgi.superposition.training.data import (
    count_patterns,
    draw,
    is_discrete,
    possible_patterns,
    test_samples,
    training_samples,
)
from lgi.superposition.training.engines import TRAIN
from lgi.superposition.training.initial import initial_parameters
from lgi.superposition.training.losses import sample_losses
from lgi.superposition.training.population import population_losses
from lgi.superposition.training.settings import (
    DataSettings,
    InitialisationSettings,
    TrainingSettings,
)
from lgi.superposition.training.trajectory import Models, Trajectory, on_patterns, on_samples

ARRAYS = (
    "seed",
    "epoch",
    "W",
    "b",
    "train_loss",
    "test_loss",
    "population_loss",
    "diverged_epoch",
)


def train_runs(
    runs: Sequence[Mapping[str, Any]],
    source: str,
    checkpoints: Sequence[NoCheckpoint] | None = None,
) -> Iterator[Content]:
    """Yield what `train_run` returns for each of some runs, on the device in use, in their order.

    On a CPU each is trained when it is asked for, on a GPU all are at once.

    Parameters
    ----------
    runs
        The arguments of `train_run` that say what is trained, by name, for each run.
    source
        As for `train_run`.
    checkpoints
        One for each run.
    """
    engine = chosen(TRAIN)
    begun = (
        _begin(**run, origin=describe(engine.name, engine.device, source), checkpoint=checkpoint)
        for run, checkpoint in zip(runs, checkpoints or [NO_CHECKPOINT] * len(runs), strict=True)
    )
    to_train, all_runs = tee(begun)
    trajectories = engine.load()(run.models for run in to_train if isinstance(run, _Begun))
    for run in all_runs:
        yield _results(run, next(trajectories)) if isinstance(run, _Begun) else run


def train_run(
    init_name: str,
    init: InitialisationSettings,
    hidden: int,
    samples: int,
    sparsity: float,
    data: DataSettings,
    training: TrainingSettings,
    seeds: list[int],
    source: str | None = None,
    checkpoint: NoCheckpoint = NO_CHECKPOINT,
) -> Content:
    """Train one model per seed, on the device in use; return what the run file holds.

    Parameters
    ----------
    init_name, init
        The initialisation and its name in the configuration.
    hidden
        Hidden dimension.
    samples
        Training samples per seed.
    sparsity
        Probability S that a feature is 0.
    data, training
        Settings of the data and of SGD.
    seeds
        Seeds of the models. A model's results do not depend on the other seeds.
    source
        Fingerprint of the source, for the record; None for that of the workflow's job.
    checkpoint
        Where its state is saved and found again (`lgi.checkpoints`).

    Returns
    -------
    arrays : dict
        M models (one per seed) at T snapshots: ``seed`` [M], ``epoch`` [T],
        ``W`` [M, T, hidden, features] and ``b`` [M, T, features] in float32, ``train_loss``,
        ``test_loss`` and ``population_loss`` [M, T] in float64 (the last is NaN where it is not
        known exactly), ``diverged_epoch`` [M], the first epoch with parameters that are not
        finite or -1.
    record : dict
        Settings, state and provenance, as JSON values.

    Raises
    ------
    ConfigError
        If the initialisation does not fit the size of the model.
    """
    run = {
        "init_name": init_name,
        "init": init,
        "hidden": hidden,
        "samples": samples,
        "sparsity": sparsity,
        "data": data,
        "training": training,
        "seeds": seeds,
    }
    if source is None:
        source = source_fingerprint(shipped("workflow_scripts/train_superposition.py"))
    return next(train_runs([run], source, [checkpoint]))


def training_data(record: Mapping[str, Any]) -> np.ndarray:
    """Return the training sets that a run was trained on, from its record.

    Returns
    -------
    array [M, samples, features]
        Each seed's own training set, in float32.
    """
    data = TypeAdapter(DataSettings).validate_python(record["data"])
    return training_samples(data, record["seeds"], record["sparsity"], record["samples"])


def fresh_samples(record: Mapping[str, Any], samples: int) -> np.ndarray:
    """Return samples of the kind and sparsity of a run that it was neither trained nor tested on.

    Returns
    -------
    array [M, samples, features]
        Those of each seed, in float32, from the stream (seed, "llc", "data", sparsity, samples):
        the same for every start and size of the training set.
    """
    data = TypeAdapter(DataSettings).validate_python(record["data"])
    sparsity = record["sparsity"]
    streams = (generator(seed, "llc", "data", sparsity, samples) for seed in record["seeds"])
    return np.stack([draw(data, stream, sparsity, samples) for stream in streams])


def training_patterns(record: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the training sets of a run as patterns and their counts.

    Returns
    -------
    patterns : array [K, features]
        Distinct samples of all seeds together, in float32.
    counts : array [M, K]
        How often each occurs in a seed's training set.
    """
    return count_patterns(training_data(record))


class _Begun(NamedTuple):
    """A run that is to be trained."""

    record: dict[str, Any]  # without the state at its end
    data: DataSettings
    train_set: np.ndarray
    models: Models


def _begin(
    init_name: str,
    init: InitialisationSettings,
    hidden: int,
    samples: int,
    sparsity: float,
    data: DataSettings,
    training: TrainingSettings,
    seeds: list[int],
    origin: Mapping[str, Any],
    checkpoint: NoCheckpoint,
) -> _Begun | Content:
    """Return a run that is to be trained, or what it holds if an earlier job has finished it."""
    if problem := init.misfit(hidden, data.features):
        raise ConfigError(f"initialisation {init_name}: {problem}")
    record = {
        "study": "superposition",
        "init": init_name,
        "initialisation": init.model_dump(),
        "hidden": hidden,
        "samples": samples,
        "sparsity": sparsity,
        "data": data.model_dump(),
        "training": training.model_dump(),
        "seeds": list(seeds),
        "provenance": origin,
    }
    if finished := checkpoint.begin(record):
        return finished.arrays, finished.record
    train_set = training_samples(data, seeds, sparsity, samples)
    start = initial_parameters(init, hidden, data.features, seeds)
    # Decided from the settings, not from the data: the same for every choice of seeds.
    if training.batch_size >= samples and possible_patterns(data) < samples:
        models = on_patterns(*start, *count_patterns(train_set), training, checkpoint)
    else:
        streams = _shuffles(seeds, sparsity, samples)
        models = on_samples(*start, train_set, training, streams, checkpoint)
    return _Begun(record, data, train_set, models)


def _results(run: _Begun, trained: Trajectory) -> Content:
    """Return what the file of a run holds that was trained."""
    record, data, states = run.record, run.data, (trained.W, trained.b)
    seeds, sparsity, discrete = record["seeds"], record["sparsity"], is_discrete(data)
    arrays = {
        "seed": np.array(seeds),
        "epoch": trained.epoch,
        "W": trained.W,
        "b": trained.b,
        "train_loss": sample_losses(*states, run.train_set, discrete),
        "test_loss": sample_losses(*states, test_samples(data, seeds, sparsity), discrete),
        "population_loss": population_losses(*states, data, sparsity),
        "diverged_epoch": trained.diverged_epoch,
    }
    return arrays, record | {"state": _state(seeds, trained.diverged_epoch)}


def _shuffles(seeds: list[int], sparsity: float, samples: int) -> list[np.random.Generator]:
    return [generator(seed, "superposition", "shuffle", sparsity, samples) for seed in seeds]


def _state(seeds: list[int], diverged_epoch: np.ndarray) -> str:
    diverged = [
        f"seed {seed} at epoch {epoch}"
        for seed, epoch in zip(seeds, diverged_epoch, strict=True)
        if epoch >= 0
    ]
    return f"diverged: {', '.join(diverged)}" if diverged else "finished"
