"""What every table holds, as a page for readers and as a table."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

import pandas as pd

from lgi.catalogue import TABLES
from lgi.schema.column import Column, Table
from lgi.tables.declared import TABLES as DECLARED
from lgi.tables.declared import pattern_of

COLUMNS = ("table", "column", "meaning", "unit", "type", "allowed", "missing")


class Held(NamedTuple):
    """A table that is made, and what its declaration says of it."""

    path: str
    study: str  # its title
    purpose: str  # of the rule that makes it
    caption: str


def describe(
    tables: Iterable[pd.DataFrame], held: Sequence[Sequence[str]], runs: Sequence[str]
) -> tuple[str, pd.DataFrame]:
    """Return the page and the table of all columns.

    Parameters
    ----------
    tables
        The tables.
    held
        `Held` of each.
    runs
        A run file of each kind.

    Returns
    -------
    page : str
        Markdown: how tables and run files are read, an index, and the columns of each table.
    columns : DataFrame
        `COLUMNS`, a row for each column of each table.

    Raises
    ------
    KeyError
        If no columns are declared for a table.
    """
    known = [Held(*one) for one in held]
    rows = [len(frame) for frame in tables]
    columns = pd.DataFrame(
        [
            (name_of(one.path), name, *_said(column))
            for one in known
            for name, column in DECLARED[pattern_of(one.path)].columns.items()
        ],
        columns=list(COLUMNS),
    )
    return "\n".join(_page(known, rows, runs)) + "\n", columns


def name_of(path: str) -> str:
    """Return a table's path as seen from the folder of all tables."""
    return path.removeprefix(TABLES)


def _said(column: Column) -> tuple[str, str, str, str, str]:
    return column.meaning, column.unit, column.kind, column.allowed, column.missing


def _page(held: Sequence[Held], rows: Sequence[int], runs: Sequence[str]) -> Iterator[str]:
    yield from _how_to_read(held, runs)
    groups: dict[str, dict[str, list[tuple[Held, int]]]] = {}
    for one, size in zip(held, rows, strict=True):
        groups.setdefault(one.study, {}).setdefault(pattern_of(one.path), []).append((one, size))
    yield from ("## Index", "")
    for study, patterns in groups.items():
        yield from (f"**{study}**", "", "| table | rows | what it holds |", "|---|--:|---|")
        for pattern, members in patterns.items():
            sizes = sorted({size for _, size in members})
            size = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
            many = f" ({len(members)} tables)" if len(members) > 1 else ""
            link = f"[`{name_of(pattern)}`](#{_anchor(pattern)}){many}"
            yield f"| {link} | {size} | {DECLARED[pattern].about}. |"
        yield ""
    for study, patterns in groups.items():
        yield from (f"## {study}", "")
        for pattern, members in patterns.items():
            yield from _section(pattern, members)
    beside = [pattern for pattern in DECLARED if not pattern.startswith(TABLES)]
    yield from ("## Tables beside the run files", "")
    yield "What single jobs leave, which the tables above gather; `{...}` stands for names."
    yield ""
    for pattern in beside:
        yield from _columns_of(f"### {pattern}", DECLARED[pattern])


def _how_to_read(held: Sequence[Held], runs: Sequence[str]) -> Iterator[str]:
    """Yield the beginning of the page; its code is run by a test."""
    yield from (
        "# What the columns of the tables mean",
        "",
        "Comma-separated, UTF-8, a line of names first. Floating-point numbers keep every digit. "
        "An empty cell is a missing value; no number stands for none, and nothing is infinite. "
        "`sparsity` is exact, and `S` beside it the same as it is printed. The file `.sha256` "
        "beside a table holds its checksum (`sha256sum -c`) and how it was made. "
        "[columns.csv](columns.csv) holds this page as a table.",
        "",
    )
    if held:
        yield from (
            "A table in three lines:",
            "",
            "```python",
            "import pandas as pd",
            f'table = pd.read_csv("{held[0].path}")',
            "print(table.describe())",
            "```",
            "",
        )
    for run in runs[:1]:
        yield from (
            "A run file in three lines of NumPy; `run.files` names its arrays, and the record "
            "holds settings, seeds and versions:",
            "",
            "```python",
            "import json, numpy as np",
            f'run = np.load("{run}")',
            'record = json.loads(str(run["record"]))',
            "```",
            "",
        )
    if others := ", ".join(f"`{run}`" for run in runs[1:]):
        yield from (f"In the same way: {others}.", "")


def _section(pattern: str, members: Sequence[tuple[Held, int]]) -> Iterator[str]:
    first = members[0][0]
    files = ", ".join(f"[{name_of(one.path)}]({name_of(one.path)}) ({n:,})" for one, n in members)
    yield from _columns_of(
        f'<a id="{_anchor(pattern)}"></a>\n### {name_of(pattern)}',
        DECLARED[pattern],
        (f"{first.purpose} {first.caption}".strip(), f"Files, with their rows: {files}."),
    )


def _columns_of(heading: str, table: Table, more: Iterable[str] = ()) -> Iterator[str]:
    yield from (heading, "")
    yield f"{table.about}. A row for each {_and(table.key)}." if table.key else f"{table.about}."
    yield ""
    for paragraph in more:
        yield from (paragraph, "")
    yield "| column | meaning | unit | type, allowed | an empty cell means |"
    yield "|---|---|---|---|---|"
    for name, column in table.columns.items():
        meaning, unit, kind, allowed, missing = map(_cell, _said(column))
        allowed = f"`{_cell(column.pattern)}`" if column.pattern else allowed
        kinds = ": ".join(filter(None, (kind, allowed)))
        yield f"| `{name}` | {meaning} | {unit} | {kinds} | {missing or 'never empty'} |"
    yield ""


def _and(names: Sequence[str]) -> str:
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _anchor(pattern: str) -> str:
    name = name_of(pattern).removesuffix(PurePath(pattern).suffix)
    return "".join(letter if letter.isalnum() else "-" for letter in name)
