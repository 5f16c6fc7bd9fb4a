"""What else was tried of a claim, and whether it leads to the same verdict: in words."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from lgi.claims import WHOLE
from lgi.prose import listed

CHOICES = {
    ("setting", "states"): "combinations of scale and states",
    ("samples",): "numbers of samples",
    ("loss",): "losses",
}
"""What is chosen for a claim, by its columns; few states are ok with some settings."""
_CHANGE = {
    "setting": "the scale",
    "states": "which states count",
    "samples": "the number of samples",
    "loss": "which loss is meant",
}


def alternatives(
    row: Mapping, table: pd.DataFrame
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Yield what one choice at a time leads to.

    Parameters
    ----------
    row
        Of `lgi.superposition.claims.claims`, a claim as a whole.
    table
        All of them.

    Yields
    ------
    columns : tuple of str
        What is chosen, of `CHOICES`.
    rows : DataFrame
        The claim with each choice of it, and all else as in the row.
    """
    same = table[(table["id"] == row["id"]) & (table["part"] == WHOLE)]
    names = [name for columns in CHOICES for name in columns]
    for columns in CHOICES:
        fixed = [name for name in names if name not in columns and not pd.isna(row[name])]
        rows = same
        for name in fixed:
            rows = rows[rows[name] == row[name]]
        yield columns, rows


def changes(row: Mapping, table: pd.DataFrame, *, counts: bool = True) -> str:
    """Return with which choices the verdict of a claim changes.

    Parameters
    ----------
    row, table
        As for `alternatives`.
    counts
        Whether to say of how many choices in how many it is the same.
    """
    changing, steady = [], []
    for columns, rows in alternatives(row, table):
        same, every = int((rows["verdict"] == row["verdict"]).sum()), len(rows)
        if same < every:
            names = [_CHANGE[name] for name in _changing(row, columns, rows)]
            changing += [f"{listed(names)} (the same in {same} of {every})"] if counts else names
        elif every > 1:
            steady.append(f"{every} {CHOICES[columns]}")
    if changing:
        return listed(changing)
    if not steady:
        return "nothing: no other choice was tried"
    return f"nothing that was tried: {listed(steady)}" if counts else "nothing that was tried"


def _changing(row: Mapping, columns: Sequence[str], rows: pd.DataFrame) -> list[str]:
    """Return the columns that change the verdict with the others as they are; all if none does."""
    found = []
    for name in columns:
        others = [other for other in columns if other != name]
        alone = rows[(rows[others] == [row[other] for other in others]).all(axis=1)]
        if alone["verdict"].nunique() > 1:
            found.append(name)
    return found or list(columns)
