import ctypes
import ctypes.util
import platform

import numba
import numpy as np
import pytest

from lgi.gaussians.fits.expf import expf
from lgi.gaussians.fits.lanes import LANES, load, store


@numba.njit
def exponentials(values):
    """Return exp of each value; their number is a multiple of the lanes."""
    result = np.empty_like(values)
    for first in range(0, len(values), LANES):
        store(result, first, expf(load(values, first)))
    return result


def negative_floats(low, high, step):
    """Return every `step`-th float between two negative bounds, a multiple of the lanes."""
    first, last = (int(np.float32(-bound).view(np.uint32)) for bound in (high, low))
    bits = np.arange(first, last + 1, step, dtype=np.uint32)
    values = (bits | np.uint32(1 << 31)).view(np.float32)
    return values[: len(values) // LANES * LANES]


def test_close_to_the_true_exponential():
    values = negative_floats(-103.0, -1e-8, 1009)
    exact = np.exp(values.astype(np.float64))
    # glibc promises 0.502 units in the last place; the spacing is that unit, also of denormals.
    gap = np.abs(exponentials(values) - exact)
    assert np.all(gap <= 0.503 * np.spacing(np.float32(exact)))


def test_ends():
    values = np.float32([0, -0.0, -104.5, -700] * 4)
    assert exponentials(values).tolist() == [1, 1, 0, 0] * 4


@pytest.fixture(scope="module")
def count_differences():
    """Return a function that counts the floats where glibc gives other bits."""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("the reference is glibc's expf")
    libm_expf = ctypes.CDLL(ctypes.util.find_library("m")).expf
    libm_expf.restype, libm_expf.argtypes = ctypes.c_float, [ctypes.c_float]

    @numba.njit
    def count(first, last, step):
        values, result = np.empty(LANES, np.float32), np.empty(LANES, np.float32)
        differences = 0
        for start in range(first, last + 1, step * LANES):
            for lane in range(LANES):
                values[lane] = np.uint32((start + step * lane) | (1 << 31)).view(np.float32)
            store(result, 0, expf(load(values, 0)))
            for lane in range(LANES):
                differences += result[lane] != libm_expf(values[lane])
        return differences

    return count


FIRST = int(np.float32(1e-9).view(np.uint32))  # closer to 0 exp rounds to 1
PUBLISHED = int(np.float32(3.5**2 / 2).view(np.uint32))
FUSED = int(np.float32(63).view(np.uint32))
LAST = int(np.float32(104).view(np.uint32))


def test_equals_libm_at_every_seventh_float_of_the_published_range(count_differences):
    assert count_differences(FIRST, PUBLISHED, 7) == 0


@pytest.mark.slow
def test_equals_libm_at_every_float(count_differences):
    assert count_differences(FIRST, FUSED, 1) == 0
    # At one float glibc's variants with and without fused multiply-add differ from each other.
    assert count_differences(FUSED, LAST, 1) <= 1
