"""Training of many toy models at once, in PyTorch: the definition that the CPU engine is held to.

Any values, mini-batches, sizes and devices.
"""

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
    device: str,
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
    device
        ``"cpu"`` or ``"cuda"``.

    Returns
    -------
    Trajectory
        Snapshots of W and b, and where a model diverged.
    """
    W, b, x = (torch.as_tensor(array).to(device) for array in (W, b, samples))
    W, b = W.clone().requires_grad_(), b.clone().requires_grad_()
    optimiser = torch.optim.SGD([W, b], lr=training.rate, momentum=training.momentum)
    epochs = training.snapshot_epochs()
    diverged = torch.full((len(W),), -1, device=device)
    snapshots = []
    for epoch in range(training.epochs + 1):
        finite = W.detach().isfinite().all(dim=(1, 2)) & b.detach().isfinite().all(dim=1)
        diverged[(diverged < 0) & ~finite] = epoch
        if epoch in epochs:
            snapshots.append((W.detach().cpu().numpy().copy(), b.detach().cpu().numpy().copy()))
        if epoch < training.epochs:
            for batch in _batches(x, training.batch_size, streams):
                optimiser.zero_grad()
                # The gradient of the sum over models is each model's own gradient.
                loss(W, b, batch).sum().backward()
                optimiser.step()
    W_snapshots, b_snapshots = (np.stack(part, axis=1) for part in zip(*snapshots, strict=True))
    return trajectory(epochs, W_snapshots, b_snapshots, diverged.cpu().numpy())


def _batches(x: torch.Tensor, size: int, streams: list[np.random.Generator]):
    """Yield the batches of one epoch: all samples at once, or shuffled mini-batches."""
    if size >= x.shape[1]:
        yield x
        return
    order = torch.as_tensor(batch_order(streams, x.shape[1]), device=x.device)
    models = torch.arange(len(x), device=x.device)[:, None]
    for batch in order.split(size, dim=1):
        yield x[models, batch]
