"""Pictures made smaller, for pages."""

from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

BAND, BANDED = 16, 0.01
"""Where more than a share of the pixels would change by more levels of 255, maps of colours would
show bands: the picture keeps its colours."""


def shrunk(source: str | Path | IO[bytes], width: int) -> Image.Image:
    """Return a picture no wider than so many pixels, of 256 colours where they suffice."""
    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    if picture.width > width:
        height = round(picture.height * width / picture.width)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    few = picture.quantize(256, dither=Image.Dither.NONE)
    lost = np.abs(np.asarray(picture, np.int16) - np.asarray(few.convert("RGB"), np.int16))
    return picture if np.mean(lost.max(axis=2) > BAND) > BANDED else few
