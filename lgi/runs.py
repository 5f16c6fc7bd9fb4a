"""Run files and tables: written atomically, read with checks.

A run file is an .npz of arrays and one JSON text called ``record`` (settings, state, provenance).
It holds no pickles and no dates, so that the same run gives the same bytes.
"""

import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lgi.errors import RunFileError

if TYPE_CHECKING:
    import pandas as pd


UNREADABLE = (
    ValueError,
    OSError,
    EOFError,
    AttributeError,
    TypeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What NumPy, zipfile and json raise for files that are damaged or of another kind."""


class Record(dict):
    """The JSON values of a run file; a missing one is an error that names the file."""

    def __init__(self, path: Path, values: Mapping):
        super().__init__(values)
        self.path = path

    def __missing__(self, key: str):
        """Raise RunFileError."""
        raise RunFileError(f"{self.path}: its record has no {key!r}; it has {', '.join(self)}")


@dataclass(frozen=True)
class Run:
    """A run file in memory."""

    path: Path
    arrays: Mapping[str, np.ndarray]
    record: Mapping

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the array called `name`."""
        try:
            return self.arrays[name]
        except KeyError:
            raise RunFileError(
                f"{self.path}: no array {name!r}; it holds {', '.join(sorted(self.arrays))}"
            ) from None


def write_run(path: str | Path, arrays: Mapping[str, np.ndarray], record: Mapping) -> None:
    """Write a run file in one step: it is there whole or not at all.

    Parameters
    ----------
    path
        Where to write; parent folders are made.
    arrays
        Numeric or boolean arrays by name.
    record
        JSON values: settings, state, provenance.

    Raises
    ------
    ValueError
        If an array would need pickling, or is called ``record``.
    """
    if "record" in arrays:
        raise ValueError("an array cannot be called 'record': that name is the JSON text")
    text = np.array(json.dumps(record, sort_keys=True))
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, allow_pickle=False, record=text, **arrays)


def read_run(path: str | Path, required: Iterable[str] = ()) -> Run:
    """Read a run file whole.

    Parameters
    ----------
    path
        File to read.
    required
        Arrays that must be there.

    Returns
    -------
    Run
        Arrays and record.

    Raises
    ------
    RunFileError
        If the file is missing, truncated, not a run file or lacks an array; the message names it.
    """
    path = Path(path)
    try:
        # Opened here, since np.load leaves a file that it cannot read open.
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        record = Record(path, json.loads(str(arrays.pop("record"))))
    except FileNotFoundError:
        raise RunFileError(f"{path}: no such run file") from None
    except KeyError:
        raise RunFileError(f"{path}: not a run file of lgi: it has no record") from None
    except UNREADABLE as error:
        raise RunFileError(f"{path}: truncated or not a run file of lgi ({error})") from None
    run = Run(path, arrays, record)
    for name in required:
        run[name]
    return run


def write_table(path: str | Path, frame: "pd.DataFrame") -> None:
    """Write a table as CSV in one step; floats keep every digit that tells them apart."""
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False)


def read_table(path: str | Path, columns: Iterable[str] = ()) -> "pd.DataFrame":
    """Read a CSV table.

    Parameters
    ----------
    path
        File to read.
    columns
        Columns that must be there.

    Raises
    ------
    RunFileError
        If the file is missing, empty, not a table or lacks a column; the message names it.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(path)
    except FileNotFoundError:
        raise RunFileError(f"{path}: no such table") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise RunFileError(f"{path}: not a table ({error})") from None
    frame.attrs["path"] = str(path)
    return need_columns(frame, columns)


def need_columns(frame: "pd.DataFrame", columns: Iterable[str]) -> "pd.DataFrame":
    """Return a table as it is.

    Raises
    ------
    RunFileError
        If it lacks a column; the message names the file that it was read from.
    """
    missing = [name for name in columns if name not in frame]
    if missing:
        path = frame.attrs.get("path", "a table")
        raise RunFileError(
            f"{path}: no column {', '.join(missing)}; it has {', '.join(map(str, frame))}"
        )
    return frame


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path that becomes `path` when the block ends without an error.

    Parameters
    ----------
    path
        Final path; parent folders are made. The temporary file lies beside it and keeps its
        suffix, so that libraries that go by the suffix write the right format.

    Yields
    ------
    Path
        The temporary path. It is removed if the block raises.

    Raises
    ------
    RunFileError
        If the operating system refuses to write; the message names `path` and the reason.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if error.filename not in (None, str(temporary)):  # another file, which the error names
            raise
        raise RunFileError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):  # on a read-only disk even where there is none
            temporary.unlink(missing_ok=True)
