"""What the examples share: how they estimate, what they ask of an estimate, how they draw it."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lgi.figures.style import by_quality
from lgi.llc.settings import EstimateSettings

TIGHTER = 3.0
SHIFT = 0.1
"""An estimate that moves by more than this share of itself with γ × `TIGHTER` is not local."""


def setting(
    n: int,
    localisation: float,
    draws: int,
    leapfrog_steps: Sequence[int],
    shift: float | None = None,
) -> EstimateSettings:
    """Return the setting of an example: HMC at nβ = n / ln n, localised by γ.

    The gradient g at w* may lower nβ L by 1 at most within the localisation: nβ |g| ≤ √(2 γ). The
    chains may go as far as half of |w*|.
    """
    return EstimateSettings(
        sampler={
            "kind": "hmc",
            "step_size": 1e-4,  # a first guess: each chain adapts it during burn-in
            "leapfrog_steps": list(leapfrog_steps),
            "target_acceptance": 0.75,
        },
        chains=4,
        draws=draws,
        burn_in=draws // 3,
        localisation=localisation,
        inverse_temperature="1/log n",
        thresholds={
            "share_below": 0.1,
            "gradient_norm": np.sqrt(2 * localisation) * np.log(n) / n,
            "strayed": 0.25,
            "shift": shift,
            "acceptance": 0.2,
            "rhat": 1.05,
            "ess": 100,
        },
    )


def looked_at_twice(
    estimate: Callable[[EstimateSettings], pd.DataFrame], setting: EstimateSettings
) -> pd.DataFrame:
    """Return a table of estimates, those that are ``ok`` held against chains with γ × `TIGHTER`.

    Their λ̂ is the column ``llc_tighter``; where it differs by more than `SHIFT` the estimate is
    ``not local``. The shift that the library finds by importance weights needs no other chains,
    but in hundreds of dimensions a few draws carry all the weight.
    """
    table = estimate(setting).assign(llc_tighter=np.nan)
    good = table["status"] == "ok"
    if not good.any():
        return table
    localisation = setting.localisation * TIGHTER
    tighter = estimate(setting.model_copy(update={"localisation": localisation}))["llc"]
    moved = (tighter / table["llc"] - 1).abs()
    depends = good & ~(moved <= SHIFT)
    said = [f"γ × {TIGHTER:g} moves it by {share:.0%}" for share in moved]
    return table.assign(
        llc_tighter=tighter.where(good),
        status=table["status"].mask(depends, "not local"),
        reason=table["reason"].mask(depends, pd.Series(said, index=table.index)),
    )


def mark(
    axes: Axes, rows: pd.DataFrame, x: str, colour: str, label: str, error: str = "llc_se"
) -> None:
    """Draw the estimates of a table along one of its columns, hollow where they are not ok."""
    axes.errorbar(rows[x], rows["llc"], rows[error], fmt="none", ecolor=colour, lw=0.8)
    axes.plot([], [], "o", ms=4, color=colour, label=label)
    for part, face in by_quality(rows, rows["status"] == "ok", colour):
        axes.plot(part[x], part["llc"], "o", ms=4, mec=colour, mfc=face)
