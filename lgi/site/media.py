"""Files that a page shows: pictures, videos and texts as they are read, and as it holds them."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lgi.errors import RunFileError
from lgi.pictures import shrunk

TYPES = {".png": "image/png", ".gif": "image/gif", ".mp4": "video/mp4"}
"""Media types of what a page can hold."""


@dataclass(frozen=True)
class File:
    """A file in memory."""

    path: str
    content: bytes
    record: Mapping[str, Any] = field(default_factory=dict)  # says nothing of how it was made

    @property
    def text(self) -> str:
        """Its content as text."""
        return self.content.decode("utf-8")


def read(path: str | Path) -> File:
    """Return a file whole.

    Raises
    ------
    RunFileError
        If it cannot be read; the message names it.
    """
    try:
        return File(str(path), Path(path).read_bytes())
    except OSError as error:
        raise RunFileError(f"{path}: cannot be read ({error.strerror})") from error


def data_uri(file: File, width: int) -> str:
    """Return a picture or video as a page holds it; a PNG gets 256 colours if that is smaller.

    Parameters
    ----------
    file
        PNG, GIF or MP4.
    width
        Largest width of a PNG in pixels.
    """
    suffix, content = Path(file.path).suffix, file.content
    if suffix == ".png":
        smaller = io.BytesIO()
        shrunk(io.BytesIO(content), width).save(smaller, "PNG", optimize=True)
        content = min(content, smaller.getvalue(), key=len)
    return f"data:{TYPES[suffix]};base64,{base64.b64encode(content).decode()}"
