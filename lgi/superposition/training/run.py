"""One run of study 2: all seeds of one initialisation, sparsity and number of samples."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from pydantic import TypeAdapter

from lgi import provenance
from lgi.checkpoints import NO_CHECKPOINT, NoCheckpoint
from lgi.engines import chosen
from lgi.errors import ConfigError
from lgi.randomness import generator
from lgi.superposition.training.data import (
    count_patterns,
    draw,
    is_discrete,
    possible_patterns,
    test_samples,
    training_samples,
)
from lgi.superposition.training.engines import TRAIN, TRAIN_ON_PATTERNS
from lgi.superposition.training.initial import initial_parameters
from lgi.superposition.training.losses import sample_losses
from lgi.superposition.training.population import population_losses
from lgi.superposition.training.settings import (
    DataSettings,
    InitialisationSettings,
    TrainingSettings,
)
from lgi.superposition.training.trajectory import Trajectory

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
    runs: Sequence[Mapping],
    source: str,
    checkpoints: Sequence[NoCheckpoint] | None = None,
) -> Iterator[tuple[dict[str, np.ndarray], dict]]:
    """Yield what `train_run` returns for each of some runs, on the device in use, in their order.

    Parameters
    ----------
    runs
        The arguments of `train_run` that say what is trained, by name, for each run.
    source
        As for `train_run`.
    checkpoints
        One for each run.
    """
    for run, checkpoint in zip(runs, checkpoints or [NO_CHECKPOINT] * len(runs), strict=True):
        device = chosen(TRAIN).device
        yield train_run(**run, device=device, source=source, checkpoint=checkpoint)


def train_run(
    init_name: str,
    init: InitialisationSettings,
    hidden: int,
    samples: int,
    sparsity: float,
    data: DataSettings,
    training: TrainingSettings,
    seeds: list[int],
    device: str,
    source: str,
    checkpoint: NoCheckpoint = NO_CHECKPOINT,
) -> tuple[dict[str, np.ndarray], dict]:
    """Train one model per seed and return what its run file holds.

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
    device
        ``"cpu"`` for the numba engine, ``"cuda"`` for the PyTorch definition.
    source
        Fingerprint of the source, for the record.
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
    if problem := init.misfit(hidden, data.features):
        raise ConfigError(f"initialisation {init_name}: {problem}")
    run = {
        "study": "superposition",
        "init": init_name,
        "initialisation": init.model_dump(),
        "hidden": hidden,
        "samples": samples,
        "sparsity": sparsity,
        "data": data.model_dump(),
        "training": training.model_dump(),
        "seeds": list(seeds),
        "provenance": provenance.describe(TRAIN[device].name, device, source),
    }
    if finished := checkpoint.begin(run):
        return finished.arrays, finished.record
    train_set = training_samples(data, seeds, sparsity, samples)
    W, b = initial_parameters(init, hidden, data.features, seeds)
    streams = _shuffles(seeds, sparsity, samples)
    result = _train(W, b, train_set, data, training, streams, device, checkpoint)
    discrete = is_discrete(data)
    arrays = {
        "seed": np.array(seeds),
        "epoch": result.epoch,
        "W": result.W,
        "b": result.b,
        "train_loss": sample_losses(result.W, result.b, train_set, discrete),
        "test_loss": sample_losses(
            result.W, result.b, test_samples(data, seeds, sparsity), discrete
        ),
        "population_loss": population_losses(result.W, result.b, data, sparsity),
        "diverged_epoch": result.diverged_epoch,
    }
    return arrays, run | {"state": _state(seeds, result.diverged_epoch)}


def training_data(record: Mapping) -> np.ndarray:
    """Return the training sets that a run was trained on, from its record.

    Returns
    -------
    array [M, samples, features]
        Each seed's own training set, in float32.
    """
    data = TypeAdapter(DataSettings).validate_python(record["data"])
    return training_samples(data, record["seeds"], record["sparsity"], record["samples"])


def fresh_samples(record: Mapping, samples: int) -> np.ndarray:
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


def training_patterns(record: Mapping) -> tuple[np.ndarray, np.ndarray]:
    """Return the training sets of a run as patterns and their counts.

    Returns
    -------
    patterns : array [K, features]
        Distinct samples of all seeds together, in float32.
    counts : array [M, K]
        How often each occurs in a seed's training set.
    """
    return count_patterns(training_data(record))


def _train(W, b, train_set, data, training, streams, device, checkpoint) -> Trajectory:
    samples = train_set.shape[1]
    # Decided from the settings, not from the data: the same for every choice of seeds.
    few_patterns = training.batch_size >= samples and possible_patterns(data) < samples
    if few_patterns and device in TRAIN_ON_PATTERNS:
        patterns = count_patterns(train_set)
        return TRAIN_ON_PATTERNS[device].load()(W, b, *patterns, training, checkpoint)
    return TRAIN[device].load()(W, b, train_set, training, streams, checkpoint=checkpoint)


def _shuffles(seeds: list[int], sparsity: float, samples: int) -> list[np.random.Generator]:
    return [generator(seed, "superposition", "shuffle", sparsity, samples) for seed in seeds]


def _state(seeds: list[int], diverged_epoch: np.ndarray) -> str:
    diverged = [
        f"seed {seed} at epoch {epoch}"
        for seed, epoch in zip(seeds, diverged_epoch, strict=True)
        if epoch >= 0
    ]
    return f"diverged: {', '.join(diverged)}" if diverged else "finished"
