"""Tables of many estimates."""

from collections.abc import Iterable, Sequence

import pandas as pd

from lgi.runs import need_columns


def gathered(
    tables: Iterable[pd.DataFrame], columns: Sequence[str], order: Sequence[str]
) -> pd.DataFrame:
    """Gather tables of estimates into one.

    Parameters
    ----------
    tables
        Tables of estimates.
    columns
        Those that each must have.
    order
        Columns by which the rows are sorted; ties stay as they are.

    Raises
    ------
    RunFileError
        If a table is truncated or foreign; the message names its file.
    """
    found = [need_columns(table, columns).fillna({"reason": ""}) for table in tables]
    return pd.concat(found).sort_values(list(order), kind="stable", ignore_index=True)


def status_shares(table: pd.DataFrame, cell: Sequence[str]) -> pd.DataFrame:
    """Return the share of each status among the estimates of every cell.

    Parameters
    ----------
    table
        Estimates, with their ``status``.
    cell
        Columns whose values make a cell: all but the seed.

    Returns
    -------
    pandas.DataFrame
        The columns of `cell`, status, share and seeds. Every status that occurs anywhere has a row
        in every cell, also where its share is 0; the shares of a cell sum to 1.
    """
    cell = list(cell)
    counts = pd.crosstab([table[key] for key in cell], table["status"])
    seeds = counts.sum(axis=1)
    shares = counts.div(seeds, axis=0).stack().rename("share").reset_index()
    return shares.merge(seeds.rename("seeds").reset_index(), on=cell)
