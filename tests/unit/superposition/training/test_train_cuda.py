"""The kernel that trains toy models: in the simulator, and compiled where numba-cuda is."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.cuda_compiler import need_compiler, ptx
from tests.cuda_simulator import run_simulated


def test_in_the_simulator():
    run_simulated(Path(__file__).with_name("simulated_training.py"))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize(("hidden", "features"), [(2, 6), (5, 20)])
def test_nothing_is_fused(monkeypatch, hidden, features, shuffled, dtype):
    need_compiler()
    from lgi.superposition.training.train_cuda import LANES, _kernel

    kernel = _kernel(hidden, features, shuffled, LANES)
    states, rows, counts = np.zeros((2, 3), dtype), np.zeros(3, dtype), np.zeros(3, np.int64)
    order = np.zeros((1, 1), np.int32)
    given = states, states, np.zeros((2, 3), np.int64), states, rows, counts, counts, order
    text = ptx(monkeypatch, kernel, *given, 1, 2, dtype(1), dtype(1), dtype(1))
    assert re.search(r"\bmul\.(rn\.)?f(32|64)", text)
    assert not re.search(r"\bfma\.", text)
    # By what it encloses its compiled code is found on disk: nothing that a process names anew.
    assert all(isinstance(cell.cell_contents, int | tuple) for cell in kernel.py_func.__closure__)
    if (hidden, features) == (2, 6):
        assert ".local" not in text  # all arrays of a thread are registers
