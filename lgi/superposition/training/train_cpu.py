"""Training of many toy models at once on one CPU thread, in numba.

Models are the innermost, vectorised axis (see `lgi.superposition.training.kernels`). A model's bits
depend neither on the models beside it nor on the number of threads.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from lgi.jit import njit
from lgi.randomness import position
from lgi.superposition.training.kernels import BLOCK, accumulate, load, rows, step
from lgi.superposition.training.trajectory import (
    Models,
    Trajectory,
    batch_order,
    on_patterns,
    on_samples,
    trajectory_of,
)

# Full-batch epochs are done in pieces of about a second at most, between which the training may be
# saved: so many parameters times patterns.
_PIECE = 2**26


def train_each(models: Iterable[Models]) -> Iterator[Trajectory]:
    """Train some models after others: each when its trajectory is asked for."""
    return map(_train, models)


def train_on_patterns(*models, **named) -> Trajectory:
    """Train models given as to `lgi.superposition.training.trajectory.on_patterns`."""
    return _train(on_patterns(*models, **named))


def train(*models, **named) -> Trajectory:
    """Train models given as to `lgi.superposition.training.trajectory.on_samples`."""
    return _train(on_samples(*models, **named))


class _State(NamedTuple):
    """All that changes while models are trained, block by block."""

    snapshots: np.ndarray  # [models, T, P], 0 where training has not come to
    diverged: np.ndarray  # [models, filled up to whole blocks], epoch or -1
    work: np.ndarray  # of the block in training
    velocity: np.ndarray  # likewise


def _train(models: Models) -> Trajectory:
    count, hidden, features = models.W.shape
    parameters, streams = models.parameters, models.streams
    state, first, done = _beginning(models)
    for start in range(first, count, BLOCK):
        block = slice(start, min(start + BLOCK, count))
        if not done:
            lanes = np.ascontiguousarray(parameters[block].T)
            load(state.work, hidden, features, lanes, 0, block.stop - start, BLOCK)
            state.velocity[:] = 0
        stages = _stages(state, models, block, done)
        for done in stages:
            models.checkpoint.reached(start * models.training.epochs + done * (block.stop - start))
            if models.checkpoint.due():
                places = [position(stream) for stream in streams]
                models.checkpoint.save(state._asdict(), model=start, epoch=done, streams=places)
        done = 0
    return trajectory_of(models, state.snapshots, state.diverged[:count])


def _beginning(models: Models) -> tuple[_State, int, int]:
    """Return the state, the first model of the block in training and its epochs done.

    Those of a checkpoint, to which the streams are moved, or of a training that begins.
    """
    if saved := models.checkpoint.load():
        progress = saved.record["progress"]
        for stream, place in zip(models.streams, progress["streams"], strict=True):
            stream.bit_generator.state = place
        state = _State(*(saved[name] for name in _State._fields))
        return state, progress["model"], progress["epoch"]
    (count, size), dtype = models.parameters.shape, models.W.dtype
    state = _State(
        np.zeros((count, len(models.training.snapshot_epochs()), size), dtype),
        np.full(-(-count // BLOCK) * BLOCK, -1),
        np.zeros(rows(*models.W.shape[1:]) * BLOCK, dtype),
        np.zeros(size * BLOCK, dtype),
    )
    return state, 0, 0


def _stages(state: _State, models: Models, block: slice, done: int) -> Iterator[int]:
    """Train one block on from epoch `done`, keep its snapshots; yield the epochs done by then."""
    training, hidden = models.training, models.W.shape[1]
    size, dtype = state.snapshots.shape[2], state.work.dtype
    rate, momentum = dtype.type(training.rate), dtype.type(training.momentum)
    diverged = state.diverged[block.start : block.start + BLOCK]
    passes = _passes(models, block)
    for kept, target in enumerate(training.snapshot_epochs()):
        while done < target:
            data, weights = next(passes)
            # Shuffled data last one epoch.
            piece = 1 if models.streams else 1 + _PIECE // (len(data) * size)
            after = min(done + piece, target)
            _descend(
                *(state.work, state.velocity, hidden, data, weights),
                *(models.batch, done, after, rate, momentum, diverged),
            )
            done = after
            yield done
        if done == target:
            now = state.work[: size * BLOCK].reshape(size, BLOCK)[:, : block.stop - block.start]
            state.snapshots[block, kept] = now.T


def _passes(models: Models, block: slice) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows and weights of each call, as the kernels take them."""
    dtype, weights = models.W.dtype, _lanes(models.weights[block])
    if models.x.ndim == 2:
        occurs = weights.any(axis=1)
        data = np.ascontiguousarray(models.x[occurs], dtype), weights[occurs]
    else:
        own = models.x[block]
        places = np.arange(len(own))[:, None]
        data = _lanes(own).astype(dtype), weights
    while True:
        if models.streams:
            order = batch_order(models.streams[block], own.shape[1])
            data = _lanes(own[places, order]).astype(dtype), weights
        yield data


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
                gradient = scale * work[velocity.size + i]
                work[i], velocity[i] = step(work[i], velocity[i], gradient, rate, momentum)
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
