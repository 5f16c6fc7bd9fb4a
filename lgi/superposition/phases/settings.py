"""Typed settings of the search for the minima of the population loss."""

from collections.abc import Iterator
from typing import Annotated, Any

from lgi.settings import MILLION, OneOrMore, Seed, Settings, at_least
from lgi.superposition.selection import Sparsities
from lgi.superposition.training.data import EXACT_FEATURES
from lgi.superposition.training.population import population_loss
from lgi.superposition.training.settings import NotNegative, Positive


class Phases(Settings):
    """Sparsities, and the starts from which the population loss is minimised at each.

    Beside the polygons and the random starts, all last states of the trained models are starts.
    """

    sparsity: Sparsities  # beside those of the runs
    radius: OneOrMore[Positive]  # of the regular polygons, with every bias and every k from 2 on
    bias: OneOrMore[float]
    noise: NotNegative  # deviation of what is added to each parameter of a polygon
    random: Annotated[int, at_least(1, MILLION)]  # starts with W and b from N(0, 1)
    seed: Seed

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield why the models of the study have no phases by polygon."""
        study = config.superposition
        if study.hidden != 2:
            yield "", f"polygons need superposition.hidden 2, not {study.hidden}; {_NONE}"
        if population_loss(study.data, 2, 0.5) is None:
            yield (
                "",
                "needs data whose population loss is known exactly: binary or one_hot with at most "
                f"{EXACT_FEATURES} features, or one_active; found superposition.data of kind "
                f"{study.data.kind} with {study.data.features} features; {_NONE}",
            )

    def sparsities(self, config: Any) -> list[float]:
        """Return all sparsities, those of the runs among them, in ascending order."""
        runs = config.superposition.runs.exact
        return sorted({*runs.values(), *(s for s in self.sparsity if f"{s:.4f}" not in runs)})


_NONE = "`superposition.phases: null` leaves them out"
