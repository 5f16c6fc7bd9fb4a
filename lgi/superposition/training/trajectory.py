"""What both training engines share: the snapshots they return and the order of mini-batches."""

from typing import NamedTuple

import numpy as np


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


def batch_order(streams: list[np.random.Generator], samples: int) -> np.ndarray:
    """Return a fresh order of the samples for every model: [models, samples]."""
    return np.stack([stream.permutation(samples) for stream in streams])
