"""CUDA kernels in Python whose numbers round as they do on the CPU, and how they are launched.

A kernel is a thin shell: which thread it is, its local arrays, barriers. What it computes stands in
functions of `lgi.jit.njit`, the same source that the CPU engine runs: numba compiles them for
whichever device calls them. Nothing may be fused: a product and a sum that become one instruction
round once instead of twice.

Under numba's simulator (``NUMBA_ENABLE_CUDASIM=1``) kernels are Python that calls the compiled
functions of the CPU; so they are tested without a GPU.
"""

import warnings
from collections.abc import Callable, Sequence
from functools import cache, wraps
from importlib.metadata import version
from threading import Lock

import numba
from numba import cuda

from lgi.devices import PACKAGE, SIMULATED
from lgi.jit import Guarded, Summed, code_folder

THREADS = 64
"""Threads of a block, where each has work of its own: few, so that a few thousand fill a card."""


def kernel(function: Callable | None = None, /, *, name: str = "", **options) -> Callable:
    """Compile a function as `numba.cuda.jit` does, without contraction, cached on disk.

    Parameters
    ----------
    function
        The kernel; None when used as ``@kernel(...)``.
    name
        What tells one kernel from others of the same function, where it has compiled functions or
        settings of a function around it: these have no name that lasts beyond the process.
    **options
        Further options of `numba.cuda.jit`. Neither fastmath nor fma belongs here.
    """

    def compiled(function: Callable) -> Callable:
        if SIMULATED:
            return cuda.jit(function)  # which knows no options of a compiler
        with _settling:
            _settle()
        # What links code of lto, numba's default, fuses whatever NVVM was told; given apart from
        # its function the option is lost.
        kept = bool(numba.config.CACHE_DIR)
        made = cuda.jit(function, cache=kept, lto=False, **options)
        if name and kept:
            made._cache._index_key = lambda signature, code: (
                signature,
                code.magic_tuple(),
                version("numba-cuda"),
                name,
            )
        return made

    return compiled(function) if function else compiled


def called(function: Callable) -> Callable:
    """Return a compiled function as a kernel calls it: itself, or what the simulator can call."""
    if not SIMULATED:
        return function

    @wraps(function)
    def plain(*arguments):
        return function(*map(_plain, arguments))

    return plain


_WRAPPED = ("_item", "_ary")  # where the simulator's arrays keep what they stand for


def _plain(argument):
    """Return the NumPy array in the simulator's wrappers, also within tuples."""
    if isinstance(argument, tuple):
        parts = map(_plain, argument)
        return type(argument)(*parts) if hasattr(argument, "_fields") else tuple(parts)
    wrapped = type(argument).__module__.startswith("numba.cuda.simulator")
    return (
        _plain(next(v for k, v in vars(argument).items() if k in _WRAPPED)) if wrapped else argument
    )


_settling = Lock()  # `cache` lets two threads that come at once do the same twice


@cache
def _settle() -> None:
    """Let the compiler contract nothing; keep compiled kernels as other compiled code is kept."""
    from numba.cuda import dispatcher
    from numba.cuda.core.caching import IndexDataCacheFile
    from numba.cuda.cudadrv import nvvm

    compile_ir = nvvm.compile_ir

    def uncontracted(llvmir, **options):
        # numba passes no option for it; NVVM's default is to fuse.
        return compile_ir(llvmir, **options, fma=False)

    nvvm.compile_ir = uncontracted
    files = type("Files", (Summed, IndexDataCacheFile), {})
    guarded = (Guarded, dispatcher.CUDACache)
    dispatcher.CUDACache = type("KernelCache", guarded, {"_files": files})
    # The package numba-cuda has a configuration of its own, and its files do not name its version.
    compiler = f"{PACKAGE}-{version(PACKAGE)}"
    dispatcher.config.CACHE_DIR = code_folder(compiler, "lgi.cuda")
    # To free memory waits for all kernels of the card: seldom, then (or at a fifth of all memory).
    dispatcher.config.CUDA_DEALLOCS_COUNT = 1000
    # Few long blocks are meant. numba's own switch was seen not to hold on a card;
    # its message begins with a code for bold letters.
    kind = dispatcher.errors.NumbaPerformanceWarning
    warnings.filterwarnings("ignore", ".*Grid size", kind)


def card() -> str:
    """Return the name of the GPU that kernels run on."""
    if SIMULATED:
        return "simulator"
    name = cuda.get_current_device().name
    return name.decode() if isinstance(name, bytes) else name


def blocks_for(items: int, threads: int = THREADS) -> int:
    """Return how many blocks of so many threads have one for each item."""
    return -(-items // threads)


def splitting(run: Callable[[Sequence], list], items: Sequence) -> list:
    """Return `run(items)`, in halves where the card's memory is too small for all at once.

    Parameters
    ----------
    run
        Function of some items that returns a result for each.
    items
        What is to be run; how it is split decides no bit.

    Raises
    ------
    MemoryError
        If one item alone is too large.
    """
    try:
        return run(items)
    except Exception as error:
        if not _is_out_of_memory(error):
            raise
        if len(items) == 1:
            raise MemoryError(f"one run alone is too large for {card()}") from error
    _release()
    half = len(items) // 2
    return splitting(run, items[:half]) + splitting(run, items[half:])


def _is_out_of_memory(error: Exception) -> bool:
    """Tell whether an error is the driver's word for too little memory."""
    return "CUDA_ERROR_OUT_OF_MEMORY" in str(error)


def _release() -> None:
    """Give back the memory of arrays that are gone; numba keeps it for a while."""
    if not SIMULATED:
        cuda.current_context().deallocations.clear()
