"""Multi-scale SSIM against a plain float64 reference and known answers."""

import math

import numpy as np
import pytest

from lgi.gaussians.fits.ms_ssim import C1, EXPONENTS, ms_ssim


def images(height=180, width=193, noise=0.1):
    random = np.random.default_rng(height)
    target = random.uniform(0, 1, (height // 4 + 1, width // 4 + 1, 3))
    target = target.repeat(4, axis=0).repeat(4, axis=1)[:height, :width]
    return np.clip(target + random.normal(0, noise, target.shape), 0, 1), target


def reference(image, target):
    """Return MS-SSIM with every window written out as a weighted sum of 121 pixels."""
    window = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.outer(window, window) / window.sum() ** 2
    channels = []
    for channel in range(3):
        a, b = image[:, :, channel], target[:, :, channel]
        value = 1.0
        for scale, exponent in enumerate(EXPONENTS):
            if scale:
                a, b = (
                    v[: v.shape[0] // 2 * 2, : v.shape[1] // 2 * 2]
                    .reshape(v.shape[0] // 2, 2, v.shape[1] // 2, 2)
                    .mean((1, 3))
                    for v in (a, b)
                )
            windows = [np.lib.stride_tricks.sliding_window_view(v, (11, 11)) for v in (a, b)]
            x, y = ((v * window).sum((2, 3)) for v in windows)
            off_x, off_y = windows[0] - x[:, :, None, None], windows[1] - y[:, :, None, None]
            xx, yy, xy = ((v * window).sum((2, 3)) for v in (off_x**2, off_y**2, off_x * off_y))
            value *= ((2 * xy + 9e-4) / (xx + yy + 9e-4)).mean() ** exponent
        channels.append(value * ((2 * x * y + 1e-4) / (x**2 + y**2 + 1e-4)).mean() ** exponent)
    return np.mean(channels)


@pytest.mark.parametrize("size", [(176, 176), (180, 193)])
def test_it_equals_windows_written_out(size):
    image, target = images(*size)
    assert ms_ssim(image, target) == pytest.approx(reference(image, target), rel=1e-10)
    assert 0.5 < ms_ssim(image, target) < 0.999


def test_an_image_is_like_itself_and_noise_makes_it_less_so():
    _, target = images()
    assert ms_ssim(target, target) == pytest.approx(1, abs=1e-12)
    values = [ms_ssim(*images(noise=noise)) for noise in (0.05, 0.1, 0.2)]
    assert values == sorted(values, reverse=True)


def test_flat_images_differ_by_their_luminance_alone():
    black, white = np.zeros((176, 176, 3)), np.ones((176, 176, 3))
    expected = (C1 / (1 + C1)) ** EXPONENTS[-1]
    assert ms_ssim(black, white) == pytest.approx(expected)


def test_images_without_five_scales_have_none():
    image, target = images(175, 400)
    assert math.isnan(ms_ssim(image, target))
