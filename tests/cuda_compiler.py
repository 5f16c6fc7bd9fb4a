"""Kernels compiled on a machine without a GPU, to read what the compiler made of them."""

from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace

import numba
import pytest
from numba import cuda

from lgi.cuda import SIMULATED

CAPABILITY = (9, 0)


def need_compiler() -> None:
    """Skip the test where numba-cuda, which brings the compiler, is not installed."""
    try:
        version("numba-cuda")
    except PackageNotFoundError:
        pytest.skip("numba-cuda is not installed")
    if SIMULATED:
        pytest.skip("the simulator compiles nothing")


def ptx(monkeypatch: pytest.MonkeyPatch, kernel, *arguments) -> str:
    """Return the PTX of a kernel of `lgi.cuda` for some arguments: arrays and numbers."""
    from numba.cuda import dispatcher

    device = SimpleNamespace(compute_capability=CAPABILITY)
    monkeypatch.setattr(dispatcher, "get_current_device", lambda: device)
    types = tuple(map(numba.typeof, arguments))
    return cuda.compile_ptx(kernel.py_func, types, cc=CAPABILITY)[0]
