"""Pictures made smaller, for pages."""

from pathlib import Path
from typing import IO

from PIL import Image


def shrunk(source: str | Path | IO[bytes], width: int) -> Image.Image:
    """Return a picture of 256 colours, no wider than so many pixels."""
    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    if picture.width > width:
        height = round(picture.height * width / picture.width)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return picture.quantize(256, dither=Image.Dither.NONE)
