"""The board of verdicts in the explorer: a card for each claim."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lgi.claims import WHOLE
from lgi.explorer.packing import pack


def packed(settings: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the claims as a whole, as `lgi.explorer.packing.pack` writes them."""
    cards = []
    for study in ("gaussians", "superposition"):
        if (claims := tables.get(f"{study}_claims")) is not None:
            whole = claims[claims["part"] == WHOLE]
            cards += [
                {"study": study} | row
                for row in whole[["id", "claim", "source", "verdict"]].to_dict("records")
            ]
    return pack({"cards": cards}, {})
