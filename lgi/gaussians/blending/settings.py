"""Typed settings of the comparison of blends, edges and starts."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from lgi.errors import listed
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.selection import Selection
from lgi.settings import Confidence, Settings, at_least


class BlendingSettings(Settings):
    """Which fits are compared, and what difference counts."""

    confidence: Confidence  # of all intervals of a claim together
    margin: Annotated[float, Field(gt=0, lt=1)]  # of the log of a loss; less is no difference
    least: Annotated[int, at_least(3)]  # fewer seeds than these decide nothing
    fits: Selection  # of recipes that differ in start, rate, blend and edge alone

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield recipes that differ in something else than these, or in none of them."""
        study = config.gaussians
        names = list(dict.fromkeys(fit.recipe for fit in study.select(self.fits)))
        found = {}
        for name in names:
            recipe = study.recipes[name]
            if differ := _differ(recipe, study.recipes[names[0]]):
                yield "fits", f"recipes {names[0]} and {name} differ in {listed(differ)}"
            same = found.setdefault(cell_of(recipe), name)
            if same != name:
                yield "fits", f"recipes {same} and {name} share start, rate, blend and edge"


def cell_of(recipe: RecipeSettings) -> tuple[str, float, str, str]:
    """Return what compared recipes may differ in: start, rate, blend and edge."""
    return recipe.initialisation.kind, recipe.optimiser.rate, recipe.blend, recipe.edge.kind


def _differ(recipe: RecipeSettings, reference: RecipeSettings) -> list[str]:
    """Return the names of the settings that differ besides, but for how often it is watched."""
    rate = recipe.optimiser.model_copy(update={"rate": reference.optimiser.rate})
    alike = {key: getattr(reference, key) for key in ("initialisation", "blend", "edge")}
    alike |= {"optimiser": rate, "snapshots": reference.snapshots}
    return [
        key for key, value in recipe.model_copy(update=alike) if value != getattr(reference, key)
    ]
