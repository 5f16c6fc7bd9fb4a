"""The CUDA engine of fits without a GPU: in numba's simulator, and as a compiler makes it."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cuda_simulator import run_simulated


def test_the_engine_in_the_simulator():
    run_simulated(Path(__file__).with_name("simulated_fit_cuda.py"))


COMPILE = """
import numpy as np
from types import SimpleNamespace
from numba import cuda
from numba.cuda import dispatcher
dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=(9, 0))
import numba
import lgi.cuda
from lgi.gaussians.fits.fit_cuda import _advance
lgi.cuda._settle()
float32, int32, int64 = (np.zeros(1, kind) for kind in (np.float32, np.int32, np.int64))
table, bits = np.zeros((1, 15), np.int64), np.zeros(1, np.uint32)
arrays = (table, float32, float32, int32, float32, float32, bits)
arrays += (float32, int32, float32, float32, int64, int32)
kinds = tuple(map(numba.typeof, arrays))
print(cuda.compile_ptx(_advance.py_func, kinds, cc=(9, 0))[0])
"""


@pytest.mark.skipif(find_spec("numba_cuda") is None, reason="numba-cuda is not installed")
def test_the_compiler_fuses_nothing():
    done = subprocess.run(
        [sys.executable, "-c", COMPILE],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert ".visible .entry" in done.stdout
    assert not re.search(r"\bfma\.|\.approx|\.ftz", done.stdout)
