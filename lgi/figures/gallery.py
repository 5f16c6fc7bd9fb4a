"""Small copies of pictures, and of texts that show them, for the pages of the repository."""

import re
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from lgi.catalogue import copy_name
from lgi.runs import atomic_path

WIDTH = 1000
"""Largest width of a copy in pixels: what a page shows."""

BAND, BANDED = 16, 0.01
"""Where more than a share of the pixels would change by more levels of 255, maps of colours would
show bands: the copy keeps its colours."""


def copy(source: str | Path, target: str | Path) -> None:
    """Write a small copy: a PNG narrowed, a GIF as it is, a text with its links.

    The PNG has 256 colours where they suffice.

    Parameters
    ----------
    source
        PNG, GIF or Markdown that the workflow made. All copies lie in one folder, so the pictures
        that a text shows are beside it.
    target
        Where the copy goes.
    """
    with atomic_path(target) as temporary:
        if Path(source).suffix == ".png":
            _shrink(source).save(temporary, optimize=True)
        elif Path(source).suffix == ".md":
            text = Path(source).read_text(encoding="utf-8")
            temporary.write_text(re.sub(r"\]\((\S+/\S+)\)", _to_copy, text), encoding="utf-8")
        else:
            shutil.copyfile(source, temporary)


def _to_copy(link: re.Match) -> str:
    return f"]({copy_name(link[1])})"


def _shrink(source: str | Path) -> Image.Image:
    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    if picture.width > WIDTH:
        height = round(picture.height * WIDTH / picture.width)
        picture = picture.resize((WIDTH, height), Image.Resampling.LANCZOS)
    few = picture.quantize(256, dither=Image.Dither.NONE)
    lost = np.abs(np.asarray(picture, np.int16) - np.asarray(few.convert("RGB"), np.int16))
    return picture if np.mean(lost.max(axis=2) > BAND) > BANDED else few
