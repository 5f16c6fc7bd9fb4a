"""What the explorer shows."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from lgi.errors import listed
from lgi.gaussians.selection import ListName, Selection
from lgi.settings import Count, OneOrMore, Seed, Settings, at_least
from lgi.superposition import selection as superposition

LARGEST = 3_000_000
"""Bytes that the states of all fits in the page may take: beside plotly.js, study 2 and the claims
the page stays below 10 MB."""

ROW = 8 * 4
"""Bytes of a Gaussian in a state."""


class GaussianViews(Settings):
    """Study 1: fits that are rendered, and curves of loss against N."""

    fits: Annotated[list[Selection], Field(min_length=1)]
    background: Annotated[float, Field(gt=0, le=1)]  # weight of black, of a hard edge made smooth
    loss_vs_n: OneOrMore[ListName]  # lists of one image and one recipe
    seed: Seed  # of the order in which seeds are drawn

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield fits that are too much for a page, and lists that are not of one curve."""
        if (study := config.gaussians) is None:
            return
        size = sum(fit.n * study.recipes[fit.recipe].snapshots for fit in study.select(*self.fits))
        if size * ROW > LARGEST:
            yield (
                "fits",
                f"their states take up to {size * ROW / 1e6:.1f} MB; allowed are "
                f"{LARGEST / 1e6:g} MB, so that the page can be sent",
            )
        for i, name in enumerate(self.loss_vs_n):
            for kind in ("image", "recipe"):
                if len(found := getattr(study.run_list(name), kind)) > 1:
                    yield (
                        f"loss_vs_n.{i}",
                        f"list {name} has {kind} {listed(found)}; it must have one",
                    )


class SuperpositionViews(Settings):
    """Study 2: models whose polygon opens, and how much of their training it shows."""

    # With as many training samples every model opens, at the epochs with an estimate; null: the
    # number that the main figures show
    samples: Count | None
    films: superposition.Selection  # models that are seen along training as well
    snapshots: Annotated[int, at_least(2, 1000)]  # of these, beside the epochs with an estimate


class Explorer(Settings):
    """The section of the explorer; a study without a part here is not shown in it."""

    gaussians: GaussianViews | None
    superposition: SuperpositionViews | None
