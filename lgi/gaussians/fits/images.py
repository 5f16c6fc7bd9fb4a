"""Target images: synthetic ones from a formula, a photograph, or a picture from a file."""

import json
import math
import os
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np

from lgi.errors import ImageError
from lgi.gaussians.fits.pictures.read import LOOKED_INTO, digest, picture_size, read_picture
from lgi.gaussians.fits.settings import (
    SMALLEST_SIDE,
    SSIM_WINDOW,
    CheckerboardImage,
    EdgesImage,
    FileImage,
    GradientCheckerboardImage,
    GradientImage,
    ImageSettings,
    ScaledGradientCheckerboardImage,
    SmoothImage,
    TexturedImage,
)

CELL = 8
"""Side of a checkerboard cell in pixels."""

CELLS = 8
"""Cells along each side of the scaled checkerboard, as the published 64 x 64 pixels have them."""

GROUND = (0.82, 0.86, 0.75)
"""Colour of the image of edges where no triangle lies."""

TRIANGLES = (
    # a wide wedge, and a thin one across it
    (((-0.2, 0.45), (1.3, -0.35), (1.3, 0.3)), (0.2, 0.45, 0.7)),
    (((0.05, -0.1), (0.25, -0.1), (0.42, 1.2)), (0.93, 0.85, 0.3)),
    # a fan around one point
    (((0.62, 0.58), (1.2, 0.42), (1.2, 0.78)), (0.85, 0.3, 0.2)),
    (((0.62, 0.58), (1.2, 0.78), (0.95, 1.25)), (0.98, 0.65, 0.35)),
    (((0.62, 0.58), (0.95, 1.25), (0.55, 1.3)), (0.5, 0.15, 0.4)),
    (((0.62, 0.58), (0.55, 1.3), (-0.1, 0.95)), (0.1, 0.55, 0.45)),
    # a slender roof
    (((0.12, 0.62), (0.3, 0.3), (0.55, 0.47)), (0.15, 0.12, 0.2)),
)
"""Corners (x, y) in units of width and height, and colour (r, g, b), of what is painted in turn."""

PLANNED = "LGI_PICTURES"
"""Variable of the environment that holds the digests of files by their paths."""

PHOTOGRAPH = "mpl-data/sample_data/grace_hopper.jpg"
"""The photograph's place in the package matplotlib."""


def load_image(settings: ImageSettings) -> np.ndarray:
    """Return a target image.

    Parameters
    ----------
    settings
        Which image, and how large.

    Returns
    -------
    ndarray
        float32 [height, width, 3] in [0, 1]; red, green, blue.

    Raises
    ------
    ImageError
        If a file cannot be read, is another one than its digest says, or is smaller than an SSIM
        window; names the file.
    """
    if settings.kind == "file":
        return _from_file(settings)
    if settings.kind == "photograph":
        return at_size(read_picture(_photograph_file()), settings.width, settings.height)
    image = _FORMULAS[settings.kind](settings)
    if image.ndim == 2:
        image = np.stack([image] * 3, axis=-1)
    return np.ascontiguousarray(image, dtype=np.float32)


def check_image(settings: ImageSettings) -> None:
    """Raise ImageError if `load_image` could not give a usable target.

    Nothing is computed of a synthetic image, and of a large file only the header is read.
    """
    if settings.kind == "photograph":
        _photograph_file()
    if settings.kind == "file":
        width, height = picture_size(settings.path)
        if width * height <= LOOKED_INTO or settings.sha256 not in (None, digest(settings.path)):
            load_image(settings)
        _need_window(settings, width, height)


@cache
def image_size(settings: ImageSettings) -> tuple[int, int]:
    """Return width and height of a target image in pixels; a file's header is read once."""
    if settings.width is None:
        return picture_size(settings.path)
    return settings.width, settings.height


def plan_images(images: Iterable[ImageSettings]) -> None:
    """Take down the digests of files for the jobs of this process: one on a cluster plans anew."""
    paths = [image.path for image in images if image.kind == "file"]
    os.environ[PLANNED] = json.dumps({path: digest(path) for path in paths})


def planned(settings: ImageSettings) -> ImageSettings:
    """Return settings with the digest of their file, so that no other one is taken for it."""
    if settings.kind != "file" or settings.sha256 is not None:
        return settings
    known = json.loads(os.environ.get(PLANNED, "{}"))
    sha256 = known.get(settings.path) or digest(settings.path)
    return settings.model_copy(update={"sha256": sha256})


def at_size(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return a picture at another size, undistorted.

    It is cut to the new shape around its middle; then each pixel is the mean over its area.

    Parameters
    ----------
    pixels
        float32 [H, W, 3].
    width, height
        Size of the result in pixels.

    Returns
    -------
    ndarray
        float32 [height, width, 3].
    """
    rows, columns = pixels.shape[:2]
    wide = min(columns, rows * width / height)
    high = min(rows, columns * height / width)
    return _means(_means(pixels, wide, width, 1), high, height, 0)


def _means(pixels: np.ndarray, extent: float, count: int, axis: int) -> np.ndarray:
    """Return the means over `count` equal parts of the middle of an axis, in float64 within."""
    pixels = np.moveaxis(pixels, axis, 0)
    begin = (len(pixels) - extent) / 2
    found = np.empty((count, *pixels.shape[1:]), dtype=np.float32)
    edges = begin + extent * np.arange(count + 1) / count
    for place, (low, high) in enumerate(pairwise(edges)):
        first, last = math.floor(low), min(math.ceil(high), len(pixels))
        inside = np.arange(first, last)
        weights = np.minimum(inside + 1, high) - np.maximum(inside, low)
        weighted = weights[:, None, None] * pixels[first:last]
        found[place] = weighted.sum(axis=0) / weights.sum()
    return np.ascontiguousarray(np.moveaxis(found, 0, axis))


def _grid(settings: ImageSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixel columns [1, width] and rows [height, 1]."""
    return np.arange(settings.width)[None, :], np.arange(settings.height)[:, None]


def _gradient(
    settings: GradientImage | GradientCheckerboardImage | ScaledGradientCheckerboardImage,
) -> np.ndarray:
    x, y = _grid(settings)
    ramp = np.float32(0.7) * (x.astype(np.float32) / np.float32(settings.width))
    return ramp + np.zeros_like(y, dtype=np.float32)


def _checkerboard(settings: CheckerboardImage | GradientCheckerboardImage) -> np.ndarray:
    x, y = _grid(settings)
    even = (x // CELL + y // CELL) % 2 == 0
    return np.where(even, np.float32(0.2), np.float32(0))


def _gradient_checkerboard(settings: GradientCheckerboardImage) -> np.ndarray:
    return _gradient(settings) + _checkerboard(settings)


def _scaled_gradient_checkerboard(settings: ScaledGradientCheckerboardImage) -> np.ndarray:
    x, y = _grid(settings)
    even = (CELLS * x // settings.width + CELLS * y // settings.height) % 2 == 0
    return _gradient(settings) + np.where(even, np.float32(0.2), np.float32(0))


def _smooth(settings: SmoothImage) -> np.ndarray:
    x, y = _grid(settings)
    u, v = x / settings.width, y / settings.height
    red = np.sin(2 * np.pi * (u + 0.25 * v))
    green = np.cos(np.pi * (u - v)) * np.sin(np.pi * (u + v))
    blue = np.cos(2 * np.pi * (v + 0.3 * np.sin(2 * np.pi * u)))
    return 0.5 + 0.4 * np.stack([red, green, blue], axis=-1)


def _textured(settings: TexturedImage) -> np.ndarray:
    """Sum waves whose amplitude falls with their frequency; directions by the golden angle."""
    x, y = _grid(settings)
    u, v = x / settings.width, y / settings.height
    golden_angle = np.pi * (3 - np.sqrt(5))
    waves = np.zeros((settings.height, settings.width, 3))
    frequencies = np.geomspace(1, 24, 32)
    for k, frequency in enumerate(frequencies):
        along = np.cos(k * golden_angle) * u + np.sin(k * golden_angle) * v
        for channel in range(3):
            phase = 2 * np.pi * (frequency * along + 0.37 * k + 0.05 * k * channel)
            waves[..., channel] += np.cos(phase) / np.sqrt(frequency)
    return np.clip(0.5 + 0.15 * waves, 0, 1)


def _edges(settings: EdgesImage) -> np.ndarray:
    """Paint triangles one over another; a pixel is in one that has it to the right of each side."""
    x, y = _grid(settings)
    u, v = x / settings.width, y / settings.height
    image = np.full((settings.height, settings.width, 3), GROUND)
    for corners, colour in TRIANGLES:
        sides = zip(corners, corners[1:] + corners[:1], strict=True)
        right = [(bx - ax) * (v - ay) >= (by - ay) * (u - ax) for (ax, ay), (bx, by) in sides]
        image[np.logical_and.reduce(right)] = colour
    return image


_FORMULAS = {
    "gradient_checkerboard": _gradient_checkerboard,
    "scaled_gradient_checkerboard": _scaled_gradient_checkerboard,
    "gradient": _gradient,
    "checkerboard": _checkerboard,
    "smooth": _smooth,
    "textured": _textured,
    "edges": _edges,
}


def _photograph_file() -> str:
    """Return where matplotlib keeps the photograph, found without importing matplotlib."""
    package = find_spec("matplotlib")
    if package is None:
        raise ImageError(f"{PHOTOGRAPH}: is part of matplotlib, which is not installed")
    path = Path(package.origin).parent / PHOTOGRAPH
    if not path.is_file():
        raise ImageError(f"{path}: no such image file, though matplotlib's wheel ships it")
    return str(path)


def _from_file(settings: FileImage) -> np.ndarray:
    pixels = read_picture(settings.path, settings.background, settings.range, settings.sha256)
    if settings.width is not None:
        return at_size(pixels, settings.width, settings.height)
    _need_window(settings, pixels.shape[1], pixels.shape[0])
    return pixels


def _need_window(settings: FileImage, width: int, height: int) -> None:
    if settings.width is None and min(width, height) < SMALLEST_SIDE:
        raise ImageError(
            f"{settings.path}: {width} x {height} pixels; SSIM with windows of "
            f"{SSIM_WINDOW} x {SSIM_WINDOW} needs at least {SMALLEST_SIDE} x {SMALLEST_SIDE}"
        )
