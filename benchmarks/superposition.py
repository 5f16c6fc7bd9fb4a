"""Training of toy models: the CPU engine beside a straightforward PyTorch loop."""

import numpy as np

from benchmarks.machine import beside
from lgi.superposition.training.data import count_patterns, training_samples
from lgi.superposition.training.initial import initial_parameters
from lgi.superposition.training.settings import (
    BinaryData,
    KgonInitialisation,
    NormalBias,
    SnapshotSettings,
    TrainingSettings,
)
from lgi.superposition.training.train_cpu import train_on_patterns

MODELS, SAMPLES, HIDDEN, FEATURES = 448, 1_000, 2, 6
SPARSITY = 1 - np.exp(-5 / 9)  # 0.4262: all 64 patterns occur
EPOCHS, BASELINE_EPOCHS = 10_000, 500
TOLERANCE = 1e-4  # of the parameters; float32 sums in another order drift apart by about 1e-6


def compare() -> list[dict]:
    """Measure both on one thread in the same run, and check that they train the same model.

    Returns
    -------
    list of dict
        One row of the benchmark table.

    Raises
    ------
    AssertionError
        If the parameters differ by more than `TOLERANCE` after the baseline's epochs.
    """
    data = BinaryData(kind="binary", features=FEATURES, test_samples=1)
    seeds = list(range(MODELS))
    samples = training_samples(data, seeds, SPARSITY, SAMPLES)
    patterns, counts = count_patterns(samples)
    start = initial_parameters(_init(), HIDDEN, FEATURES, seeds)

    train_on_patterns(*start, patterns, counts, _training(1))  # compiles
    short = train_on_patterns(*start, patterns, counts, _training(BASELINE_EPOCHS))
    timed = beside(
        lambda: train_on_patterns(*start, patterns, counts, _training(EPOCHS)),
        lambda: _baseline(start[0][0], start[1][0], samples[0]),
    )
    W, b = timed.their_result
    difference = max(abs(short.W[0, -1] - W).max(), abs(short.b[0, -1] - b).max())
    assert difference <= TOLERANCE, f"the engines differ by {difference}"

    return [
        timed.rates(MODELS * EPOCHS, BASELINE_EPOCHS)
        | {
            "case": f"superposition training, {MODELS} models, S = {SPARSITY:.4f}, "
            f"{SAMPLES} samples",
            "engine": "numba, one thread",
            "precision": "float32",
            "window": f"epochs 1 to {EPOCHS} (baseline 1 to {BASELINE_EPOCHS})",
            "patterns": len(patterns),
            "baseline": "PyTorch: one model, DataLoader, autograd, SGD",
            "equal": f"W and b after {BASELINE_EPOCHS} epochs, largest difference {difference:.1e}",
        }
    ]


def _init() -> KgonInitialisation:
    bias = NormalBias(kind="normal", mean=0, deviation=1)
    return KgonInitialisation(
        kind="kgon", k=4, radius=0.9, rotation="random", noise=0.01, bias=bias
    )


def _training(epochs: int) -> TrainingSettings:
    snapshots = SnapshotSettings(first=1, last=20_000, points=50)
    return TrainingSettings(
        rate=0.005, momentum=0.9, batch_size=1_024, epochs=epochs, snapshots=snapshots
    )


def _baseline(W, b, samples) -> tuple[np.ndarray, np.ndarray]:
    """Train one model as one would write it down first; return W and b."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    W, b = (torch.nn.Parameter(torch.tensor(value)) for value in (W, b))
    training = _training(BASELINE_EPOCHS)
    batches = DataLoader(TensorDataset(torch.tensor(samples)), training.batch_size, shuffle=True)
    optimiser = torch.optim.SGD([W, b], lr=training.rate, momentum=training.momentum)
    for _ in range(training.epochs):
        for (x,) in batches:
            optimiser.zero_grad()
            loss = torch.nn.functional.mse_loss(torch.relu(x @ W.T @ W + b), x)
            loss.backward()
            optimiser.step()
    torch.set_num_threads(threads)
    return W.detach().numpy(), b.detach().numpy()
