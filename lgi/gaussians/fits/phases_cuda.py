"""What the threads of a block do in each phase of an iteration of `lgi.gaussians.fits.fit_cuda`.

A phase is a function of a thread's number and of how many there are: it goes over its items in
strides, so how many threads there are decides no bit. Between two phases all threads wait for each
other. Sums are those of the CPU engine, to the last bit: a pixel adds the Gaussians in their order,
and each of the eight sums of a Gaussian adds its pixels in raster order.
"""

import math
from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from lgi.gaussians.fits.edge import Edge
from lgi.gaussians.fits.formulas import (
    BLUE,
    COVERED32,
    GREEN,
    MARGIN,
    PUBLISHED_TERMS,
    RED,
    ROTATION,
    SX,
    SY,
    WIDER,
    WINDOW_PIXELS,
    Objective,
    X,
    Y,
    bias_of,
    error_of,
    fallen,
    felt,
    growth_by,
    moments_of,
    moves_of,
    negative,
    shape_of,
    similarity,
    slope_of,
    slopes_of_ssim,
    span,
    step_of,
    turn_of,
    turned,
)
from lgi.gaussians.fits.settings import SSIM_WINDOW
from lgi.jit import njit

_ZERO, _ONE, _TWO = np.float32([0, 1, 2])

ROWS = 8
"""Parameters that may be trained: all but the opacity."""
GROUP = 32
"""Pixels of a Gaussian whose terms are made at once."""
BUFFER = ROWS * (GROUP + 1) + ROWS
"""Numbers of the buffer in which a group of threads makes and adds terms."""

# Columns of `Fit.gaussians`.
PARAMETERS, GRADIENT, M, V, _MOVED = 0, 8, 16, 24, 32
_COS, _SIN, _LEFT, _LEAN = 40, 41, 42, 43
GAUSSIAN_COLUMNS = 44
# Columns of `Fit.integers`, which has a number for each pixel behind them.
_TOP, _BOTTOM, _COLUMNS, STEPS = range(4)
INTEGER_COLUMNS = 4
# Planes of `Fit.planes`.
TARGET, MEAN, VARIANCE, RENDERED, _ERROR, WEIGHT, _SCRATCH = 0, 3, 6, 9, 12, 15, 16
GIVEN_PLANES = 9
_SUMS, _SLOPES = _SCRATCH, _SCRATCH + 9  # while SSIM is differentiated
_PAINTED, _L1, _L2, _SIMILARITY = _SCRATCH, _SCRATCH + 3, _SCRATCH + 5, _SCRATCH + 7
SSIM_PLANES, OTHER_PLANES = _SCRATCH + 18, _SCRATCH + 13
# Places in `Fit.constants`.
_LOW, _HIGH, _BETA1, _BETA2, _EPSILON, _SSIM_SCALE, _EDGE, _OBJECTIVE = 0, 8, 16, 17, 18, 19, 20, 23
CONSTANTS = 26

LOSSES = 6
"""L1, L2, SSIM, and the same with the target wherever the image is uncovered."""
COUNTS = 2
"""How many pixels are uncovered, and how many a Gaussian reaches, summed over Gaussians."""

_TILE_WIDTH, _TILE_HEIGHT, _WORD = 8, 4, 32
_TILE = _TILE_WIDTH * _TILE_HEIGHT


class Fit(NamedTuple):
    """What a block knows of its fit. Arrays are flat: rows or planes one after the other."""

    width: int
    height: int
    n: int  # Gaussians that are there
    room: int  # Gaussians that there may be
    added: bool  # whether colours are added, not averaged
    trained: int  # bit k is set if row k of the parameters is trained
    constants: np.ndarray  # [CONSTANTS] bounds, Adam, factor of SSIM's slope, edge, objective
    gaussians: np.ndarray  # [room, GAUSSIAN_COLUMNS]
    integers: np.ndarray  # [room, INTEGER_COLUMNS] and [height, width]
    planes: np.ndarray  # [SSIM_PLANES or OTHER_PLANES, height, width]
    places: np.ndarray  # [width + height] column / width and row / height
    reaching: np.ndarray  # uint32, bits of the Gaussians that reach each row of tiles, each tile


class Size(NamedTuple):
    """Numbers of `Fit.planes`, `Fit.integers` and others that a fit needs."""

    gaussians: int
    integers: int
    planes: int
    places: int
    reaching: int


def size_of(width: int, height: int, room: int, by_ssim: bool) -> Size:
    """Return what a fit of so many Gaussians needs; `by_ssim` if its gradient has SSIM's."""
    across, down = -(-width // _TILE_WIDTH), -(-height // _TILE_HEIGHT)
    return Size(
        GAUSSIAN_COLUMNS * room,
        INTEGER_COLUMNS * room + width * height,
        (SSIM_PLANES if by_ssim else OTHER_PLANES) * width * height,
        width + height,
        (across + 1) * down * -(-room // _WORD),
    )


@intrinsic
def take(typing_context, array, index):
    """Return array[index] of a flat array, unchecked; an index never counts from the end."""

    def codegen(context, builder, signature, arguments):
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load(builder.gep(data, [arguments[1]]))

    return array.dtype(array, types.intp), codegen


@intrinsic
def put(typing_context, array, index, value):
    """Write array[index] of a flat array, unchecked."""

    def codegen(context, builder, signature, arguments):
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        builder.store(arguments[2], builder.gep(data, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), codegen


@intrinsic
def _lowest(typing_context, bits):
    """Return the place of the lowest bit that is set in a uint32."""

    def codegen(context, builder, signature, arguments):
        place = builder.cttz(arguments[0], cgutils.false_bit)
        return builder.zext(place, ir.IntType(64))

    return types.int64(types.uint32), codegen


@njit(inline="always")
def _divided(item, inverse, by):
    """Return quotient and remainder of an item, from 1 / by: integers divide slowly on a GPU."""
    quotient = int((item + 0.5) * inverse)
    return quotient, item - quotient * by


@njit(inline="always")
def _of(fit, row, g):
    return take(fit.gaussians, g * GAUSSIAN_COLUMNS + row)


@njit(inline="always")
def _set(fit, row, g, value):
    put(fit.gaussians, g * GAUSSIAN_COLUMNS + row, value)


@njit(inline="always")
def _integer(fit, row, g):
    return np.int64(take(fit.integers, g * INTEGER_COLUMNS + row))


@njit(inline="always")
def _at(fit, plane, pixel):
    return take(fit.planes, plane * (fit.width * fit.height) + pixel)


@njit(inline="always")
def _write(fit, plane, pixel, value):
    put(fit.planes, plane * (fit.width * fit.height) + pixel, value)


@njit(inline="always")
def _edge(fit):
    constants = fit.constants
    return Edge(take(constants, _EDGE), take(constants, _EDGE + 1), take(constants, _EDGE + 2))


@njit(inline="always")
def _objective(fit):
    return Objective(
        take(fit.constants, _OBJECTIVE),
        take(fit.constants, _OBJECTIVE + 1),
        take(fit.constants, _OBJECTIVE + 2),
    )


@njit
def has_ssim(fit):
    """Tell whether the gradient is of SSIM too."""
    return _objective(fit).ssim > _ZERO


@njit(error_model="numpy")
def reach(thread, threads, fit):
    """Find the rows and columns that each Gaussian may reach, too many rather than too few.

    Of each row they are equally many columns, a parallelogram: they begin at one that depends on
    the row alone.
    """
    width, height, cutoff = np.float32(fit.width), np.float32(fit.height), _edge(fit).cutoff
    for g in range(thread, fit.n, threads):
        x, y = _of(fit, X, g), _of(fit, Y, g)
        shape = shape_of(_of(fit, SX, g), _of(fit, SY, g), _of(fit, ROTATION, g))
        top, bottom = span(y * height, cutoff * shape.vertical * height, fit.height)
        half = math.sqrt(cutoff * cutoff * WIDER) * (shape.chord * width)
        if shape.shear == _ZERO:
            first, last = span(x * width, half, fit.width)
            left, columns = np.float32(first), last - first
        else:
            left = x * width - half - MARGIN
            columns = min(int(min(_TWO * (half + MARGIN), width)) + 1, fit.width)
        if columns <= 0:
            top, bottom, columns = 0, 0, 1
        _set(fit, _COS, g, shape.cos)
        _set(fit, _SIN, g, shape.sin)
        _set(fit, _LEFT, g, left)
        _set(fit, _LEAN, g, shape.shear * width)
        put(fit.integers, g * INTEGER_COLUMNS + _TOP, top)
        put(fit.integers, g * INTEGER_COLUMNS + _BOTTOM, max(top, bottom))
        put(fit.integers, g * INTEGER_COLUMNS + _COLUMNS, columns)


@njit(inline="always")
def _first_column(fit, g, row, columns):
    """Return the first of the columns that a Gaussian may reach in a row."""
    dy = take(fit.places, fit.width + row) - _of(fit, Y, g)
    left = math.ceil(
        min(max(_of(fit, _LEFT, g) + _of(fit, _LEAN, g) * dy, _ZERO), np.float32(fit.width))
    )
    return max(min(int(left), fit.width - columns), 0)


@njit
def find_rows(thread, threads, fit):
    """Note which Gaussians reach each row of tiles."""
    words = (fit.n + _WORD - 1) // _WORD
    down, inverse = (fit.height + _TILE_HEIGHT - 1) // _TILE_HEIGHT, 1.0 / words
    for item in range(thread, down * words, threads):
        band, word = _divided(item, inverse, words)
        begin, bits = band * _TILE_HEIGHT, np.uint32(0)
        for g in range(word * _WORD, min((word + 1) * _WORD, fit.n)):
            is_there = _integer(fit, _TOP, g) < begin + _TILE_HEIGHT
            is_there &= _integer(fit, _BOTTOM, g) > begin
            bits |= np.uint32(is_there) << np.uint32(g - word * _WORD)
        put(fit.reaching, item, bits)


@njit
def find_tiles(thread, threads, fit):
    """Note which Gaussians reach each tile."""
    words = (fit.n + _WORD - 1) // _WORD
    across = (fit.width + _TILE_WIDTH - 1) // _TILE_WIDTH
    down = (fit.height + _TILE_HEIGHT - 1) // _TILE_HEIGHT
    inverse_words, inverse_across = 1.0 / words, 1.0 / across
    for item in range(thread, across * down * words, threads):
        tile, word = _divided(item, inverse_words, words)
        band, column = _divided(tile, inverse_across, across)
        bits = waiting = take(fit.reaching, band * words + word)
        while waiting:
            bit = waiting & (~waiting + np.uint32(1))
            g = word * _WORD + _lowest(np.uint32(waiting))
            waiting ^= bit
            columns = _integer(fit, _COLUMNS, g)
            upper = max(_integer(fit, _TOP, g), band * _TILE_HEIGHT)
            lower = min(_integer(fit, _BOTTOM, g), (band + 1) * _TILE_HEIGHT) - 1
            a, b = _first_column(fit, g, upper, columns), _first_column(fit, g, lower, columns)
            if max(a, b) + columns <= column * _TILE_WIDTH or min(a, b) >= (
                (column + 1) * _TILE_WIDTH
            ):
                bits ^= bit
        put(fit.reaching, down * words + item, bits)


@njit(inline="always", error_model="numpy")
def _along(fit, g, dx, dy):
    """Return a distance along the axes of a Gaussian."""
    if _of(fit, ROTATION, g) == _ZERO:
        return dx, dy
    cos, sin = _of(fit, _COS, g), _of(fit, _SIN, g)
    return turned(dx * cos, dx * sin, dy * cos, dy * sin)


@njit(error_model="numpy")
def paint(thread, threads, fit):
    """Render each pixel, and differentiate L1 and L2 by it."""
    words = (fit.n + _WORD - 1) // _WORD
    across = (fit.width + _TILE_WIDTH - 1) // _TILE_WIDTH
    down = (fit.height + _TILE_HEIGHT - 1) // _TILE_HEIGHT
    inverse, edge = 1.0 / across, _edge(fit)
    for item in range(thread, across * down * _TILE, threads):
        tile, within = item // _TILE, item % _TILE
        band, place = _divided(tile, inverse, across)
        row = band * _TILE_HEIGHT + within // _TILE_WIDTH
        column = place * _TILE_WIDTH + within % _TILE_WIDTH
        if row >= fit.height or column >= fit.width:
            continue
        x, y = take(fit.places, column), take(fit.places, fit.width + row)
        weight, red, green, blue, reached = edge.background, _ZERO, _ZERO, _ZERO, 0
        for word in range(words):
            bits = take(fit.reaching, (down + tile) * words + word)
            while bits:
                g = word * _WORD + _lowest(np.uint32(bits))
                bits &= bits - np.uint32(1)
                along_x, along_y = _along(fit, g, x - _of(fit, X, g), y - _of(fit, Y, g))
                t_x, t_y = along_x / _of(fit, SX, g), along_y / _of(fit, SY, g)
                _, w = fallen(t_x * t_x + t_y * t_y, edge)
                weight += w
                red += w * _of(fit, RED, g)
                green += w * _of(fit, GREEN, g)
                blue += w * _of(fit, BLUE, g)
                reached += w > _ZERO
        pixel = row * fit.width + column
        _write(fit, WEIGHT, pixel, weight)
        put(fit.integers, INTEGER_COLUMNS * fit.room + pixel, reached)
        _show(fit, 0, pixel, red, weight)
        _show(fit, 1, pixel, green, weight)
        _show(fit, 2, pixel, blue, weight)


@njit(inline="always", error_model="numpy")
def _show(fit, channel, pixel, colour, weight):
    """Write a channel of a pixel, the gradient of L1 and L2 by it, and what SSIM's is made of."""
    if not fit.added:
        colour = colour / weight if weight > COVERED32 else _ZERO
    target, objective = _at(fit, TARGET + channel, pixel), _objective(fit)
    gap = colour - target
    by_l2_alone = objective.l1 == _ZERO and objective.l2 == _ONE
    error = _TWO * gap if by_l2_alone else error_of(gap, objective)
    _write(fit, RENDERED + channel, pixel, colour)
    _write(fit, _ERROR + channel, pixel, error)
    if objective.ssim > _ZERO:
        _write(fit, _SLOPES + 3 * channel, pixel, gap)
        _write(fit, _SLOPES + 3 * channel + 1, pixel, gap * gap)
        _write(fit, _SLOPES + 3 * channel + 2, pixel, gap * target)


@njit
def _eight(fit, plane, first, stride):
    """Return the sum of eight pixels by doubling."""
    a = _at(fit, plane, first) + _at(fit, plane, first + stride)
    b = _at(fit, plane, first + 2 * stride) + _at(fit, plane, first + 3 * stride)
    first += 4 * stride
    c = _at(fit, plane, first) + _at(fit, plane, first + stride)
    d = _at(fit, plane, first + 2 * stride) + _at(fit, plane, first + 3 * stride)
    return (a + b) + (c + d)


@njit
def sum_along_rows(thread, threads, fit):
    """Sum D, D^2 and D times target, D = image - target, over eight pixels of a row."""
    columns = fit.width - SSIM_WINDOW
    count = columns * fit.height
    inverse, inverse_count = 1.0 / columns, 1.0 / count
    for item in range(thread, 9 * count, threads):
        plane, rest = _divided(item, inverse_count, count)
        row, column = _divided(rest, inverse, columns)
        pixel = row * fit.width + column
        _write(fit, _SUMS + plane, pixel, _eight(fit, _SLOPES + plane, pixel, 1))


@njit(error_model="numpy")
def differentiate_windows(thread, threads, fit):
    """Write the coefficients of SSIM's slope in each window where the window begins, else 0."""
    pixels, inverse = fit.width * fit.height, 1.0 / fit.width
    inverse_pixels = 1.0 / pixels
    for item in range(thread, 3 * pixels, threads):
        channel, pixel = _divided(item, inverse_pixels, pixels)
        row, column = _divided(pixel, inverse, fit.width)
        plane = 3 * channel
        constant, by_image, by_both = _ZERO, _ZERO, _ZERO
        if row < fit.height - SSIM_WINDOW and column < fit.width - SSIM_WINDOW:
            constant, by_image, by_both = slopes_of_ssim(
                _eight(fit, _SUMS + plane, pixel, fit.width),
                _eight(fit, _SUMS + plane + 1, pixel, fit.width),
                _eight(fit, _SUMS + plane + 2, pixel, fit.width),
                _at(fit, MEAN + channel, pixel),
                _at(fit, VARIANCE + channel, pixel),
            )
        _write(fit, _SLOPES + plane, pixel, constant)
        _write(fit, _SLOPES + plane + 1, pixel, by_image)
        _write(fit, _SLOPES + plane + 2, pixel, by_both)


@njit
def _from(fit, plane, row, column):
    """Return a pixel's number, 0 before the first row or column."""
    inside = row >= 0 and column >= 0
    value = _at(fit, plane, max(row, 0) * fit.width + max(column, 0))
    return value if inside else _ZERO


@njit
def _eight_before(fit, plane, row, column, down, right):
    """Return the sum by doubling of eight pixels that end at one, in a column or a row."""
    row, column = row - 7 * down, column - 7 * right
    a = _from(fit, plane, row, column) + _from(fit, plane, row + down, column + right)
    row, column = row + 2 * down, column + 2 * right
    b = _from(fit, plane, row, column) + _from(fit, plane, row + down, column + right)
    row, column = row + 2 * down, column + 2 * right
    c = _from(fit, plane, row, column) + _from(fit, plane, row + down, column + right)
    row, column = row + 2 * down, column + 2 * right
    d = _from(fit, plane, row, column) + _from(fit, plane, row + down, column + right)
    return (a + b) + (c + d)


@njit
def gather_along_rows(thread, threads, fit):
    """Sum the coefficients of windows that begin up to seven columns before each pixel."""
    pixels, inverse = fit.width * fit.height, 1.0 / fit.width
    inverse_pixels = 1.0 / pixels
    for item in range(thread, 9 * pixels, threads):
        plane, pixel = _divided(item, inverse_pixels, pixels)
        row, column = _divided(pixel, inverse, fit.width)
        total = _eight_before(fit, _SLOPES + plane, row, column, 0, 1)
        _write(fit, _SUMS + plane, pixel, total)


@njit
def subtract_ssim(thread, threads, fit):
    """Subtract the gradient of the weighted SSIM from that of L1 and L2."""
    pixels, inverse = fit.width * fit.height, 1.0 / fit.width
    inverse_pixels, scale = 1.0 / pixels, take(fit.constants, _SSIM_SCALE)
    for item in range(thread, 3 * pixels, threads):
        channel, pixel = _divided(item, inverse_pixels, pixels)
        row, column = _divided(pixel, inverse, fit.width)
        plane, target = _SUMS + 3 * channel, _at(fit, TARGET + channel, pixel)
        total = (
            _eight_before(fit, plane, row, column, 1, 0)
            + _eight_before(fit, plane + 1, row, column, 1, 0)
            * (_at(fit, RENDERED + channel, pixel) - target)
            + _eight_before(fit, plane + 2, row, column, 1, 0) * target
        )
        error = _at(fit, _ERROR + channel, pixel)
        _write(fit, _ERROR + channel, pixel, error - scale * total)


@njit
def pixels_of(fit, g):
    """Return how many pixels a Gaussian may reach, by `reach`."""
    rows = _integer(fit, _BOTTOM, g) - _integer(fit, _TOP, g)
    return rows * _integer(fit, _COLUMNS, g)


@njit
def begin_sums(thread, threads, buffer):
    """Begin the eight sums of a Gaussian."""
    for row in range(thread, ROWS, threads):
        put(buffer, ROWS * (GROUP + 1) + row, _ZERO)


@njit(error_model="numpy")
def make_terms(thread, threads, fit, g, begin, buffer):
    """Make the terms of `GROUP` pixels of a Gaussian, from its pixel number `begin`.

    One that feels too little weight has terms of 0: they change no bit of a sum.
    """
    columns, count = _integer(fit, _COLUMNS, g), pixels_of(fit, g)
    inverse = 1.0 / columns
    for i in range(thread, GROUP, threads):
        for row in range(ROWS):
            put(buffer, row * (GROUP + 1) + i, _ZERO)
        if begin + i >= count:
            continue
        down, right = _divided(begin + i, inverse, columns)
        row = _integer(fit, _TOP, g) + down
        column = _first_column(fit, g, row, columns) + right
        dx = take(fit.places, column) - _of(fit, X, g)
        dy = take(fit.places, fit.width + row) - _of(fit, Y, g)
        sx, sy = _of(fit, SX, g), _of(fit, SY, g)
        along_x, along_y = _along(fit, g, dx, dy)
        t_x, t_y = along_x / sx, along_y / sy
        decay, w = fallen(t_x * t_x + t_y * t_y, _edge(fit))
        if not w >= COVERED32:
            continue
        slope_x, slope_y = slope_of(along_x, sx), slope_of(along_y, sy)
        if _of(fit, ROTATION, g) == _ZERO:
            move_x, move_y = negative(slope_x), negative(slope_y)
        else:
            move_x, move_y = moves_of(slope_x, slope_y, _of(fit, _COS, g), _of(fit, _SIN, g))
        q, red, green, blue = _felt(fit, g, row * fit.width + column, w, decay)
        put(buffer, RED * (GROUP + 1) + i, red)
        put(buffer, GREEN * (GROUP + 1) + i, green)
        put(buffer, BLUE * (GROUP + 1) + i, blue)
        put(buffer, X * (GROUP + 1) + i, q * move_x)
        put(buffer, Y * (GROUP + 1) + i, q * move_y)
        put(buffer, SX * (GROUP + 1) + i, q * growth_by(along_x, (sx * sx) * sx))
        put(buffer, SY * (GROUP + 1) + i, q * growth_by(along_y, (sy * sy) * sy))
        turn = turn_of(slope_x, slope_y, along_x, along_y)
        put(buffer, ROTATION * (GROUP + 1) + i, q * turn)


@njit(inline="always", error_model="numpy")
def _felt(fit, g, pixel, w, decay):
    error = _three(fit.planes, fit.width * fit.height, _ERROR, pixel)
    shown = _three(fit.planes, fit.width * fit.height, RENDERED, pixel)
    own = _of(fit, RED, g), _of(fit, GREEN, g), _of(fit, BLUE, g)
    weight = _at(fit, WEIGHT, pixel)
    if fit.added:
        return felt(w, decay, weight, error, shown, own, True)
    return felt(w, decay, weight, error, shown, own, None)


@njit(inline="always")
def _three(array, length, row, place):
    """Return what stands at one place of three rows or planes."""
    return (
        take(array, row * length + place),
        take(array, (row + 1) * length + place),
        take(array, (row + 2) * length + place),
    )


@njit
def add_terms(thread, threads, buffer):
    """Add the terms to the sums, pixel after pixel."""
    for row in range(thread, ROWS, threads):
        total = take(buffer, ROWS * (GROUP + 1) + row)
        for i in range(GROUP):
            total += take(buffer, row * (GROUP + 1) + i)
        put(buffer, ROWS * (GROUP + 1) + row, total)


@njit(error_model="numpy")
def end_sums(thread, threads, fit, g, buffer):
    """Write the gradient of a Gaussian."""
    mean = np.float32(fit.width * fit.height * 3)
    for row in range(thread, ROWS, threads):
        _set(fit, GRADIENT + row, g, take(buffer, ROWS * (GROUP + 1) + row) / mean)


@njit(error_model="numpy")
def move(thread, threads, fit, rate):
    """Make a step of Adam, which `settle` takes; return whether all is finite that was moved."""
    finite, inverse = True, 1.0 / fit.n
    for item in range(thread, ROWS * fit.n, threads):
        row, g = _divided(item, inverse, fit.n)
        if not (fit.trained >> row) & 1:
            continue
        beta1, beta2 = take(fit.constants, _BETA1), take(fit.constants, _BETA2)
        steps = _integer(fit, STEPS, g) + 1
        slope = _of(fit, GRADIENT + row, g)
        m, v = moments_of(slope, _of(fit, M + row, g), _of(fit, V + row, g), beta1, beta2)
        epsilon = take(fit.constants, _EPSILON)
        step = step_of(m, v, bias_of(beta1, steps), bias_of(beta2, steps), rate, epsilon)
        moved = _of(fit, row, g) - step
        _set(fit, M + row, g, m)
        _set(fit, V + row, g, v)
        _set(fit, _MOVED + row, g, moved)
        finite &= math.isfinite(moved)
    return finite


@njit
def settle(thread, threads, fit):
    """Clamp what was moved and take it."""
    inverse = 1.0 / fit.n
    for item in range(thread, ROWS * fit.n, threads):
        row, g = _divided(item, inverse, fit.n)
        if row == 0:
            put(fit.integers, g * INTEGER_COLUMNS + STEPS, _integer(fit, STEPS, g) + 1)
        if (fit.trained >> row) & 1:
            low, high = take(fit.constants, _LOW + row), take(fit.constants, _HIGH + row)
            value = _of(fit, _MOVED + row, g)
            value = low if low > value else value
            _set(fit, row, g, high if high < value else value)


@njit
def copy_out(thread, threads, fit, kept):
    """Copy parameters and gradient, [room, 2 * ROWS]."""
    for item in range(thread, 2 * ROWS * fit.n, threads):
        put(kept, item, _of(fit, item % (2 * ROWS), item // (2 * ROWS)))


@njit
def compare_pixels(thread, threads, fit):
    """Write each pixel's L1 and L2, as rendered and as painted: right wherever uncovered."""
    for pixel in range(thread, fit.width * fit.height, threads):
        covered = not _is_uncovered(fit, pixel)
        l1 = l2 = _ZERO
        target = _three(fit.planes, fit.width * fit.height, TARGET, pixel)
        shown = _three(fit.planes, fit.width * fit.height, RENDERED, pixel)
        r, g, b = shown[0] - target[0], shown[1] - target[1], shown[2] - target[2]
        l1, l2 = (abs(r) + abs(g)) + abs(b), (r * r + g * g) + b * b
        _write(fit, _L1, pixel, l1)
        _write(fit, _L2, pixel, l2)
        _write(fit, _L1 + 1, pixel, l1 if covered else _ZERO)
        _write(fit, _L2 + 1, pixel, l2 if covered else _ZERO)
        for channel in range(3):
            plane = (RENDERED if covered else TARGET) + channel
            _write(fit, _PAINTED + channel, pixel, _at(fit, plane, pixel))


@njit(inline="always")
def _is_uncovered(fit, pixel):
    black = _edge(fit).background
    return _at(fit, WEIGHT, pixel) <= (black if black > COVERED32 else COVERED32)


@njit(error_model="numpy")
def compare_windows(thread, threads, fit):
    """Write the similarity of each window, as rendered and as painted."""
    rows, columns = fit.height - SSIM_WINDOW, fit.width - SSIM_WINDOW
    windows = rows * columns
    inverse, inverse_windows = 1.0 / columns, 1.0 / windows
    for item in range(thread, 6 * windows, threads):
        image, window = _divided(item, inverse_windows, windows)
        channel = image if image < 3 else image - 3
        plane = (RENDERED if image < 3 else _PAINTED) + channel
        top, left = _divided(window, inverse, columns)
        begin = top * fit.width + left
        mean = _ZERO
        for dy in range(SSIM_WINDOW):
            for dx in range(SSIM_WINDOW):
                mean += _at(fit, plane, begin + dy * fit.width + dx)
        mean = mean / WINDOW_PIXELS
        target_mean = _at(fit, MEAN + channel, begin)
        variance = covariance = _ZERO
        for dy in range(SSIM_WINDOW):
            for dx in range(SSIM_WINDOW):
                pixel = begin + dy * fit.width + dx
                gap = _at(fit, plane, pixel) - mean
                variance += gap * gap
                covariance += gap * (_at(fit, TARGET + channel, pixel) - target_mean)
        value = similarity(
            mean,
            target_mean,
            variance / WINDOW_PIXELS,
            _at(fit, VARIANCE + channel, begin),
            covariance / WINDOW_PIXELS,
        )
        put(fit.planes, _SIMILARITY * (fit.width * fit.height) + item, value)


@njit(error_model="numpy")
def sum_up(thread, threads, fit, losses, counts):
    """Write what `LOSSES` and `COUNTS` name, each summed by one thread in its order."""
    pixels, windows = fit.width * fit.height, (fit.width - SSIM_WINDOW) * (fit.height - SSIM_WINDOW)
    for item in range(thread, LOSSES + COUNTS, threads):
        if item < LOSSES:
            painted, part = item // 3, item % 3
            begin, terms, mean = (_L1 + painted) * pixels, pixels, np.float32(3 * pixels)
            if part == 1:
                begin = (_L2 + painted) * pixels
            elif part == 2:
                begin, terms = _SIMILARITY * pixels + painted * 3 * windows, 3 * windows
                mean = np.float32(terms)
            if terms <= PUBLISHED_TERMS:
                value = _sum(fit.planes, begin, terms, np.float32(0)) / mean
            else:
                value = np.float32(_sum(fit.planes, begin, terms, np.float64(0)) / mean)
            put(losses, item, value)
        else:
            total = 0
            for pixel in range(pixels):
                if item == LOSSES:
                    total += _is_uncovered(fit, pixel)
                else:
                    total += take(fit.integers, INTEGER_COLUMNS * fit.room + pixel)
            put(counts, item - LOSSES, total)


@njit(inline="always")
def _sum(values, begin, terms, total):
    """Return the sum of some numbers one after the other, in the precision of `total`."""
    for i in range(begin, begin + terms):
        total += take(values, i)
    return total
