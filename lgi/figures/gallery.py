"""Small copies of pictures, and of texts that show them, for the pages of the repository."""

import re
import shutil
from pathlib import Path

from lgi.catalogue import copy_name
from lgi.pictures import shrunk
from lgi.runs import atomic_path

WIDTH = 1000
"""Largest width of a copy in pixels: what a page shows."""


def copy(source: str | Path, target: str | Path) -> None:
    """Write a small copy: a PNG narrowed, a text with its links, all else as it is.

    A PNG has 256 colours where they suffice.

    Parameters
    ----------
    source
        PNG, GIF, Markdown or CSV that the workflow made. All copies lie in one folder, so the
        pictures that a text shows are beside it.
    target
        Where the copy goes.
    """
    with atomic_path(target) as temporary:
        if Path(source).suffix == ".png":
            shrunk(source, WIDTH).save(temporary, optimize=True)
        elif Path(source).suffix == ".md":
            text = Path(source).read_text(encoding="utf-8")
            # Tables and pages are not copied, so that a link to one would lead nowhere.
            text = re.sub(r"(?<!!)\[([^]]+)\]\([^)#\s]+\.(?:csv|html|md)\)", r"\1", text)
            temporary.write_text(re.sub(r"\]\((\S+/\S+)\)", _to_copy, text), encoding="utf-8")
        else:
            shutil.copyfile(source, temporary)


def _to_copy(link: re.Match) -> str:
    return f"]({copy_name(link[1])})"
