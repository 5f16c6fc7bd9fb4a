"""One mechanism for every statement that the studies judge.

A claim says that a statistic lies in a region: a difference above 0, a ratio below 1, or, where it
says that nothing happens, a value within a margin around 0 that the configuration states. The
statistic of each part has an interval; the intervals of a family are widened so that they hold
together, and an interval and the region give a verdict. How the whole follows from its parts is
part of the claim, and so is the sentence that each verdict allows.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
import pandas as pd

from lgi import prose
from lgi.errors import DataError
from lgi.intervals import Interval, holm, joint_level

SUPPORTED = "supported"
NOT_SUPPORTED = "not supported"
UNDECIDED = "undecided"
# What a claim with a margin may be called in place of "not supported":
CONTRADICTED = "contradicted"
WITHIN = "within the margin"
NOT_APPLICABLE = "not applicable"

ORIGINAL, OURS = "original study", "this study"
WHOLE = "together"
"""Name of the row that judges a claim over all of its parts."""

COLUMNS = (
    "id",
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
    "sentence",
)
NOTHING = Interval(np.nan, np.nan, np.nan, 0)

Region = tuple[float, float]
BELOW_0: Region = (-np.inf, 0.0)
ABOVE_0: Region = (0.0, np.inf)
BELOW_1: Region = (-np.inf, 1.0)
ABOVE_1: Region = (1.0, np.inf)
MOST: Region = (0.5, np.inf)
LESS_THAN_HALF: Region = (-np.inf, 0.5)
EXACTLY_0: Region = (-np.nextafter(0, 1), np.nextafter(0, 1))

Values = TypeVar("Values")


@dataclass(frozen=True)
class Sentences:
    """What a text may say of a claim, by its verdict.

    ``{estimate}`` stands for the statistic of the whole with its interval, ``{share}`` for the same
    as per cent, ``{n}`` for the number of values that it rests on, ``{claim}`` and ``{measure}``
    for those of the claim. Where an
    effect is within the margin, and no sentence says so, that of "not supported" is true as well.
    """

    supported: str
    not_supported: str
    undecided: str
    within: str = ""

    def of(self, verdict: str) -> str:
        """Return the sentence that a verdict allows; none where the claim does not apply."""
        if verdict == NOT_APPLICABLE:
            return ""
        return {
            SUPPORTED: self.supported,
            NOT_SUPPORTED: self.not_supported,
            CONTRADICTED: self.not_supported,
            WITHIN: self.within or self.not_supported,
            UNDECIDED: self.undecided,
        }[verdict]


@dataclass(frozen=True)
class Claim:
    """A statement, and what it takes to say so."""

    id: str  # by which a text looks it up, and which names its random streams
    text: str
    source: str  # whose it is: `ORIGINAL` or `OURS`
    measure: str  # what the statistic is
    region: Region  # open interval in which the statistic lies if the claim holds
    sentences: Sentences
    # How the whole follows: it holds of every part, of at least one, or of their mean. With "every"
    # and "mean" it is not supported as soon as one part is not.
    follows: Literal["every", "some", "mean"] = "every"
    # How far beyond the region's ends a value must lie to contradict the claim; nearer to an end
    # than this there is no effect to speak of. None: nothing but "not supported" is said.
    margin: float | None = None


@dataclass(frozen=True)
class Part:
    """What data say of one part of a claim, such as one N."""

    name: str
    interval: Interval  # of the statistic, at the level that the claim as a whole asks for
    p: float = np.nan
    reason: str = ""  # why there is no interval, or why the claim does not apply
    applies: bool = True  # False where a definition decides, and data could not say otherwise

    def verdict(self, region: Region, margin: float | None = None) -> str:
        """Return what the part says of the claim that its statistic lies in a region."""
        if not self.applies:
            return NOT_APPLICABLE
        return verdict(self.interval.low, self.interval.high, region, margin)


def names_by_verdict(
    found: Iterable[Part], region: Region, margin: float | None = None
) -> dict[str, list[str]]:
    """Return the names of the parts that say each of the verdicts, empty where none does."""
    verdicts = (SUPPORTED, NOT_SUPPORTED, UNDECIDED, CONTRADICTED, WITHIN, NOT_APPLICABLE)
    names: dict[str, list[str]] = {verdict: [] for verdict in verdicts}
    for part in found:
        names[part.verdict(region, margin)].append(part.name)
    return names


def verdict(low: float, high: float, region: Region, margin: float | None = None) -> str:
    """Return what an interval says of the claim that a value lies in a region.

    Parameters
    ----------
    low, high
        The interval; NaN where there is none.
    region
        Open interval in which the value lies if the claim holds.
    margin
        Nearer to an end of the region than this there is no effect to speak of.

    Returns
    -------
    str
        `SUPPORTED` where the interval lies inside the region, `NOT_SUPPORTED` where it lies outside
        altogether, `UNDECIDED` where it does neither, or is NaN. With a margin, `WITHIN` where all
        of the interval is within the margin of an end, on whichever side of it, and `CONTRADICTED`
        where it lies outside and beyond the margin altogether.
    """
    if margin is not None:
        if any(end - margin < low and high < end + margin for end in region):
            return WITHIN
        if high <= region[0] - margin or region[1] + margin <= low:
            return CONTRADICTED
    if region[0] < low and high < region[1]:
        return SUPPORTED
    if high <= region[0] or region[1] <= low:
        return NOT_SUPPORTED
    return UNDECIDED


def parts(
    values: Mapping[str, Values],
    estimate: Callable[[Values, float], Interval],
    confidence: float,
    *,
    p: Callable[[Values], float] | None = None,
    least: int = 0,
    units: str = "seeds",
    tests: int | None = None,
) -> list[Part]:
    """Return a part for each name, with intervals that hold together.

    Parameters
    ----------
    values
        What is known of each part.
    estimate
        Function of the values and a level to their statistic with its interval.
    confidence
        Level of all intervals together (Bonferroni).
    p
        Function of the values to a p-value; those of the family are corrected (Holm 1979).
    least
        A part of fewer independent values than these has no interval.
    units
        What the independent values are, for the reason why there is none.
    tests
        Number of intervals that must hold together, if not that of the parts.
    """
    level = joint_level(confidence, tests or len(values))
    found = [estimate(part, level) for part in values.values()]
    corrected = holm([p(part) for part in values.values()]) if p else [np.nan] * len(found)
    return [
        enough(Part(name, interval, p=float(value)), least, units)
        for name, interval, value in zip(values, found, corrected, strict=True)
    ]


def enough(part: Part, least: int, units: str = "seeds") -> Part:
    """Return a part with the reason why there is no interval, and none if values are too few."""
    value, n = part.interval.value, part.interval.n
    if n >= least and np.isfinite(part.interval.low):
        return part
    reason = "there are no such runs"
    if n:
        reason = f"fewer than {least} {units}" if n < least else "the values do not vary"
    return replace(part, interval=Interval(value, np.nan, np.nan, n), reason=reason)


def judge(
    claim: Claim, parts: Sequence[Part], whole: Part | None = None, **also: object
) -> list[dict]:
    """Return the rows of a claim: the whole first, then its parts.

    Parameters
    ----------
    claim
        The statement.
    parts
        What data say of each part, with intervals that hold together; none for a claim that has no
        parts. Those to which it does not apply do not count.
    whole
        What they say of the claim as a whole, such as the mean over parts. Without it one part
        alone stands for the whole, and several leave the whole without a statistic of its own.
    **also
        Further columns that tell rows of one claim apart, such as the number of samples.

    Returns
    -------
    list of dict
        Keys `COLUMNS` and those of `also`; the whole has the sentence that its verdict allows.
    """
    count = [part for part in parts if part.applies]
    if whole is None:
        whole = count[0] if len(count) == 1 else Part(WHOLE, NOTHING)
    if not parts and not whole.interval.n:
        whole = replace(whole, reason=whole.reason or "there are no such runs")
    same = {"id": claim.id, "claim": claim.text, "source": claim.source, "measure": claim.measure}
    rows = [same | _judged(part, claim) for part in parts]
    first = same | _judged(replace(whole, name=WHOLE), claim)
    found = [row["verdict"] for row in rows if row["verdict"] != NOT_APPLICABLE]
    if rows and not found:
        first |= {"verdict": NOT_APPLICABLE, "reason": rows[0]["reason"]}
    elif found:
        first["verdict"] = _FOLLOWS[claim.follows](found, first["verdict"])
        without = [part.name for part in count if part.reason]
        if without and not first["reason"]:
            first["reason"] = "without " + ", ".join(without)
    known = {"estimate": prose.estimate(first), "n": first["n"]}
    known["share"] = prose.share(*(first[end] for end in ("statistic", "low", "high")))
    known |= {"claim": claim.text, "measure": claim.measure}
    first["sentence"] = _filled(claim.sentences.of(first["verdict"]), known)
    return [row | also for row in (first, *rows)]


def claim_table(rows: Iterable[dict], also: Sequence[str] = ()) -> pd.DataFrame:
    """Return rows of `judge` as a table.

    Parameters
    ----------
    rows
        Of any number of claims.
    also
        Further columns, after that of the source.

    Raises
    ------
    DataError
        If two claims share an id.
    """
    place = COLUMNS.index("measure")
    table = pd.DataFrame(list(rows), columns=[*COLUMNS[:place], *also, *COLUMNS[place:]])
    twice = table[table["part"] == WHOLE].duplicated(["id", *also])
    if twice.any():
        raise DataError(f"two claims are called {table.loc[twice[twice].index[0], 'id']}")
    return table


SUMMARY = (
    "id",
    "claim",
    "source",
    "verdict",
    "value",
    "low",
    "high",
    "n",
    "n_least",
    "n_most",
    "value_least",
    "value_most",
    "measure",
    "parts",
    "rests_on",
)


def summary(
    claims: pd.DataFrame, also: Sequence[str] = (), more: Sequence[str] = ()
) -> pd.DataFrame:
    """Return a row for each claim as a whole, with what it rests on.

    Parameters
    ----------
    claims
        As from `claim_table`.
    also
        Its further columns that tell rows of one claim apart.
    more
        Further columns of the whole, after these.

    Returns
    -------
    DataFrame
        `SUMMARY`, `also`, `more`, reason and sentence. ``value`` is the statistic of the whole, NaN
        where the claim rests on its parts alone. ``parts`` counts the parts that apply and have a
        value, ``rests_on`` names them; ``n_least``, ``n_most``, ``value_least`` and ``value_most``
        are the least and greatest n and statistic of these, or of the whole where there are none.
    """
    keys, is_whole = ["id", *also], claims["part"] == WHOLE
    whole = claims[is_whole].rename(columns={"statistic": "value"})
    applies = claims["verdict"] != NOT_APPLICABLE
    counted = claims[~is_whole & applies & claims["statistic"].notna()]
    parts = counted.groupby(keys, dropna=False, sort=False).agg(
        n_least=("n", "min"),
        n_most=("n", "max"),
        value_least=("statistic", "min"),
        value_most=("statistic", "max"),
        parts=("part", "size"),
        rests_on=("part", "; ".join),
    )
    found = whole.merge(parts.reset_index(), on=keys, how="left")
    alone = found["parts"].isna()
    for of in ("n", "value"):
        for end in (f"{of}_least", f"{of}_most"):
            found[end] = found[end].where(~alone, found[of])
    found = found.fillna({"parts": 0, "rests_on": ""})
    return found[[*SUMMARY, *also, *more, "reason", "sentence"]]


class Claims:
    """A table of claims, looked up by their id.

    Parameters
    ----------
    table
        As from `claim_table`, without further columns.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        texts = ("reason", "sentence")
        self.table = table.assign(**{name: table[name].astype(object).fillna("") for name in texts})

    def whole(self, id: str) -> dict:
        """Return the row of the claim as a whole."""
        return self._rows(id, whole=True).iloc[0].to_dict()

    def parts(self, id: str) -> pd.DataFrame:
        """Return the rows of the parts of a claim."""
        return self._rows(id, whole=False)

    def verdict(self, id: str) -> str:
        """Return the verdict of the claim as a whole."""
        return self.whole(id)["verdict"]

    def sentence(self, id: str) -> str:
        """Return what a text may say of the claim."""
        return self.whole(id)["sentence"]

    def _rows(self, id: str, *, whole: bool) -> pd.DataFrame:
        rows = self.table[self.table["id"] == id]
        if rows.empty:
            there = ", ".join(dict.fromkeys(self.table["id"]))
            raise DataError(f"no claim is called {id}; there are {there}")
        return rows[(rows["part"] == WHOLE) == whole]


def _judged(part: Part, claim: Claim) -> dict:
    interval = part.interval
    return {
        "part": part.name,
        "statistic": interval.value,
        "low": interval.low,
        "high": interval.high,
        "p": part.p,
        "n": interval.n,
        "verdict": part.verdict(claim.region, claim.margin),
        "reason": part.reason,
        "sentence": "",
    }


def _filled(sentence: str, known: Mapping[str, object]) -> str:
    """Return a sentence with what its braces stand for; other braces may be those of names."""
    return re.sub(rf"\{{({'|'.join(known)})\}}", lambda found: str(known[found[1]]), sentence)


def _of_every(found: Sequence[str], own: str) -> str:
    against = _worst((*found, own), (CONTRADICTED, NOT_SUPPORTED)) or _worst(found, (WITHIN,))
    return against or (SUPPORTED if set(found) == {SUPPORTED} else UNDECIDED)


def _of_some(found: Sequence[str], own: str) -> str:
    if SUPPORTED in found:
        return SUPPORTED
    return UNDECIDED if UNDECIDED in found else _worst(found, (WITHIN, NOT_SUPPORTED, CONTRADICTED))


def _of_mean(found: Sequence[str], own: str) -> str:
    return _worst(found, (CONTRADICTED, NOT_SUPPORTED)) or own


def _worst(found: Sequence[str], verdicts: Sequence[str]) -> str:
    """Return the first of the verdicts that was found, empty where none was."""
    return next((verdict for verdict in verdicts if verdict in found), "")


_FOLLOWS = {"every": _of_every, "some": _of_some, "mean": _of_mean}
