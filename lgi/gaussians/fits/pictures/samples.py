"""What a picture's file holds, whatever its format; and the refusal of one that is not read."""

import logging
from dataclasses import dataclass
from functools import cache

import numpy as np

ALLOWED = (
    "allowed are PNG, JPEG, TIFF, GIF, WebP, AVIF, JPEG 2000, BMP, PNM, TGA and the like, "
    "in grey, RGB or CMYK"
)

LARGEST = 2**28
"""Most pixels of a picture: decoded, those of 268 megapixels fill 3 GiB."""

_LOG = logging.getLogger(__name__)


class RefusedError(Exception):
    """What a file is that cannot be read, and what is allowed."""

    def __init__(self, what: str, allowed: str = ALLOWED):
        super().__init__(f"{what}; {allowed}")


@dataclass(frozen=True)
class Samples:
    """What a file holds, not yet in the unit range."""

    colour: np.ndarray  # [height, width, samples of the space]
    space: str  # gray, rgb or cmyk
    alpha: np.ndarray | None = None  # [height, width, 1]
    white: int | None = None  # the largest integer sample, where not that of its type
    associated: bool = False  # colour is multiplied by alpha
    inverted: bool = False  # 0 is white
    profile: bytes | None = None  # ICC
    orientation: int = 1  # as in EXIF and TIFF


def of_channels(pixels: np.ndarray) -> Samples:
    """Return pixels [height, width, 1 to 4] of grey or RGB, with alpha or not."""
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    count = pixels.shape[2]
    if count in (1, 3):
        return Samples(pixels, "gray" if count == 1 else "rgb")
    return Samples(pixels[..., :-1], "gray" if count == 2 else "rgb", pixels[..., -1:])


def turn(orientation: object) -> int:
    """Return an orientation of EXIF and TIFF; whatever is none turns nothing, as in viewers."""
    return orientation if orientation in range(1, 9) else 1


def allow_size(width: int, height: int) -> None:
    """Raise RefusedError if a picture has more pixels than `LARGEST`."""
    if width * height > LARGEST:
        raise RefusedError(
            f"a picture of {width} x {height} pixels", f"allowed are at most {LARGEST:,} pixels"
        )


@cache
def note(path: str, count: int, what: str) -> None:
    """Say, once a process, that a file holds more than is read."""
    if count > 1:
        _LOG.warning("%s: the first of %d %s is read", path, count, what)
