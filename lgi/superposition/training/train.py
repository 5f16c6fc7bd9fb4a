"""Training of many toy models at once, in PyTorch: the definition that the CPU engine is held to.

Any values, mini-batches, sizes and devices.
"""

import numpy as np
import torch

from lgi.checkpoints import NO_CHECKPOINT, NoCheckpoint
from lgi.randomness import position
from lgi.runs import Run
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
    checkpoint: NoCheckpoint = NO_CHECKPOINT,
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
    checkpoint
        Where the state of the training is saved and found again (`lgi.checkpoints`).

    Returns
    -------
    Trajectory
        Snapshots of W and b, and where a model diverged.
    """
    x, diverged = torch.as_tensor(samples).to(device), torch.full((len(W),), -1, device=device)
    W, b = (torch.as_tensor(array).to(device).clone().requires_grad_() for array in (W, b))
    optimiser = torch.optim.SGD([W, b], lr=training.rate, momentum=training.momentum)
    epochs = training.snapshot_epochs()
    snapshots, done = [], 0
    if saved := checkpoint.load():
        done = saved.record["progress"]["epoch"]
        snapshots = list(zip(saved["W_snapshots"], saved["b_snapshots"], strict=True))
        diverged = torch.as_tensor(saved["diverged"]).to(device)
        _resume(saved, {"W": W, "b": b}, optimiser, streams)
    for epoch in range(done, training.epochs + 1):
        if epoch > done and checkpoint.due():
            state = _arrays({"W": W, "b": b}, optimiser) | {"diverged": diverged.cpu().numpy()}
            state["W_snapshots"], state["b_snapshots"] = map(np.stack, zip(*snapshots, strict=True))
            places = [position(stream) for stream in streams]
            checkpoint.save(state, epoch=epoch, streams=places)
        finite = W.detach().isfinite().all(dim=(1, 2)) & b.detach().isfinite().all(dim=1)
        diverged[(diverged < 0) & ~finite] = epoch
        if epoch in epochs:
            snapshots.append((_array(W), _array(b)))
        if epoch < training.epochs:
            for batch in _batches(x, training.batch_size, streams):
                optimiser.zero_grad()
                # The gradient of the sum over models is each model's own gradient.
                loss(W, b, batch).sum().backward()
                optimiser.step()
    W_snapshots, b_snapshots = (np.stack(part, axis=1) for part in zip(*snapshots, strict=True))
    return trajectory(epochs, W_snapshots, b_snapshots, diverged.cpu().numpy())


def _arrays(trained: dict[str, torch.Tensor], optimiser: torch.optim.SGD) -> dict[str, np.ndarray]:
    """Return parameters and, where there is momentum, their velocities."""
    arrays = {name: _array(values) for name, values in trained.items()}
    for name, values in trained.items():
        if (velocity := optimiser.state[values].get("momentum_buffer")) is not None:
            arrays[f"{name}_velocity"] = _array(velocity)
    return arrays


def _resume(saved: Run, trained: dict[str, torch.Tensor], optimiser, streams) -> None:
    """Put parameters, velocities and streams where they were at a checkpoint."""
    for name, values in trained.items():
        values.data.copy_(torch.as_tensor(saved[name]))
        if f"{name}_velocity" in saved.arrays:
            velocity = torch.as_tensor(saved[f"{name}_velocity"]).to(values.device)
            optimiser.state[values]["momentum_buffer"] = velocity
    for stream, place in zip(streams, saved.record["progress"]["streams"], strict=True):
        stream.bit_generator.state = place


def _array(values: torch.Tensor) -> np.ndarray:
    return values.detach().cpu().numpy().copy()


def _batches(x: torch.Tensor, size: int, streams: list[np.random.Generator]):
    """Yield the batches of one epoch: all samples at once, or shuffled mini-batches."""
    if size >= x.shape[1]:
        yield x
        return
    order = torch.as_tensor(batch_order(streams, x.shape[1]), device=x.device)
    models = torch.arange(len(x), device=x.device)[:, None]
    for batch in order.split(size, dim=1):
        yield x[models, batch]
