"""Which runs of study 1: one type for run lists, figures, analyses and claims."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Annotated, Any, NamedTuple, Self

from pydantic import model_validator

from lgi.errors import listed
from lgi.settings import Count, Name, OneOrMore, Reference, Seed, Settings

ImageName = Annotated[Name, Reference("gaussians.images", "image")]
RecipeName = Annotated[Name, Reference("gaussians.recipes", "recipe")]
ListName = Annotated[Name, Reference("gaussians.runs.*.name", "list of runs")]


class FitName(NamedTuple):
    """What names one run."""

    image: str
    recipe: str
    n: int
    seed: int


class RunList(Settings):
    """A list of runs: every image with every recipe, N and seed."""

    name: Name
    image: OneOrMore[ImageName]
    recipe: OneOrMore[RecipeName]
    n: OneOrMore[Count]
    seeds: OneOrMore[Seed]

    def fits(self) -> list[FitName]:
        """Return its runs, in the order of the lists."""
        return list(map(FitName._make, product(self.image, self.recipe, self.n, self.seeds)))


class Selection(Settings):
    """Some runs: those of lists, or of all lists, with this image, recipe, N and seeds.

    What is not stated does not matter. A selection that states all four and no list stands by
    itself: its runs need not be listed.
    """

    runs: OneOrMore[ListName] | None = None
    image: OneOrMore[ImageName] | None = None
    recipe: OneOrMore[RecipeName] | None = None
    n: OneOrMore[Count] | None = None
    seeds: OneOrMore[Seed] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must state runs, image, recipe, n or seeds")
        return self

    @property
    def stands_alone(self) -> bool:
        """Whether it names its runs in full, listed or not."""
        return self.runs is None and None not in (self.image, self.recipe, self.n, self.seeds)

    def fits(self, lists: Iterable[RunList]) -> list[FitName]:
        """Return its runs, each once, sorted.

        Parameters
        ----------
        lists
            The lists of the configuration.
        """
        if self.stands_alone:
            return sorted(map(FitName._make, product(self.image, self.recipe, self.n, self.seeds)))
        listed = {f for entry in lists if self.takes(entry) for f in entry.fits()}
        stated = self._stated().items()
        return sorted(
            fit
            for fit in listed
            if all(getattr(fit, _FIELD.get(key, key)) in wanted for key, wanted in stated)
        )

    def takes(self, entry: RunList) -> bool:
        """Tell whether it takes runs of a list."""
        return self.runs is None or entry.name in self.runs

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield what is stated here and no listed run has."""
        if self.stands_alone or config.gaussians is None:
            return
        found = self.fits(config.gaussians.runs)
        if not found:
            yield "", f"no runs of {self} are listed in gaussians.runs"
            return
        for key, stated in self._stated().items():
            field = _FIELD.get(key, key)
            held = {getattr(fit, field) for fit in found}
            for value in [value for value in stated if value not in held]:
                fits = self.model_copy(update={key: None}).fits(config.gaussians.runs)
                there = listed(sorted({getattr(fit, field) for fit in fits}))
                yield key, f"no listed run has {value}; there are {there}"

    def __str__(self) -> str:
        """Return it in words."""
        lists = {"list": self.runs} if self.runs else {}
        first, *more = (
            f"{key} {listed(values)}" for key, values in (lists | self._stated()).items()
        )
        return f"{first} with {', '.join(more)}" if more else first

    def _stated(self) -> dict[str, list]:
        """Return the stated values of what names a run."""
        named = {key: getattr(self, key) for key in ("image", "recipe", "n", "seeds")}
        return {key: values for key, values in named.items() if values is not None}


_FIELD = {"seeds": "seed"}
"""Fields of `FitName` that a selection calls by another name."""


def together(fits: Iterable[FitName]) -> dict[tuple[str, str, int], list[int]]:
    """Return the seeds of each image, recipe and N."""
    found: dict[tuple[str, str, int], list[int]] = {}
    for fit in fits:
        found.setdefault(fit[:3], []).append(fit.seed)
    return found
