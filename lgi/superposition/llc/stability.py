"""Where chains go: which polygons they leave, and for which."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lgi.superposition.llc.tables import SCALE

CELL = ["setting", *SCALE, "samples", "sparsity", "epoch", "kgon"]
COLUMNS = [*CELL, "states", "seeds", "fell", "left", "to", "to_share"]


def stability(llc: pd.DataFrame, falls: Mapping[str, float]) -> pd.DataFrame:
    """Count for every polygon how many chains fall below it, and where they go.

    A state has *fallen* where the lowest draw of its chains lies below L(w*) by more than the
    setting's threshold, in nβ L. It has *left* its polygon where, beside that, the minimum below
    that draw has another one: a fall to a lower minimum on the same polygon does not make the
    polygon unstable.

    Parameters
    ----------
    llc
        From `lgi.superposition.llc.tables.gathered`.
    falls
        By its setting, the fall above which chains have fallen; other settings are left out.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`: ``kgon``, the polygon of w*; ``states`` with a finite fall, of all
        starts and statuses, and of how many ``seeds``; ``fell`` and ``left``, shares of them;
        ``to``, the polygon that most of those that left have gone to, the first by name of
        several, and ``to_share``, their share among those that left. Where none has left the last
        two are empty.
    """
    rows = llc[llc["setting"].isin(falls) & np.isfinite(llc["fall"])]
    fell = rows["fall"] > rows["setting"].map(falls)
    # A table read from a file holds numbers where every kind is a number.
    kgon, lowest = rows["kgon"].astype(str), rows["lowest_kgon"].astype(str)
    rows = rows.assign(kgon=kgon, lowest=lowest, fell=fell, left=fell & (kgon != lowest))
    return pd.DataFrame(
        [
            dict(zip(CELL, cell, strict=True)) | _went(part)
            for cell, part in rows.groupby(CELL, sort=True)
        ],
        columns=COLUMNS,
    )


def _went(part: pd.DataFrame) -> dict:
    to = part.loc[part["left"], "lowest"].value_counts(normalize=True)
    most = min(to.index[to == to.max()], default="")
    return {
        "states": len(part),
        "seeds": part["seed"].nunique(),
        "fell": part["fell"].mean(),
        "left": part["left"].mean(),
        "to": most,
        "to_share": to.get(most, np.nan),
    }
