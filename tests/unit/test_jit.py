"""Compiled code starts without SciPy, can use BLAS all the same, and no damaged code is run."""

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location

import numba
import numpy as np
import pytest

from lgi.jit import Summed
from tests.configurations import ROOT
from tests.disks import small_disk

COMPILE = """
import sys
import lgi.jit
import numba
import numpy as np

def compiled(function, *arguments):
    return numba.njit(function)(*arguments)
"""


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", COMPILE + code], check=True)


def test_a_compiled_call_imports_scipys_linear_algebra_only_where_it_needs_blas():
    run(
        "compiled(lambda x: x.sum(), np.ones(3)); assert 'scipy.linalg' not in sys.modules\n"
        "assert compiled(lambda a, b: np.dot(a, b), np.ones((2, 3)), np.ones(3)).sum() == 6"
    )


def test_a_scipy_that_is_loaded_stays_loaded():
    loaded = "import sys, scipy.linalg.cython_blas as blas\nimport lgi.jit\n"
    check = "assert sys.modules['scipy.linalg.cython_blas'] is blas"
    subprocess.run([sys.executable, "-c", loaded + check], check=True)


# The cache on disk.

MODULE = """
from lgi.jit import njit

@njit
def total(x):
    result = x[0]
    for value in x[1:]:
        result += value * value
    return result
"""
INTEGERS, FLOATS = np.arange(1, 5), np.array([0.5, 2.0])


class Kept:
    """A compiled function whose code is kept in a folder of its own."""

    def __init__(self, source, cache):
        self.source, self.cache = source, cache
        source.write_text(MODULE, encoding="utf-8")

    def started(self):
        """Return the function as a new process would find it."""
        spec = spec_from_file_location("kept", self.source)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.total

    def is_right(self):
        """Call it for both types; return how often its code was found on disk."""
        function = self.started()
        assert function(INTEGERS) == 1 + 4 + 9 + 16
        assert function(FLOATS) == 0.5 + 4
        return sum(function.stats.cache_hits.values())

    def files(self, suffix):
        return sorted(self.cache.rglob(f"*.{suffix}"))


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    return Kept(tmp_path / "kept.py", tmp_path / "cache")


def test_code_is_compiled_once(kept):
    assert kept.is_right() == 0
    assert kept.is_right() == 2
    assert [len(kept.files(suffix)) for suffix in ("nbi", "nbc")] == [1, 2]


@pytest.mark.slow
def test_damaged_code_is_compiled_anew(kept):
    kept.is_right()
    random = np.random.default_rng(0)
    (index,), codes = kept.files("nbi"), kept.files("nbc")
    # Without its index nothing is found, and each of the two codes is its own.
    for path, found in [(index, 0)] * 6 + [(codes[0], 1), (codes[1], 1)] * 3:
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[random.integers(len(whole))] ^= 1 << random.integers(8)
        for content in (bytes(flipped), whole[: random.integers(len(whole))]):
            path.write_bytes(content)
            assert kept.is_right() == found
            assert kept.is_right() == 2


def test_code_for_other_types_is_never_run(kept):
    kept.is_right()
    first, second = kept.files("nbc")
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    assert kept.is_right() == 0
    assert kept.is_right() == 2


def test_code_that_cannot_be_kept_is_right_all_the_same(kept, capfd):
    with small_disk(kept.cache, 16) as disk:
        disk.fill(4096)
        assert kept.is_right() == 0
        assert "compiled code is not kept: [Errno 28] No space left" in capfd.readouterr().err
        disk.clear()
    kept.cache.rmdir()
    kept.cache.touch()
    assert kept.is_right() == 0
    # Beside the source numba would not notice a change in another module.
    assert {path.name for path in kept.source.parent.rglob("*.nb?")} == set()
    assert "compiled code is not kept" in capfd.readouterr().err


@pytest.mark.slow
def test_processes_may_compile_at_once(kept):
    code = "import sys; sys.path[:0] = sys.argv[1:]; import kept, numpy as np; "
    calls = ["kept.total(np.arange(1, 5)) == 30", "kept.total(np.array([0.5, 2.0])) == 4.5"]
    environment = os.environ | {"LGI_CACHE_DIR": str(kept.cache)}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", f"{code}assert {one}; assert {two}", kept.source.parent, ROOT],
            env=environment,
        )
        for one, two in (calls, calls[::-1])
    ]
    assert [process.wait() for process in running] == [0, 0]


@pytest.mark.parametrize("package", ["numba.core.caching", "numba.cuda.core.caching"])
def test_neither_damaged_code_nor_that_of_another_key_is_believed(tmp_path, package):
    """Kernels are kept by numba-cuda, where it is installed."""
    base = pytest.importorskip(package).IndexDataCacheFile
    files = type("Files", (Summed, base), {})(str(tmp_path), "kernel", "stamp")
    files.save("types", b"code")
    assert files.load("types") == b"code"
    assert files.load("others") is None
    for path in sorted(tmp_path.iterdir()):
        content = path.read_bytes()
        path.write_bytes(content[:5] + bytes([content[5] ^ 4]) + content[6:])
        assert files.load("types") is None
        path.write_bytes(content)
    assert files.load("types") == b"code"
