"""Training of all models of many runs at once on a GPU, with the bits of the CPU engine.

The threads of a block train one model: each works out what one pattern adds to the gradient, with
the source of the CPU engine; then each adds up, in the order of the patterns, what all of them add
to its own parameter, and moves it. So as many threads as there are decide no bit, and neither does
a model's company. Patterns of weight 0 are left out: they would add zeros to sums that begin with
+0, and these are never -0.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numba import cuda

from lgi.cuda import called, kernel, splitting
from lgi.jit import njit
from lgi.randomness import position
from lgi.superposition.training.kernels import accumulate, rows, step
from lgi.superposition.training.trajectory import Models, Trajectory, batch_order, trajectory_of

LANES = 32
"""Threads of a model: one warp."""

# A launch lasts about a second at most; between launches the training may be saved. So many
# patterns of the model that has most, or a thousand times as many of all models.
_PIECE = 2**26
_ORDERS = 2**24  # numbers in the orders of mini-batches that are on the card at once


def train_each(models: Iterable[Models]) -> Iterator[Trajectory]:
    """Train some models, all at once where their settings are the same.

    Raises
    ------
    MemoryError
        If the models of one run alone are too large for the card.
    """
    runs = [_begun(one) for one in models]
    groups: dict[tuple, list[int]] = {}
    for index, run in enumerate(runs):
        groups.setdefault(_alike(run), []).append(index)
    trajectories: dict[int, Trajectory] = {}
    for indices in groups.values():
        done = splitting(_train, [runs[index] for index in indices])
        trajectories.update(zip(indices, done, strict=True))
    return (trajectories[index] for index in range(len(runs)))


class _State(NamedTuple):
    """All that changes while models are trained."""

    parameters: np.ndarray  # [models, P]
    velocities: np.ndarray  # [models, P]
    diverged: np.ndarray  # [models, P]: the epoch at which a parameter was not finite, or -1
    snapshots: np.ndarray  # [models, T, P], 0 where training has not come to


class _Run(NamedTuple):
    models: Models
    state: _State
    done: int  # epochs


def _begun(models: Models) -> _Run:
    """Return models as they begin, or as a checkpoint has them, to which the streams are moved."""
    if saved := models.checkpoint.load():
        progress = saved.record["progress"]
        for stream, place in zip(models.streams, progress["streams"], strict=True):
            stream.bit_generator.state = place
        return _Run(models, _State(*(saved[name] for name in _State._fields)), progress["epoch"])
    parameters = models.parameters
    snapshots = np.zeros(
        (len(parameters), len(models.training.snapshot_epochs()), parameters.shape[1]),
        parameters.dtype,
    )
    still, finite = np.zeros_like(parameters), np.full(parameters.shape, -1)
    return _Run(models, _State(parameters, still, finite, snapshots), 0)


def _alike(run: _Run) -> tuple:
    """Return what runs that are trained in one launch have in common."""
    models = run.models
    settings = models.training.model_dump_json()
    return settings, models.W.shape[1:], models.W.dtype.str, bool(models.streams), run.done


def _train(runs: Sequence[_Run]) -> list[Trajectory]:
    """Train runs that are alike, in one launch from snapshot to snapshot."""
    done, card = runs[0].done, _Card([run.models for run in runs], [run.state for run in runs])
    for kept, target in enumerate(runs[0].models.training.snapshot_epochs()):
        while done < target:
            done = card.descend(done, target)
            for run in runs:
                run.models.checkpoint.reached(done * len(run.models.W))
            if any(run.models.checkpoint.due() for run in runs):
                card.fetch()
                _save(runs, done)
        if done == target:
            card.fetch()
            for run in runs:
                run.state.snapshots[:, kept] = run.state.parameters
    return [
        trajectory_of(run.models, run.state.snapshots, _first(run.state.diverged)) for run in runs
    ]


def _save(runs: Sequence[_Run], done: int) -> None:
    """Save every run, also when the first is the last that the process was to save."""
    ended = None
    for models, state, _ in runs:
        places = [position(stream) for stream in models.streams]
        try:
            models.checkpoint.save(state._asdict(), epoch=done, streams=places)
        except SystemExit as asked:
            ended = asked
    if ended:
        raise ended


def _first(diverged: np.ndarray) -> np.ndarray:
    """Return when the first parameter of each model was not finite, -1 if never."""
    never = np.iinfo(diverged.dtype).max
    first = np.where(diverged < 0, never, diverged).min(axis=1)
    return np.where(first == never, -1, first)


class _Card:
    """Models of several runs on the card, which takes all its memory before a stream is moved."""

    def __init__(self, models: list[Models], states: list[_State]) -> None:
        self._models, self._states = models, states
        self._ends = np.cumsum([len(one.W) for one in models])
        moving = zip(*(state[:3] for state in states), strict=True)
        self._moving = [cuda.to_device(np.concatenate(parts)) for parts in moving]
        x, weights, counts = map(np.concatenate, zip(*map(_data, models), strict=True))
        firsts = np.append(0, np.cumsum(counts))
        batches = np.repeat([one.batch for one in models], [len(one.W) for one in models])
        self._data = [cuda.to_device(array) for array in (x, weights, firsts, batches)]
        first = models[0]
        self._piece = 1 + _PIECE // (int(counts.max()) + len(x) // 1000)
        self._order = np.zeros((1, 1), np.int32)
        if first.streams:
            self._piece = min(self._piece, 1 + _ORDERS // len(x), first.training.epochs)
            self._order = np.zeros((self._piece, len(x)), np.int32)
        self._order_on_card = cuda.to_device(self._order)
        dtype, sizes, training = first.W.dtype, first.W.shape[1:], first.training
        scale = dtype.type(2) / dtype.type(sizes[1])
        self._constants = scale, dtype.type(training.rate), dtype.type(training.momentum)
        self._kernel = _kernel(*sizes, bool(first.streams), LANES)
        self._launch(0, 0)  # of no epochs: what else it needs of the memory is taken now

    def descend(self, done: int, target: int) -> int:
        """Train from epoch `done` towards `target`; return the epochs done then."""
        after = min(done + self._piece, target)
        if self._models[0].streams:
            for row in self._order[: after - done]:
                orders = [batch_order(one.streams, one.x.shape[1]) for one in self._models]
                row[:] = np.concatenate([order.ravel() for order in orders])
            self._order_on_card.copy_to_device(self._order)
        self._launch(done, after)
        return after

    def _launch(self, before: int, after: int) -> None:
        """Train for the epochs from one to before another, and wait."""
        self._kernel[int(self._ends[-1]), LANES](
            *self._moving, *self._data, self._order_on_card, before, after, *self._constants
        )
        cuda.synchronize()

    def fetch(self) -> None:
        """Bring parameters, velocities and divergence back to the states."""
        for name, array in zip(_State._fields, self._moving, strict=False):
            parts = np.split(array.copy_to_host(), self._ends[:-1])
            for state, part in zip(self._states, parts, strict=True):
                getattr(state, name)[:] = part


def _data(models: Models) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows of all models one after the other, their weights, and how many a model has.

    Rows that have no weight are left out.
    """
    dtype, weights = models.W.dtype, models.weights
    if models.x.ndim == 3:
        x = models.x.reshape(-1, models.x.shape[2]).astype(dtype)
        return x, weights.ravel(), np.full(len(weights), weights.shape[1])
    occurs = weights != 0
    x = models.x[np.nonzero(occurs)[1]].astype(dtype)
    return x, weights[occurs], occurs.sum(axis=1)


@called
@njit
def _pattern_terms(work, hidden, features, x, row, weight):
    """Leave in the block's rows what one pattern adds to the gradient."""
    accumulate(work, hidden, features, x[row : row + 1], weight, 0, 1, 1)


@called
@njit
def _share_out(terms, work, size, first, lanes, lane):
    """Write the terms of one pattern for so many parameters from the first on."""
    for i in range(min(lanes, size - first)):
        terms[i, lane] = work[size + first + i]


@called
@njit
def _add_up(gradient, terms, part, lanes, lane):
    """Add the terms of all patterns for one parameter, in the order of the patterns."""
    total = gradient[part]
    for k in range(lanes):
        total += terms[lane, k]
    gradient[part] = total


@called
@njit
def _move(current, velocity, gradient, p, part, scale, rate, momentum):
    """Take the step of one parameter."""
    current[p], velocity[part] = step(
        current[p], velocity[part], scale * gradient[part], rate, momentum
    )


@called
@njit
def _take(work, current, size):
    """Take all parameters into the block."""
    for p in range(size):
        work[p] = current[p]


@called
@njit
def _lost(current, p):
    # 0 × p is 0 for a finite p and NaN for any other.
    return current[p] * current.dtype.type(0) != 0


@cache
def _kernel(hidden: int, features: int, shuffled: bool, lanes: int):
    """Return the kernel for models of one size: sizes are literals, so arrays are registers.

    What it encloses is numbers alone, by which compiled code is found again on disk.
    """
    size = (hidden + 1) * features
    parts = -(-size // lanes)  # parameters of a thread
    scratch, exchange = int(rows(hidden, features)), (lanes, lanes + 1)

    @kernel
    def descend(
        parameters,  # [models, P]
        velocities,  # [models, P]
        diverged,  # [models, P]
        x,  # [rows, features]
        weights,  # [rows]
        firsts,  # [models + 1], among the rows
        batches,  # [models], rows of a step
        order,  # [epochs, rows], within a model; of one number where nothing is shuffled
        before,
        after,
        scale,
        rate,
        momentum,
    ):
        dtype = parameters.dtype
        model, lane = cuda.blockIdx.x, cuda.threadIdx.x
        terms = cuda.shared.array(exchange, dtype)  # of a parameter, from a pattern
        current = cuda.shared.array(size, dtype)
        work = cuda.local.array(scratch, dtype)
        weight = cuda.local.array((1, 1), dtype)
        velocity = cuda.local.array(parts, dtype)
        gradient = cuda.local.array(parts, dtype)
        begin, end = firsts[model], firsts[model + 1]
        for part in range(parts):
            p = part * lanes + lane
            if p < size:
                current[p] = parameters[model, p]
                velocity[part] = velocities[model, p]
        cuda.syncthreads()
        _take(work, current, size)
        for epoch in range(before, after):
            for first in range(begin, end, batches[model]):
                last = min(first + batches[model], end)
                for part in range(parts):
                    gradient[part] = 0
                for start in range(first, last, lanes):
                    k = min(start + lane, last - 1)
                    row = begin + order[epoch - before, k] if shuffled else k
                    weight[0, 0] = weights[k] if k == start + lane else 0
                    _pattern_terms(work, hidden, features, x, row, weight)
                    for part in range(parts):
                        _share_out(terms, work, size, part * lanes, lanes, lane)
                        cuda.syncthreads()
                        _add_up(gradient, terms, part, lanes, lane)
                        cuda.syncthreads()
                for part in range(parts):
                    p = part * lanes + lane
                    if p < size:
                        _move(current, velocity, gradient, p, part, scale, rate, momentum)
                cuda.syncthreads()
                _take(work, current, size)
            for part in range(parts):
                p = part * lanes + lane
                if p < size and _lost(current, p) and diverged[model, p] < 0:
                    diverged[model, p] = epoch + 1
        for part in range(parts):
            p = part * lanes + lane
            if p < size:
                parameters[model, p] = current[p]
                velocities[model, p] = velocity[part]

    return descend
