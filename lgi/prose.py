"""Words and tables of written analyses: numbers from tables, missing ones written as such."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MISSING = "–"


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, a whole one with all of its own."""
    if value is None or not np.isfinite(value):
        return MISSING
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    size = abs(value)
    if size >= 10**digits:
        return f"{value:,.0f}"
    if size < 1e-4:
        return f"{value:.{max(digits - 1, 0)}e}"
    return f"{value:.{max(digits - 1 - int(np.floor(np.log10(size))), 0)}f}"


def percent(value: float, digits: int = 0) -> str:
    """Return a share as per cent with so many decimals."""
    return f"{round(100 * value, digits) + 0.0:.{digits}f} %" if np.isfinite(value) else MISSING


def interval(value: float, low: float, high: float, digits: int = 3) -> str:
    """Return a value with its interval, if it has one."""
    text = number(value, digits)
    if not np.isfinite(low) or not np.isfinite(high):
        return text
    return f"{text} [{number(low, digits)}, {number(high, digits)}]"


def share(value: float, low: float, high: float) -> str:
    """Return a share as per cent, with its interval, if it has one."""
    if not np.isfinite(low) or not np.isfinite(high):
        return percent(value)
    return f"{percent(value)} [{percent(low)}, {percent(high)}]"


def estimate(row: Mapping, digits: int = 3) -> str:
    """Return the ``statistic`` or ``value`` of a table's row with its interval low to high."""
    value = row["statistic"] if "statistic" in row else row["value"]
    return interval(value, row["low"], row["high"], digits)


def listed(values: Sequence, nothing: str = "none") -> str:
    """Return values as a list in a sentence: a, b and c."""
    *first, last = map(str, values) if len(values) else [nothing]
    return f"{', '.join(first)} and {last}" if first else last


def quoted(names: Sequence[str]) -> str:
    """Return names as a list in a sentence, each in quotation marks: commas may stand in them."""
    return listed([f"“{name}”" for name in names])


def joined(*names: str) -> str:
    """Return names that tell one thing, such as an image and a recipe, as one."""
    return " · ".join(names)


def counted(count: float, one: str, more: str | None = None) -> str:
    """Return a count with its noun."""
    return f"{number(count)} {one if count == 1 else more or one + 's'}"


def some_of(count: int, every: int, one: str) -> str:
    """Return how many of several: "2 of 6 cases", "all 6 cases", "the one case"."""
    if count == every:
        return f"the one {one}" if every == 1 else f"all {counted(every, one)}"
    return f"{number(count)} of {counted(every, one)}"


def span(low: float, high: float, text: Callable[[float], str] = number) -> str:
    """Return a range, "45 to 55"; one value where both ends are printed alike.

    Parameters
    ----------
    low, high
        Its ends; one that is not finite leaves the other, "at least 45" or "at most 55".
    text
        How an end is printed.
    """
    if not np.isfinite(low) and not np.isfinite(high):
        return MISSING
    if not np.isfinite(high):
        return f"at least {text(low)}"
    if not np.isfinite(low):
        return f"at most {text(high)}"
    first, last = text(low), text(high)
    return first if first == last else f"{first} to {last}"


def growth(low: float, high: float) -> str:
    """Return what a quantity does whose growth lies in an interval around 0, below or above it."""
    if not np.isfinite(low) or not np.isfinite(high):
        return "is not known to grow or to fall"
    if low > 0:
        return "grows"
    return "falls" if high < 0 else "does not change as far as can be told"


def power(value: float, low: float, high: float, over: str) -> str:
    """Return how a quantity goes with another, from the exponent of a power law.

    Parameters
    ----------
    value, low, high
        The exponent with its interval.
    over
        The other quantity, such as N.
    """
    does = growth(low, high)
    size = interval(value, low, high, 2)
    if does in ("grows", "falls"):
        return f"{does} as {over} to the power {size}"
    return f"{does} with {over} (exponent {size})"


def capital(text: str) -> str:
    """Return a text with its first letter as at the start of a sentence."""
    return text[:1].upper() + text[1:]


def table(frame: "pd.DataFrame", columns: Mapping[str, tuple]) -> list[str]:
    """Return a Markdown table, a line per row.

    Parameters
    ----------
    frame
        Rows.
    columns
        For each heading the column it shows and a function from its values to text; with two
        columns and more in place of one, the function takes all of their values.
    """
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in frame.to_dict("records"):
        cells = []
        for names, text in columns.values():
            values = [row[names]] if isinstance(names, str) else [row[name] for name in names]
            cells.append(str(text(*values)).replace("|", "\\|"))
        lines.append("| " + " | ".join(cells) + " |")
    return lines


class Quantities:
    """A table of named numbers: quantity, part, value, low, high, n, and perhaps seeds."""

    def __init__(self, table: "pd.DataFrame") -> None:
        self.table = table.assign(part=table["part"].astype(object).fillna("").astype(str))
        if "seeds" in table:
            self.table["seeds"] = table["seeds"].astype(str)

    def row(self, quantity: str, part: str = "", **also: str) -> dict:
        """Return a row; a missing one has NaN for its numbers."""
        rows = self.table[(self.table["quantity"] == quantity) & (self.table["part"] == part)]
        for key, value in also.items():
            rows = rows[rows[key] == str(value)]
        if rows.empty:
            return {"value": np.nan, "low": np.nan, "high": np.nan, "n": 0, "unit": ""}
        return rows.iloc[0].to_dict()

    def value(self, quantity: str, part: str = "", **also: str) -> float:
        """Return the value of a row, NaN where there is none."""
        return self.row(quantity, part, **also)["value"]
