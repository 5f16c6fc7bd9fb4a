"""The problems whose learning coefficient is known, and the section that lists them."""

from typing import Literal

from lgi.settings import Settings, Several

ProblemName = Literal[
    "quadratic",
    "normal crossing",
    "reduced-rank regression",
    "deep linear network",
    "k-gon",
    "rotation-symmetric minimum",
]


class LLC(Settings):
    """What the estimator is held against, before any study uses it."""

    known_answers: Several[ProblemName]
