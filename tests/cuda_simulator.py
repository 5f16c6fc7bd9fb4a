"""Tests of kernels in numba's simulator, which a process has from its start or not at all.

They stand in files of their own, whose names pytest does not collect, such as
``simulated_fits.py``; a test beside them runs the file: ``run_simulated(Path(__file__).with_name(
"simulated_fits.py"))``.
"""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_SECONDS = 1e-5


def pytest_configure() -> None:
    """Let threads take turns quickly, in the process that has the simulator.

    Its threads wait for each other at every barrier, each time for Python's switch interval, 5 ms.
    """
    sys.setswitchinterval(_SECONDS)


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
    )
    report = done.stdout + done.stderr
    assert done.returncode == 0, report
    assert " passed" in report, report
