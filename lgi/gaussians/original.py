"""What the original study states, once; `lgi.gaussians.fits.published` has its settings."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from lgi.errors import listed
from lgi.gaussians.selection import RecipeName, RunList
from lgi.settings import Count, Name, OneOrMore, Seed, Settings, Share


class OriginalStudy(Settings):
    """What the original study states, in its own words where they are numbers."""

    seed: Seed  # the one that its statements rest on
    # A recipe with which it ran some fits again, and the one that they are compared with.
    again: RecipeName
    reference: RecipeName  # the recipe of its own runs
    worse: OneOrMore[Count]  # N that do worse than one fewer
    best: Count  # the best N of the range
    ratio: tuple[Share, Share]  # the optimal share of Gaussians in the pixels
    # List of runs with seeds of their own, on which the N that do worse are tried. It is asked for
    # on the original's image alone, so that a configuration of another need not have it.
    fresh: Name

    @model_validator(mode="after")
    def _ratio_is_an_interval(self) -> Self:
        if not self.ratio[0] < self.ratio[1]:
            raise ValueError(f"ratio: {self.ratio} is not an interval from small to large")
        return self

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield what is spoken of and not run, if the N-study is of the original's image."""
        study = config.gaussians
        if not study.of_the_original:
            return
        entry = study.run_list(study.n_study.seeds.runs)
        if self.best not in entry.n:
            yield "best", f"list {entry.name} has no N = {self.best}; {_there(entry)}"
        if self.fresh not in (names := [one.name for one in study.runs]):
            found = f"unknown list of runs; found {self.fresh!r}"
            yield "fresh", f"{found}, there are {listed(names)}"
            return
        fresh = study.run_list(self.fresh)
        for kind in ("image", "recipe"):
            if (own := getattr(fresh, kind)) != (wanted := getattr(entry, kind)):
                found, asked = listed(own), listed(wanted)
                yield "fresh", f"list {fresh.name} has {kind} {found}, list {entry.name} {asked}"
        if twice := sorted({self.seed, *entry.seeds} & {*fresh.seeds}):
            found = listed(twice)
            yield (
                "fresh",
                f"list {fresh.name} must have other seeds than {entry.name}; found {found}",
            )
        for i, n in enumerate(self.worse):
            for missing in [m for m in (n - 1, n) if m not in fresh.n]:
                yield f"worse.{i}", f"list {fresh.name} has no N = {missing}; {_there(fresh)}"


def _there(entry: RunList) -> str:
    return f"there are {listed(entry.n)}"


def per_cent(shares: pd.Series | tuple[float, ...]) -> pd.Series | np.ndarray:
    """Return shares in per cent, rounded to the two decimals that the original prints."""
    return (100 * (shares if isinstance(shares, pd.Series) else np.array(shares))).round(2)
