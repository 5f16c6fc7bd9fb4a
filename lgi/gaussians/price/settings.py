"""Typed settings of the number of Gaussians at a price."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import PositiveFloat

from lgi.gaussians.selection import Selection, together
from lgi.settings import Confidence, Settings, Several, at_least


class PriceSettings(Settings):
    """Curves of the squared error against N, and the prices at which their best N is asked."""

    confidence: Confidence
    least: Annotated[int, at_least(3)]  # fewer seeds than these decide nothing
    fits: Selection  # a curve for each image and recipe, of the N that all of its seeds have
    bits: Several[PositiveFloat]  # for a parameter, with the noise fitted
    noise: Several[PositiveFloat]  # σ in levels of 8 bits, at the price of the free energy

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield the curves that have fewer than two N with all seeds."""
        found: dict[tuple[str, str], list[set[int]]] = {}
        for (image, recipe, _), seeds in together(config.gaussians.select(self.fits)).items():
            found.setdefault((image, recipe), []).append(set(seeds))
        for (image, recipe), of_each in found.items():
            whole = sum(seeds == set().union(*of_each) for seeds in of_each)
            if whole < 2:
                yield (
                    "fits",
                    f"image {image} with recipe {recipe} has {whole} N with all of its seeds; "
                    "two or more are needed to choose from",
                )
