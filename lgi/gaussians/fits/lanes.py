"""Sixteen float32 numbers side by side, as one value of compiled code.

Numba turns a loop into vector instructions only where the compiler can prove that no array overlaps
another; here they are asked for. An operation acts on every lane alone and rounds as it does on a
single number, so results are the same on any processor: one with narrow registers uses several.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model
from numba.np.arrayobj import make_array

LANES = 16
_SUMS = 8  # the sums of `add_in_order`

FLOATS = ir.VectorType(ir.FloatType(), LANES)


class _LanesType(types.Type):
    """Numba type of sixteen float32."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


class _SumsType(types.Type):
    """Numba type of eight float32 sums."""

    def __init__(self) -> None:
        super().__init__(name="Sums")


lanes = _LanesType()
sums = _SumsType()


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, numba_type) -> None:
        super().__init__(manager, numba_type, FLOATS)


@register_model(_SumsType)
class _SumsModel(models.PrimitiveModel):
    def __init__(self, manager, numba_type) -> None:
        super().__init__(manager, numba_type, ir.VectorType(ir.FloatType(), _SUMS))


@intrinsic
def load(typing_context, array, index):
    """Return array[index], ..., array[index + 15] of a contiguous float32 array, unchecked."""

    def codegen(context, builder, signature, arguments):
        value = builder.load(_pointer(context, builder, signature, arguments))
        value.align = 4
        return value

    return lanes(array, types.intp), codegen


@intrinsic
def store(typing_context, array, index, value):
    """Write lanes to array[index], ..., array[index + 15], unchecked."""

    def codegen(context, builder, signature, arguments):
        builder.store(arguments[2], _pointer(context, builder, signature, arguments)).align = 4
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), codegen


@intrinsic
def fill(typing_context, value):
    """Return lanes that all hold the float32 `value`."""

    def codegen(context, builder, signature, arguments):
        return _filled(builder, arguments[0])

    return lanes(types.float32), codegen


@intrinsic
def like(typing_context, kind, value):
    """Return the float32 `value` as what `kind` is: in every lane of lanes, or as it is.

    So a formula takes lanes on the CPU and single numbers on a GPU; `smaller` and `where_at_most`
    are for both too.
    """
    if kind == types.float32:
        return types.float32(kind, types.float32), lambda c, builder, s, arguments: arguments[1]

    def codegen(context, builder, signature, arguments):
        return _filled(builder, arguments[1])

    return lanes(lanes, types.float32), codegen


@intrinsic
def smaller(typing_context, first, second):
    """Return the smaller of two values in each lane."""

    def codegen(context, builder, signature, arguments):
        return builder.select(builder.fcmp_ordered("<", *arguments), *arguments)

    return first(first, first), codegen


@intrinsic
def where_at_most(typing_context, tested, bound, value):
    """Return `value` in the lanes where `tested` <= `bound`, and 0 elsewhere."""

    def codegen(context, builder, signature, arguments):
        tested, bound, value = arguments
        mask = builder.fcmp_ordered("<=", tested, bound)
        return builder.select(mask, value, constant(value.type, 0.0))

    return tested(tested, tested, tested), codegen


@intrinsic
def any_at_least(typing_context, tested, bound):
    """Tell whether `tested` >= `bound` in any lane."""

    def codegen(context, builder, signature, arguments):
        mask = builder.fcmp_ordered(">=", *arguments)
        bits = builder.bitcast(mask, ir.IntType(LANES))
        return builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(LANES), 0))

    return types.boolean(lanes, lanes), codegen


@intrinsic
def no_sums(typing_context):
    """Return eight sums that are 0."""

    def codegen(context, builder, signature, arguments):
        return ir.Constant(ir.VectorType(ir.FloatType(), _SUMS), [0.0] * _SUMS)

    return sums(), codegen


@intrinsic
def add_in_order(
    typing_context, total, first, second, third, fourth, fifth, sixth, seventh, eighth
):
    """Add the lanes of eight values to eight sums, one lane after the other.

    The order of each sum is that of a loop over the lanes; the eight sums advance together.
    """

    def codegen(context, builder, signature, arguments):
        total, *values = arguments
        for column in _columns(builder, values, 1):
            total = builder.fadd(total, column)
        return total

    return sums(sums, *([lanes] * _SUMS)), codegen


@intrinsic
def one_sum(typing_context, total, number):
    """Return one of the eight sums, counted from 0, as float32."""

    def codegen(context, builder, signature, arguments):
        total, number = arguments
        return builder.extract_element(total, builder.trunc(number, ir.IntType(32)))

    return types.float32(sums, types.intp), codegen


def constant(kind, value):
    """Return a constant of LLVM's type `kind`, a vector or a number, that holds `value`."""
    vector = isinstance(kind, ir.VectorType)
    return ir.Constant(kind, [value] * kind.count if vector else value)


def _filled(builder, value):
    """Return lanes that all hold a value."""
    nothing = ir.Constant(FLOATS, ir.Undefined)
    first = builder.insert_element(nothing, value, _index(0))
    return _pick(builder, first, nothing, [0] * LANES)


def _define(operation, instruction: str) -> None:
    """Let a Python operator act on lanes."""

    @infer_global(operation)
    class _Typing(ConcreteTemplate):
        cases = [signature(lanes, lanes, lanes)]  # noqa: RUF012 (numba reads it from the class)

    @lower_builtin(operation, _LanesType, _LanesType)
    def _lower(context, builder, sig, arguments):
        return getattr(builder, instruction)(*arguments)


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
_define(operator.truediv, "fdiv")


def _pointer(context, builder, signature, arguments):
    """Return the address of array[index], the first two arguments."""
    data = make_array(signature.args[0])(context, builder, arguments[0]).data
    return builder.bitcast(builder.gep(data, [arguments[1]]), FLOATS.as_pointer())


def _columns(builder, vectors, height: int) -> list:
    """Return the columns of a matrix whose vectors hold `height` rows each, column by column."""
    if len(vectors) == 1:
        whole = vectors[0]
        starts = range(0, LANES, height)
        return [_pick(builder, whole, whole, range(i, i + height)) for i in starts]
    pairs = [
        _interleave(builder, first, second, height)
        for first, second in zip(vectors[::2], vectors[1::2], strict=True)
    ]
    left, right = zip(*pairs, strict=True)
    return [*_columns(builder, left, 2 * height), *_columns(builder, right, 2 * height)]


def _interleave(builder, first, second, group: int) -> tuple:
    """Alternate groups of elements of two vectors; return the lower and the upper half."""
    order = [
        side + start + i
        for start in range(0, LANES, group)
        for side in (0, LANES)
        for i in range(group)
    ]
    lower, upper = order[:LANES], order[LANES:]
    return _pick(builder, first, second, lower), _pick(builder, first, second, upper)


def _pick(builder, first, second, order):
    """Return the elements of two vectors at the places `order`."""
    places = ir.Constant(ir.VectorType(ir.IntType(32), len(order)), list(order))
    return builder.shuffle_vector(first, second, places)


def _index(lane: int):
    return ir.Constant(ir.IntType(32), lane)
