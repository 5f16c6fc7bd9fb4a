"""Typed settings of the question why fits turn, and what keeps them from it."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from lgi.errors import listed
from lgi.gaussians.selection import FitName, ListName, RecipeName, RunList, Selection
from lgi.settings import Confidence, Settings, Share


class CureSettings(Settings):
    """Which recipes are compared, and with what."""

    confidence: Confidence
    runs: ListName  # whose recipes are compared
    reference: RecipeName  # with this one, run by run
    spent: Share  # a rate that ends at no more than this share of its beginning is spent

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield where recipes are compared on several images, or with runs that there are not."""
        entry = config.gaussians.run_list(self.runs)
        if len(entry.image) > 1:
            found = listed(entry.image)
            yield "runs", f"list {self.runs} has images {found}; recipes are compared on one"
        if missing := set(self.fits([entry])) - set(config.gaussians.listed()):
            fit = min(missing)
            yield (
                "reference",
                f"gaussians.runs lists no run of image {fit.image} with recipe {fit.recipe}, "
                f"N = {fit.n} and seed {fit.seed} to compare with",
            )

    def fits(self, lists: Iterable[RunList]) -> list[FitName]:
        """Return the compared runs, each once, sorted: the list's, and the reference's beside."""
        own = Selection(runs=self.runs).fits(lists)
        return sorted({*own, *(fit._replace(recipe=self.reference) for fit in own)})

    def recipes(self, lists: Iterable[RunList]) -> list[str]:
        """Return the compared recipes, the reference first, the others sorted."""
        others = {fit.recipe for fit in self.fits(lists)} - {self.reference}
        return [self.reference, *sorted(others)]


class DetailSettings(Settings):
    """Fits that are drawn beside each other, and the one in the middle as an animation."""

    fits: Selection
    film: RecipeName  # of the animation

    @model_validator(mode="after")
    def _several(self) -> Self:
        if self.fits.n is None:
            raise ValueError("fits: n must be stated")
        return self

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield of what kind the fits are several, beside N."""
        fits = self.fits.fits(config.gaussians.runs)
        for kind in ("image", "recipe", "seed"):
            found = sorted({getattr(fit, kind) for fit in fits})
            if len(found) > 1:
                yield "fits", f"must be of one {kind}; found {listed(found)}"

    @property
    def middle(self) -> int:
        """The N that is shown in detail."""
        return self.fits.n[len(self.fits.n) // 2]


class TurnSettings(Settings):
    """When a fit has turned, and whose turn is looked at."""

    confidence: Confidence  # of the intervals of a statement together
    factor: Annotated[float, Field(gt=1)]  # turned: a later loss is this many times the best
    uncovered: Share  # coverage is lost: more of the image than this is uncovered
    fits: Selection  # that the statements speak of; each recipe is a part
    cures: CureSettings
    neighbours: DetailSettings
