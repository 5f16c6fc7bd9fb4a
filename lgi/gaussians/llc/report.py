"""Section of the written analysis on the learning coefficient of fits."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lgi.claims import Claims
from lgi.gaussians.llc.claims import IDS
from lgi.prose import estimate, listed, number, table

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[str]:
    """Yield the learning coefficient of fitted Gaussians, beside what the Jacobian says."""
    rows = study.tables["llc"]
    yield "## A learning coefficient for Gaussian images"
    yield ""
    settings = rows[["setting", "localisation", "noise"]].drop_duplicates()
    localised = listed(
        [
            f"*{row.setting}* (γ = {row.localisation:g}, σ = {row.noise:g})"
            for row in settings.itertuples()
        ]
    )
    yield (
        "Around a minimum near a fit, with pixels as samples, by Hamiltonian Monte Carlo. A weak "
        "localisation γ lets directions of the parameters count that the image hardly holds: "
        f"{localised}. Half the number of free parameters, P / 2, would be the coefficient of a "
        "regular model; half the effective dimension is what the curvature at the minimum predicts."
    )
    yield ""
    yield from table(
        rows,
        {
            "image": ("image", lambda name: name.replace("_", " ")),
            "recipe": ("recipe", str),
            "N": ("n", number),
            "seed": ("seed", str),
            "setting": ("setting", str),
            "P / 2": ("parameters", lambda count: number(count / 2)),
            "coefficient": (
                ("llc", "llc_se"),
                lambda value, error: f"{number(value)} ± {number(error, 2)}",
            ),
            "½ eff. dimension, Hessian": ("predicted", number),
            "Jacobian": ("predicted_jacobian", number),
            "½ effective rank": ("effective_rank", lambda rank: number(rank / 2)),
            "R-hat": ("rhat", number),
            "status": ("status", str),
        },
    )
    yield ""
    yield study.figure("llc", "Learning coefficient against N")
    yield ""
    yield study.figure("llc_sweep", "What noise and localisation do to it")
    yield ""
    for id in IDS:
        yield f"{study.claims.sentence(id)} ({_parts(study.claims, id)})"


def _parts(claims: Claims, id: str) -> str:
    parts = claims.parts(id).to_dict("records")
    found = (f"{row['part']}: {estimate(row)}, {row['verdict']}" for row in parts)
    return "; ".join(found) or "no data"
