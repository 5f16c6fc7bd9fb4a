"""The section of study 1: images, recipes, the runs that combine them, and what they are asked."""

import math
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from lgi import memory
from lgi.display import GaussianNames
from lgi.errors import ImageError
from lgi.gaussians.blending.settings import BlendingSettings
from lgi.gaussians.elsewhere.settings import ElsewhereSettings
from lgi.gaussians.fits import published
from lgi.gaussians.fits.drawn import FitsSettings
from lgi.gaussians.fits.images import check_image, image_size, load_image
from lgi.gaussians.fits.initial import COLUMNS, Variety
from lgi.gaussians.fits.pictures.read import LOOKED_INTO, picture_size
from lgi.gaussians.fits.settings import ImageSettings, RecipeSettings
from lgi.gaussians.llc.settings import GaussiansLLC
from lgi.gaussians.n_study.settings import NStudySettings
from lgi.gaussians.original import OriginalStudy
from lgi.gaussians.prediction.settings import PredictionSettings
from lgi.gaussians.price.settings import PriceSettings
from lgi.gaussians.selection import FitName, RunList, Selection
from lgi.gaussians.sizes.settings import SizesSettings
from lgi.gaussians.turn.settings import TurnSettings
from lgi.settings import Name, Settings, sections, unique


def _named_once(runs: list[RunList]) -> list[RunList]:
    unique([entry.name for entry in runs])
    return runs


class Gaussians(Settings):
    """Study 1."""

    images: Annotated[dict[Name, ImageSettings], Field(min_length=1)]
    recipes: Annotated[dict[Name, RecipeSettings], Field(min_length=1)]
    names: GaussianNames  # what people read in place of names
    runs: Annotated[list[RunList], Field(min_length=1), AfterValidator(_named_once)]
    original: OriginalStudy
    fits: FitsSettings
    n_study: NStudySettings
    turn: TurnSettings
    blending: BlendingSettings
    elsewhere: ElsewhereSettings
    prediction: PredictionSettings
    llc: GaussiansLLC
    price: PriceSettings | None  # none: no price is asked
    sizes: SizesSettings | None  # none: no pictures of real size

    @property
    def of_the_original(self) -> bool:
        """Whether the N-study is of the published image, of which alone the original speaks."""
        return self.images[self.run_list(self.n_study.fine).image[0]] == published.IMAGE

    def listed(self) -> list[FitName]:
        """Return every listed run once, sorted."""
        return sorted({fit for entry in self.runs for fit in entry.fits()})

    def fitted(self) -> list[FitName]:
        """Return every run that something asks for, listed or not, once, sorted."""
        chosen = [entry for _, entry in sections(self) if isinstance(entry, Selection)]
        film = self.turn.neighbours
        watched = {fit._replace(recipe=film.film) for fit in self.select(film.fits)}
        middle = {fit for fit in watched if fit.n == film.middle}
        return sorted({*self.listed(), *self.select(*chosen), *middle})

    def run_list(self, name: str) -> RunList:
        """Return the list of runs of a name."""
        return next(entry for entry in self.runs if entry.name == name)

    def select(self, *selections: Selection) -> list[FitName]:
        """Return the runs of some selections, each once, sorted."""
        return sorted({fit for one in selections for fit in one.fits(self.runs)})

    def parameters(self, selection: Selection, channels: int = 3) -> dict[str, int]:
        """Return the trained parameters of a Gaussian, by the recipes of a selection.

        Those of a picture of one channel have one colour.
        """
        sizes = {group: len(columns) for group, columns in COLUMNS.items()} | {"colour": channels}
        return {
            name: sum(sizes[group] for group in self.recipes[name].trained)
            for name in sorted({fit.recipe for fit in self.select(selection)})
        }

    def start_misfit(self, image: str, recipe: str, n: int) -> str | None:
        """Say why a run cannot start, if it cannot; no list need name the run.

        Parameters
        ----------
        image, recipe
            Names of the run's image and recipe.
        n
            Number of Gaussians.
        """
        width, height = image_size(self.images[image])
        if problem := self._fit("", recipe, n, width * height).problem:
            return problem
        if self.recipes[recipe].initialisation.kind != "kmeans":
            return None
        return _variety(self.images[image]).misfit(n, f"image {image}")

    def needs(self, config: Any) -> Iterator[memory.Need]:
        """Yield what images and fits take; of a picture that keeps its size only the file knows."""
        pixels = {}
        for name, image in self.images.items():
            pixels[name] = (image.width or 1) * (image.height or 1)
            if image.width:
                yield memory.image(f"images.{name}", image.width, image.height)
        for place, entry in sections(self):
            if isinstance(entry, RunList | Selection):
                yield from self._fits(place, entry, pixels)

    def _fits(
        self, place: str, entry: RunList | Selection, pixels: dict[str, int]
    ) -> Iterator[memory.Need]:
        """Yield what the largest fit of each recipe takes, among those that an entry names."""
        largest = max(pixels[name] for name in entry.image or pixels)
        for name in entry.recipe or ():
            yield self._fit(place, name, max(entry.n or [1]), largest)

    def _fit(self, place: str, recipe: str, n: int, pixels: int) -> memory.Need:
        how = self.recipes[recipe]
        clustered = how.initialisation.kind == "kmeans"
        return memory.fit(place, n, pixels, how.snapshots, how.iterations, clustered)

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield the images that cannot be fitted, and the runs that k-means cannot start."""
        clustered = self._clustered()
        for name, image in self.images.items():
            try:
                check_image(image)
                if name not in clustered:
                    continue
                variety = _variety(image)
            except ImageError as error:
                file = getattr(image, "path", None)
                yield f"images.{name}{'.path' if file else ''}", str(error)
                continue
            for place, n in clustered[name]:
                if misfit := variety.misfit(n, f"image {name}"):
                    yield place, misfit

    def _clustered(self) -> dict[str, list[tuple[str, int]]]:
        """Return where each image is given a number of Gaussians that start from k-means."""
        found: dict[str, list[tuple[str, int]]] = {}
        for place, entry in sections(self):
            if not isinstance(entry, RunList | Selection) or not (entry.image and entry.recipe):
                continue
            if all(self.recipes[r].initialisation.kind != "kmeans" for r in entry.recipe):
                continue
            for image in entry.image:
                places = [(f"{place}.n.{i}", n) for i, n in enumerate(entry.n or ())]
                found.setdefault(image, []).extend(places)
        return found


@cache
def _variety(image: ImageSettings) -> Variety:
    """Return the number of pixels and colours; an image is loaded for it once a process.

    Of a large file only the pixels are counted, by its header: should its colours be fewer, the
    run that has too few of them says so.
    """
    if image.kind == "file":
        width, height = picture_size(image.path)
        if width * height > LOOKED_INTO:
            pixels = math.prod(image_size(image))
            return Variety(pixels, pixels)
    return Variety.of(load_image(image))
