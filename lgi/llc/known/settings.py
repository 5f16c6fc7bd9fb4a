"""Names of the problems whose learning coefficient is known, as the configuration lists them."""

from typing import Literal

ProblemName = Literal[
    "quadratic",
    "normal crossing",
    "reduced-rank regression",
    "deep linear network",
    "k-gon",
    "rotation-symmetric minimum",
]
