"""What a study found, a few findings first: headline, two sentences, a number, a picture.

A finding is written from the rows of tables. The written analysis of a study begins with its
findings, the index of the site shows some of them, and both read one table of them.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Finding:
    """One thing that a study found."""

    id: str  # by which a page looks it up, and which its link ends in
    headline: str  # a statement of one line, without a full stop
    text: str  # two sentences: what was found, and what it means or rests on
    measure: str  # what the number is, with its unit
    value: float
    low: float  # NaN where there is no interval
    high: float
    n: int  # independent values behind it
    unit: str  # what n counts, in the plural: seeds, models, problems
    figure: str  # picture that shows it, below results/
    alt: str  # what that picture shows, for who does not see it
    table: str  # table that holds the number, below results/
    claim: str = ""  # claim whose verdict the headline states, if one does


COLUMNS = tuple(field.name for field in fields(Finding))
"""Columns of a table of findings."""


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table, a row each, most important first."""
    return pd.DataFrame([asdict(finding) for finding in findings], columns=list(COLUMNS))


def read_findings(table: pd.DataFrame) -> list[Finding]:
    """Return the findings of a table that `findings_table` made."""
    texts = {field.name for field in fields(Finding) if field.type is str}
    rows = table.assign(**{name: table[name].astype(object).fillna("") for name in texts})
    return [
        Finding(**{name: _plain(row[name]) for name in COLUMNS}) for row in rows.to_dict("records")
    ]


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
