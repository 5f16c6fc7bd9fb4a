"""Run files of study 2 with made-up models."""

from pathlib import Path

import numpy as np
import pytest

from lgi.runs import Run


def made_up_run(init="kgon4", samples=100, sparsity=0.8111, models=5, seed=0, hidden=2) -> Run:
    rng = np.random.default_rng(seed)
    T = 3
    arrays = {
        "seed": np.arange(models),
        "epoch": np.array([0, 1, 9]),
        "W": rng.normal(size=(models, T, hidden, 6)).astype(np.float32),
        "b": rng.normal(size=(models, T, 6)).astype(np.float32),
        "diverged_epoch": np.full(models, -1),
    }
    for name in ("train_loss", "test_loss", "population_loss"):
        arrays[name] = rng.random((models, T))
    record = {"init": init, "samples": samples, "sparsity": sparsity}
    return Run(Path(f"{init}.npz"), arrays, record)


def diverged_run(at=1) -> Run:
    lost = made_up_run()
    lost["diverged_epoch"][2] = at
    for name in ("W", "b", "train_loss", "test_loss", "population_loss"):
        lost[name][2, at:] = np.nan
    return lost


@pytest.fixture
def run():
    """Return the function that makes a run up."""
    return made_up_run


@pytest.fixture
def diverged():
    """Return the function that makes up a run one of whose models was lost."""
    return diverged_run
