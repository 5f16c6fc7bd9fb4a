"""Whether a file is the one that was asked for: its record beside its path and the settings.

A path says what a file should hold, not what it holds: files are copied over others, and a job that
outlives the run that started it leaves one of settings that have changed since.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from lgi.errors import RunFileError, word
from lgi.runs import AGAIN, read_run

Asked = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]
"""What records must say: pattern of the path, its wildcard or "", the wildcard's value or "", then
entries of the record by key; ``a.b`` is the entry ``b`` of ``a``."""


def read_asked(path: str, asked: Asked, reader: Callable[[str], Any] = read_run) -> Any:
    """Read a run, trace or table and compare its record with what is asked.

    Raises
    ------
    RunFileError
        If it cannot be read, or is another: the message names file, key, value and what is asked.
    """
    made = reader(path)
    compare(path, made.attrs["record"] if hasattr(made, "attrs") else made.record, asked)
    return made


def recorded(settings: Mapping[str, Any], source: str) -> dict:
    """Return the record of a table: the settings that it was made with, and from which source."""
    return to_jsonable_python({**settings, "provenance": {"source": source}})


def compare(path: str | Path, record: Mapping, asked: Asked) -> None:
    """Compare the record of a file with what is asked of it.

    A record that holds the ``path`` of its file must hold this one. In others a wildcard of the
    path is the entry of its name, as text, unless `asked` says what its value means. Files that
    match no pattern are asked nothing more.

    Raises
    ------
    RunFileError
        At the first entry that is missing or another.
    """
    path = str(path)
    if "path" in record:
        _same(path, "path", record["path"], path)
    for pattern, meanings in asked.items():
        if (values := wildcards_of(path, pattern)) is not None:
            _compare(path, record, values | {"": ""}, meanings)


def wildcards_of(path: str, pattern: str) -> dict[str, str] | None:
    """Return the wildcards of a path, or None if it is not of this pattern."""
    match = _expression(pattern).fullmatch(path)
    return match and match.groupdict()


@cache
def _expression(pattern: str) -> re.Pattern:
    pieces = re.split(r"\{(\w+)\}", pattern)
    return re.compile(
        "".join(f"(?P<{p}>[^/]+)" if place % 2 else re.escape(p) for place, p in enumerate(pieces))
    )


def _compare(path: str, record: Mapping, values: Mapping[str, str], meanings: Mapping) -> None:
    for name, value in values.items():
        for key, asked in meanings.get(name, {}).get(value, {}).items():
            found = record
            for part in key.split("."):
                found = found.get(part, _NONE) if isinstance(found, Mapping) else _NONE
            _same(path, key, found, asked)
        if name and name not in meanings and "path" not in record:
            _same(path, name, str(record.get(name, _NONE)), value)


def _same(path: str, key: str, found: Any, asked: Any) -> None:
    """Raise RunFileError where two JSON values differ, at the innermost key that does."""
    if isinstance(found, Mapping) and isinstance(asked, Mapping):
        for name in sorted({*found, *asked}):
            _same(path, f"{key}.{name}", found.get(name, _NONE), asked.get(name, _NONE))
    elif _text(found) != _text(asked):
        words = f"{key}: {word(found)} in the file, {word(asked)} asked for"
        raise RunFileError(f"{path}: another than is asked for, {words}; {AGAIN}")


_NONE = "nothing"


def _text(value: Any) -> str:
    # As text, since 1 is not 1.0 and not True here, and NaN is NaN.
    return json.dumps(value, sort_keys=True)
