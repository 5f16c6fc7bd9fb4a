"""Rendering and its gradient in compiled code: float32, bit for bit as published.

Every product and sum is grouped and ordered as in the original program, so nothing in the kernels
may be regrouped. They are fast because a Gaussian visits only the pixels it can reach, in blocks of
`LANES` neighbours in a row that are computed together: lanes are pixels, so no sum is split, and a
lane beyond the cut-off adds 0, which changes no bit. `lgi.gaussians.fits.render` and
`lgi.gaussians.fits.gradient` say the same in readable form.
"""

import math
from typing import NamedTuple

import numpy as np

from lgi.gaussians.fits.edge import COVERED, Edge, edge_of
from lgi.gaussians.fits.expf import expf
from lgi.gaussians.fits.initial import PARAMETERS
from lgi.gaussians.fits.lanes import (
    LANES,
    add_in_order,
    any_at_least,
    fill,
    load,
    no_sums,
    one_sum,
    smaller,
    store,
    where_at_most,
)
from lgi.gaussians.fits.settings import Blend, EdgeSettings
from lgi.jit import njit

_ZERO, _HALF, _ONE, _TWO = np.float32([0, 0.5, 1, 2])
_COVERED = np.float32(COVERED)
_VANISHED = np.float32(1400)  # exp(-d2 / 2) is 0 long before this d2
_MARGIN = np.float32(0.02)  # pixels; rounding moves the end of a span by far less
_WIDER = np.float32(1.00001)  # and the square of the cut-off by far less than this factor

X, Y, SX, SY, ROTATION, RED, GREEN, BLUE = (
    PARAMETERS.index(name) for name in ("x", "y", "sx", "sy", "rotation", "r", "g", "b")
)


class Image(NamedTuple):
    """Target and rendered image, pixels in raster order, padded by one block."""

    width: int
    height: int
    target: np.ndarray  # [3, pixels]
    weight: np.ndarray  # [pixels] sum of w and the weight of black
    colour: np.ndarray  # [3, pixels] sum of w c
    rendered: np.ndarray  # [3, pixels]
    error: np.ndarray  # [3, pixels] gradient of the loss, times 3 pixels
    added: bool | None  # True where sums of w c stay; None, a type of its own, for their mean


class Blocks(NamedTuple):
    """Blocks of neighbouring pixels that each Gaussian reaches, in raster order."""

    first: np.ndarray  # [n + 1] where the blocks of each Gaussian begin
    row: np.ndarray  # [blocks]
    column: np.ndarray  # [blocks] of the first lane
    weight: np.ndarray  # [blocks * LANES] w of the Gaussian at each pixel, 0 beyond the cut-off
    decay: np.ndarray  # [blocks * LANES] -2 dw/d(d2), for a smooth edge; a hard one's is w
    felt: np.ndarray  # [blocks] whether a weight is large enough for a gradient


class _Shape(NamedTuple):
    """An ellipse as its rows see it, in units of the image's width and height."""

    cos: np.float32
    sin: np.float32
    vertical: np.float32  # largest extent in y of the 1-sigma ellipse
    horizontal: np.float32  # its largest extent in x
    chord: np.float32  # half its extent in x along the row through the centre
    shear: np.float32  # how far the middle of a row lies from x, per distance from y


def edge32_of(cutoff: float, edge: EdgeSettings) -> Edge:
    """Return the constants of an edge, in float32."""
    return Edge(*np.float32(edge_of(cutoff, edge)))


def image_of(target: np.ndarray, kind: Blend) -> Image:
    """Return a target [height, width, 3] and room for its rendering by a blend."""
    height, width, _ = target.shape
    size = height * width
    padded = np.zeros((3, size + LANES), dtype=np.float32)
    padded[:, :size] = target.reshape(size, 3).T
    weight = np.zeros(size + LANES, dtype=np.float32)
    colour, rendered, error = (np.zeros_like(padded) for _ in range(3))
    return Image(
        width, height, padded, weight, colour, rendered, error, True if kind == "sum" else None
    )


@njit
def no_blocks(n, room):
    """Return `room` empty blocks."""
    return Blocks(
        np.zeros(n + 1, np.int64),
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        np.zeros(room * LANES, np.float32),
        np.zeros(room * LANES, np.float32),
        np.zeros(room, np.bool_),
    )


@njit(error_model="numpy")
def render(parameters, image, blocks, edge):
    """Render parameters [P, n] into `image`; return the blocks that were visited."""
    blocks = _cover(parameters, image.width, image.height, blocks, edge.cutoff)
    image.weight[:] = edge.background
    image.colour[:] = _ZERO
    for g in range(parameters.shape[1]):
        if parameters[ROTATION, g] == _ZERO:
            _paint(parameters, image, blocks, edge, g)
        else:
            _paint_rotated(parameters, image, blocks, edge, g)
    _resolve(image)
    return blocks


@njit(error_model="numpy")
def _paint(parameters, image, blocks, edge, g):
    """Add a Gaussian whose axes are those of the image."""
    width, height = np.float32(image.width), np.float32(image.height)
    x, y, sx, sy = parameters[X, g], parameters[Y, g], parameters[SX, g], parameters[SY, g]
    column_part = np.full(image.width + LANES, np.float32(np.inf))  # no pixel beyond the row's end
    for column in range(np.uint64(image.width)):
        t = (np.float32(column) / width - x) / sx
        column_part[column] = t * t
    for k in range(blocks.first[g], blocks.first[g + 1]):
        t = (np.float32(blocks.row[k]) / height - y) / sy
        d2 = load(column_part, blocks.column[k]) + fill(t * t)
        _add(parameters, image, blocks, edge, g, k, d2)


@njit(error_model="numpy")
def _paint_rotated(parameters, image, blocks, edge, g):
    """Add a Gaussian whose axes are turned."""
    height = np.float32(image.height)
    x, y, sx, sy = parameters[X, g], parameters[Y, g], parameters[SX, g], parameters[SY, g]
    cos, sin = _direction(parameters[ROTATION, g])
    dx_cos, dx_sin = _turned_columns(x, cos, sin, image.width, np.float32(np.inf))
    for k in range(blocks.first[g], blocks.first[g + 1]):
        dy, column = np.float32(blocks.row[k]) / height - y, blocks.column[k]
        along = (load(dx_cos, column) + fill(dy * sin)) / fill(sx)
        across = (fill(dy * cos) - load(dx_sin, column)) / fill(sy)
        _add(parameters, image, blocks, edge, g, k, along * along + across * across)


@njit(inline="always")
def _add(parameters, image, blocks, edge, g, k, d2):
    """Add the weights of a Gaussian to the pixels of a block, from its squared distances."""
    limit = edge.cutoff * edge.cutoff
    w = expf(smaller(d2, fill(min(limit, _VANISHED))) * fill(-_HALF))
    if edge.floor > _ZERO:
        decay = where_at_most(d2, fill(limit), w - fill(edge.floor))
        store(blocks.decay, k * LANES, decay)
        w = decay + fill(_HALF * edge.floor) * (smaller(d2, fill(limit)) - fill(limit))
    w = where_at_most(d2, fill(limit), w)
    store(blocks.weight, k * LANES, w)
    blocks.felt[k] = any_at_least(w, fill(_COVERED))
    pixel = blocks.row[k] * image.width + blocks.column[k]
    red, green, blue = image.colour[0], image.colour[1], image.colour[2]
    store(image.weight, pixel, load(image.weight, pixel) + w)
    store(red, pixel, load(red, pixel) + w * fill(parameters[RED, g]))
    store(green, pixel, load(green, pixel) + w * fill(parameters[GREEN, g]))
    store(blue, pixel, load(blue, pixel) + w * fill(parameters[BLUE, g]))


@njit(error_model="numpy")
def _resolve(image):
    """Divide by the weights, unless colours add up: the rendered image."""
    if image.added is not None:
        image.rendered[:] = image.colour
        return
    for channel in range(3):
        colour, rendered = image.colour[channel], image.rendered[channel]
        for pixel in range(np.uint64(image.width * image.height)):
            weight = image.weight[pixel]
            value = colour[pixel] / weight
            rendered[pixel] = value if weight > _COVERED else _ZERO


@njit(error_model="numpy")
def differentiate(parameters, gradient, image, blocks, edge):
    """Write the gradient that belongs to `image.error`, blind to a hard cut-off."""
    for g in range(parameters.shape[1]):
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
    width, height = np.float32(image.width), np.float32(image.height)
    x, y, sx, sy = parameters[X, g], parameters[Y, g], parameters[SX, g], parameters[SY, g]
    move_x = np.zeros(image.width + LANES, np.float32)  # d(d2)/dx per column
    grow_x = np.zeros(image.width + LANES, np.float32)  # d(d2)/dsx per column
    turn_x = np.zeros(image.width + LANES, np.float32)  # what d(d2)/drotation has of a column
    turn_y = np.zeros(image.width + LANES, np.float32)
    for column in range(np.uint64(image.width)):
        dx = np.float32(column) / width - x
        slope = (_TWO * (dx / sx)) / sx
        move_x[column] = -slope
        grow_x[column] = (-_TWO * (dx * dx)) / ((sx * sx) * sx)
        turn_x[column], turn_y[column] = slope, dx
    sums = no_sums()
    for k in range(blocks.first[g], blocks.first[g + 1]):
        if not blocks.felt[k]:
            continue
        dy, column = np.float32(blocks.row[k]) / height - y, blocks.column[k]
        slope_y = (_TWO * (dy / sy)) / sy
        grow_y = (-_TWO * (dy * dy)) / ((sy * sy) * sy)
        q, red, green, blue = _felt(parameters, image, blocks, edge, g, k)
        sums = add_in_order(
            sums,
            red,
            green,
            blue,
            q * load(move_x, column),
            q * fill(-slope_y),
            q * load(grow_x, column),
            q * fill(grow_y),
            q * (load(turn_x, column) * fill(dy) - fill(slope_y) * load(turn_y, column)),
        )
    return sums


@njit(error_model="numpy")
def _slopes_rotated(parameters, image, blocks, edge, g):
    """Return the sums of a Gaussian whose axes are turned."""
    height = np.float32(image.height)
    x, y, sx, sy = parameters[X, g], parameters[Y, g], parameters[SX, g], parameters[SY, g]
    cos, sin = _direction(parameters[ROTATION, g])
    dx_cos, dx_sin = _turned_columns(x, cos, sin, image.width, _ZERO)
    two, minus_two, minus = fill(_TWO), fill(-_TWO), fill(-_ONE)
    cube_x, cube_y = fill((sx * sx) * sx), fill((sy * sy) * sy)
    sums = no_sums()
    for k in range(blocks.first[g], blocks.first[g + 1]):
        if not blocks.felt[k]:
            continue
        dy, column = np.float32(blocks.row[k]) / height - y, blocks.column[k]
        along = load(dx_cos, column) + fill(dy * sin)
        across = fill(dy * cos) - load(dx_sin, column)
        slope_x = (two * (along / fill(sx))) / fill(sx)
        slope_y = (two * (across / fill(sy))) / fill(sy)
        q, red, green, blue = _felt(parameters, image, blocks, edge, g, k)
        sums = add_in_order(
            sums,
            red,
            green,
            blue,
            q * (minus * (slope_x * fill(cos) - slope_y * fill(sin))),
            q * (minus * (slope_x * fill(sin) + slope_y * fill(cos))),
            q * ((minus_two * (along * along)) / cube_x),
            q * ((minus_two * (across * across)) / cube_y),
            q * (slope_x * across - slope_y * along),
        )
    return sums


@njit(inline="always")
def _felt(parameters, image, blocks, edge, g, k):
    """Return what a block's weights do: to the loss through d2, and through each colour."""
    pixel = blocks.row[k] * image.width + blocks.column[k]
    w, weight = load(blocks.weight, k * LANES), load(image.weight, pixel)
    decay = load(blocks.decay, k * LANES) if edge.floor > _ZERO else w
    shown, error = image.rendered, image.error
    red, green, blue = load(error[0], pixel), load(error[1], pixel), load(error[2], pixel)
    own_red, own_green, own_blue = (
        fill(parameters[RED, g]),
        fill(parameters[GREEN, g]),
        fill(parameters[BLUE, g]),
    )
    if image.added is None:  # known to the compiler
        share = w / weight
        u = (
            red * ((own_red - load(shown[0], pixel)) / weight)
            + green * ((own_green - load(shown[1], pixel)) / weight)
            + blue * ((own_blue - load(shown[2], pixel)) / weight)
        )
    else:
        share, u = w, red * own_red + green * own_green + blue * own_blue
    floor = fill(_COVERED)
    q = where_at_most(floor, w, u * (decay * fill(-_HALF)))
    share = where_at_most(floor, w, share)
    return q, red * share, green * share, blue * share


@njit
def _direction(rotation):
    """Return cosine and sine, rounded once: float32 functions differ between libraries."""
    angle = np.float64(rotation)
    return np.float32(math.cos(angle)), np.float32(math.sin(angle))


@njit(error_model="numpy")
def _turned_columns(x, cos, sin, width, beyond):
    """Return (column - x) times cosine and sine, and what stands beyond the row's end."""
    dx_cos, dx_sin = np.full(width + LANES, beyond), np.full(width + LANES, beyond)
    for column in range(np.uint64(width)):
        dx = np.float32(column) / np.float32(width) - x
        dx_cos[column], dx_sin[column] = dx * cos, dx * sin
    return dx_cos, dx_sin


@njit(error_model="numpy")
def _cover(parameters, width, height, blocks, cutoff):
    """List the blocks that each Gaussian reaches, a little too many rather than too few."""
    needed = _room(parameters, width, height, cutoff)
    if needed > len(blocks.row):
        blocks = no_blocks(parameters.shape[1], needed + needed // 4)
    left, right = np.empty(height, np.float32), np.empty(height, np.float32)
    k = 0
    for g in range(parameters.shape[1]):
        blocks.first[g] = k
        shape = _shape(parameters[:, g])
        reach = cutoff * shape.vertical * np.float32(height)
        top, bottom = _span(parameters[Y, g] * np.float32(height), reach, height)
        _row_spans(
            parameters[:, g], shape, top, width, height, cutoff, left[top:bottom], right[top:bottom]
        )
        for row in range(top, bottom):
            for column in range(int(left[row]), int(right[row]) + 1, LANES):
                blocks.row[k] = row
                blocks.column[k] = column
                k += 1
    blocks.first[parameters.shape[1]] = k
    return blocks


@njit(error_model="numpy")
def _shape(gaussian):
    """Return how far a Gaussian reaches; margins of the callers cover the rounding."""
    sx, sy = gaussian[SX], gaussian[SY]
    if gaussian[ROTATION] == _ZERO:
        return _Shape(_ONE, _ZERO, sy, sx, sx, _ZERO)
    cos, sin = _direction(gaussian[ROTATION])
    vertical = np.sqrt((sy * cos) * (sy * cos) + (sx * sin) * (sx * sin))
    horizontal = np.sqrt((sx * cos) * (sx * cos) + (sy * sin) * (sy * sin))
    shear = (cos * sin) * ((sx - sy) * (sx + sy)) / (vertical * vertical)
    return _Shape(cos, sin, vertical, horizontal, sx * (sy / vertical), shear)


@njit(error_model="numpy")
def _row_spans(gaussian, shape, top, width, height, cutoff, left, right):
    """Write the first and the last column that a Gaussian may reach in the rows from `top`."""
    limit = cutoff * cutoff * _WIDER
    x, y = gaussian[X] * np.float32(width), gaussian[Y]
    chord, shear = shape.chord * np.float32(width), shape.shear * np.float32(width)
    for i in range(len(left)):
        dy = np.float32(top + i) / np.float32(height) - y
        t = dy / shape.vertical
        middle = x + shear * dy
        reach = np.sqrt(max(limit - t * t, _ZERO)) * chord + _MARGIN
        left[i] = np.ceil(min(max(middle - reach, _ZERO), np.float32(width)))
        right[i] = np.floor(max(min(middle + reach, np.float32(width - 1)), -_ONE))


@njit
def _room(parameters, width, height, cutoff):
    """Return a number of blocks that is enough for all Gaussians."""
    needed = 0
    for g in range(parameters.shape[1]):
        shape = _shape(parameters[:, g])
        x, y = parameters[X, g] * np.float32(width), parameters[Y, g] * np.float32(height)
        left, right = _span(x, cutoff * shape.horizontal * np.float32(width), width)
        top, bottom = _span(y, cutoff * shape.vertical * np.float32(height), height)
        needed += max(bottom - top, 0) * ((max(right - left, 0) + LANES - 1) // LANES)
    return needed


@njit(inline="always")
def _span(centre, reach, size):
    """Return the first pixel within `reach` of `centre`, and one past the last."""
    first = math.ceil(min(max(centre - reach - _MARGIN, _ZERO), np.float32(size)))
    last = math.floor(max(min(centre + reach + _MARGIN, np.float32(size - 1)), -_ONE))
    return int(first), int(last) + 1
