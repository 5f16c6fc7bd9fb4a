"""What stands in the way of a run in its working folder, told before any work."""

import os
from pathlib import Path

from lgi.errors import LgiError

NEEDED = ("results", "logs", ".snakemake")
"""What a run writes below its working folder."""

SUFFIXES = {".csv", ".gif", ".md", ".mp4", ".nc", ".npz", ".png", ".svg"}
"""What the names of results end in."""


def check_folders() -> None:
    """Look at the working folder; a folder that does not exist yet is in no one's way.

    Raises
    ------
    LgiError
        If a file or a link to nothing stands where a folder belongs, a folder where a result
        belongs, or Snakemake cannot write its notes; names the path and what to do.
    """
    for path in map(Path, NEEDED):
        if path.is_symlink() and not path.exists():
            raise LgiError(
                f"{path}: a link to {os.readlink(path)}, which does not exist; "
                "make that folder or remove the link"
            )
        if path.exists() and not path.is_dir():
            raise LgiError(f"{path}: no folder, but what is made lies below it; move it away")
    notes = Path(".snakemake")
    place = (notes if notes.exists() else Path()).absolute()
    if not os.access(place, os.W_OK | os.X_OK):
        raise LgiError(
            f"{place}: cannot be written, and Snakemake keeps its notes there; "
            "name a folder of your own by --directory"
        )
    for folder, names, _ in os.walk("results"):
        for name in names:
            if Path(name).suffix in SUFFIXES:
                raise LgiError(f"{folder}/{name}: a folder where a file belongs; move it away")
