"""Sections of the written analysis on prediction and on the learning coefficient."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from lgi.gaussians.prediction import BEFORE, BEYOND, LOSS, REGRESSION, SEEDS, SKILL
from lgi.prose import chosen, estimate, interval, listed, number, table
from lgi.verdicts import SUPPORTED

if TYPE_CHECKING:
    from lgi.gaussians.report import Study

BEST = 5  # predictors that a table shows


def prediction(study: "Study") -> Iterator[str]:
    """Yield whether difficult N can be predicted."""
    rows, claims = study.tables["prediction"], study.claims
    yield "## Can a difficult N be predicted?"
    yield ""
    yield (
        "What is known of a fit predicts seeds that it was not learnt from. *Skill* is the share of "
        "the squared error that a prediction saves: 1 is perfect, 0 no better than the mean."
    )
    yield ""
    for target, measure, what in (
        (LOSS, BEYOND, "the best loss, beyond what a line through N says"),
        (REGRESSION, SKILL, "whether a step goes up"),
    ):
        found = rows[
            (rows["target"] == target) & (rows["measure"] == measure) & (rows["test"] == SEEDS)
        ]
        yield f"The best predictors of {what}:"
        yield ""
        yield from _best(found)
        yield ""
        before = found[(found["known"] == BEFORE) & (found["verdict"] == SUPPORTED)]
        yield (
            "Known before training, and with skill: "
            f"{listed(sorted(set(before['predictor'])), 'nothing')}."
        )
        yield ""
    for pattern, text in (
        ("each N has a loss of its own", "each N has a loss of its own beyond the trend"),
        ("how a fit starts predicts its best loss", "the start tells how well a fit will do"),
        ("how a fit starts predicts its risk", "the start tells whether a step will go up"),
        ("each N has a risk of its own", "some N are more likely to regress than others"),
        (
            "the losses at N - 1 tell",
            "a lucky loss at N - 1 tells that the step to N goes up, as regression to the mean would",
        ),
    ):
        claim = claims.whole(pattern)
        best = f"{claim['measure']}: {estimate(claim)}"
        yield chosen(
            claim["verdict"],
            supported=f"That {text} is supported ({best}).",
            not_supported=f"That {text} is not supported ({best}).",
            undecided=f"Whether {text} is not decided ({best}).",
        )
    yield ""
    yield study.figure("prediction", "Skill of every predictor")
    yield ""
    yield study.figure("spectra", "Singular values of the Jacobian")


def _best(rows: pd.DataFrame) -> Iterator[str]:
    yield from table(
        rows.sort_values("value", ascending=False).head(BEST),
        {
            "predictor": (("predictor", "form"), _predictor),
            "of the": ("state", str),
            "known": ("known", str),
            "skill [joint interval]": (("value", "joint_low", "joint_high"), interval),
            "verdict": ("verdict", str),
        },
    )


def _predictor(predictor: str, form: object) -> str:
    name = predictor.replace("_", " ")
    return name if pd.isna(form) or form in ("", "value") else f"{name}, {form}"


def llc(study: "Study") -> Iterator[str]:
    """Yield the learning coefficient of fitted Gaussians, beside what the Jacobian says."""
    rows, claims = study.tables["llc"], study.claims
    settings = study.settings["llc"]["settings"]
    yield "## A learning coefficient for Gaussian images"
    yield ""
    localised = listed(
        [
            f"*{name}* (γ = {setting['localisation']:g}, σ = {setting['noise']:g})"
            for name, setting in settings.items()
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
            "verdict": ("verdict", str),
        },
    )
    yield ""
    yield study.figure("llc", "Learning coefficient against N")
    yield ""
    yield study.figure("llc_sweep", "What noise and localisation do to it")
    yield ""
    for pattern, supported, not_supported, undecided in (
        (
            "^the learning coefficient of a fit can be estimated",
            "Most estimates are ok: the coefficient of a fit can be estimated.",
            "Most estimates are not ok: not every fit has a coefficient that can be estimated.",
            "Whether most fits have a coefficient that can be estimated is not decided.",
        ),
        (
            "^the learning coefficient grows with N",
            "Where it can, it grows with N.",
            "It does not grow with N everywhere.",
            "Whether it grows with N everywhere is not decided.",
        ),
        (
            "^fits are regular",
            "Fits are regular: it is half the number of free parameters.",
            "Fits are singular: it is not half the number of free parameters.",
            "Whether fits are regular is not decided.",
        ),
        (
            "effective dimension of the Hessian$",
            "Half the effective dimension of the Hessian predicts it.",
            "Half the effective dimension of the Hessian does not predict it everywhere.",
            "Whether half the effective dimension of the Hessian predicts it is not decided.",
        ),
        (
            "effective dimension of the Jacobian$",
            "So does that of the Jacobian, which is the bridge between loss landscape and image.",
            "That of the Jacobian, which leaves out how the image bends, does not everywhere.",
            "Whether that of the Jacobian does is not decided.",
        ),
        (
            "half the effective rank of the Jacobian$",
            "It is half the effective rank of the Jacobian.",
            "It is not half the effective rank of the Jacobian.",
            "Whether it is half the effective rank of the Jacobian is not decided.",
        ),
        (
            "^fits with a larger effective rank",
            "But the two go together: a larger effective rank has a larger coefficient.",
            "Nor do the two go together everywhere.",
            "Whether the two go together is not decided.",
        ),
    ):
        claim = claims.whole(pattern)
        sentence = chosen(
            claim["verdict"],
            supported=supported,
            not_supported=not_supported,
            undecided=undecided,
        )
        yield f"{sentence} ({_parts(study, pattern)})"


def _parts(study: "Study", pattern: str) -> str:
    parts = study.claims.parts(pattern).to_dict("records")
    return (
        "; ".join(f"{row['part']}: {estimate(row)}, {row['verdict']}" for row in parts) or "no data"
    )
