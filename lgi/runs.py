"""Run files and tables: written atomically, read with checks.

A run file is an .npz of arrays and one JSON text called ``record`` (settings, state, provenance).
It holds no pickles and no dates, so that the same run gives the same bytes. Its last 64 bytes, the
comment of the archive, are the SHA-256 of all before them: reading compares first, and no library
sees a file that is not as it was written. A table stays plain CSV: its SHA-256 lies beside it.
"""

import hashlib
import io
import json
import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from lgi.errors import RunFileError

if TYPE_CHECKING:
    import pandas as pd


Content = tuple[Mapping[str, np.ndarray], Mapping[str, Any]]
"""What a run file holds: arrays by name, and the JSON values of its record."""

AGAIN = "make it again: delete it or name it in `snakemake --force`"
"""What to do about a file that is not as it was written."""

SUM = ".sha256"
"""What the name of the checksum beside a table or trace ends in."""

_SEAL = 64  # bytes: hexadecimal digits of a SHA-256
_END = b"PK\5\6"  # of the 22 bytes that end an archive without a comment

HOST = re.sub(r"[^\w-]", "-", platform.node())
"""The name of this machine, in letters, digits, - and _."""


class Record(dict[str, Any]):
    """The JSON values of a run file; a missing one is an error that names the file."""

    def __init__(self, path: Path, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.path = path

    def __missing__(self, key: str) -> NoReturn:
        """Raise RunFileError."""
        raise RunFileError(f"{self.path}: its record has no {key!r}; it has {', '.join(self)}")


@dataclass(frozen=True)
class Run:
    """A run file in memory."""

    path: Path
    arrays: Mapping[str, np.ndarray]
    record: Mapping[str, Any]

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the array called `name`."""
        try:
            return self.arrays[name]
        except KeyError:
            raise RunFileError(
                f"{self.path}: no array {name!r}; it holds {', '.join(sorted(self.arrays))}"
            ) from None


def write_run(
    path: str | Path, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]
) -> None:
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
    archive = io.BytesIO()
    np.savez(archive, allow_pickle=False, record=text, **arrays)
    # The last two bytes say how long a comment follows.
    content = archive.getvalue()[:-2] + _SEAL.to_bytes(2, "little")
    with atomic_path(path) as temporary:
        temporary.write_bytes(content + _sum(content))


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
        If the file is missing, not as it was written, no run file or lacks an array; the message
        names it.
    """
    path = Path(path)
    content = memoryview(_content(path, "run file"))
    if _sum(content[:-_SEAL]) != content[-_SEAL:]:
        old = content[-22:-18] == _END
        fault = "no checksum: made by lgi before 0.6, or no run file" if old else "damaged"
        raise RunFileError(f"{path}: {fault}; {AGAIN}")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    run = Run(path, arrays, Record(path, json.loads(str(arrays.pop("record")))))
    for name in required:
        run[name]
    return run


def write_table(
    path: str | Path, frame: "pd.DataFrame", record: Mapping[str, Any] | None = None
) -> None:
    """Write a table as CSV in one step; floats keep every digit that tells them apart.

    Parameters
    ----------
    path
        Where to write; its checksum lies beside it.
    frame
        The table. That of a declared result is checked, and completed, by the columns that are
        declared for it (`lgi.schema.check.conforming`).
    record
        JSON values that stand with the checksum: how the table was made.

    Raises
    ------
    DataError
        If it is not as its columns are declared; nothing is written then.
    """
    # By its name, so that no result depends on what is said of columns.
    frame = import_module("lgi.schema.check").conforming(path, frame)
    with summed_path(path, record) as temporary:
        frame.to_csv(temporary, index=False)


def read_table(
    path: str | Path, columns: Iterable[str] = (), sha256: str | None = None
) -> "pd.DataFrame":
    """Read a CSV table.

    Parameters
    ----------
    path
        File to read.
    columns
        Columns that must be there.
    sha256
        Of the file; that of the file beside it (`SUM`) where not given.

    Returns
    -------
    DataFrame
        The table; ``attrs`` holds its ``path`` and its ``record``.

    Raises
    ------
    RunFileError
        If the file is missing, not as it was written, empty, not a table or lacks a column; the
        message names it.
    """
    import pandas as pd

    path = Path(path)
    content, record = (_content(path, "table"), {}) if sha256 else whole_content(path, "table")
    if sha256 and _sum(content) != sha256.encode():
        raise RunFileError(f"{path}: not the file that this job was planned with; start it again")
    try:
        frame = pd.read_csv(io.BytesIO(content), low_memory=False)
    except ValueError as error:
        raise RunFileError(f"{path}: not a table ({error})") from None
    frame.attrs |= {"path": str(path), "record": record}
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
    temporary = path.with_name(f".{path.stem}.{HOST}.{os.getpid()}.part{path.suffix}")
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


def temporary_writer(name: str) -> tuple[str, int] | None:
    """Return host and process of the writer of a temporary file, None for any other name."""
    found = re.fullmatch(r"\..+\.([\w-]*)\.(\d+)\.part(\.[^.]*)?", name)
    return found and (found[1], int(found[2]))


@contextmanager
def summed_path(path: str | Path, record: Mapping[str, Any] | None = None) -> Iterator[Path]:
    """Give a temporary path as `atomic_path` does, and write the checksum of the file beside it.

    The order makes a checksum that is there that of the file: the one before goes first, the new
    one comes last. `sha256sum -c` reads it. Its second line, a comment, is a record with the path
    that was asked for, behind a checksum of its own.
    """
    path = Path(path)
    beside = Path(f"{path}{SUM}")
    said = json.dumps({"path": str(path)} | dict(record or {}), sort_keys=True).encode()
    with atomic_path(path) as temporary:
        yield temporary
        lines = _lines(path, temporary.read_bytes(), said)
        beside.unlink(missing_ok=True)
    with atomic_path(beside) as temporary:
        temporary.write_bytes(lines)


def whole_content(path: str | Path, kind: str) -> tuple[bytes, dict[str, Any]]:
    """Return the bytes of a file of `summed_path`, and its record; `kind` is its name in messages.

    Raises
    ------
    RunFileError
        If it is missing, or not what the checksum beside it says; the message names it.
    """
    path = Path(path)
    content, beside = _content(path, kind), Path(f"{path}{SUM}")
    if not beside.exists():
        raise RunFileError(f"{path}: no checksum beside it ({beside.name}); {AGAIN}")
    lines = _content(beside, "checksum")
    said = lines[lines.find(b"{") : -1]
    if lines != _lines(path, content, said):
        raise RunFileError(f"{path}: damaged, not what {beside.name} says; {AGAIN}")
    return content, json.loads(said)


def _lines(path: Path, content: bytes, said: bytes) -> bytes:
    named = os.fsencode(path.name)
    return b"%s  %s\n# %s %s\n" % (_sum(content), named, _sum(said), said)


def _sum(content: bytes | memoryview) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _content(path: Path, kind: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise RunFileError(f"{path}: no such {kind}") from None
    except OSError as error:
        raise RunFileError(f"{path}: cannot be read ({error.strerror})") from None
