"""Typed settings of what predicts a fit."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import Field

from lgi.errors import listed
from lgi.gaussians.selection import FitName, ListName, RunList, Selection
from lgi.settings import MILLION, Confidence, Seed, Settings, at_least


class PredictionSettings(Settings):
    """Which runs are predicted, and what skill counts."""

    runs: ListName  # list of runs that are predicted
    confidence: Confidence
    ridge: Annotated[float, Field(ge=0)]  # rows that say that a predictor says nothing
    least: Annotated[float, Field(ge=0, lt=0.5)]  # skill, and AUC above one half, that counts
    power: Confidence  # chance with which a skill is to be found
    # Predictors of each known skill that tell which skill is.
    planted: Annotated[int, at_least(1, MILLION)]
    seed: Seed  # of these
    spectra: Selection  # those of them whose singular values are drawn

    def fits(self, lists: Iterable[RunList]) -> list[FitName]:
        """Return the runs that are predicted, sorted."""
        return Selection(runs=self.runs).fits(lists)

    def drawn(self, lists: Iterable[RunList]) -> list[FitName]:
        """Return those of them whose singular values are drawn, sorted."""
        return sorted({*self.fits(lists)} & {*self.spectra.fits(lists)})

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield where the drawn fits are not among the predicted, or not of one kind."""
        lists, entry = config.gaussians.runs, config.gaussians.run_list(self.runs)
        outside = False
        for kind in ("image", "recipe", "n", "seeds"):
            own = getattr(entry, kind)
            for value in getattr(self.spectra, kind) or ():
                if value not in own:
                    outside = True
                    there = listed(own)
                    yield (
                        f"spectra.{kind}",
                        f"list {self.runs} has no {kind.removesuffix('s')} {value}; "
                        f"there are {there}",
                    )
        drawn = self.drawn(lists)
        if not drawn and not outside:
            yield "spectra", f"holds no run of list {self.runs}"
        for kind in ("image", "recipe"):
            found = sorted({getattr(fit, kind) for fit in drawn})
            if len(found) > 1:
                yield "spectra", f"must be of one {kind}; found {listed(found)}"
