"""Study 1 in the explorer: fits that its page renders."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from lgi.explorer.packing import pack
from lgi.runs import Run


def packed(
    settings: Mapping[str, Any], fits: Iterable[Run], tables: Mapping[str, pd.DataFrame]
) -> str:
    """Return what the views of study 1 read, as `lgi.explorer.packing.pack` writes it."""
    return pack({"fits": [run.path.stem for run in fits]}, {})
