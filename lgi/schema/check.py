"""Hold a table against its columns before it is written."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lgi.engines import load
from lgi.errors import DataError, listed, shown
from lgi.schema.column import NUMBER, TEXT, TRUTH, WHOLE, Column, Table

TABLE_AT = "lgi.tables.declared:table_at"
"""By its name, since it knows the studies, which stand on this."""
ROUNDING = 1e-9  # by which a number may lie beyond what is allowed


def conforming(path: str | Path, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table as it is to be written.

    Its columns are in their order, with those that follow from others; whole numbers have no point,
    and values that are not finite are missing.

    Parameters
    ----------
    path
        Where it is to be written; a path that is that of no declared table is not checked.
    frame
        The table.

    Raises
    ------
    DataError
        If it is not as its columns are declared; the message names table, column, row, value and
        what is allowed.
    """
    table = load(TABLE_AT)(path)
    if table is None:
        return frame
    frame = finite(completed(frame, table))
    if problem := next(problems(frame, table), None):
        raise DataError(f"{path}: {problem}")
    whole = {
        name: frame[name].astype("Int64")
        for name, column in table.columns.items()
        if column.kind == WHOLE and frame[name].dtype.kind not in "iu"
    }
    return frame.assign(**whole)[list(table.columns)]


def problem_of(path: str | Path, frame: pd.DataFrame) -> str:
    """Return what of a table that was read is not as its columns are declared, empty if nothing."""
    table = load(TABLE_AT)(path)
    return next(problems(frame, table), "") if table else ""


def completed(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return a table with the columns that follow from others of it."""
    found = {}
    for name, column in table.columns.items():
        if column.follows and column.follows[0] in frame:
            of, by = column.follows
            found[name] = frame[of].map({value: by(value) for value in frame[of].unique()})
    return frame.assign(**found)


def finite(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which what is infinite is missing."""
    infinite = [name for name in frame if _has_infinite(frame[name])]
    return frame.assign(
        **{name: frame[name].replace([np.inf, -np.inf], np.nan) for name in infinite}
    )


def _has_infinite(values: pd.Series) -> bool:
    return values.dtype.kind == "f" and bool(np.isinf(values.to_numpy(dtype=float)).any())


def problems(frame: pd.DataFrame, table: Table) -> Iterator[str]:
    """Yield what of a table is not as its columns are declared: the first fault of each column."""
    if unknown := [name for name in frame if name not in table.columns]:
        yield f"unknown column {listed(unknown)}; its columns are {', '.join(table.columns)}"
    if lacking := [name for name in table.columns if name not in frame]:
        yield f"no column {listed(lacking)}; it has {', '.join(map(str, frame))}"
        return
    for name, column in table.columns.items():
        faults, fault = _faults(frame[name], column)
        if faults.any():
            yield _said(frame, table, name, int(faults.argmax()), fault)
    if table.key and (twice := frame.duplicated(list(table.key)).to_numpy()).any():
        place = int(twice.argmax())
        yield f"row {place + 1} ({_named(frame, table, place)}) is there twice"


def _faults(values: pd.Series, column: Column) -> tuple[np.ndarray, str]:
    """Return which rows have a fault, and which one it is: the first that any row has."""
    missing = values.isna().to_numpy()
    if column.kind == TEXT:
        missing = missing | (values == "").to_numpy(dtype=bool, na_value=False)
    if missing.any() and not column.missing:
        return missing, "is missing"
    return next(
        (
            (rows, fault)
            for rows, fault in _KINDS[column.kind](values, column, ~missing)
            if rows.any()
        ),
        (np.zeros(len(values), dtype=bool), ""),
    )


def _of_numbers(
    values: pd.Series, column: Column, there: np.ndarray
) -> Iterator[tuple[np.ndarray, str]]:
    if values.dtype.kind not in "iuf":  # also of a column of objects, and of truth values
        are = values.map(lambda value: isinstance(value, int | float | np.number)).to_numpy(bool)
        bools = values.map(lambda value: isinstance(value, bool | np.bool_)).to_numpy(bool)
        yield there & (~are | bools), f"is no {column.kind}"
        values = values.where(there, np.nan)
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        yield there & ~np.isfinite(numbers), "is not finite"
        if column.kind == WHOLE:
            yield there & (numbers % 1 != 0), f"is no {column.kind}"
        yield there & ~(numbers >= column.low - ROUNDING), "is too small"
        yield there & ~(numbers <= column.high + ROUNDING), "is too large"


def _of_texts(
    values: pd.Series, column: Column, there: np.ndarray
) -> Iterator[tuple[np.ndarray, str]]:
    # A text of digits alone is a number where it was read from a file.
    distinct = {value: _text(value) for value in values[there].unique()}
    wrong = {value for value, text in distinct.items() if text is None}
    yield there & values.isin(wrong).to_numpy(), "is no text"
    if column.among:
        others = {value for value, text in distinct.items() if text not in column.among}
        yield there & values.isin(others).to_numpy(), "is not allowed"
    if column.pattern:
        fits = re.compile(column.pattern).fullmatch
        others = {value for value, text in distinct.items() if not fits(str(text))}
        yield there & values.isin(others).to_numpy(), "is not allowed"


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return f"{value:g}"
    return None


def _of_truths(
    values: pd.Series, column: Column, there: np.ndarray
) -> Iterator[tuple[np.ndarray, str]]:
    if values.dtype != bool:
        are = values.map(lambda value: isinstance(value, bool | np.bool_)).to_numpy(bool)
        yield there & ~are, "is neither True nor False"


_KINDS = {NUMBER: _of_numbers, WHOLE: _of_numbers, TEXT: _of_texts, TRUTH: _of_truths}


def _said(frame: pd.DataFrame, table: Table, name: str, place: int, fault: str) -> str:
    column, value = table.columns[name], frame[name].iloc[place]
    said = "a value" if fault == "is missing" else _plain(value)
    allowed = ", ".join(filter(None, (column.kind, column.allowed)))
    where = _named(frame, table, place)
    return f"column {name}, row {place + 1} ({where}): {said} {fault}; allowed: {allowed}"


def _named(frame: pd.DataFrame, table: Table, place: int) -> str:
    values = ((key, frame[key].iloc[place]) for key in table.key)
    return ", ".join(f"{key} {'missing' if pd.isna(value) else value}" for key, value in values)


def _plain(value: Any) -> str:
    return shown(value.item() if isinstance(value, np.generic) else value)
