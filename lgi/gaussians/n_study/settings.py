"""Typed settings of how the best loss depends on N."""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import Field, PositiveFloat, model_validator

from lgi import memory
from lgi.errors import listed
from lgi.gaussians.selection import ListName, RunList, Selection
from lgi.settings import MILLION, Confidence, Label, Seed, Settings, Share, at_least


class Tier(Settings):
    """Runs whose best loss is at most a threshold, and above that of the tier before."""

    name: Label
    at_most: PositiveFloat | None  # None: without limit


class SeedsSettings(Settings):
    """Many seeds for each N; see `lgi.gaussians.n_study.seeds`."""

    runs: ListName  # list of runs with many seeds
    confidence: Confidence
    resamples: Annotated[int, at_least(1, MILLION)]  # of the bootstrap
    seed: Seed  # of the bootstrap
    power: Confidence  # chance with which a step is to be seen


class NClaimSettings(Settings):
    """What it takes to say so; see `lgi.gaussians.n_study.claims`."""

    confidence: Confidence  # of all intervals of a claim together
    least: Annotated[int, at_least(3)]  # fewer seeds than these decide nothing
    # Curves of best loss against N on which the optimal ratio is looked for: one per image, recipe.
    curves: Annotated[list[Selection], Field(min_length=1)]
    ranking: Share  # one seed ranks N as the others do above this rank correlation
    picking: Share  # and finds the best N in more than this share of the seeds
    size: PositiveFloat  # share of a printed regression that it takes to be as bad as printed
    rise: Annotated[float, Field(ge=0)]  # of the mean best loss: smaller ones do not count
    structure: Share  # share of a curve's ups and downs that N must explain to be their cause
    seed: Seed  # of the seeds that intervals of one seed's merits leave out


class NStudySettings(Settings):
    """The original's N-study, the same range of N from many seeds, and what is claimed of both."""

    # Lists of one image and one recipe.
    fine: ListName  # list of runs at every N of a range
    gap: ListName  # list of runs that goes on above it
    broad: ListName  # list of runs at few N of a wide range
    confidence: Confidence
    tolerance: PositiveFloat  # N is optimal up to this share above the lowest best loss
    tiers: Annotated[list[Tier], Field(min_length=1)]  # by best loss
    seeds: SeedsSettings
    claims: NClaimSettings

    @model_validator(mode="after")
    def _tiers_cover_all(self) -> Self:
        *limits, last = (tier.at_most for tier in self.tiers)
        if last is not None:
            raise ValueError(f"tiers: at_most of the last one must be null, not {last}")
        if None in limits or sorted(set(limits)) != limits:
            raise ValueError(f"tiers: at_most must rise from tier to tier, not be {limits}")
        if len({tier.name for tier in self.tiers}) < len(self.tiers):
            raise ValueError("tiers: two have the same name")
        return self

    def needs(self, config: Any) -> Iterator[memory.Need]:
        """Yield what the bootstrap takes."""
        seeds = config.gaussians.run_list(self.seeds.runs).seeds
        yield memory.resamples("seeds.resamples", self.seeds.resamples, len(seeds))

    def lists(self, study: Any) -> dict[str, RunList]:
        """Return the lists of the study as the original wrote it, by their part in it."""
        return {part: study.run_list(getattr(self, part)) for part in ("fine", "gap", "broad")}

    def of_several_n(self) -> list[str]:
        """Return the names of all its lists, each once."""
        return list(dict.fromkeys([self.fine, self.gap, self.broad, self.seeds.runs]))

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield the lists and curves that are not of one image and recipe, or lack a seed."""
        study = config.gaussians
        lists = self.lists(study)
        for part, entry in (lists | {"seeds.runs": study.run_list(self.seeds.runs)}).items():
            for kind in ("image", "recipe"):
                if len(found := getattr(entry, kind)) > 1:
                    yield part, f"list {entry.name} has {kind} {listed(found)}; it must have one"
        for part, entry in lists.items():
            for kind in ("image", "recipe"):
                wanted, found = getattr(lists["fine"], kind)[0], getattr(entry, kind)
                if wanted not in found:
                    yield (
                        part,
                        f"list {entry.name} has no {kind} {wanted}, which list {self.fine} has; "
                        f"there are {listed(found)}",
                    )
            if (seed := study.original.seed) not in entry.seeds:
                there = listed(entry.seeds)
                yield part, f"list {entry.name} has no seed {seed}; there are {there}"
        yield from self._curves(study)

    def _curves(self, study: Any) -> Iterator[tuple[str, str]]:
        there = set(study.listed())
        for i, curve in enumerate(self.claims.curves):
            fits = study.select(curve)
            if missing := sorted(set(fits) - there):
                yield f"claims.curves.{i}", f"gaussians.runs does not list {missing[0]}"
            for kind in ("image", "recipe"):
                if len(found := sorted({getattr(fit, kind) for fit in fits})) > 1:
                    yield f"claims.curves.{i}", f"must be of one {kind}; found {listed(found)}"
