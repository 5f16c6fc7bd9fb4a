"""Files that come with lgi and are no modules: its configuration, and the scripts of the jobs."""

from pathlib import Path

from lgi.errors import LgiError

CONFIGURATION = "config.yaml"
"""The configuration that everything has unless another one says so."""

_PACKAGE = Path(__file__).parent
_FOLDERS = (_PACKAGE / "files", _PACKAGE.parent)  # of an installed package, of a clone


def shipped(name: str) -> Path:
    """Return where a file lies that is called so in a clone.

    Raises
    ------
    LgiError
        If the package is installed without it.
    """
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return folder / name
    raise LgiError(f"{_FOLDERS[0] / name}: does not exist; install lgi again")
