"""Squared error of a rendered image and its gradient, in float64: what a chain asks for.

The loss is a mean over pixels, Σ_pixels Σ_channels (image - target)² times a scale, so that pixels
are the samples. Each chain, called lane, renders an image of its own, and no operation mixes lanes.
Edges are smooth, so that the loss has a continuous gradient. Where black has a weight, colours are
averaged; where it has none they add up, which needs none. The image is that of
`lgi.gaussians.fits.render64`, of which only the pixels are visited that a Gaussian reaches.

With dx, dy the distance of a pixel from a Gaussian, the squared distance in sigma is the form
s = A dx² + 2 B dx dy + C dy². All derivatives by its place and shape are made of five moments, the
sums of dx, dy, dx², dx dy and dy², each times the derivative of the loss by s.
"""

import math
from typing import NamedTuple

import numpy as np

from lgi.gaussians.fits.edge import Edge, fall
from lgi.jit import njit
from lgi.llc.elementary import exponential_inside

VALUES = 8
"""Values of a Gaussian, the first columns of `lgi.gaussians.fits.initial.PARAMETERS`: all but
opacity, which cancels in a weighted mean."""

_WIDER = 1.0 + 1e-9  # rounding moves the ends of a span by less
_fall = njit(fall, forceinline=True)


class _Spans(NamedTuple):
    """The pixels that each Gaussian reaches, row by row."""

    first: np.ndarray  # [n + 1] where the spans of each Gaussian begin
    row: np.ndarray  # [spans]
    column: np.ndarray  # [spans] of the first pixel
    place: np.ndarray  # [spans + 1] where the pixels of each span begin, in the two arrays below
    weight: np.ndarray  # [pixels of all spans]
    decay: np.ndarray  # [pixels of all spans] -2 dw/ds


class _Span(NamedTuple):
    """One of the spans."""

    place: np.uint64  # where it begins among the pixels of all spans
    column: np.uint64  # of its first pixel
    pixel: np.uint64  # its first pixel, in raster order
    size: np.uint64


class _Form(NamedTuple):
    """s = A dx² + 2 B dx dy + C dy²."""

    a: float
    b: float
    c: float


@njit
def loss_and_gradient(
    parameters, target, centre, free, directions, transposed, edge, scale, gradient, loss
):
    """Write the loss of every lane and its gradient, as `lgi.llc.estimate.estimate` asks for.

    Parameters
    ----------
    parameters
        float64 [P, lanes]: how far each lane is from `centre` along each direction.
    target
        float64 [3, height, width].
    centre
        float64 [n, VALUES]: w*.
    free
        int64 [P]: places, in the flat `centre`, of the values that move.
    directions, transposed
        float64 [P, P]: row j is direction j in the free values; and the transpose.
    edge
        float64 [3], as `lgi.gaussians.fits.edge.Edge` orders them.
    scale
        float64 [1]: what the sum of squared errors is multiplied by.
    gradient, loss
        Written: float64 [P, lanes] and [lanes].
    """
    size, lanes = parameters.shape
    zero, count = np.uint64(0), np.uint64(size)
    moved, slope = np.empty(size), np.empty(size)
    own = np.empty_like(centre)
    for lane in range(lanes):
        moved[:] = 0.0
        for j in range(size):
            _add(moved, zero, directions[j], zero, count, parameters[j, lane])
        values = centre.copy()
        for i in range(size):
            values.reshape(-1)[free[i]] += moved[i]
        loss[lane] = squared_error(values, target, edge, scale[0], own)
        slope[:] = 0.0
        for i in range(size):
            _add(slope, zero, transposed[i], zero, count, own.reshape(-1)[free[i]])
        for j in range(size):
            gradient[j, lane] = slope[j]


@njit(error_model="numpy")
def squared_error(values, target, edge, scale, gradient):
    """Return `scale` times the squared error of an image, summed over pixels and channels.

    Parameters
    ----------
    values
        float64 [n, VALUES].
    target
        float64 [3, height, width].
    edge
        float64 [3], as `lgi.gaussians.fits.edge.Edge` orders them.
    scale
        What the sum is multiplied by.
    gradient
        Written: float64 [n, VALUES].
    """
    _, height, width = target.shape
    smooth = Edge(edge[0], edge[1], edge[2])
    weight = np.full(height * width, smooth.background)
    red, green, blue, blend = np.zeros((4, height * width))
    columns = np.arange(width) / width
    spans = _reach(values, width, height, smooth)
    for g in range(len(values)):
        _paint(values[g], spans, g, columns, height, smooth, weight, red, green, blue)
    mean = smooth.background > 0.0
    inverse = 1.0 / weight if mean else np.ones(height * width)
    error = np.empty((3, height * width))
    for channel, colour in enumerate((red, green, blue)):
        goal = target[channel].reshape(-1)
        _compare(colour, inverse, goal, error[channel], 2.0 * scale, blend)
    if not mean:
        blend[:] = 0.0  # what a weight takes from the others' share
    for g in range(len(values)):
        _slopes(values[g], spans, g, columns, height, red, green, blue, blend, gradient[g])
    return scale * _sum_of_squares(error.reshape(-1))


@njit(error_model="numpy")
def _reach(values, width, height, edge):
    """Return the spans of all Gaussians, their weights not yet filled in."""
    n = len(values)
    first, place = np.zeros(n + 1, np.int64), np.zeros(n * height + 1, np.int64)
    row, column = np.empty(n * height, np.int64), np.empty(n * height, np.int64)
    limit = edge.cutoff * edge.cutoff * _WIDER
    spans = 0
    for g in range(n):
        x, y = values[g, 0], values[g, 1]
        form = _form(values[g])
        across = form.c - form.b * form.b / form.a  # least s of a row is this times dy²
        reach = math.sqrt(limit / across)
        top = int(max(math.ceil((y - reach) * height), 0.0))
        bottom = int(min(math.floor((y + reach) * height), height - 1.0))
        for i in range(top, bottom + 1):
            dy = i / height - y
            middle = x - form.b * dy / form.a
            half = math.sqrt(max(limit - across * dy * dy, 0.0) / form.a)
            left = int(max(math.ceil((middle - half) * width), 0.0))
            right = int(min(math.floor((middle + half) * width), width - 1.0))
            if left <= right:
                row[spans], column[spans] = i, left
                place[spans + 1] = place[spans] + right - left + 1
                spans += 1
        first[g + 1] = spans
    return _Spans(first, row, column, place, np.empty(place[spans]), np.empty(place[spans]))


@njit(error_model="numpy")
def _form(one):
    """Return the form of a Gaussian [VALUES]; the signs of its scales do not matter."""
    cos, sin = math.cos(one[4]), math.sin(one[4])
    p, q = 1.0 / (one[2] * one[2]), 1.0 / (one[3] * one[3])
    return _Form(cos * cos * p + sin * sin * q, cos * sin * (p - q), sin * sin * p + cos * cos * q)


@njit(error_model="numpy")
def _paint(one, spans, g, columns, height, edge, weight, red, green, blue):
    """Fill in the weights of a Gaussian and add it to the sums of weight and colours."""
    form = _form(one)
    for k in range(spans.first[g], spans.first[g + 1]):
        span = _span(spans, k, columns.size)
        dy = spans.row[k] / height - one[1]
        across = (form.a, 2.0 * form.b * dy, form.c * dy * dy)
        _weigh(spans.weight, spans.decay, span, columns, one[0], across, edge)
        _add(weight, span.pixel, spans.weight, span.place, span.size, 1.0)
        _add(red, span.pixel, spans.weight, span.place, span.size, one[5])
        _add(green, span.pixel, spans.weight, span.place, span.size, one[6])
        _add(blue, span.pixel, spans.weight, span.place, span.size, one[7])


@njit
def _span(spans, k, width):
    """Return where a span lies; unsigned, so that nothing is asked of an index in the loops."""
    column, place = spans.column[k], spans.place[k]
    return _Span(
        np.uint64(place),
        np.uint64(column),
        np.uint64(spans.row[k] * width + column),
        np.uint64(spans.place[k + 1] - place),
    )


@njit(error_model="numpy")
def _weigh(weight, decay, span, columns, x, form, edge):
    """Fill in the weights of a span, where s = a dx² + b dx + c of the row's `form`."""
    square, linear, constant = form
    limit = edge.cutoff * edge.cutoff
    for i in range(span.size):
        dx = columns[span.column + i] - x
        s = (square * dx + linear) * dx + constant
        its_decay, its_weight = _fall(exponential_inside(-0.5 * s), s, edge)
        decay[span.place + i] = its_decay if s <= limit else 0.0
        weight[span.place + i] = its_weight if s <= limit else 0.0


@njit
def _add(total, at, vector, start, size, factor):
    """Add `factor` times `size` values of a vector, from `start` on, to a total, from `at` on."""
    for i in range(size):
        total[at + i] += factor * vector[start + i]


@njit(error_model="numpy")
def _compare(colour, inverse, target, error, slope_of_square, blend):
    """Fill in the error of a channel; its sum of colours becomes the loss's slope by it.

    The image times the slope is added to `blend`: what the loss's slope by a weight lacks.
    """
    for pixel in range(np.uint64(colour.size)):
        image = colour[pixel] * inverse[pixel]
        error[pixel] = image - target[pixel]
        slope = slope_of_square * error[pixel] * inverse[pixel]
        colour[pixel] = slope
        blend[pixel] += image * slope


@njit
def _sum_of_squares(values):
    """Return Σ values²: four sums advance together, which saves waiting for each addition."""
    sums = np.zeros(4)
    for i in range(np.uint64(values.size // 4)):
        for j in range(np.uint64(4)):
            value = values[np.uint64(4) * i + j]
            sums[j] += value * value
    for i in range(4 * (values.size // 4), values.size):
        sums[0] += values[i] * values[i]
    return (sums[0] + sums[1]) + (sums[2] + sums[3])


@njit(error_model="numpy")
def _slopes(one, spans, g, columns, height, red, green, blue, blend, gradient):
    """Write the gradient of a Gaussian [VALUES]; what was its decay becomes -2 dloss/ds."""
    by_red, by_green, by_blue = 0.0, 0.0, 0.0
    x, y, xx, xy, yy = 0.0, 0.0, 0.0, 0.0, 0.0  # moments
    for k in range(spans.first[g], spans.first[g + 1]):
        span = _span(spans, k, columns.size)
        _pull(spans.decay, span, one, red, green, blue, blend)
        sum_0, sum_x, sum_xx = 0.0, 0.0, 0.0
        for i in range(span.size):
            weight, pull = spans.weight[span.place + i], spans.decay[span.place + i]
            by_red += weight * red[span.pixel + i]
            by_green += weight * green[span.pixel + i]
            by_blue += weight * blue[span.pixel + i]
            dx = columns[span.column + i] - one[0]
            sum_0 += pull
            sum_x += pull * dx
            sum_xx += pull * dx * dx
        dy = spans.row[k] / height - one[1]
        x, y = x + sum_x, y + sum_0 * dy
        xx, xy, yy = xx + sum_xx, xy + sum_x * dy, yy + sum_0 * dy * dy
    gradient[5], gradient[6], gradient[7] = by_red, by_green, by_blue
    _shape_slopes(one, x, y, xx, xy, yy, gradient)


@njit
def _pull(decay, span, one, red, green, blue, blend):
    """Turn the decay of a span, -2 dw/ds, into -2 dloss/ds."""
    own_red, own_green, own_blue = one[5], one[6], one[7]  # read once, so that the loop vectorises
    for i in range(span.size):
        at = span.pixel + i
        slope = own_red * red[at] + own_green * green[at] + own_blue * blue[at] - blend[at]
        decay[span.place + i] *= slope


@njit(error_model="numpy")
def _shape_slopes(one, x, y, xx, xy, yy, gradient):
    """Write the gradient by place, scale and rotation from the moments of -2 dloss/ds."""
    form = _form(one)
    cos, sin = math.cos(one[4]), math.sin(one[4])
    gradient[0] = form.a * x + form.b * y
    gradient[1] = form.b * x + form.c * y
    along = cos * cos * xx + 2.0 * cos * sin * xy + sin * sin * yy
    across = sin * sin * xx - 2.0 * cos * sin * xy + cos * cos * yy
    turned = cos * sin * (yy - xx) + (cos * cos - sin * sin) * xy
    gradient[2] = along / (one[2] * one[2] * one[2])
    gradient[3] = across / (one[3] * one[3] * one[3])
    gradient[4] = turned * (1.0 / (one[3] * one[3]) - 1.0 / (one[2] * one[2]))
