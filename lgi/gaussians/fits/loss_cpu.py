"""The reported loss and its gradient in compiled code; `lgi.gaussians.fits.loss` is the definition.

What is reported follows the published arithmetic bit for bit: float32, every sum in its order. A
float32 sum of many numbers near 1 loses digits (1 - SSIM is off by a tenth at 512 x 512), so that
of a larger image is a sum in float64. The gradient of SSIM was not published. It is exact, and its
sums over windows are made by doubling.
"""

from typing import NamedTuple

import numpy as np

from lgi.gaussians.fits.formulas import (
    PUBLISHED_TERMS,
    WINDOW_PIXELS,
    Losses,
    error_of,
    losses_of,
    similarity,
    slopes_of_ssim,
    ssim_scale,
)
from lgi.gaussians.fits.lanes import LANES, fill, load, store, where_at_most
from lgi.gaussians.fits.raster_cpu import Image
from lgi.gaussians.fits.settings import SSIM_WINDOW
from lgi.jit import njit

_ZERO, _ONE, _TWO = np.float32([0, 1, 2])
_WINDOW = SSIM_WINDOW


class TargetWindows(NamedTuple):
    """What SSIM knows of the target alone, and where a window begins in raster order."""

    mean: np.ndarray  # [3, height - 8, width - 8]
    variance: np.ndarray  # [3, height - 8, width - 8]
    mean_from: np.ndarray  # [3, pixels] mean of the window that begins at a pixel
    variance_from: np.ndarray  # [3, pixels]
    begins: np.ndarray  # [pixels] 1 where a window begins, 0 elsewhere


def target_windows(image: Image) -> TargetWindows:
    """Return mean and variance of the target in each SSIM window."""
    mean = _window_means(image.target, image.width, image.height)
    variance = _window_products(image.target, mean, image.target, mean, image.width)
    return TargetWindows(
        mean,
        variance,
        *(_in_raster_order(image, v) for v in (mean, variance, np.ones_like(mean)[0])),
    )


def _in_raster_order(image: Image, values: np.ndarray) -> np.ndarray:
    """Return values of windows [..., rows, columns] at the pixels where these begin, else 0."""
    spread = np.zeros((*values.shape[:-2], image.height, image.width), np.float32)
    spread[..., : values.shape[-2], : values.shape[-1]] = values
    padded = np.zeros((*values.shape[:-2], image.height * image.width + LANES), np.float32)
    padded[..., :-LANES] = spread.reshape(*values.shape[:-2], -1)
    return padded


def measure(image: Image, rendered: np.ndarray, windows: TargetWindows, weights) -> Losses:
    """Measure a rendered image [3, pixels]; `weights` are those of the reported loss."""
    pixels = image.width * image.height
    l1, l2 = _l1_l2(image, rendered, pixels, _nothing(pixels))
    nothing = _nothing(windows.mean.size)
    ssim = _ssim(image, rendered, windows.mean, windows.variance, nothing)
    return losses_of(l1, l2, ssim, weights)


def _nothing(terms: int) -> np.float32 | np.float64:
    """Return the 0 that a sum of so many terms begins with."""
    return np.float32(0) if terms <= PUBLISHED_TERMS else np.float64(0)


@njit(error_model="numpy", nogil=True)
def differentiate_loss(image, objective, windows, top, bottom):
    """Write the gradient of the objective by the image, times 3 pixels, into `image.error`.

    It does so from row `top`, which begins a block of lanes, up to row `bottom`.
    """
    pixels = slice(top * image.width, bottom * image.width)
    for channel in range(3):
        rendered, target, error = (
            image.rendered[channel, pixels],
            image.target[channel, pixels],
            image.error[channel, pixels],
        )
        if objective.l1 == _ZERO and objective.l2 == _ONE:
            for pixel in range(np.uint64(error.size)):
                error[pixel] = _TWO * (rendered[pixel] - target[pixel])
        else:
            for pixel in range(np.uint64(error.size)):
                error[pixel] = error_of(rendered[pixel] - target[pixel], objective)
    if objective.ssim > _ZERO:
        _subtract_ssim(image, objective.ssim, windows, top, bottom)


@njit(error_model="numpy")
def _subtract_ssim(image, weight, windows, top, bottom):
    """Subtract the gradient of the weighted SSIM from `image.error`.

    With D = image - target and the moments of D and of D times target in a window, mean and
    covariance follow without the cancellation that moments of the image itself would suffer.
    SSIM of a window is l c with l = A1 / B1, c = A2 / B2 (Wang et al. 2004, eq. 13). Its slope at a
    pixel of the window is a + b D + c target, so three sums over the windows around a pixel give
    the gradient. Of rows from `top` up to `bottom` these windows begin up to seven rows above, and
    end as far below; a sum over a window is the same wherever the rows begin.
    """
    width, size = image.width, image.width * image.height
    reach = _WINDOW - 1
    begin, end = max(top - reach, 0) * width, bottom * width  # of the windows
    seen = min(end + reach * width, size) - begin
    padded = end - begin + reach * (width + 1) + LANES
    scale = fill(ssim_scale(weight, size, windows.mean[0].size))
    moments, coefficients = np.zeros((3, padded), np.float32), np.zeros((3, padded), np.float32)
    for channel in range(3):
        rendered, target, error = (
            image.rendered[channel, begin:],
            image.target[channel, begin:],
            image.error[channel, begin:],
        )
        for pixel in range(np.uint64(seen)):
            gap = rendered[pixel] - target[pixel]
            moments[0, pixel], moments[1, pixel] = gap, gap * gap
            moments[2, pixel] = gap * target[pixel]
        moments[:, seen:] = _ZERO
        _sum_windows(moments, width)
        # Each window's coefficients stand at its last pixel, from where sums reach back.
        coefficients[:] = _ZERO
        _differentiate_windows(
            moments,
            windows.mean_from[channel, begin : end + LANES],
            windows.variance_from[channel, begin : end + LANES],
            windows.begins[begin : end + LANES],
            coefficients[:, reach * (width + 1) :],
        )
        _sum_windows(coefficients, width)
        for pixel in range(top * width - begin, end - begin, LANES):
            aim = load(target, pixel)
            total = (
                load(coefficients[0], pixel)
                + load(coefficients[1], pixel) * (load(rendered, pixel) - aim)
                + load(coefficients[2], pixel) * aim
            )
            store(error, pixel, load(error, pixel) - scale * total)


@njit(error_model="numpy")
def _differentiate_windows(moments, mean, variance, begins, coefficients):
    """Write each window's coefficients [3, pixels] from the sums of D, D² and D times target."""
    one = fill(_ONE)
    for pixel in range(0, mean.size - LANES, LANES):
        real = load(begins, pixel)
        constant, by_image, by_both = slopes_of_ssim(
            load(moments[0], pixel),
            load(moments[1], pixel),
            load(moments[2], pixel),
            load(mean, pixel),
            load(variance, pixel),
        )
        # Chosen, not multiplied: where no window begins a value may be infinite.
        store(coefficients[0], pixel, where_at_most(one, real, constant))
        store(coefficients[1], pixel, where_at_most(one, real, by_image))
        store(coefficients[2], pixel, where_at_most(one, real, by_both))


@njit
def _sum_windows(planes, width):
    """Replace each value by the sum over the window that begins there, pixels in raster order.

    A block is read whole, its right neighbour too, before it is written.
    """
    for shift in (1, 2, 4, width, 2 * width, 4 * width):
        for plane in range(len(planes)):
            values = planes[plane]
            for pixel in range(0, values.size - shift - LANES + 1, LANES):
                store(values, pixel, load(values, pixel) + load(values, pixel + shift))


@njit(error_model="numpy")
def _l1_l2(image, rendered, size, nothing):
    """Return L1 and L2, means over pixels and channels, summed in the precision of `nothing`."""
    l1 = l2 = nothing
    for pixel in range(size):
        r = rendered[0, pixel] - image.target[0, pixel]
        g = rendered[1, pixel] - image.target[1, pixel]
        b = rendered[2, pixel] - image.target[2, pixel]
        l1 += (abs(r) + abs(g)) + abs(b)
        l2 += (r * r + g * g) + b * b
    values = np.float32(3 * size)
    return np.float32(l1 / values), np.float32(l2 / values)


@njit(error_model="numpy")
def _ssim(image, rendered, target_mean, target_variance, nothing):
    """Return the mean structural similarity over windows and channels (Wang et al. 2004).

    It is summed in the precision of `nothing`.
    """
    mean = _window_means(rendered, image.width, image.height)
    variance = _window_products(rendered, mean, rendered, mean, image.width)
    covariance = _window_products(rendered, mean, image.target, target_mean, image.width)
    total = nothing
    for channel in range(3):
        for top in range(mean.shape[1]):
            for left in range(mean.shape[2]):
                window = (channel, top, left)
                total += similarity(
                    mean[window],
                    target_mean[window],
                    variance[window],
                    target_variance[window],
                    covariance[window],
                )
    return np.float32(total / np.float32(mean.size))


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
    return sums / WINDOW_PIXELS


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
    return sums / WINDOW_PIXELS
