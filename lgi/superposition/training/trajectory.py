"""What the training engines share: what they are given, and the snapshots they return."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lgi.checkpoints import NO_CHECKPOINT, NoCheckpoint
from lgi.superposition.training.settings import TrainingSettings


class Models(NamedTuple):
    """Models to be trained alike, and what each is trained on: weighted rows of features."""

    W: np.ndarray  # [models, hidden, features]; its dtype is the dtype of training
    b: np.ndarray  # [models, features]
    x: np.ndarray  # [K, features] for all models, or each model's own: [models, K, features]
    weights: np.ndarray  # [models, K]: the share of a row in its batch, in the dtype of training
    training: TrainingSettings
    streams: Sequence[np.random.Generator] = ()  # that shuffle each model's rows; none: full batch
    checkpoint: NoCheckpoint = NO_CHECKPOINT

    @property
    def batch(self) -> int:
        """How many rows a step is taken on."""
        rows = self.weights.shape[1]
        return min(self.training.batch_size, rows) if self.streams else rows

    @property
    def parameters(self) -> np.ndarray:
        """W row-major, then b: [models, P]."""
        return np.concatenate([self.W.reshape(len(self.W), -1), self.b], axis=1)


def on_patterns(
    W: np.ndarray,
    b: np.ndarray,
    patterns: np.ndarray,
    counts: np.ndarray,
    training: TrainingSettings,
    checkpoint: NoCheckpoint = NO_CHECKPOINT,
) -> Models:
    """Return models for full-batch SGD on weighted patterns: exact, whatever the samples.

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
    """
    shares = counts / counts.sum(axis=1, keepdims=True)
    return Models(W, b, patterns, shares.astype(W.dtype), training, (), checkpoint)


def on_samples(
    W: np.ndarray,
    b: np.ndarray,
    samples: np.ndarray,
    training: TrainingSettings,
    streams: Sequence[np.random.Generator],
    checkpoint: NoCheckpoint = NO_CHECKPOINT,
) -> Models:
    """Return models for SGD on their own samples: any values, full batch or mini-batches.

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
    """
    count = samples.shape[1]
    batch = min(training.batch_size, count)
    sizes = np.diff(np.append(np.arange(0, count, batch), count))
    shares = (1 / np.repeat(sizes, sizes)).astype(W.dtype)
    weights = np.broadcast_to(shares, samples.shape[:2])
    streams = streams if batch < count else ()
    return Models(W, b, samples, weights, training, streams, checkpoint)


class Trajectory(NamedTuple):
    """Snapshots of many models along training.

    From the epoch on at which a model's parameters are no longer finite, its snapshots are NaN.
    """

    epoch: np.ndarray  # [T]
    W: np.ndarray  # [models, T, hidden, features]
    b: np.ndarray  # [models, T, features]
    diverged_epoch: np.ndarray  # [models], -1 where none


def trajectory(
    epochs: list[int],
    W: np.ndarray,  # [models, T, hidden, features]
    b: np.ndarray,  # [models, T, features]
    diverged_epoch: np.ndarray,  # [models]
) -> Trajectory:
    """Return the trajectory with every state after divergence set to NaN."""
    epoch = np.array(epochs)
    lost = (diverged_epoch[:, None] >= 0) & (epoch >= diverged_epoch[:, None])
    W[lost] = np.nan
    b[lost] = np.nan
    return Trajectory(epoch, W, b, diverged_epoch)


def trajectory_of(
    models: Models,
    snapshots: np.ndarray,  # [models, T, P]
    diverged_epoch: np.ndarray,  # [models]
) -> Trajectory:
    """Return the trajectory of models from their parameters at the snapshots."""
    hidden, features = models.W.shape[1:]
    W, b = np.split(snapshots, [hidden * features], axis=2)
    W = W.reshape(*W.shape[:2], hidden, features)
    epochs = models.training.snapshot_epochs()
    return trajectory(epochs, W.copy(), b.copy(), diverged_epoch)


def batch_order(streams: Sequence[np.random.Generator], samples: int) -> np.ndarray:
    """Return a fresh order of the samples for every model: [models, samples]."""
    return np.stack([stream.permutation(samples) for stream in streams])
