"""Tests of kernels in numba's simulator, which a process has from its start or not at all.

They stand in files of their own, whose names pytest does not collect, such as
``simulated_fits.py``; a test beside them runs the file: ``run_simulated(Path(__file__).with_name(
"simulated_fits.py"))``.
"""

import os
import subprocess
import sys
from functools import partialmethod
from pathlib import Path

import numba
import numpy as np
from numba.np.numpy_support import as_dtype

_ROOT = Path(__file__).parents[1]
_SECONDS = 1e-5


def pytest_configure() -> None:
    """Let threads take turns quickly, in the process that has the simulator.

    Its threads wait for each other at every barrier, each time for Python's switch interval, 5 ms.
    """
    sys.setswitchinterval(_SECONDS)
    if numba.config.ENABLE_CUDASIM:
        from numba.cuda.simulator.kernelapi import FakeCUDAShared

        FakeCUDAShared.array = partialmethod(_shared, FakeCUDAShared.array)


def _shared(self, array, shape, dtype):
    """Return the shared array of a line of a kernel: one, where numba's may give two threads two.

    It looks whether there is one and then makes one, and another thread may do so in between.
    """
    if shape == 0:  # memory of a size that the launch says
        return array(self, shape, dtype)
    caller = sys._getframe(1)
    place = caller.f_code.co_filename, caller.f_lineno
    dtype = as_dtype(dtype) if isinstance(dtype, numba.types.Type) else dtype
    return self._allocations.setdefault(place, np.empty(shape, dtype))


def run_simulated(path: Path, marked: str = "not slow") -> None:
    """Run a file of tests in a process with numba's simulator of CUDA.

    Parameters
    ----------
    path
        The file; not every test of it may be skipped.
    marked
        Which of its tests, as pytest's ``-m``: ``"slow"`` from a test that is slow itself.

    Raises
    ------
    AssertionError
        With pytest's report if a test fails or there is none.
    """
    command = [sys.executable, "-m", "pytest", "-p", "tests.cuda_simulator", "-m", marked]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", str(path)],
        cwd=_ROOT,
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    report = done.stdout + done.stderr
    assert done.returncode == 0, report
    assert " passed" in report, report
