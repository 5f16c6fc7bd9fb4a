"""Training of many toy models at once, in PyTorch: the definition that the engines are held to."""

import numpy as np
import torch

from lgi.superposition.training.model import loss
from lgi.superposition.training.settings import TrainingSettings
from lgi.superposition.training.trajectory import Trajectory, batch_order, trajectory


def train(
    W: np.ndarray,
    b: np.ndarray,
    samples: np.ndarray,
    training: TrainingSettings,
    streams: list[np.random.Generator],
) -> Trajectory:
    """Train every model on its own data by SGD with momentum.

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
    x, diverged = torch.as_tensor(samples), torch.full((len(W),), -1)
    W, b = (torch.tensor(array, requires_grad=True) for array in (W, b))
    optimiser = torch.optim.SGD([W, b], lr=training.rate, momentum=training.momentum)
    epochs, snapshots = training.snapshot_epochs(), []
    for epoch in range(training.epochs + 1):
        finite = W.detach().isfinite().all(dim=(1, 2)) & b.detach().isfinite().all(dim=1)
        diverged[(diverged < 0) & ~finite] = epoch
        if epoch in epochs:
            snapshots.append([array.detach().numpy().copy() for array in (W, b)])
        if epoch < training.epochs:
            for batch in _batches(x, training.batch_size, streams):
                optimiser.zero_grad()
                # The gradient of the sum over models is each model's own gradient.
                loss(W, b, batch).sum().backward()
                optimiser.step()
    W_snapshots, b_snapshots = (np.stack(part, axis=1) for part in zip(*snapshots, strict=True))
    return trajectory(epochs, W_snapshots, b_snapshots, diverged.numpy())


def _batches(x: torch.Tensor, size: int, streams: list[np.random.Generator]):
    """Yield the batches of one epoch: all samples at once, or shuffled mini-batches."""
    if size >= x.shape[1]:
        yield x
        return
    order = torch.as_tensor(batch_order(streams, x.shape[1]))
    models = torch.arange(len(x))[:, None]
    for batch in order.split(size, dim=1):
        yield x[models, batch]
