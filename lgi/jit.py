"""Numba's `njit` with a disk cache that cannot go stale.

Numba's own cache does not notice a change in a compiled function of another module. Here the cache
folder carries the fingerprint of all source that compiled code depends on.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

import numba

from lgi.provenance import modules_using, source_fingerprint


def njit(function=None, /, **options):
    """Compile a function as `numba.njit` does, cached on disk.

    Parameters
    ----------
    function
        Function to compile; None when used as ``@njit(...)``.
    **options
        Further options of `numba.njit`. Neither fastmath nor parallel belongs here: results must
        not depend on the machine's instruction set order or on the number of threads.
    """
    return (
        numba.njit(cache=True, **options)(function)
        if function
        else numba.njit(cache=True, **options)
    )


def _cache_folder() -> Path:
    base = os.environ.get("LGI_CACHE_DIR")
    if base is None:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lgi"
    return Path(base) / "numba" / source_fingerprint(*modules_using("lgi.jit"))


numba.config.CACHE_DIR = str(_cache_folder())


def _load_array_functions() -> None:
    """Load numba's array functions without `scipy.linalg`, a seventh of the start of a job.

    They import it to learn whether a few of them, such as `np.correlate`, may use BLAS
    in compiled code. `np.dot` asks again when it is compiled, and still finds it.
    """
    name = "scipy.linalg.cython_blas"
    loaded = {name: sys.modules[name]} if name in sys.modules else {}
    sys.modules[name] = None  # Python's word for a module that cannot be imported
    try:
        import_module("numba.np.arraymath")
    finally:
        del sys.modules[name]
        sys.modules.update(loaded)


_load_array_functions()
