"""What an estimate of the LLC becomes as the region that the chains see shrinks or grows."""

from collections.abc import Iterable, Mapping

import pandas as pd

from lgi.llc.sweep import stable
from lgi.runs import Run
from lgi.superposition.llc.calibration import MODEL, varied
from lgi.superposition.llc.settings import Resolution, SuperpositionEstimate

COLUMNS = [
    *MODEL,
    "setting",
    "kgon",
    "factor",
    "sigma",
    "n_beta",
    "localisation",
    "llc",
    "llc_se",
    "llc_error",
    "hessian_llc",
    "loss_at_w",
    "mean_loss",
    "distance",
    "fall",
    "ess",
    "rhat",
    "status",
    "reason",
    "stable",
]


def curves(
    models: Iterable[tuple[Run, int, int]],
    settings: Mapping[str, SuperpositionEstimate],
    resolution: Resolution,
) -> pd.DataFrame:
    """Estimate the LLC of some models with nβ and γ larger or smaller by the same factor.

    The region that the chains see shrinks like 1 / √γ, while each direction of a quadratic loss
    keeps its share nβ h / (nβ h + γ): the Hessian's value does not depend on the factor, and what
    λ̂ does with it is of the loss's higher orders, and of kinks. Far out it must come to the
    Hessian's value where the loss is smooth at w*; a minimum at the kink of a ReLU has no Hessian.

    Parameters
    ----------
    models
        For each model its run file, its seed and the epoch of its snapshot.
    settings
        Settings by name.
    resolution
        Which of them, and the factors.

    Returns
    -------
    pandas.DataFrame
        A row per estimate, the columns `COLUMNS`: those of `estimate_run`; ``factor``; ``stable``,
        see `lgi.llc.sweep.stable`.

    Raises
    ------
    RunFileError
        If a run has no such seed or no snapshot at such an epoch; the message names it.
    """
    table = varied(
        models, lambda samples, epoch: resolution.variations(settings, samples, epoch)
    ).rename(columns={"value": "factor"})
    parts = [part.assign(stable=stable(part)) for _, part in table.groupby(MODEL, sort=False)]
    return pd.concat(parts, ignore_index=True)[COLUMNS]
