"""Target images: synthetic ones from a formula, a photograph, or any file that imageio reads."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from lgi.errors import ImageError
from lgi.gaussians.fits.settings import (
    SMALLEST_SIDE,
    SSIM_WINDOW,
    CheckerboardImage,
    EdgesImage,
    FileImage,
    GradientCheckerboardImage,
    GradientImage,
    ImageSettings,
    PhotographImage,
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
        If a file is missing, not an image, empty, or smaller than an SSIM window; names the file.
    """
    if settings.kind == "file":
        return _from_file(settings)
    if settings.kind == "photograph":
        return _photograph(settings)
    image = _FORMULAS[settings.kind](settings)
    if image.ndim == 2:
        image = np.stack([image] * 3, axis=-1)
    return np.ascontiguousarray(image, dtype=np.float32)


def check_image(settings: ImageSettings) -> None:
    """Raise ImageError if `load_image` could not give a usable target; cheap for synthetic ones."""
    if settings.kind == "file":
        load_image(settings)
    if settings.kind == "photograph":
        _photograph_file()


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


def _photograph(settings: PhotographImage) -> np.ndarray:
    return _resize(_read(_photograph_file()), settings.width, settings.height)


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
    pixels = _read(settings.path)
    if settings.width is not None:
        pixels = _resize(pixels, settings.width, settings.height)
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        raise ImageError(
            f"{settings.path}: {width} x {height} pixels; SSIM with windows of "
            f"{SSIM_WINDOW} x {SSIM_WINDOW} needs at least {SMALLEST_SIDE} x {SMALLEST_SIDE}"
        )
    return pixels


def _read(path: str) -> np.ndarray:
    """Return the first picture of a file as float32 [height, width, 3] in [0, 1]."""
    import imageio.v3 as iio

    if not Path(path).is_file():
        raise ImageError(f"{path}: no such image file")
    try:
        # As bytes: imageio leaves a file open that none of its plugins can read.
        content, suffix = Path(path).read_bytes(), Path(path).suffix or None
        pixels = np.asarray(iio.imread(content, index=0, extension=suffix))
    except Exception as error:  # imageio's plugins raise errors of many unrelated classes
        raise ImageError(f"{path}: not an image that imageio reads ({error})") from None
    if pixels.size == 0 or pixels.ndim not in (2, 3):
        raise ImageError(f"{path}: an array of shape {pixels.shape} is not a picture")
    return _as_colour(_as_unit_range(pixels, path), path)


def _as_unit_range(pixels: np.ndarray, path: str) -> np.ndarray:
    if pixels.dtype == bool:
        return pixels.astype(np.float32)
    if np.issubdtype(pixels.dtype, np.unsignedinteger):
        return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    if np.issubdtype(pixels.dtype, np.floating) and np.all((pixels >= 0) & (pixels <= 1)):
        return pixels.astype(np.float32)
    raise ImageError(
        f"{path}: values of type {pixels.dtype}; allowed are unsigned integers, or floats in [0, 1]"
    )


def _as_colour(pixels: np.ndarray, path: str) -> np.ndarray:
    """Return red, green, blue; transparent pixels lie on black."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    channels = pixels.shape[2]
    if channels not in (1, 2, 3, 4):
        raise ImageError(f"{path}: {channels} channels; allowed are 1 to 4")
    if channels in (2, 4):
        pixels = pixels[..., :-1] * pixels[..., -1:]
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def _resize(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return the image at another size, each pixel the mean over its area."""
    from PIL import Image

    channels = [
        Image.fromarray(pixels[..., c], mode="F").resize((width, height), Image.Resampling.BOX)
        for c in range(3)
    ]
    return np.stack([np.asarray(channel, dtype=np.float32) for channel in channels], axis=-1)
