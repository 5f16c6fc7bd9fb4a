"""One rule for every statement that the studies judge.

A claim says that a statistic lies in a region: a difference above 0, a ratio below 1, or, where it
says that nothing happens, a value within a margin around 0 that the configuration states. The
statistic has an interval, and the interval and the region give the verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lgi.intervals import Interval

if TYPE_CHECKING:
    import pandas as pd

SUPPORTED = "supported"
NOT_SUPPORTED = "not supported"
UNDECIDED = "undecided"

ORIGINAL, OURS = "original study", "this study"
WHOLE = "together"
"""Name of the row that judges a claim over all of its parts."""

COLUMNS = (
    "claim",
    "source",
    "measure",
    "part",
    "statistic",
    "low",
    "high",
    "p",
    "n",
    "verdict",
    "reason",
)
NOTHING = Interval(np.nan, np.nan, np.nan, 0)

Region = tuple[float, float]
BELOW_0: Region = (-np.inf, 0.0)
ABOVE_0: Region = (0.0, np.inf)
BELOW_1: Region = (-np.inf, 1.0)
ABOVE_1: Region = (1.0, np.inf)
EXACTLY_0: Region = (-np.nextafter(0, 1), np.nextafter(0, 1))


def verdict(low: float, high: float, region: Region) -> str:
    """Return what an interval says of the claim that a value lies in a region.

    Parameters
    ----------
    low, high
        The interval; NaN where there is none.
    region
        Open interval in which the value lies if the claim holds.

    Returns
    -------
    str
        `SUPPORTED` where the interval lies inside the region, `NOT_SUPPORTED` where it lies outside
        altogether, `UNDECIDED` where it does neither, or is NaN.
    """
    if region[0] < low and high < region[1]:
        return SUPPORTED
    if high <= region[0] or region[1] <= low:
        return NOT_SUPPORTED
    return UNDECIDED


@dataclass(frozen=True)
class Part:
    """What data say of one part of a claim, such as one N."""

    name: str
    interval: Interval  # of the statistic, at the level that the claim as a whole asks for
    p: float = np.nan
    reason: str = ""  # why there is no interval


def judge(
    claim: str,
    source: str,
    measure: str,
    region: Region,
    parts: Sequence[Part],
    whole: Part | None = None,
    *,
    some: bool = False,
) -> list[dict]:
    """Return the rows of a claim: the whole first, then its parts.

    A claim holds of every part, or with `some` of at least one. So the whole is not supported as
    soon as one part is not, or its own statistic is not, and supported where all parts are; with
    `some` it is supported as soon as one part is, and not supported where none is.

    Parameters
    ----------
    claim
        The statement.
    source
        Whose it is: `ORIGINAL` or `OURS`.
    measure
        What the statistic is.
    region
        Where it lies if the claim holds.
    parts
        What data say of each part, with intervals that hold together; none for a claim that has no
        parts.
    whole
        What they say of the claim as a whole, such as the mean over parts. Without it one part
        alone stands for the whole, and several leave the whole without a statistic of its own.

    Returns
    -------
    list of dict
        Keys `COLUMNS`.
    """
    if whole is None:
        whole = parts[0] if len(parts) == 1 else Part(WHOLE, NOTHING)
    if not parts and not whole.interval.n:
        whole = replace(whole, reason=whole.reason or "there are no such runs")
    same = {"claim": claim, "source": source, "measure": measure}
    rows = [same | _judged(part, region) for part in parts]
    found = [row["verdict"] for row in rows]
    first = same | _judged(replace(whole, name=WHOLE), region)
    if found:
        first["verdict"] = _of_some(found) if some else _of_every([*found, first["verdict"]])
        without = [part.name for part in parts if part.reason]
        if without and not first["reason"]:
            first["reason"] = "without " + ", ".join(without)
    return [first, *rows]


def claim_table(rows: Sequence[dict]) -> "pd.DataFrame":
    """Return rows of `judge` as a table with the columns `COLUMNS`."""
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def _judged(part: Part, region: Region) -> dict:
    interval = part.interval
    return {
        "part": part.name,
        "statistic": interval.value,
        "low": interval.low,
        "high": interval.high,
        "p": part.p,
        "n": interval.n,
        "verdict": verdict(interval.low, interval.high, region),
        "reason": part.reason,
    }


def _of_every(found: Sequence[str]) -> str:
    """Return the verdict of a claim about every part; the last verdict is that of the whole."""
    if NOT_SUPPORTED in found:
        return NOT_SUPPORTED
    return SUPPORTED if set(found[:-1]) == {SUPPORTED} else UNDECIDED


def _of_some(found: Sequence[str]) -> str:
    if SUPPORTED in found:
        return SUPPORTED
    return NOT_SUPPORTED if set(found) == {NOT_SUPPORTED} else UNDECIDED
