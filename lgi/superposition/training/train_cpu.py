"""Training of many toy models at once on one CPU thread, in numba.

Models are the innermost, vectorised axis (see `lgi.superposition.training.kernels`). A model's bits
depend neither on the models beside it nor on the number of threads.
"""

import numpy as np

from lgi.jit import njit
from lgi.superposition.training.kernels import BLOCK, accumulate, load, workspace
from lgi.superposition.training.settings import TrainingSettings
from lgi.superposition.training.trajectory import Trajectory, batch_order, trajectory


def train_on_patterns(
    W: np.ndarray,
    b: np.ndarray,
    patterns: np.ndarray,
    counts: np.ndarray,
    training: TrainingSettings,
) -> Trajectory:
    """Train every model by full-batch SGD on weighted patterns: exact, whatever the samples.

    Parameters
    ----------
    W : array [models, hidden, features]
        Initial weights; their dtype is the dtype of training.
    b : array [models, features]
        Initial biases.
    patterns : array [K, features]
        Distinct samples of all models together.
    counts : array [models, K]
        How often each occurs in a model's data.
    training
        Rate, momentum, epochs and snapshots; the batch size plays no part.

    Returns
    -------
    Trajectory
        Snapshots of W and b, and where a model diverged.
    """
    shares = counts / counts.sum(axis=1, keepdims=True)

    def passes(models: slice):
        weights = _lanes(shares[models]).astype(W.dtype)
        occurs = weights.any(axis=1)
        data = np.ascontiguousarray(patterns[occurs], W.dtype), weights[occurs]
        while True:
            yield data

    return _train(W, b, passes, training, batch=len(patterns), whole=True)


def train(
    W: np.ndarray,
    b: np.ndarray,
    samples: np.ndarray,
    training: TrainingSettings,
    streams: list[np.random.Generator],
) -> Trajectory:
    """Train every model by SGD on its own samples: any values, full batch or mini-batches.

    Parameters
    ----------
    W : array [models, hidden, features]
        Initial weights; their dtype is the dtype of training.
    b : array [models, features]
        Initial biases.
    samples : array [models, samples, features]
        Training sets.
    training
        Rate, momentum, batch size, epochs and snapshots.
    streams
        One generator per model, which shuffles its mini-batches.

    Returns
    -------
    Trajectory
        Snapshots of W and b, and where a model diverged.
    """
    count = samples.shape[1]
    whole = training.batch_size >= count
    batch = min(training.batch_size, count)
    sizes = np.diff(np.append(np.arange(0, count, batch), count))

    def passes(models: slice):
        own = samples[models]
        weights = np.zeros((count, BLOCK), W.dtype)
        weights[:, : len(own)] = (1 / np.repeat(sizes, sizes))[:, None]
        rows = np.arange(len(own))[:, None]
        data = _lanes(own).astype(W.dtype), weights
        while True:
            if not whole:
                order = batch_order(streams[models], count)
                data = _lanes(own[rows, order]).astype(W.dtype), weights
            yield data

    return _train(W, b, passes, training, batch, whole)


def _train(W, b, passes, training: TrainingSettings, batch: int, whole: bool) -> Trajectory:
    """Train block by block; `passes(models)` yields the patterns and weights of each call."""
    models, hidden, features = W.shape
    epochs = training.snapshot_epochs()
    parameters = np.concatenate([W.reshape(models, -1), b], axis=1)
    snapshots = np.empty((models, len(epochs), parameters.shape[1]), W.dtype)
    diverged = np.full(models, -1)
    for start in range(0, models, BLOCK):
        block = slice(start, min(start + BLOCK, models))
        snapshots[block], diverged[block] = _train_block(
            parameters[block], hidden, passes(block), training, batch, whole
        )
    W_snapshots, b_snapshots = np.split(snapshots, [hidden * features], axis=2)
    W_snapshots = W_snapshots.reshape(models, len(epochs), hidden, features)
    return trajectory(epochs, W_snapshots.copy(), b_snapshots.copy(), diverged)


def _train_block(parameters, hidden, passes, training: TrainingSettings, batch: int, whole: bool):
    """Return the snapshots [models, T, P] and diverged epochs [models] of one block."""
    models, size = parameters.shape
    dtype = parameters.dtype
    work = workspace(hidden, size // (hidden + 1), dtype)
    load(work, np.ascontiguousarray(parameters.T), 0, models)
    velocity = np.zeros(size * BLOCK, dtype)
    diverged = np.full(BLOCK, -1)
    rate, momentum = dtype.type(training.rate), dtype.type(training.momentum)
    snapshots, epoch = [], 0
    for target in training.snapshot_epochs():
        while epoch < target:
            # Shuffled data last one epoch, a full batch lasts until the next snapshot.
            after = target if whole else epoch + 1
            data, weights = next(passes)
            _descend(
                work, velocity, hidden, data, weights, batch, epoch, after, rate, momentum, diverged
            )
            epoch = after
        snapshots.append(work[: size * BLOCK].reshape(size, BLOCK)[:, :models].T.copy())
    return np.stack(snapshots, axis=1), diverged[:models]


def _lanes(values: np.ndarray) -> np.ndarray:
    """Return [models, ...] as [..., BLOCK], zeros after the last model."""
    lanes = np.zeros((*values.shape[1:], BLOCK), values.dtype)
    lanes[..., : len(values)] = np.moveaxis(values, 0, -1)
    return lanes


@njit
def _descend(
    work, velocity, hidden, patterns, weights, batch, before, after, rate, momentum, diverged
):
    """Train one block from epoch `before` to epoch `after`, in place."""
    features = patterns.shape[1]
    scale = work.dtype.type(2) / work.dtype.type(features)
    for epoch in range(before, after):
        for first in range(0, patterns.shape[0], batch):
            last = min(first + batch, patterns.shape[0])
            accumulate(work, hidden, patterns[first:last], weights[first:last], 0, BLOCK)
            for i in range(velocity.size):
                velocity[i] = momentum * velocity[i] + scale * work[velocity.size + i]
                work[i] -= rate * velocity[i]
        _note_divergence(work, velocity.size, epoch + 1, diverged)


@njit
def _note_divergence(work, size, epoch, diverged):
    for lane in range(BLOCK):
        # 0 × p is 0 for a finite p and NaN for any other.
        sign = work.dtype.type(0)
        for i in range(lane, size, BLOCK):
            sign += work[i] * work.dtype.type(0)
        if sign != 0 and diverged[lane] < 0:
            diverged[lane] = epoch
