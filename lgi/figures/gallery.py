"""Small copies of pictures, and of texts that show them, for the pages of the repository."""

import re
import shutil
from pathlib import Path

from PIL import Image

from lgi.catalogue import copy_name
from lgi.runs import atomic_path

WIDTH = 1000
"""Largest width of a copy in pixels: what a page shows."""


def copy(source: str | Path, target: str | Path) -> None:
    """Write a small copy: a PNG narrowed to 256 colours, a GIF as it is, a text with its links.

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
            # Tables and pages are not copied, so that a link to one would lead nowhere.
            text = re.sub(r"(?<!!)\[([^]]+)\]\([^)#\s]+\.(?:csv|html|md)\)", r"\1", text)
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
    return picture.quantize(256, dither=Image.Dither.NONE)
