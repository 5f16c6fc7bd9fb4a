"""Make a declared result: read its inputs, call its function once, write what it returns."""

from collections.abc import Mapping
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

from lgi import spent
from lgi.asked import Asked, read_asked
from lgi.engines import load
from lgi.errors import NothingToDrawError
from lgi.runs import atomic_path, read_table

# Named, so that a table does not depend on the source of what writes figures.
READERS = {
    ".csv": "lgi.runs:read_table",
    ".nc": "lgi.llc.inference_data:read_trace",
}
WRITERS = {
    ".csv": "lgi.runs:write_table",
    ".png": "lgi.figures.style:save",
    ".gif": "lgi.figures.animation:write",
    ".md": "lgi.making:write_text",
    ".html": "lgi.making:write_text",
}
SAYING = {".png": "lgi.figures.style:saying", ".gif": "lgi.figures.animation:saying"}


def read(path: str, run_reader: str, asked: Asked) -> Any:
    """Return what a file holds, by its suffix: a table, the chains of an estimate, or a run."""
    with spent.on(spent.READING):
        return read_asked(path, asked, load(READERS.get(Path(path).suffix, run_reader)))


def write(path: str, made: Any) -> None:
    """Write a table, a figure, the frames of an animation or a text, by the suffix."""
    suffix = Path(path).suffix
    with spent.on(spent.DRAWING if suffix in SAYING else spent.TABLES):
        load(WRITERS[suffix])(path, made)


def write_text(path: str, text: str) -> None:
    """Write a text in one step."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def make(
    function: str,
    inputs: Mapping[str, Any],
    settings: Mapping[str, Any],
    outputs: Mapping[str, str],
    pictures: Mapping[str, str],
    run_reader: str,
    contents: Mapping[str, str],
    asked: Asked,
) -> None:
    """Make the results of one job.

    Parameters
    ----------
    function
        ``"module:function"``; returns what is to be written: one value, or a tuple where there are
        several outputs. It is given those of the inputs and settings that its arguments name.
    inputs
        Paths by name; a list of paths becomes an iterator over what they hold, so that a table of
        many runs need not hold them all at once.
    settings
        Further arguments.
    outputs
        Where to write, by name.
    pictures
        Paths of pictures, each with the function that draws it. It is given the same, and the
        tables among the outputs as they stand in their files.
    run_reader
        Reads a run file of the study.
    contents
        SHA-256 of the tables among the inputs that come with the repository, by name.
    asked
        What the other inputs must say of how they were made.

    Raises
    ------
    TypeError
        If no function names an input or setting.
    """
    held = dict(settings)
    for name, paths in inputs.items():
        if name in contents:
            held[name] = read_table(paths, sha256=contents[name])
        elif isinstance(paths, str):
            held[name] = read(paths, run_reader, asked)
        else:
            held[name] = (read(path, run_reader, asked) for path in paths)
    one = next(iter(outputs.values())) if len(outputs) == 1 else ""
    with spent.on(spent.DRAWING if Path(one).suffix in SAYING else spent.TABLES):
        made, unused = _drawn(function, held, one)
    for path, value in zip(outputs.values(), made if len(outputs) > 1 else (made,), strict=True):
        write(path, value)
    if pictures:
        tables = {name: path for name, path in outputs.items() if Path(path).suffix == ".csv"}
        held |= {name: read_table(path) for name, path in tables.items()}
    for path, draw in pictures.items():
        with spent.on(spent.DRAWING):
            figure, left = _drawn(draw, held, path)
        write(path, figure)
        unused &= left
    if unused:
        raise TypeError(f"{function}: no argument is called {', '.join(sorted(unused))}")


def _drawn(function: str, held: Mapping[str, Any], path: str) -> tuple[Any, set[str]]:
    """Return the same as `_called`; of a picture without anything to show, what says so."""
    try:
        return _called(function, held)
    except NothingToDrawError as error:
        if (says := SAYING.get(Path(path).suffix)) is None:
            raise
        return load(says)(str(error)), set()


def _called(function: str, held: Mapping[str, Any]) -> tuple[Any, set[str]]:
    """Return what a function returns, and the names of what it was not given."""
    called = load(function)
    arguments = signature(called).parameters.values()
    takes_all = any(one.kind is Parameter.VAR_KEYWORD for one in arguments)
    named = set(held) if takes_all else {one.name for one in arguments} & set(held)
    given = {name: value for name, value in held.items() if name in named}
    return called(**given), set(held) - named
