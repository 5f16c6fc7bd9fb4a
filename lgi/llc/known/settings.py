"""The problems whose learning coefficient is known, and the section that lists them."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from lgi import memory
from lgi.settings import MILLION, OneOrMore, Settings, at_least

ProblemName = Literal[
    "quadratic",
    "normal crossing",
    "reduced-rank regression",
    "deep linear network",
    "k-gon",
    "rotation-symmetric minimum",
]


PARAMETERS = 18
"""Those of the largest problem."""


class LLC(Settings):
    """What the estimator is held against, with the setting that study 2 draws."""

    known_answers: OneOrMore[ProblemName]
    n: OneOrMore[Annotated[int, at_least(2)]]  # samples, in nβ = n / ln n
    repeats: Annotated[int, at_least(2, MILLION)]  # independent estimates of each problem
    rungs: Annotated[int, at_least(1, 1000)]  # inverse temperatures of thermodynamic integration

    def needs(self, config: Any) -> Iterator[memory.Need]:
        """Yield what the repeats of a problem take, at all inverse temperatures at once."""
        if config.superposition is not None:
            llc = config.superposition.llc
            drawn, models = llc.settings[llc.drawn], self.repeats * max(self.rungs, len(self.n))
            yield from drawn.needs_of("repeats", models, PARAMETERS)

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield that there is no setting to estimate with."""
        if config.superposition is None:
            yield "", "needs superposition, whose llc.drawn is used here; `llc: null` leaves it out"
