"""CPU engine: the published arithmetic, float32 and bit for bit, in compiled code.

Every product and sum is grouped and ordered as in the original program, so nothing in the kernels
may be regrouped. They are fast because a Gaussian visits only the pixels it can reach, in blocks of
`LANES` neighbours in a row that are computed together: lanes are pixels, so no sum is split, and a
lane beyond the cut-off adds 0, which changes no bit. `lgi.gaussians.fit` says the same in readable
form.
"""

import math
from typing import NamedTuple

import numpy as np

from lgi.gaussians.expf import expf
from lgi.gaussians.history import History, Measurement
from lgi.gaussians.initial import COLUMNS, PARAMETERS
from lgi.gaussians.lanes import (
    LANES,
    add_in_order,
    fill,
    load,
    no_sums,
    one_sum,
    smaller,
    store,
    where_at_most,
)
from lgi.gaussians.settings import SSIM_WINDOW, RecipeSettings
from lgi.jit import njit

_ZERO, _HALF, _ONE, _TWO = np.float32([0, 0.5, 1, 2])
_COVERED = np.float32(1e-10)  # a pixel with no more weight than this is black
_VANISHED = np.float32(1400)  # exp(-d2 / 2) is 0 long before this d2
_MARGIN = np.float32(0.02)  # pixels; rounding moves the end of a span by far less
_WIDER = np.float32(1.00001)  # and the square of the cut-off by far less than this factor

_X, _Y, _SX, _SY = (PARAMETERS.index(name) for name in ("x", "y", "sx", "sy"))
_RED, _GREEN, _BLUE = (PARAMETERS.index(name) for name in ("r", "g", "b"))

_WINDOW = SSIM_WINDOW
_C1, _C2 = np.float32(0.01**2), np.float32(0.03**2)


class _Image(NamedTuple):
    """Target and rendered image, pixels in raster order, padded by one block."""

    width: int
    height: int
    target: np.ndarray  # [3, pixels]
    weight: np.ndarray  # [pixels] sum of w
    colour: np.ndarray  # [3, pixels] sum of w c
    rendered: np.ndarray  # [3, pixels]
    error: np.ndarray  # [3, pixels] e = 2 (rendered - target)


class _Blocks(NamedTuple):
    """Blocks of neighbouring pixels that each Gaussian reaches, in raster order."""

    first: np.ndarray  # [n + 1] where the blocks of each Gaussian begin
    row: np.ndarray  # [blocks]
    column: np.ndarray  # [blocks] of the first lane
    weight: np.ndarray  # [blocks * LANES] w of the Gaussian at each pixel, 0 beyond the cut-off


class _Adam(NamedTuple):
    """Settings and state of the optimiser."""

    beta1: np.float32
    beta2: np.float32
    epsilon: np.float32
    trained: np.ndarray  # rows of the parameters that are trained
    low: np.ndarray  # [P]
    high: np.ndarray  # [P]
    m: np.ndarray  # [P, n]
    v: np.ndarray  # [P, n]
    moved: np.ndarray  # [P, n] parameters before they are clamped


def fit(
    target: np.ndarray,  # [height, width, 3]
    start: np.ndarray,  # [n, P]
    recipe: RecipeSettings,
) -> tuple[History, np.ndarray]:
    """Fit Gaussians to an image.

    Parameters
    ----------
    target
        float32 image in [0, 1].
    start
        float32 start parameters, columns as in `lgi.gaussians.initial.PARAMETERS`.
    recipe
        How to fit.

    Returns
    -------
    History
        Measurements, kept parameters and how the fit ended.
    ndarray
        Parameters [n, P] after the last update.
    """
    history = History(recipe, start)
    cutoff = np.float32(recipe.cutoff)
    image, blocks, adam = _image(target), _blocks(len(start), 0), _adam(recipe, len(start))
    reported = _Reported(image, recipe)
    parameters = np.ascontiguousarray(start.T)
    gradient = np.zeros_like(parameters)

    done = 0
    for pause in history.pauses():
        rates = _rates(recipe, done + 1, pause)
        blocks, failed = _advance(
            parameters, gradient, image, blocks, adam, cutoff, rates[:-1], done + 1
        )
        if failed:
            history.diverge(failed)
            break
        blocks = _render(parameters, image, blocks, cutoff)
        _differentiate(parameters, gradient, image, blocks)
        history.keep_snapshot(pause, parameters.T)
        if history.measures_at(pause) and not history.measure(
            pause, reported.measure(parameters, gradient), parameters.T
        ):
            break
        if not _update(parameters, gradient, adam, pause, rates[-1]):
            history.diverge(pause)
            break
        done = pause
    return history, parameters.T.copy()


def render(
    parameters: np.ndarray,  # [n, P]
    width: int,
    height: int,
    cutoff: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Render Gaussians as they are fitted.

    Parameters
    ----------
    parameters
        float32, columns as in `lgi.gaussians.initial.PARAMETERS`.
    width, height
        Size of the image in pixels.
    cutoff
        A Gaussian counts up to this many sigma from its centre.

    Returns
    -------
    image : ndarray
        float32 [height, width, 3]; uncovered pixels are black.
    weight : ndarray
        float32 [height, width], sum of the weights of all Gaussians.
    """
    image = _image(np.zeros((height, width, 3), dtype=np.float32))
    _render(
        np.ascontiguousarray(parameters.T),
        image,
        _blocks(len(parameters), 0),
        np.float32(cutoff),
    )
    size = width * height
    rendered = image.rendered[:, :size].T.reshape(height, width, 3)
    return np.ascontiguousarray(rendered), image.weight[:size].reshape(height, width)


def l2_gradient(
    parameters: np.ndarray,  # [n, P]
    target: np.ndarray,  # [height, width, 3]
    cutoff: float,
) -> np.ndarray:
    """Return the gradient of L2 that a fit follows, blind to the cut-off, float32 [n, P]."""
    image, columns = _image(target), np.ascontiguousarray(parameters.T)
    gradient = np.zeros_like(columns)
    blocks = _render(columns, image, _blocks(len(parameters), 0), np.float32(cutoff))
    _differentiate(columns, gradient, image, blocks)
    return np.ascontiguousarray(gradient.T)


def _image(target: np.ndarray) -> _Image:
    height, width, _ = target.shape
    size = height * width
    padded = np.zeros((3, size + LANES), dtype=np.float32)
    padded[:, :size] = target.reshape(size, 3).T
    weight = np.zeros(size + LANES, dtype=np.float32)
    colour, rendered, error = (np.zeros_like(padded) for _ in range(3))
    return _Image(width, height, padded, weight, colour, rendered, error)


def _adam(recipe: RecipeSettings, n: int) -> _Adam:
    low = np.full(len(PARAMETERS), -np.inf, dtype=np.float32)
    high = np.full(len(PARAMETERS), np.inf, dtype=np.float32)
    for group in recipe.trained:
        bounds = getattr(recipe, group)
        low[list(COLUMNS[group])], high[list(COLUMNS[group])] = bounds.low, bounds.high
    optimiser = recipe.optimiser
    return _Adam(
        *np.float32([optimiser.beta1, optimiser.beta2, optimiser.epsilon]),
        np.array([row for group in recipe.trained for row in COLUMNS[group]]),
        low,
        high,
        *(np.zeros((len(PARAMETERS), n), dtype=np.float32) for _ in range(3)),
    )


def _rates(recipe: RecipeSettings, first: int, last: int) -> np.ndarray:
    """Return the learning rates of the iterations `first` to `last`, float32."""
    schedule = recipe.schedule
    done = np.arange(first - 1, last)  # updates before each iteration
    match schedule.kind:
        case "constant":
            factor = np.ones(len(done))
        case "cosine":
            factor = _cosine(done / recipe.iterations, schedule.final)
        case "exponential":
            factor = schedule.final ** (done / recipe.iterations)
        case "step":
            factor = schedule.factor ** (done // schedule.every).astype(float)
        case "warm_restarts":
            factor = _cosine(_restart_phase(done, schedule.period, schedule.growth), schedule.final)
    return (recipe.optimiser.rate * factor).astype(np.float32)


def _cosine(phase: np.ndarray, final: float) -> np.ndarray:
    """Fall from 1 to `final` while `phase` goes from 0 to 1."""
    return final + (1 - final) * (1 + np.cos(np.pi * phase)) / 2


def _restart_phase(done: np.ndarray, period: int, growth: int) -> np.ndarray:
    """Return how far, 0 to 1, each iteration is into its cosine."""
    starts, length = [0], period
    while starts[-1] + length <= done[-1]:
        starts.append(starts[-1] + length)
        length *= growth
    cycle = np.searchsorted(starts, done, side="right") - 1
    return (done - np.array(starts)[cycle]) / (period * float(growth) ** cycle)


class _Reported:
    """Measures a fit: what the target alone decides is computed once."""

    def __init__(self, image: _Image, recipe: RecipeSettings) -> None:
        self._image, self._recipe = image, recipe
        self._target_mean = _window_means(image.target, image.width, image.height)
        self._target_variance = _window_products(
            image.target, self._target_mean, image.target, self._target_mean, image.width
        )

    def measure(self, parameters: np.ndarray, gradient: np.ndarray) -> Measurement:
        """Measure the image that was rendered last."""
        image, weights = self._image, self._recipe.loss
        size = image.width * image.height
        l1, l2 = _l1_l2(image, size)
        ssim = _ssim(image, self._target_mean, self._target_variance)
        with np.errstate(over="ignore"):  # too large a weight diverges
            w1, w2, w3 = np.float32([weights.l1, weights.l2, weights.ssim])
        groups = [np.array(COLUMNS[group]) for group in self._recipe.trained]
        bounds = [getattr(self._recipe, group) for group in self._recipe.trained]
        return Measurement(
            loss=float(w1 * l1 + w2 * l2 + w3 * (_ONE - ssim)),
            l1=float(l1),
            l2=float(l2),
            ssim=float(ssim),
            psnr=-10 * math.log10(l2) if l2 > 0 else math.inf,
            uncovered=float(np.mean(image.weight[:size] <= _COVERED)),
            gradient_norm=tuple(
                float(np.linalg.norm(gradient[rows].astype(np.float64))) for rows in groups
            ),
            at_low=tuple(
                float(np.mean(parameters[rows] <= np.float32(bound.low)))
                for rows, bound in zip(groups, bounds, strict=True)
            ),
            at_high=tuple(
                float(np.mean(parameters[rows] >= np.float32(bound.high)))
                for rows, bound in zip(groups, bounds, strict=True)
            ),
        )


@njit
def _advance(parameters, gradient, image, blocks, adam, cutoff, rates, first):
    """Do one iteration per rate; return the blocks and the iteration that failed, or 0."""
    for i in range(len(rates)):
        blocks = _render(parameters, image, blocks, cutoff)
        _differentiate(parameters, gradient, image, blocks)
        if not _update(parameters, gradient, adam, first + i, rates[i]):
            return blocks, first + i
    return blocks, 0


@njit(error_model="numpy")
def _render(parameters, image, blocks, cutoff):
    """Render into `image`; return the blocks that were visited."""
    blocks = _cover(parameters, image.width, image.height, blocks, cutoff)
    width, height = np.float32(image.width), np.float32(image.height)
    limit = cutoff * cutoff
    limits, deepest, minus_half = fill(limit), fill(min(limit, _VANISHED)), fill(-_HALF)
    column_part = np.full(image.width + LANES, np.float32(np.inf))  # no pixel beyond the row's end
    image.weight[:] = _ZERO
    image.colour[:] = _ZERO
    total, red, green, blue = image.weight, image.colour[0], image.colour[1], image.colour[2]
    for g in range(parameters.shape[1]):
        x, y, sx, sy = parameters[_X, g], parameters[_Y, g], parameters[_SX, g], parameters[_SY, g]
        r = fill(parameters[_RED, g])
        gr = fill(parameters[_GREEN, g])
        b = fill(parameters[_BLUE, g])
        for column in range(np.uint64(image.width)):
            t = (np.float32(column) / width - x) / sx
            column_part[column] = t * t
        for k in range(blocks.first[g], blocks.first[g + 1]):
            t = (np.float32(blocks.row[k]) / height - y) / sy
            row_part = t * t
            column = blocks.column[k]
            pixel = blocks.row[k] * image.width + column
            d2 = load(column_part, column) + fill(row_part)
            w = expf(smaller(d2, deepest) * minus_half)
            w = where_at_most(d2, limits, w)
            store(blocks.weight, k * LANES, w)
            store(total, pixel, load(total, pixel) + w)
            store(red, pixel, load(red, pixel) + w * r)
            store(green, pixel, load(green, pixel) + w * gr)
            store(blue, pixel, load(blue, pixel) + w * b)
    _resolve(image)
    return blocks


@njit(error_model="numpy")
def _resolve(image):
    """Divide by the weights: the rendered image and its error."""
    for channel in range(3):
        colour, target = image.colour[channel], image.target[channel]
        rendered, error = image.rendered[channel], image.error[channel]
        for pixel in range(np.uint64(image.width * image.height)):
            weight = image.weight[pixel]
            value = colour[pixel] / weight
            value = value if weight > _COVERED else _ZERO
            rendered[pixel] = value
            error[pixel] = _TWO * (value - target[pixel])


@njit(error_model="numpy")
def _cover(parameters, width, height, blocks, cutoff):
    """List the blocks that each Gaussian reaches, a little too many rather than too few."""
    needed = _room(parameters, width, height, cutoff)
    if needed > len(blocks.row):
        blocks = _blocks(parameters.shape[1], needed + needed // 4)
    left, right = np.empty(height, np.float32), np.empty(height, np.float32)
    k = 0
    for g in range(parameters.shape[1]):
        blocks.first[g] = k
        y, sy = parameters[_Y, g] * np.float32(height), parameters[_SY, g] * np.float32(height)
        top, bottom = _span(y, cutoff * sy, height)
        _row_spans(
            parameters[:, g], top, width, height, cutoff, left[top:bottom], right[top:bottom]
        )
        for row in range(top, bottom):
            for column in range(int(left[row]), int(right[row]) + 1, LANES):
                blocks.row[k] = row
                blocks.column[k] = column
                k += 1
    blocks.first[parameters.shape[1]] = k
    return blocks


@njit(error_model="numpy")
def _row_spans(gaussian, top, width, height, cutoff, left, right):
    """Write the first and the last column that a Gaussian may reach in the rows from `top`."""
    limit = cutoff * cutoff * _WIDER
    y, sy = gaussian[_Y], gaussian[_SY]
    x, sx = gaussian[_X] * np.float32(width), gaussian[_SX] * np.float32(width)
    for i in range(len(left)):
        t = (np.float32(top + i) / np.float32(height) - y) / sy
        reach = np.sqrt(max(limit - t * t, _ZERO)) * sx + _MARGIN
        left[i] = np.ceil(min(max(x - reach, _ZERO), np.float32(width)))
        right[i] = np.floor(max(min(x + reach, np.float32(width - 1)), -_ONE))


@njit
def _room(parameters, width, height, cutoff):
    """Return a number of blocks that is enough for all Gaussians."""
    needed = 0
    for g in range(parameters.shape[1]):
        x, y = parameters[_X, g] * np.float32(width), parameters[_Y, g] * np.float32(height)
        left, right = _span(x, cutoff * parameters[_SX, g] * np.float32(width), width)
        top, bottom = _span(y, cutoff * parameters[_SY, g] * np.float32(height), height)
        needed += max(bottom - top, 0) * ((max(right - left, 0) + LANES - 1) // LANES)
    return needed


@njit(inline="always")
def _span(centre, reach, size):
    """Return the first pixel within `reach` of `centre`, and one past the last."""
    first = math.ceil(min(max(centre - reach - _MARGIN, _ZERO), np.float32(size)))
    last = math.floor(max(min(centre + reach + _MARGIN, np.float32(size - 1)), -_ONE))
    return int(first), int(last) + 1


@njit
def _blocks(n, room):
    """Return `room` empty blocks."""
    return _Blocks(
        np.zeros(n + 1, np.int64),
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        np.zeros(room * LANES, np.float32),
    )


@njit(error_model="numpy")
def _differentiate(parameters, gradient, image, blocks):
    """Write the gradient of L2, blind to the cut-off."""
    width, height = np.float32(image.width), np.float32(image.height)
    mean = np.float32(image.width * image.height * 3)
    floor, minus_half = fill(_COVERED), fill(-_HALF)
    total = image.weight
    shown_r, shown_g, shown_b = image.rendered[0], image.rendered[1], image.rendered[2]
    error_r, error_g, error_b = image.error[0], image.error[1], image.error[2]
    move_x = np.zeros(image.width + LANES, np.float32)  # d(d2)/dx per column
    grow_x = np.zeros(image.width + LANES, np.float32)  # d(d2)/dsx per column
    for g in range(parameters.shape[1]):
        x, y, sx, sy = parameters[_X, g], parameters[_Y, g], parameters[_SX, g], parameters[_SY, g]
        for column in range(np.uint64(image.width)):
            dx = np.float32(column) / width - x
            move_x[column] = -((_TWO * (dx / sx)) / sx)
            grow_x[column] = (-_TWO * (dx * dx)) / ((sx * sx) * sx)
        r = fill(parameters[_RED, g])
        gr = fill(parameters[_GREEN, g])
        b = fill(parameters[_BLUE, g])
        sums = no_sums()
        for k in range(blocks.first[g], blocks.first[g + 1]):
            dy = np.float32(blocks.row[k]) / height - y
            move_y = -((_TWO * (dy / sy)) / sy)
            grow_y = (-_TWO * (dy * dy)) / ((sy * sy) * sy)
            column = blocks.column[k]
            pixel = blocks.row[k] * image.width + column
            w, weight = load(blocks.weight, k * LANES), load(total, pixel)
            er, eg, eb = load(error_r, pixel), load(error_g, pixel), load(error_b, pixel)
            u = (
                er * ((r - load(shown_r, pixel)) / weight)
                + eg * ((gr - load(shown_g, pixel)) / weight)
                + eb * ((b - load(shown_b, pixel)) / weight)
            )
            q = where_at_most(floor, w, u * (w * minus_half))
            share = where_at_most(floor, w, w / weight)
            sums = add_in_order(
                sums,
                er * share,
                eg * share,
                eb * share,
                q * load(move_x, column),
                q * fill(move_y),
                q * load(grow_x, column),
                q * fill(grow_y),
            )
        sum_r, sum_g, sum_b = one_sum(sums, 0), one_sum(sums, 1), one_sum(sums, 2)
        sum_x, sum_y = one_sum(sums, 3), one_sum(sums, 4)
        sum_sx, sum_sy = one_sum(sums, 5), one_sum(sums, 6)
        gradient[_X, g], gradient[_Y, g] = sum_x / mean, sum_y / mean
        gradient[_SX, g], gradient[_SY, g] = sum_sx / mean, sum_sy / mean
        gradient[_RED, g], gradient[_GREEN, g] = sum_r / mean, sum_g / mean
        gradient[_BLUE, g] = sum_b / mean


@njit(error_model="numpy")
def _update(parameters, gradient, adam, t, rate):
    """Move the parameters by one step of Adam and clamp them.

    Returns False, and leaves them as they are, if one would not be finite.
    """
    unbias1 = _ONE - _power(adam.beta1, t)
    unbias2 = _ONE - _power(adam.beta2, t)
    finite = True
    for row in adam.trained:
        for g in range(parameters.shape[1]):
            slope = gradient[row, g]
            m = adam.beta1 * adam.m[row, g] + (_ONE - adam.beta1) * slope
            v = adam.beta2 * adam.v[row, g] + (_ONE - adam.beta2) * (slope * slope)
            adam.m[row, g], adam.v[row, g] = m, v
            step = (rate * (m / unbias1)) / (np.sqrt(v / unbias2) + adam.epsilon)
            adam.moved[row, g] = parameters[row, g] - step
            finite &= math.isfinite(adam.moved[row, g])
    if finite:
        for row in adam.trained:
            low, high = adam.low[row], adam.high[row]
            for g in range(parameters.shape[1]):
                parameters[row, g] = min(max(adam.moved[row, g], low), high)
    return finite


@njit
def _power(base, exponent):
    """Return base ** exponent by repeated squaring."""
    result = _ONE
    while True:
        if exponent & 1:
            result *= base
        exponent >>= 1
        if exponent == 0:
            return result
        base *= base


@njit(error_model="numpy")
def _l1_l2(image, size):
    """Return L1 and L2, means over pixels and channels."""
    l1 = l2 = _ZERO
    for pixel in range(size):
        r = image.rendered[0, pixel] - image.target[0, pixel]
        g = image.rendered[1, pixel] - image.target[1, pixel]
        b = image.rendered[2, pixel] - image.target[2, pixel]
        l1 += (abs(r) + abs(g)) + abs(b)
        l2 += (r * r + g * g) + b * b
    values = np.float32(3 * size)
    return l1 / values, l2 / values


@njit(error_model="numpy")
def _ssim(image, target_mean, target_variance):
    """Return the mean structural similarity over windows and channels (Wang et al. 2004)."""
    mean = _window_means(image.rendered, image.width, image.height)
    variance = _window_products(image.rendered, mean, image.rendered, mean, image.width)
    covariance = _window_products(image.rendered, mean, image.target, target_mean, image.width)
    total = _ZERO
    for channel in range(3):
        for top in range(mean.shape[1]):
            for left in range(mean.shape[2]):
                window = (channel, top, left)
                a, b = mean[window], target_mean[window]
                luminance = (_TWO * a * b + _C1) / (a * a + b * b + _C1)
                structure = (_TWO * covariance[window] + _C2) / (
                    variance[window] + target_variance[window] + _C2
                )
                total += luminance * structure
    return total / np.float32(mean.size)


@njit(error_model="numpy")
def _window_means(planes, width, height):
    """Return the mean of each SSIM window [3, height - 8, width - 8]."""
    rows, columns = height - _WINDOW, width - _WINDOW
    sums = np.zeros((3, rows, columns), np.float32)
    for channel in range(3):
        for top in range(rows):
            for dy in range(_WINDOW):
                for dx in range(_WINDOW):
                    line = planes[channel, (top + dy) * width + dx :]
                    for left in range(np.uint64(columns)):
                        sums[channel, top, left] += line[left]
    return sums / np.float32(_WINDOW * _WINDOW)


@njit(error_model="numpy")
def _window_products(first, first_mean, second, second_mean, width):
    """Return the population covariance of two images in each SSIM window."""
    sums = np.zeros_like(first_mean)
    for channel in range(3):
        for top in range(sums.shape[1]):
            mean_a, mean_b = first_mean[channel, top], second_mean[channel, top]
            for dy in range(_WINDOW):
                for dx in range(_WINDOW):
                    begin = (top + dy) * width + dx
                    a, b = first[channel, begin:], second[channel, begin:]
                    for left in range(np.uint64(sums.shape[2])):
                        sums[channel, top, left] += (a[left] - mean_a[left]) * (
                            b[left] - mean_b[left]
                        )
    return sums / np.float32(_WINDOW * _WINDOW)
