"""Numba's `njit` with a disk cache that cannot go stale.

Numba's own cache does not notice a change in a compiled function of another module. Here the cache
folder carries the fingerprint of all source that compiled code depends on.
"""

import hashlib
import io
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import llvmlite.binding
import numba
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    UserProvidedCacheLocator,
)

from lgi.cache import cache_folder
from lgi.provenance import compiled_fingerprint


def njit(function=None, /, **options):
    """Compile a function as `numba.njit` does, cached on disk.

    A cache that cannot be written, or is damaged, costs time and changes nothing.

    Parameters
    ----------
    function
        Function to compile; None when used as ``@njit(...)``.
    **options
        Further options of `numba.njit`. Neither fastmath nor parallel belongs here: results must
        not depend on the machine's instruction set order or on the number of threads.
    """

    def compiled(function):
        dispatcher = numba.njit(**options)(function)
        if numba.config.CACHE_DIR:
            try:
                dispatcher._cache = _Cache(function)
            except RuntimeError as error:  # numba's word for a folder that cannot be written
                _say(error)
        return dispatcher

    return compiled(function) if function else compiled


class Summed:
    """Files of compiled code with their checksums, so that no damaged code is ever run.

    To be mixed into numba's `IndexDataCacheFile`, of which numba-cuda has its own.
    """

    def save(self, key, data) -> None:
        """Save code with its key: two processes that compile at once may take one name."""
        super().save(key, (key, data))

    def load(self, key):
        """Return the code of a key, None if there is none or it is damaged."""
        found = super().load(key)
        return found[1] if found and found[0] == key else None

    def _load_index(self) -> dict:
        return super()._load_index() if _is_whole(self._index_path) else {}

    def _load_data(self, name):
        path = self._data_path(name)
        if not _is_whole(path):
            raise OSError(f"{path}: damaged")  # which numba takes for a missing file
        return super()._load_data(path)

    @contextmanager
    def _open_for_write(self, filepath):
        content = io.BytesIO()
        yield content
        with super()._open_for_write(filepath) as file:
            # Unpickling ends before the checksum.
            file.write(content.getvalue() + hashlib.sha256(content.getvalue()).digest())


class _Files(Summed, IndexDataCacheFile):
    pass


class _Code(CompileResultCacheImpl):
    # Not beside the source, where numba would not notice a change in another module.
    _locator_classes = (UserProvidedCacheLocator,)


class Guarded:
    """A cache of compiled code with files of its own kind, to be mixed into numba's `Cache`."""

    _files: type

    def __init__(self, function):
        super().__init__(function)
        files = self._cache_file
        self._cache_file = self._files(
            self._cache_path, self._impl.filename_base, files._source_stamp
        )

    @contextmanager
    def _guard_against_spurious_io_errors(self):
        try:
            yield
        except OSError as error:
            _say(error)


class _Cache(Guarded, FunctionCache):
    _impl_class = _Code
    _files = _Files


def _is_whole(path: str) -> bool:
    """Return whether a file of the cache is there as it was written."""
    try:
        content = Path(path).read_bytes()
    except OSError:
        return False
    return hashlib.sha256(content[:-32]).digest() == content[-32:]


def _say(reason: Exception) -> None:
    print(f"compiled code is not kept: {reason}", file=sys.stderr)


def code_folder(compiler: str, users_of: str) -> str:
    """Return where a compiler keeps its code, empty for nowhere.

    Parameters
    ----------
    compiler
        Its name, and all of its version that its files do not say.
    users_of
        What is compiled depends on the source of the modules that import this one, and on that of
        what they import.
    """
    folder, said = cache_folder()
    if said:
        print(said, file=sys.stderr)
    return str(folder / compiler / compiled_fingerprint(users_of)) if folder else ""


numba.config.CACHE_DIR = code_folder("numba", "lgi.jit")


def _use_whole_registers() -> None:
    """Let loops use vector registers of 512 bits where there are any.

    Compilers take half of them, since processors of 2017 slowed down for the others. Loops over
    chains take 0.8 of the time, over models 0.9, fits the same (Xeon with AVX-512, 2026); no bit of
    a result is another.
    """
    features = llvmlite.binding.get_host_cpu_features()
    if features.get("avx512f") and numba.config.CPU_FEATURES is None:
        numba.config.CPU_FEATURES = f"{features.flatten()},-prefer-256-bit"


_use_whole_registers()


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
