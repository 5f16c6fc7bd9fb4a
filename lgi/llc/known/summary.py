"""Known answers in words: a problem, its estimate, and the few rows that stand for all.

``python -m lgi.llc.known.summary results/tables/llc_known_answers.csv`` prints them as Markdown.
"""

import sys
from typing import TYPE_CHECKING, Any

from lgi.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

CASE = ["problem", "shape", "singular"]
SHOWN = (
    ("quadratic", "d = 18, h = 1", False),
    ("normal crossing", "k = 2, 0", True),
    ("normal crossing", "k = 3, 3", True),
    ("reduced-rank regression", "M, H, N, r = 3, 3, 3, 1", True),
    ("deep linear network", "widths 4-4-4-4, r = 1", False),
    ("deep linear network", "widths 4-4-4-4, r = 1", True),
    ("k-gon", "6-gon", False),
)
"""Problems that stand for all: of every verdict, and of a family where it is right and is not."""


def which(row: Any) -> str:
    """Return which of its family a problem is: its shape, and the kind of its minimum."""
    return f"{row.shape}, {'singular' if row.singular else 'smooth'} w*"


def answer(row: Any) -> str:
    """Return estimate ± standard deviation over repeats."""
    return f"{row.estimate:.3g} ± {row.spread:.2g}"


def markdown(table: "pd.DataFrame") -> str:
    """Return the rows of `SHOWN` at the largest n as a table in Markdown, with what all come to.

    Parameters
    ----------
    table
        ``llc_known_answers.csv``; see `lgi.llc.known.answers.known_answers`.

    Raises
    ------
    DataError
        If one of them is not in the table.
    """
    largest = table["n"].max()
    rows = table[table["n"] == largest]
    named = {tuple(getattr(row, name) for name in CASE): row for row in rows.itertuples()}
    if missing := [" ".join(case[:2]) for case in SHOWN if case not in named]:
        raise DataError(f"not among the known answers at n = {largest:,}: {'; '.join(missing)}")
    lines = [f"| problem | λ | estimate ± spread, n = {largest:,} | verdict |", "|---|---|---|---|"]
    for row in (named[case] for case in SHOWN):
        cells = (f"{row.problem}, {which(row)}", f"{row.truth:.3g}", answer(row), row.verdict)
        lines.append(f"| {' | '.join(cells)} |")
    counts = rows["verdict"].value_counts()
    all_of_them = ", ".join(
        f"{counts.get(name, 0)} {name}" for name in ("right", "refused", "wrong")
    )
    return "\n".join(
        [*lines, "", f"Of all {len(rows)} problems at n = {largest:,}: {all_of_them}."]
    )


if __name__ == "__main__":
    from lgi.runs import read_table

    print(markdown(read_table(sys.argv[1])))
