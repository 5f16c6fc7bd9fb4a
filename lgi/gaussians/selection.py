"""Which runs of study 1: one type for run lists, figures, analyses and claims."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, product
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
        if self.stands_alone:
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


TAKEN = {"figure", "animation"}
"""Names of lists whose batches would be called as the rules `fit_figure` and `fit_animation`."""


class Batch(NamedTuple):
    """Fits that run with the same seeds, those of one image, recipe and N in one job."""

    name: str  # of the list that names their runs first; numbered where it has several batches
    seeds: tuple[int, ...]
    fits: list[tuple[str, str, int]]  # image, recipe and N of each


def batches(lists: Sequence[RunList], seeds_at_most: Callable[[str, str, int], int]) -> list[Batch]:
    """Return the jobs that listed runs share.

    A run belongs to the list that names it first: another list adds jobs and changes none.

    Parameters
    ----------
    lists
        The lists of the configuration.
    seeds_at_most
        Function of image, recipe and N to the number of seeds in a job. A run that shares its job
        with no other is in no batch.
    """
    seen: set[FitName] = set()
    found: dict[tuple[str, tuple[int, ...]], list] = {}
    for entry in lists:
        own = sorted(set(entry.fits()) - seen)
        seen.update(own)
        for fit, seeds in together(own).items():
            size = seeds_at_most(*fit)
            blocks = [tuple(seeds[first : first + size]) for first in range(0, len(seeds), size)]
            for block in blocks:
                if len(block) > 1:
                    found.setdefault((entry.name, block), []).append(fit)
    blocks_of = Counter(home for home, _ in found)
    names = {entry.name: _names(entry.name, lists) for entry in lists}
    return [
        Batch(next(names[home]), seeds, part)
        for (home, seeds), fits in found.items()
        # Where a list has more blocks than fits, a batch for each finds its paths sooner.
        for part in ([[fit] for fit in fits] if len(fits) < blocks_of[home] else [fits])
    ]


def _names(home: str, lists: Sequence[RunList]) -> Iterator[str]:
    """Yield names of the batches of a list, past the names of other lists and of rules."""
    if home not in TAKEN:
        yield f"fit_{home}"
    others = {entry.name for entry in lists}
    yield from (f"fit_{home}_{i}" for i in count(2) if f"{home}_{i}" not in others)
