"""What a person sees: lines, tables, and how far work is. Plain where it goes to no terminal."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

LINE_SECONDS = 10.0
"""Wall time between two lines on how far work is, where they go to a file."""

SHOWN = 30
"""Rows of a table that are shown."""


def say(words: str) -> None:
    """Print what is no result."""
    print(words, file=sys.stderr, flush=True)


def table(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    rest: str = "",
    most: int = SHOWN,
) -> None:
    """Print rows as aligned columns.

    Parameters
    ----------
    rows
        Values by name.
    columns
        The names that are shown, each with its format.
    rest
        Where the rows are that are too many.
    most
        How many are shown.
    """
    cells = [[_cell(row.get(name), form) for name, form in columns.items()] for row in rows[:most]]
    names = [name.replace("_", " ") for name in columns]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    # Words to the left, numbers to the right.
    sides = [">" if form else "<" for form in columns.values()]
    for cells_of in (names, *cells):
        parts = (f"{c:{s}{w}}" for c, s, w in zip(cells_of, sides, widths, strict=True))
        print("  ".join(parts).rstrip())
    if len(rows) > most:
        print(f"... {len(rows) - most} more rows {rest}".rstrip())


def lines(values: Mapping[str, Any]) -> None:
    """Print names and values below each other."""
    width = max(map(len, values))
    for name, value in values.items():
        print(f"{name.replace('_', ' '):{width}}  {_cell(value, '.6g')}")


@contextmanager
def watched(what: str, total: float = 0, unit: str = "") -> Iterator[Callable[[float], None]]:
    """Show how far the work in the block is: a bar on a terminal, a line now and then in a file.

    What the block prints is no result, and goes to standard error.

    Parameters
    ----------
    what
        What is done.
    total
        How much there is to do; 0 where that is not known.
    unit
        Of it.

    Yields
    ------
    callable
        Takes how much is done.
    """
    with redirect_stdout(sys.stderr):
        if _is_terminal():
            with _bar(what, total, unit) as tell:
                yield tell
        else:
            begin = time.monotonic()
            yield _written(what, total, unit)
            say(f"{what}: done in {time.monotonic() - begin:.0f} s")


def _is_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def _bar(what: str, total: float, unit: str) -> Iterator[Callable[[float], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    far: tuple[ProgressColumn, ...] = (
        (
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} " + unit),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
        )
        if total
        else (SpinnerColumn("line"), TimeElapsedColumn())
    )
    console = Console(stderr=True)
    with Progress(TextColumn("{task.description}"), *far, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total or None)
        yield lambda done: bar.update(task, completed=done)


def _written(what: str, total: float, unit: str) -> Callable[[float], None]:
    begin = last = time.monotonic()

    def tell(done: float) -> None:
        nonlocal last
        now = time.monotonic()
        if total and now - last >= LINE_SECONDS:
            last = now
            far = f"{done:,.0f} of {total:,.0f} {unit}, {done / total:.0%}"
            say(f"{what}: {far}, {now - begin:.0f} s")

    return tell


def _cell(value: Any, form: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not form:
        return str(value)
    return f"{value:{form}}"
