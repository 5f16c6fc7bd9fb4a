"""Where compiled code is kept: a folder that can be written, so that it is compiled once."""

import os
import tempfile
from pathlib import Path

VARIABLE = "LGI_CACHE_DIR"
"""Variable of the environment that names the folder; empty for none."""

FALLBACK = Path(".snakemake", "lgi")
"""Where compiled code is kept if that folder cannot be written: below the working folder's own."""

ROOM = 65_536
"""Bytes that a folder must have room for; a compiled function takes 20 to 200 kB."""


def cache_folder() -> tuple[Path | None, str]:
    """Return where to keep compiled code, and what is to be said of it.

    Returns
    -------
    folder : Path or None
        What `LGI_CACHE_DIR` names, else ``lgi`` in the user's cache. If it cannot be written,
        `FALLBACK` if the working folder is one of Snakemake's; else None.
    said : str
        Empty, or one sentence: which folder cannot be written, why, and what is done instead.
    """
    named = os.environ.get(VARIABLE)
    if named == "":
        return None, ""
    wanted = named or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "lgi")
    wanted = os.path.expanduser(wanted)
    reason = "there is no home folder" if wanted.startswith("~") else _refusal(Path(wanted))
    if reason is None:
        return Path(wanted).absolute(), ""
    said = f"{wanted}: compiled code cannot be kept there ({reason}); "
    if FALLBACK.parent.is_dir() and _refusal(FALLBACK) is None:
        return FALLBACK.absolute(), f"{said}it is kept in {FALLBACK.absolute()}"
    return None, f"{said}each job compiles what it needs anew"


def settle() -> str:
    """Choose the folder for this process and all that it starts; return what is to be said."""
    folder, said = cache_folder()
    if said:
        os.environ[VARIABLE] = str(folder or "")
    return said


def _refusal(folder: Path) -> str | None:
    """Return why a folder cannot be written, None if it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM))
    except OSError as error:
        return error.strerror
    return None
