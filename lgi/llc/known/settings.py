"""The problems whose learning coefficient is known, and the section that lists them."""

from typing import Annotated, Literal

from pydantic import Field

from lgi.settings import Count, Settings, Several

ProblemName = Literal[
    "quadratic",
    "normal crossing",
    "reduced-rank regression",
    "deep linear network",
    "k-gon",
    "rotation-symmetric minimum",
]


class LLC(Settings):
    """What the estimator is held against, with the setting that study 2 draws."""

    known_answers: Several[ProblemName]
    n: Several[Annotated[int, Field(ge=2)]]  # samples, in nβ = n / ln n
    repeats: Annotated[int, Field(ge=2)]  # independent estimates of each problem
    rungs: Count  # inverse temperatures of thermodynamic integration
