"""The columns of every table that the workflow makes. A further study is registered here."""

import re
from functools import cache
from pathlib import Path

from lgi.gaussians.columns import TABLES as GAUSSIANS
from lgi.llc.known.columns import TABLES as KNOWN_ANSWERS
from lgi.regression.columns import TABLES as REGRESSION
from lgi.schema.column import Table, table, text
from lgi.superposition.columns import TABLES as SUPERPOSITION

_COLUMNS = table(
    {
        "table": text("path of the table below results/tables"),
        "column": text("name of the column"),
        "meaning": text("what it holds"),
        "unit": text("its unit").unless("a number without a unit, or no number"),
        "type": text("what its values are"),
        "allowed": text("which of these are allowed").unless("all"),
        "missing": text("what an empty cell means").unless("no cell is empty"),
    },
    "The columns of every table",
    "table column",
    "table column meaning unit type allowed missing",
)
TABLES = {
    **GAUSSIANS,
    **SUPERPOSITION,
    **KNOWN_ANSWERS,
    **REGRESSION,
    "results/tables/columns.csv": _COLUMNS,
}
"""Columns by the pattern of the path, as in the declarations of results."""


def table_at(path: str | Path) -> Table | None:
    """Return the columns of the table at a path, None for that of no declared table."""
    pattern = pattern_of(path)
    return TABLES[pattern] if pattern else None


def pattern_of(path: str | Path) -> str:
    """Return the pattern of a table's path, empty for that of no declared table."""
    return _pattern_of(Path(path).as_posix())


@cache
def _pattern_of(path: str) -> str:
    # A path without wildcards first: a pattern may fit it too.
    if path in TABLES:
        return path
    return next((pattern for pattern in TABLES if _expression(pattern).fullmatch(path)), "")


@cache
def _expression(pattern: str) -> re.Pattern:
    # A wildcard such as {variant} may stand for nothing.
    pieces = re.split(r"\{\w+\}", pattern)
    return re.compile("[^/]*".join(map(re.escape, pieces)))
