"""Exponential and logarithm of +, -, × and ÷ alone, in numba.

So they have the same bits on every processor and card, whatever its library of mathematics, and
loops over them vectorise.
"""

import math

import numpy as np

from lgi.jit import njit

LN2 = math.log(2.0)

# exp(x) = 2^k exp(r): adding a large number rounds x / ln 2 to k, ln 2 is taken away in two parts,
# the first of which has zeros for k, and the series' first left out term is below 1e-17.
_INVERSE_LN2 = 1.0 / LN2
_LN2_HIGH = float.fromhex("0x1.62e42fefa0000p-1")
_LN2_LOW = float.fromhex("0x1.cf79abc9e3b39p-40")
_ROUND = 1.5 * 2.0**52
_ROUND_BITS = int(np.float64(_ROUND).view(np.int64))
_SERIES = tuple(1.0 / math.factorial(power) for power in range(14))
_LEAST, _MOST = -708.0, 709.0  # between them exp is a normal number

# Bits of float64: adding 1 - √½ in mantissa bits moves the exponent's step from 1 to √2.
_MANTISSA = 2**52 - 1
_SQRT_HALF_BITS = int(np.float64(math.sqrt(0.5)).view(np.int64))
_SQRT_HALF_OFFSET = int(np.float64(1.0).view(np.int64)) - _SQRT_HALF_BITS


@njit(forceinline=True)
def exponential(x):
    """Return exp(x): 0 below -708, infinity above 709."""
    inside = x if x > _LEAST else _LEAST
    inside = inside if inside < _MOST else _MOST
    value = exponential_inside(inside)
    value = value if x >= _LEAST else 0.0
    value = value if x <= _MOST else math.inf
    return value if x == x else x


@njit(forceinline=True)
def exponential_inside(x):
    """Return exp(x) of -708 <= x <= 709."""
    shifted = x * _INVERSE_LN2 + _ROUND
    whole = shifted - _ROUND
    r = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (_SERIES[2] + r * _SERIES[3]) + r2 * (_SERIES[4] + r * _SERIES[5])
    middle = (_SERIES[6] + r * _SERIES[7]) + r2 * (_SERIES[8] + r * _SERIES[9])
    high = (_SERIES[10] + r * _SERIES[11]) + r2 * (_SERIES[12] + r * _SERIES[13])
    series = 1.0 + (r + r2 * (low + r4 * (middle + r4 * high)))  # the last sum rounds alone
    power = (np.float64(shifted).view(np.int64) - _ROUND_BITS + 1023) << 52
    return series * np.int64(power).view(np.float64)


@njit(error_model="numpy", forceinline=True)
def logarithm(x):
    """Return ln x of a positive normal number, by the series of 2 artanh((m - 1) / (m + 1)).

    x = m 2ᵉ with m in [√½, √2), so the series' argument is below 0.172; its first left out term is
    below 1e-17.
    """
    bits = np.float64(x).view(np.int64) + _SQRT_HALF_OFFSET
    exponent = (bits >> 52) - 1023
    mantissa = np.int64((bits & _MANTISSA) + _SQRT_HALF_BITS).view(np.float64)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s
    series = 1.0 / 21.0
    for term in range(10):
        series = series * z + 1.0 / (19.0 - 2.0 * term)
    return exponent * LN2 + 2.0 * s * series
