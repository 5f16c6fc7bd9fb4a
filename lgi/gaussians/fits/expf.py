"""The exponential of glibc's float32 `expf` (2.28 and later), bit for bit, without calling it.

The published losses depend on every bit of it. Written out, it runs on many numbers at once and
gives the same bits on every platform. Method: exp(x) = 2^(k/32) 2^r in float64, with a table for
k mod 32 and a cubic for 2^r (Arm optimized routines, `math/expf.c`).

Compared at every float: equal from -63 (11 sigma) to 0; below, at all but one, where glibc itself
has two answers, one for processors that fuse multiplication and addition and one for others.
"""

import struct
from math import isqrt

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from lgi.gaussians.fits.lanes import FLOATS, LANES, constant

_STEPS = 32


def _power_of_two(k: int) -> float:
    """Return 2^(k / 32), correctly rounded, by integer arithmetic."""
    root = 2 ** (k + _STEPS * 53)
    for _ in range(5):  # five square roots: the 32nd root
        root = isqrt(root)
    return ((root + 1) >> 1) / 2**52


def _bits(value: float) -> int:
    return struct.unpack("<q", struct.pack("<d", value))[0]


_TABLE = [_bits(_power_of_two(k)) - (k << 47) for k in range(_STEPS)]
_STEPS_PER_E = float.fromhex("0x1.71547652b82fep+0") * _STEPS  # 32 / ln 2
_ROUND = float.fromhex("0x1.8p+52")  # adding it leaves the nearest integer in the low bits
_CUBIC = (
    float.fromhex("0x1.c6af84b912394p-5") / _STEPS**3,
    float.fromhex("0x1.ebfce50fac4f3p-3") / _STEPS**2,
    float.fromhex("0x1.62e42ff0c52d6p-1") / _STEPS,
    1.0,
)


@intrinsic
def expf(typing_context, x):
    """Return exp(x) in each lane, as glibc's `expf` rounds it.

    Parameters
    ----------
    x
        Lanes, or one float32, in [-700, 0]; below -104 the result is 0.

    Returns
    -------
    lanes or float32
        exp(x).
    """

    def codegen(context, builder, signature, arguments):
        (x,) = arguments
        double, integer = _as_many(x, ir.DoubleType()), _as_many(x, ir.IntType(64))
        c0, c1, c2, c3 = (constant(double, value) for value in _CUBIC)
        scaled = builder.fmul(constant(double, _STEPS_PER_E), builder.fpext(x, double))
        shifted = builder.fadd(scaled, constant(double, _ROUND))
        k = builder.bitcast(shifted, integer)
        r = builder.fsub(scaled, builder.fsub(shifted, constant(double, _ROUND)))
        exponent = builder.shl(k, constant(integer, 47))
        entry = _look_up(builder, builder.and_(k, constant(integer, _STEPS - 1)))
        power = builder.bitcast(builder.add(entry, exponent), double)
        high = builder.fadd(builder.fmul(c0, r), c1)
        low = builder.fadd(builder.fmul(c2, r), c3)
        value = builder.fadd(builder.fmul(high, builder.fmul(r, r)), low)
        return builder.fptrunc(builder.fmul(value, power), x.type)

    return x(x), codegen


def _as_many(value, kind):
    """Return the LLVM type of as many of a kind as `value` has lanes."""
    return ir.VectorType(kind, LANES) if value.type == FLOATS else kind


def _look_up(builder, places):
    """Return the table entry of each lane."""
    kind = ir.ArrayType(ir.IntType(64), _STEPS)
    table = cgutils.global_constant(builder, "powers_of_two", ir.Constant(kind, _TABLE))

    def entry(place):
        return builder.load(builder.gep(table, [ir.Constant(ir.IntType(64), 0), place]))

    if not isinstance(places.type, ir.VectorType):
        return entry(places)
    entries = ir.Constant(places.type, ir.Undefined)
    for lane in range(LANES):
        number = ir.Constant(ir.IntType(32), lane)
        entries = builder.insert_element(
            entries, entry(builder.extract_element(places, number)), number
        )
    return entries
