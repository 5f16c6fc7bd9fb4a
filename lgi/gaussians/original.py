"""What the original study states, once; `lgi.gaussians.fits.published` has its settings."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from lgi.gaussians.selection import RecipeName
from lgi.settings import Count, OneOrMore, Seed, Settings, Share


class OriginalStudy(Settings):
    """What the original study states, in its own words where they are numbers."""

    seed: Seed  # the one that its statements rest on
    recipes: OneOrMore[RecipeName]  # with which it was run
    # A recipe with which it ran some fits again, and the one that they are compared with.
    again: RecipeName
    reference: RecipeName
    worse: OneOrMore[Count]  # N that do worse than one fewer
    best: Count  # the best N of the range
    ratio: tuple[Share, Share]  # the optimal share of Gaussians in the pixels

    @model_validator(mode="after")
    def _ratio_is_an_interval(self) -> Self:
        if not self.ratio[0] < self.ratio[1]:
            raise ValueError(f"ratio: {self.ratio} is not an interval from small to large")
        return self

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield the N that are spoken of and not run with the seeds of the N-study."""
        entry = config.gaussians.run_list(config.gaussians.n_study.seeds.runs)
        there = f"there are {', '.join(map(str, entry.n))}"
        if self.best not in entry.n:
            yield "best", f"list {entry.name} has no N = {self.best}; {there}"
        for i, n in enumerate(self.worse):
            for missing in [m for m in (n - 1, n) if m not in entry.n]:
                yield f"worse.{i}", f"list {entry.name} has no N = {missing}; {there}"


def per_cent(shares: pd.Series | tuple[float, ...]) -> pd.Series | np.ndarray:
    """Return shares in per cent, rounded to the two decimals that the original prints."""
    return (100 * (shares if isinstance(shares, pd.Series) else np.array(shares))).round(2)
