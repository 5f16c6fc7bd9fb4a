"""Rendering and its gradient in compiled code: float32, bit for bit as published.

Every product and sum is grouped and ordered as in the original program, so nothing in the kernels
may be regrouped. They are fast because a Gaussian visits only the pixels it can reach, in blocks of
`LANES` neighbours in a row that are computed together: lanes are pixels, so no sum is split, and a
lane beyond the cut-off adds 0, which changes no bit. Time and memory grow with these blocks, the
pixels and the number of Gaussians, not with their products.

Threads share the work without touching a bit: a band of rows is painted by one thread, Gaussian
after Gaussian, and the gradient of a Gaussian is summed by one thread, band after band.
`lgi.gaussians.fits.render` and `lgi.gaussians.fits.gradient` say the same in readable form.
"""

from typing import NamedTuple

import numpy as np

from lgi.gaussians.fits.formulas import (
    BLUE,
    COVERED32,
    GREEN,
    MARGIN,
    RED,
    ROTATION,
    SX,
    SY,
    WIDER,
    X,
    Y,
    direction,
    fallen,
    felt,
    growth_by,
    moves_of,
    negative,
    shape_of,
    slope_of,
    span,
    turn_of,
    turned,
)
from lgi.gaussians.fits.lanes import (
    LANES,
    add_in_order,
    any_at_least,
    fill,
    load,
    no_sums,
    one_sum,
    store,
)
from lgi.gaussians.fits.settings import Blend
from lgi.jit import njit

_ZERO, _ONE = np.float32([0, 1])


class Image(NamedTuple):
    """Target and rendered image, pixels in raster order, padded by one block."""

    width: int
    height: int
    target: np.ndarray  # [3, pixels]
    weight: np.ndarray  # [pixels] sum of w and the weight of black
    rendered: np.ndarray  # [3, pixels]
    error: np.ndarray  # [3, pixels] gradient of the loss, times 3 pixels
    place: np.ndarray  # [2, width and margin] column / width; beyond the image infinite, and 0
    added: bool | None  # True where sums of w c stay; None, a type of its own, for their mean


class Blocks(NamedTuple):
    """Blocks of neighbouring pixels that each Gaussian reaches, in raster order, band by band.

    Each band has sums and room for blocks of its own, so that bands can be painted at once: a block
    at the end of a band's last row adds its lanes beyond to a margin, not to the next band.
    """

    top: np.ndarray  # [bands + 1] first row of each band
    room: np.ndarray  # [bands + 1] where the blocks of each band may begin
    first: np.ndarray  # [bands, n + 1] where the blocks of each Gaussian begin
    columns: np.ndarray  # [bands, n, 2] its first column, and one past that of its last lane
    row: np.ndarray  # [blocks]
    column: np.ndarray  # [blocks] of the first lane
    weight: np.ndarray  # [blocks * LANES] w of the Gaussian at each pixel, 0 beyond the cut-off
    decay: (
        np.ndarray
    )  # [blocks * LANES] -2 dw/d(d2) of a smooth edge; empty for a hard one: it is w
    felt: np.ndarray  # [blocks] whether a weight is large enough for a gradient
    sums: np.ndarray  # [4, pixels and margins] of w and the weight of black, and of w c


def image_of(target: np.ndarray, kind: Blend) -> Image:
    """Return a target [height, width, 3] and room for its rendering by a blend."""
    height, width, _ = target.shape
    size = height * width
    padded = np.zeros((3, size + LANES), dtype=np.float32)
    padded[:, :size] = target.reshape(size, 3).T
    weight = np.zeros(size + LANES, dtype=np.float32)
    rendered, error = np.zeros_like(padded), np.zeros_like(padded)
    place = np.zeros((2, width + 2 * LANES), dtype=np.float32)
    place[0] = np.inf
    place[:, :width] = np.arange(width, dtype=np.float32) / np.float32(width)
    return Image(
        width, height, padded, weight, rendered, error, place, True if kind == "sum" else None
    )


def no_blocks(n: int, image: Image, bands: int = 1) -> Blocks:
    """Return room for no blocks of `n` Gaussians, and bands of about equally many rows.

    Bands but the last have a multiple of `LANES` rows, so that there may be fewer than asked for.
    """
    units = -(-image.height // LANES)
    bands = min(bands, units)
    top = np.minimum(LANES * (np.arange(bands + 1) * units // bands), image.height)
    none = np.zeros(0, np.int64)
    return Blocks(
        top,
        np.zeros(bands + 1, np.int64),
        np.zeros((bands, n + 1), np.int64),
        np.zeros((bands, n, 2), np.int64),
        none,
        none,
        np.zeros(0, np.float32),
        np.zeros(0, np.float32),
        np.zeros(0, np.bool_),
        np.zeros((4, image.width * image.height + bands * LANES), np.float32),
    )


@njit(error_model="numpy")
def render(parameters, image, blocks, edge):
    """Render parameters [P, n] into `image`; return the blocks that were visited."""
    needed = np.zeros(len(blocks.first), np.int64)
    while True:
        for band in range(len(needed)):
            needed[band] = render_band(parameters, image, blocks, edge, band)
        if fits(blocks, needed):
            return blocks
        blocks = widened(blocks, needed, edge)


@njit(error_model="numpy", nogil=True)
def render_band(parameters, image, blocks, edge, band):
    """Render a band of `image`, if there is room for its blocks; return how many it needs."""
    needed = _cover(parameters, image.width, image.height, blocks, edge.cutoff, band)
    if needed > blocks.room[band + 1] - blocks.room[band]:
        return needed
    begin, end = _in_sums(image, blocks, band)
    blocks.sums[0, begin : end + LANES] = edge.background
    blocks.sums[1:, begin : end + LANES] = _ZERO
    for g in range(parameters.shape[1]):
        if parameters[ROTATION, g] == _ZERO:
            _paint(parameters, image, blocks, edge, band, g)
        else:
            _paint_rotated(parameters, image, blocks, edge, band, g)
    _resolve(image, blocks, band)
    return needed


@njit
def fits(blocks, needed):
    """Tell whether every band has room for the blocks that it needs."""
    return np.all(needed <= blocks.room[1:] - blocks.room[:-1])


@njit
def widened(blocks, needed, edge):
    """Return blocks with room for as many as are needed in each band, and a quarter more."""
    room = np.zeros_like(blocks.room)
    for band in range(len(needed)):
        old = blocks.room[band + 1] - blocks.room[band]
        size = old if needed[band] <= old else needed[band] + needed[band] // 4
        room[band + 1] = room[band] + size
    size = room[-1]
    return Blocks(
        blocks.top,
        room,
        blocks.first,
        blocks.columns,
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size * LANES, np.float32),
        np.zeros(size * LANES if edge.floor > _ZERO else 0, np.float32),
        np.zeros(size, np.bool_),
        blocks.sums,
    )


@njit(error_model="numpy")
def _paint(parameters, image, blocks, edge, band, g):
    """Add a Gaussian whose axes are those of the image."""
    height = np.float32(image.height)
    x, y, sx, sy = parameters[X, g], parameters[Y, g], parameters[SX, g], parameters[SY, g]
    first, size = _own_columns(image, blocks, band, band + 1, g)
    column_part = np.empty(size + LANES, np.float32)
    for i in range(0, size, LANES):
        t = (load(image.place[0], first + i) - fill(x)) / fill(sx)
        store(column_part, i, t * t)
    for k in range(blocks.first[band, g], blocks.first[band, g + 1]):
        t = (np.float32(blocks.row[k]) / height - y) / sy
        d2 = load(column_part, blocks.column[k] - first) + fill(t * t)
        _add(parameters, image, blocks, edge, band, g, k, d2)


@njit(error_model="numpy")
def _paint_rotated(parameters, image, blocks, edge, band, g):
    """Add a Gaussian whose axes are turned."""
    height = np.float32(image.height)
    x, y, sx, sy = parameters[X, g], parameters[Y, g], parameters[SX, g], parameters[SY, g]
    cos, sin = direction(parameters[ROTATION, g])
    first, size = _own_columns(image, blocks, band, band + 1, g)
    dx_cos, dx_sin = _turned_columns(image.place[0], x, cos, sin, first, size)
    for k in range(blocks.first[band, g], blocks.first[band, g + 1]):
        dy, column = np.float32(blocks.row[k]) / height - y, blocks.column[k] - first
        along_x, along_y = turned(
            load(dx_cos, column), load(dx_sin, column), fill(dy * cos), fill(dy * sin)
        )
        t_x, t_y = along_x / fill(sx), along_y / fill(sy)
        _add(parameters, image, blocks, edge, band, g, k, t_x * t_x + t_y * t_y)


@njit(inline="always")
def _add(parameters, image, blocks, edge, band, g, k, d2):
    """Add the weights of a Gaussian to the pixels of a block, from its squared distances."""
    decay, w = fallen(d2, edge)
    if edge.floor > _ZERO:
        store(blocks.decay, k * LANES, decay)
    store(blocks.weight, k * LANES, w)
    blocks.felt[k] = any_at_least(w, fill(COVERED32))
    pixel = blocks.row[k] * image.width + blocks.column[k] + band * LANES
    weight, red, green, blue = blocks.sums[0], blocks.sums[1], blocks.sums[2], blocks.sums[3]
    store(weight, pixel, load(weight, pixel) + w)
    store(red, pixel, load(red, pixel) + w * fill(parameters[RED, g]))
    store(green, pixel, load(green, pixel) + w * fill(parameters[GREEN, g]))
    store(blue, pixel, load(blue, pixel) + w * fill(parameters[BLUE, g]))


@njit(inline="always")
def _in_sums(image, blocks, band):
    """Return where the pixels of a band begin and end in `Blocks.sums`."""
    shift = band * LANES
    return blocks.top[band] * image.width + shift, blocks.top[band + 1] * image.width + shift


@njit(error_model="numpy")
def _resolve(image, blocks, band):
    """Divide the sums of a band by the weights, unless colours add up: the rendered image."""
    begin, end = _in_sums(image, blocks, band)
    pixels = slice(begin - band * LANES, end - band * LANES)
    weights, shown = blocks.sums[0, begin:end], image.weight[pixels]
    shown[:] = weights
    for channel in range(3):
        colour, rendered = blocks.sums[1 + channel, begin:end], image.rendered[channel, pixels]
        if image.added is not None:
            rendered[:] = colour
        else:
            for pixel in range(np.uint64(end - begin)):
                weight = weights[pixel]
                value = colour[pixel] / weight
                rendered[pixel] = value if weight > COVERED32 else _ZERO


@njit(error_model="numpy", nogil=True)
def differentiate(parameters, gradient, image, blocks, edge, begin, end):
    """Write the gradient of the Gaussians from `begin` up to `end`, blind to a hard cut-off.

    It belongs to `image.error`, and to `blocks` as rendered.
    """
    for g in range(begin, end):
        if parameters[ROTATION, g] == _ZERO:
            sums = _slopes(parameters, image, blocks, edge, g)
        else:
            sums = _slopes_rotated(parameters, image, blocks, edge, g)
        mean = np.float32(image.width * image.height * 3)
        gradient[RED, g] = one_sum(sums, 0) / mean
        gradient[GREEN, g] = one_sum(sums, 1) / mean
        gradient[BLUE, g] = one_sum(sums, 2) / mean
        gradient[X, g], gradient[Y, g] = one_sum(sums, 3) / mean, one_sum(sums, 4) / mean
        gradient[SX, g], gradient[SY, g] = one_sum(sums, 5) / mean, one_sum(sums, 6) / mean
        gradient[ROTATION, g] = one_sum(sums, 7) / mean


@njit(error_model="numpy")
def _slopes(parameters, image, blocks, edge, g):
    """Return the sums of a Gaussian whose axes are those of the image."""
    height = np.float32(image.height)
    x, y, sx, sy = parameters[X, g], parameters[Y, g], parameters[SX, g], parameters[SY, g]
    first, size = _own_columns(image, blocks, 0, len(blocks.first), g)
    move_x = np.empty(size + LANES, np.float32)  # d(d2)/dx per column
    grow_x = np.empty(size + LANES, np.float32)  # d(d2)/dsx per column
    turn_x = np.empty(size + LANES, np.float32)  # what d(d2)/drotation has of a column
    turn_y = np.empty(size + LANES, np.float32)
    for i in range(0, size, LANES):
        dx = load(image.place[1], first + i) - fill(x)
        slope = slope_of(dx, fill(sx))
        store(move_x, i, negative(slope))
        store(grow_x, i, growth_by(dx, fill((sx * sx) * sx)))
        store(turn_x, i, slope)
        store(turn_y, i, dx)
    decays = blocks.decay if edge.floor > _ZERO else blocks.weight
    sums = no_sums()
    for band in range(len(blocks.first)):
        for k in range(blocks.first[band, g], blocks.first[band, g + 1]):
            if not blocks.felt[k]:
                continue
            dy, column = np.float32(blocks.row[k]) / height - y, blocks.column[k] - first
            slope_y, grow_y = slope_of(dy, sy), growth_by(dy, (sy * sy) * sy)
            q, red, green, blue = _felt(parameters, image, blocks, decays, g, k)
            sums = add_in_order(
                sums,
                red,
                green,
                blue,
                q * load(move_x, column),
                q * fill(-slope_y),
                q * load(grow_x, column),
                q * fill(grow_y),
                q * turn_of(load(turn_x, column), fill(slope_y), load(turn_y, column), fill(dy)),
            )
    return sums


@njit(error_model="numpy")
def _slopes_rotated(parameters, image, blocks, edge, g):
    """Return the sums of a Gaussian whose axes are turned."""
    height = np.float32(image.height)
    x, y, sx, sy = parameters[X, g], parameters[Y, g], parameters[SX, g], parameters[SY, g]
    cos, sin = direction(parameters[ROTATION, g])
    first, size = _own_columns(image, blocks, 0, len(blocks.first), g)
    dx_cos, dx_sin = _turned_columns(image.place[1], x, cos, sin, first, size)
    cube_x, cube_y = fill((sx * sx) * sx), fill((sy * sy) * sy)
    decays = blocks.decay if edge.floor > _ZERO else blocks.weight
    sums = no_sums()
    for band in range(len(blocks.first)):
        for k in range(blocks.first[band, g], blocks.first[band, g + 1]):
            if not blocks.felt[k]:
                continue
            dy, column = np.float32(blocks.row[k]) / height - y, blocks.column[k] - first
            along_x, along_y = turned(
                load(dx_cos, column), load(dx_sin, column), fill(dy * cos), fill(dy * sin)
            )
            slope_x, slope_y = slope_of(along_x, fill(sx)), slope_of(along_y, fill(sy))
            move_x, move_y = moves_of(slope_x, slope_y, cos, sin)
            q, red, green, blue = _felt(parameters, image, blocks, decays, g, k)
            sums = add_in_order(
                sums,
                red,
                green,
                blue,
                q * move_x,
                q * move_y,
                q * growth_by(along_x, cube_x),
                q * growth_by(along_y, cube_y),
                q * turn_of(slope_x, slope_y, along_x, along_y),
            )
    return sums


@njit(inline="always")
def _felt(parameters, image, blocks, decays, g, k):
    """Return what a block's weights do: to the loss through d2, and through each colour."""
    pixel = blocks.row[k] * image.width + blocks.column[k]
    w, weight = load(blocks.weight, k * LANES), load(image.weight, pixel)
    decay = load(decays, k * LANES)
    # No array in a branch: numba would count references to it, in each block.
    red, green, blue = (
        load(image.error[0], pixel),
        load(image.error[1], pixel),
        load(image.error[2], pixel),
    )
    shown_red, shown_green, shown_blue = (
        load(image.rendered[0], pixel),
        load(image.rendered[1], pixel),
        load(image.rendered[2], pixel),
    )
    own_red, own_green, own_blue = (
        fill(parameters[RED, g]),
        fill(parameters[GREEN, g]),
        fill(parameters[BLUE, g]),
    )
    return felt(
        w,
        decay,
        weight,
        (red, green, blue),
        (shown_red, shown_green, shown_blue),
        (own_red, own_green, own_blue),
        image.added,
    )


@njit(error_model="numpy")
def _turned_columns(place, x, cos, sin, first, size):
    """Return (column - x) times cosine and sine of some columns, places as in `Image`."""
    dx_cos, dx_sin = np.empty(size + LANES, np.float32), np.empty(size + LANES, np.float32)
    for i in range(0, size, LANES):
        dx = load(place, first + i) - fill(x)
        store(dx_cos, i, dx * fill(cos))
        store(dx_sin, i, dx * fill(sin))
    return dx_cos, dx_sin


@njit
def _own_columns(image, blocks, begin, end, g):
    """Return a Gaussian's first column in some bands, and the number of its columns with lanes."""
    first, last = image.width, 0
    for band in range(begin, end):
        first = min(first, blocks.columns[band, g, 0])
        last = max(last, blocks.columns[band, g, 1])
    return first, max(last - first, 0)


@njit(error_model="numpy")
def _cover(parameters, width, height, blocks, cutoff, band):
    """List the blocks of a band that each Gaussian reaches, a little too many rather than too few.

    Returns their number; what there is no room for is counted all the same.
    """
    above, below = blocks.top[band], blocks.top[band + 1]
    left, right = np.empty(height, np.float32), np.empty(height, np.float32)
    k, end = blocks.room[band], blocks.room[band + 1]
    for g in range(parameters.shape[1]):
        blocks.first[band, g] = k
        shape = shape_of(parameters[SX, g], parameters[SY, g], parameters[ROTATION, g])
        reach = cutoff * shape.vertical * np.float32(height)
        top, bottom = span(parameters[Y, g] * np.float32(height), reach, height)
        top, bottom = max(top, above), max(min(bottom, below), top, above)
        _row_spans(
            parameters[:, g], shape, top, width, height, cutoff, left[top:bottom], right[top:bottom]
        )
        first, last = width, 0
        for row in range(top, bottom):
            for column in range(int(left[row]), int(right[row]) + 1, LANES):
                if k < end:
                    blocks.row[k] = row
                    blocks.column[k] = column
                k += 1
                first, last = min(first, column), max(last, column + LANES)
        blocks.columns[band, g, 0], blocks.columns[band, g, 1] = first, last
    blocks.first[band, parameters.shape[1]] = k
    return k - blocks.room[band]


@njit(error_model="numpy")
def _row_spans(gaussian, shape, top, width, height, cutoff, left, right):
    """Write the first and the last column that a Gaussian may reach in the rows from `top`."""
    limit = cutoff * cutoff * WIDER
    x, y = gaussian[X] * np.float32(width), gaussian[Y]
    chord, shear = shape.chord * np.float32(width), shape.shear * np.float32(width)
    for i in range(len(left)):
        dy = np.float32(top + i) / np.float32(height) - y
        t = dy / shape.vertical
        middle = x + shear * dy
        reach = np.sqrt(max(limit - t * t, _ZERO)) * chord + MARGIN
        left[i] = np.ceil(min(max(middle - reach, _ZERO), np.float32(width)))
        right[i] = np.floor(max(min(middle + reach, np.float32(width - 1)), -_ONE))
