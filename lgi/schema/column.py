"""A column of a table and a table of columns: meaning, unit, what is allowed, what is missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

NUMBER, WHOLE, TEXT, TRUTH = "number", "whole number", "text", "True or False"
NO_INTERVAL = "no interval: too few values, or they do not vary"


@dataclass(frozen=True)
class Column:
    """What a column holds. No value is infinite, and no number stands for none."""

    meaning: str
    kind: str = NUMBER  # `NUMBER`, `WHOLE`, `TEXT` or `TRUTH`
    unit: str = ""
    low: float = -inf  # least and greatest allowed number
    high: float = inf
    among: tuple[str, ...] = ()  # the allowed texts, if they are few
    pattern: str = ""  # a regular expression that a text matches whole
    missing: str = ""  # what an empty cell means; where it is empty, there may be none
    # A column that follows from another: its name, and the function of a value of it.
    follows: tuple[str, Callable[[Any], Any]] | None = None

    @property
    def allowed(self) -> str:
        """What is allowed, in words; nothing where all of its kind is."""
        if self.among:
            return ", ".join(self.among)
        if self.pattern:
            return f"matches {self.pattern}"
        if self.low > -inf and self.high < inf:
            return f"{self.low:g} to {self.high:g}"
        if self.low > -inf:
            return f"at least {self.low:g}"
        return f"at most {self.high:g}" if self.high < inf else ""

    def unless(self, missing: str) -> "Column":
        """Return the column with an empty cell allowed, and what it means."""
        return replace(self, missing=missing)


@dataclass(frozen=True)
class Table:
    """The columns of a table, in their order."""

    about: str  # what the table holds: a sentence without a full stop
    key: tuple[str, ...]  # columns that tell its rows apart
    columns: Mapping[str, Column]


def number(meaning: str, unit: str = "", low: float = -inf, high: float = inf) -> Column:
    """Return a column of numbers."""
    return Column(meaning, unit=unit, low=low, high=high)


def share(meaning: str) -> Column:
    """Return a column of shares, 0 to 1."""
    return Column(meaning, low=0, high=1)


def count(meaning: str, unit: str = "", low: float = 0) -> Column:
    """Return a column of whole numbers, not negative unless it is said."""
    return Column(meaning, WHOLE, unit, low=low)


def text(meaning: str, *among: str, pattern: str = "") -> Column:
    """Return a column of texts."""
    return Column(meaning, TEXT, among=among, pattern=pattern)


def truth(meaning: str) -> Column:
    """Return a column of truth values."""
    return Column(meaning, TRUTH)


def low_and_high(low: str, high: str, **given: Any) -> dict[str, Column]:
    """Return columns ``low`` and ``high`` that are not the ends of an interval of one column."""
    return {"low": Column(low, **given), "high": Column(high, **given)}


def table(
    words: Mapping[str, Column],
    about: str,
    key: str,
    names: str | Sequence[str],
    own: Mapping[str, Column] | None = None,
) -> Table:
    """Return a table of the columns that are named.

    Parameters
    ----------
    words
        What columns hold in every table where nothing else is said.
    about
        What the table holds.
    key
        Names of the columns that tell rows apart, between blanks.
    names
        Names of all columns in their order, between blanks.
    own
        What they hold in this table alone.

    Raises
    ------
    KeyError
        If a column is said nowhere.
    """
    known = {**words, **(own or {})}
    named = names.split() if isinstance(names, str) else names
    return Table(about, tuple(key.split()), {name: _column(known, name) for name in named})


_OF_ANOTHER = {
    "_low": ("lower end of the interval of {}", NO_INTERVAL),
    "_high": ("upper end of the interval of {}", NO_INTERVAL),
    "_se": ("standard error of {}", "it has no error: too few values"),
    "_seeds": ("number of seeds behind {}", ""),
}


def _column(known: Mapping[str, Column], name: str) -> Column:
    """Return a column by its name; ends and errors of another follow from it."""
    if name in known:
        return known[name]
    for end, (meaning, missing) in _OF_ANOTHER.items():
        of = name.removesuffix(end)
        if of != name and of in known:
            kind, low = (WHOLE, 0.0) if end == "_seeds" else (NUMBER, 0.0 if end == "_se" else -inf)
            unit = "" if end == "_seeds" else known[of].unit
            # What is missing for a reason of its own has no interval for the same.
            why = "; ".join(filter(None, (known[of].missing, missing)))
            return Column(meaning.format(of), kind, unit, low=low, missing=why)
    raise KeyError(f"no column is called {name}")
