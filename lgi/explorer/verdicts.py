"""The board of verdicts in the explorer: a card for each claim, with where its evidence is seen."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lgi import prose
from lgi.catalogue import FIGURES, REPORTS
from lgi.claims import (
    CONTRADICTED,
    NOT_APPLICABLE,
    NOT_SUPPORTED,
    ORIGINAL,
    OURS,
    SUPPORTED,
    UNDECIDED,
    WHOLE,
    WITHIN,
)
from lgi.explorer import evidence
from lgi.explorer.packing import pack
from lgi.superposition.claims import ALSO

STUDIES = {"gaussians": "study 1, Gaussians", "superposition": "study 2, superposition"}
VERDICTS = (SUPPORTED, NOT_SUPPORTED, CONTRADICTED, WITHIN, UNDECIDED, NOT_APPLICABLE)
TEXTS = ("sentence", "reason", "loss", "states", "setting")


def packed(
    settings: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], made: Mapping[str, str]
) -> str:
    """Return the claims as a whole, as `lgi.explorer.packing.pack` writes them.

    Parameters
    ----------
    settings
        The sections of the configuration.
    tables
        ``gaussians_claims`` and ``superposition_claims``, as far as there are.
    made
        Figures and tables that the workflow makes, which cards link to, and their names.
    """
    cards = []
    for study in STUDIES:
        if (claims := tables.get(f"{study}_claims")) is not None:
            cards += [card | {"study": study} for card in _cards(claims, settings, made)]
    return pack(
        {"studies": STUDIES, "verdicts": VERDICTS, "sources": [ORIGINAL, OURS], "cards": cards}, {}
    )


def _cards(
    claims: pd.DataFrame, settings: Mapping[str, Any], made: Mapping[str, str]
) -> Iterator[dict]:
    """Yield a card for each claim; of several rows about one, that of the summary."""
    texts = [name for name in TEXTS if name in claims]
    claims = claims.assign(**{name: claims[name].astype(object).fillna("") for name in texts})
    keys = ["id", *(name for name in ALSO if name in claims)]
    parts = dict(list(claims[claims["part"] != WHOLE].groupby(keys, dropna=False)))
    wholes = claims[claims["part"] == WHOLE]
    shown = wholes[wholes["shown"].astype(bool)] if "shown" in wholes else wholes
    none = claims.iloc[:0]
    for row in shown.to_dict("records"):
        own = [group for key, group in parts.items() if _same(key, [row[name] for name in keys])]
        yield _card(row, own[0] if own else none, settings, made)


def _same(key: tuple, wanted: Sequence) -> bool:
    return all(a == b or (pd.isna(a) and pd.isna(b)) for a, b in zip(key, wanted, strict=True))


def _card(
    row: Mapping, parts: pd.DataFrame, settings: Mapping[str, Any], made: Mapping[str, str]
) -> dict:
    return {
        "id": row["id"],
        "claim": row["claim"],
        "source": row["source"],
        "verdict": row["verdict"],
        "sentence": row["sentence"],
        "reason": row["reason"],
        "measure": row["measure"],
        "value": prose.estimate(row) if np.isfinite(row["statistic"]) else "",
        "n": _counted(row["n"], parts),
        "parts": parts["verdict"].value_counts().to_dict() if len(parts) > 1 else {},
        "state": evidence.state(row, settings),
        "links": [
            _link(path, made[path]) for path in evidence.paths(row, settings) if path in made
        ],
    }


def _counted(n: float, parts: pd.DataFrame) -> str:
    """Return how many values a claim rests on: as a whole, or in each part."""
    if n > 0:
        return f"n = {n:,.0f}"
    counts = parts.loc[parts["n"] > 0, "n"]
    if counts.empty:
        return "n = 0"
    low, high = counts.min(), counts.max()
    each = f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
    return f"n = {each} in {prose.counted(len(counts), 'part')}"


def _link(path: str, words: str) -> dict[str, str]:
    """Return a link as seen from where the page lies."""
    kind = "figure" if path.startswith(FIGURES) else "table"
    return {"href": os.path.relpath(path, REPORTS), "text": f"{kind}: {words}"}
