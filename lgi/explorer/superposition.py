"""Study 2 in the explorer: models along training, with their losses and coefficients."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from lgi.explorer.packing import pack
from lgi.runs import Run


def packed(
    settings: Mapping[str, Any], models: Iterable[Run], tables: Mapping[str, pd.DataFrame]
) -> str:
    """Return what the views of study 2 read, as `lgi.explorer.packing.pack` writes it."""
    return pack({"models": [run.path.stem for run in models]}, {})
