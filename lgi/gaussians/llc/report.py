"""Part of the written analysis on the effective dimension of fits."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from lgi.analysis import Folded
from lgi.claims import Claims
from lgi.gaussians.llc.claims import IDS
from lgi.llc.estimate import TIGHTER
from lgi.llc.status import OK
from lgi.prose import capital, interval, listed, number, percent, some_of, table

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[Folded]:
    """Yield the effective dimension of minima near fits, and where they were found."""
    yield Folded("The effective dimension of a fit", list(_dimension(study)))


def _dimension(study: "Study") -> Iterator[str]:
    rows = study.tables["llc"]
    yield (
        "What chains around a minimum find at a noise σ and a localisation γ, λ̂, is half the number "
        "of directions of the parameters that the image holds at them. It moves with both: with "
        f"{TIGHTER:g} times the γ the Laplace value falls by {_shift(rows)}, medians. So it is no "
        "learning coefficient, which would not. And it is that of the minimum to which a fit was "
        "taken further, another state than the fit: *below the fit* is what nβ L falls on the way, "
        "*moved* the largest change of a value, a place or a scale in widths of the image or an "
        "intensity."
    )
    yield ""
    yield (
        f"Settings: {_settings(rows)}. {capital(some_of((rows['status'] == OK).sum(), len(rows), 'estimate'))} are ok; in others "
        "chains leave for another basin or do not converge. Means over the seeds that are ok:"
    )
    yield ""
    yield from table(
        pd.DataFrame(_of_one_n(rows)),
        {
            "image": ("image", study.image),
            "recipe": ("recipe", study.recipe),
            "σ": ("noise", number),
            "γ": ("localisation", number),
            "N": ("n", number),
            "seeds ok": (("ok", "seeds"), "{} of {}".format),
            "λ̂": ("llc", number),
            "½ eff. dimension, Hessian": ("predicted", number),
            "Jacobian": ("predicted_jacobian", number),
            "½ effective rank": ("effective_rank", lambda rank: number(rank / 2)),
            "P / 2": ("parameters", lambda count: number(count / 2)),
            "below the fit": ("below_fit", number),
            "moved": ("moved", lambda value: number(value, 2)),
        },
    )
    yield ""
    yield study.figure("llc", "Effective dimension against N")
    yield ""
    yield study.figure("llc_sweep", "What noise and localisation do to it")
    yield ""
    for id in IDS:
        yield f"- {study.claims.sentence(id)}"
    yield ""
    yield "Part by part:"
    yield ""
    yield from _parts(study.claims)


def _parts(claims: Claims) -> Iterator[str]:
    found = {id: claims.parts(id).set_index("part") for id in IDS}
    wide = pd.DataFrame(
        {id: rows.apply(_judged, axis=1) for id, rows in found.items() if len(rows)}
    )
    if not len(wide):
        yield "No part has been measured."
        return
    wide["seeds"] = pd.DataFrame({id: rows["n"] for id, rows in found.items()}).min(axis=1)
    yield from table(
        wide.rename_axis("part").reset_index(),
        {"minima of": ("part", str), "seeds": ("seeds", number)}
        | {
            f"λ̂ over {OVER[id]}" if id in OVER else "slope of λ̂ over N": (id, str)
            for id in wide
            if id in IDS
        },
    )


OVER = {
    "llc.hessian": "½ eff. dimension, Hessian",
    "llc.jacobian": "½ eff. dimension, Jacobian",
    "llc.effective_rank": "½ effective rank",
}
"""What estimates are compared with, as headings of a table."""


def _judged(row: pd.Series) -> str:
    return f"{interval(row['statistic'], row['low'], row['high'])}, {row['verdict']}"


def _settings(rows: pd.DataFrame) -> str:
    """Return σ and γ of each setting, by which parts are called below."""
    own = rows.drop_duplicates(["setting", "noise", "localisation"])
    return "; ".join(
        f"{row.setting.replace('_', ' ')} (σ = {row.noise:g}, γ = {row.localisation:,g})"
        for row in own.itertuples()
    )


def _shift(rows: pd.DataFrame) -> str:
    falls = -(rows["predicted_shift"] / rows["predicted"]).groupby(rows["noise"]).median()
    return listed([f"{percent(fall)} (σ = {noise:g})" for noise, fall in falls.items()])


def _of_one_n(rows: pd.DataFrame) -> Iterator[dict]:
    """Yield the mean over seeds of each image, recipe, setting and N."""
    for (image, recipe, _, n), own in rows.groupby(["image", "recipe", "setting", "n"], sort=False):
        ok = own[own["status"] == OK]
        means = ok[
            ["llc", "predicted", "predicted_jacobian", "effective_rank", "parameters"]
        ].mean()
        yield {
            "image": image,
            "recipe": recipe,
            "n": n,
            "seeds": len(own),
            "ok": len(ok),
            **own[["noise", "localisation"]].iloc[0],
            **means,
            **own[["below_fit", "moved"]].mean(),
        }
