"""Training of many toy models at once on one CPU thread, in numba.

Models are the innermost, vectorised axis (see `lgi.superposition.training.kernels`). A model's bits
depend neither on the models beside it nor on the number of threads.
"""

from typing import NamedTuple

import numpy as np

from lgi.checkpoints import NO_CHECKPOINT, NoCheckpoint
from lgi.jit import njit
from lgi.randomness import position
from lgi.superposition.training.kernels import BLOCK, accumulate, load, rows
from lgi.superposition.training.settings import TrainingSettings
from lgi.superposition.training.trajectory import Trajectory, batch_order, trajectory

# Full-batch epochs are done in pieces of about a second at most, between which the training may be
# saved: so many parameters times patterns.
_PIECE = 2**26


def train_on_patterns(
    W: np.ndarray,
    b: np.ndarray,
    patterns: np.ndarray,
    counts: np.ndarray,
    training: TrainingSettings,
    checkpoint: NoCheckpoint = NO_CHECKPOINT,
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
    checkpoint
        Where the state of the training is saved and found again (`lgi.checkpoints`).

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

    return _train(W, b, passes, training, len(patterns), True, checkpoint)


def train(
    W: np.ndarray,
    b: np.ndarray,
    samples: np.ndarray,
    training: TrainingSettings,
    streams: list[np.random.Generator],
    checkpoint: NoCheckpoint = NO_CHECKPOINT,
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
    checkpoint
        Where the state of the training is saved and found again (`lgi.checkpoints`).

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

    return _train(W, b, passes, training, batch, whole, checkpoint, streams)


class _State(NamedTuple):
    """All that changes while models are trained, block by block."""

    snapshots: np.ndarray  # [models, T, P], 0 where training has not come to
    diverged: np.ndarray  # [models, filled up to whole blocks], epoch or -1
    work: np.ndarray  # of the block in training
    velocity: np.ndarray  # likewise


def _train(
    W, b, passes, training: TrainingSettings, batch: int, whole: bool, checkpoint, streams=()
) -> Trajectory:
    """Train block by block; `passes(models)` yields the patterns and weights of each call."""
    models, hidden, features = W.shape
    epochs = training.snapshot_epochs()
    parameters = np.concatenate([W.reshape(models, -1), b], axis=1)
    state, first, done = _beginning(parameters, hidden, len(epochs), checkpoint, streams)
    for start in range(first, models, BLOCK):
        block = slice(start, min(start + BLOCK, models))
        if not done:
            lanes = np.ascontiguousarray(parameters[block].T)
            load(state.work, hidden, features, lanes, 0, block.stop - start, BLOCK)
            state.velocity[:] = 0
        stages = _stages(state, block, hidden, passes(block), training, batch, whole, done)
        for done in stages:
            if checkpoint.due():
                places = [position(stream) for stream in streams]
                checkpoint.save(state._asdict(), model=start, epoch=done, streams=places)
        done = 0
    W_snapshots, b_snapshots = np.split(state.snapshots, [hidden * features], axis=2)
    W_snapshots = W_snapshots.reshape(models, len(epochs), hidden, features)
    return trajectory(epochs, W_snapshots.copy(), b_snapshots.copy(), state.diverged[:models])


def _beginning(parameters, hidden, snapshots, checkpoint, streams) -> tuple[_State, int, int]:
    """Return the state, the first model of the block in training and its epochs done.

    Those of a checkpoint, to which the streams are moved, or of a training that begins.
    """
    if saved := checkpoint.load():
        progress = saved.record["progress"]
        for stream, place in zip(streams, progress["streams"], strict=True):
            stream.bit_generator.state = place
        state = _State(*(saved[name] for name in _State._fields))
        return state, progress["model"], progress["epoch"]
    (models, size), dtype = parameters.shape, parameters.dtype
    state = _State(
        np.zeros((models, snapshots, size), dtype),
        np.full(-(-models // BLOCK) * BLOCK, -1),
        np.zeros(rows(hidden, size // (hidden + 1)) * BLOCK, dtype),
        np.zeros(size * BLOCK, dtype),
    )
    return state, 0, 0


def _stages(state, block, hidden, passes, training: TrainingSettings, batch, whole, done):
    """Train one block on from epoch `done`, keep its snapshots; yield the epochs done by then."""
    size, dtype = state.snapshots.shape[2], state.work.dtype
    rate, momentum = dtype.type(training.rate), dtype.type(training.momentum)
    diverged = state.diverged[block.start : block.start + BLOCK]
    for kept, target in enumerate(training.snapshot_epochs()):
        while done < target:
            data, weights = next(passes)
            # Shuffled data last one epoch.
            piece = 1 + _PIECE // (len(data) * size) if whole else 1
            after = min(done + piece, target)
            _descend(
                *(state.work, state.velocity, hidden, data, weights),
                *(batch, done, after, rate, momentum, diverged),
            )
            done = after
            yield done
        if done == target:
            now = state.work[: size * BLOCK].reshape(size, BLOCK)[:, : block.stop - block.start]
            state.snapshots[block, kept] = now.T


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
            data, shares = patterns[first:last], weights[first:last]
            accumulate(work, hidden, features, data, shares, 0, BLOCK, BLOCK)
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
