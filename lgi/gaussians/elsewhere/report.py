"""Part of the written analysis on other images and resolutions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lgi.analysis import Folded
from lgi.prose import interval, number, percent, some_of, span, table

if TYPE_CHECKING:
    import pandas as pd

    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[Folded]:
    """Yield what best loss and N / pixels do on other images and resolutions."""
    yield Folded("Other images and resolutions", list(_compared(study)))


def _compared(study: "Study") -> Iterator[str]:
    rows = study.tables["elsewhere"]
    lowest = rows[rows["is_lowest"].astype(bool)]
    most = rows.groupby(["image", "recipe"])["n"].transform("max")
    lowest = lowest.assign(at_most=lowest["n"] == most[lowest.index])
    yield from table(
        lowest,
        {
            "image": ("image", study.image),
            "recipe": ("recipe", study.recipe),
            "lowest at N": (
                ("n", "at_most"),
                lambda n, at_most: f"{n}, the most tried" if at_most else f"{n}",
            ),
            "N / pixels": ("n_over_pixels", lambda share: percent(share, 2)),
            "seeds": ("seeds", number),
            "mean best loss": (("best_loss", "low", "high"), interval),
            "best at iteration": ("best_iteration", number),
            "PSNR (dB)": ("psnr_at_best", lambda value: number(value, 4)),
        },
    )
    yield ""
    yield study.figure("elsewhere", "Best loss against N / pixels for every image")
    yield ""
    called = ", which the original calls optimal for its image"
    called = called if study.settings.of_the_original else ""
    inside = span(*study.settings.original.ratio, lambda end: percent(end, 2))
    yield (
        "The mean is lowest with the most Gaussians tried in "
        f"{some_of(lowest['at_most'].sum(), len(lowest), 'row')}. Whether these fit better than N "
        f"at {inside} of the pixels{called}, seed by seed:"
    )
    for recipe in sorted(rows["recipe"].unique()):
        yield study.claims.sentence(f"elsewhere.{recipe}")
        yield from _still_falling(study, recipe, rows[rows["recipe"] == recipe])


def _still_falling(study: "Study", recipe: str, rows: "pd.DataFrame") -> Iterator[str]:
    """Yield of how many N the best comes at the last iteration, as where a loss still falls."""
    last = study.settings.recipes[recipe].iterations
    if ends := int((rows["best_iteration"] == last).sum()):
        yield (
            f"With recipe {study.recipe(recipe)} the best comes at the last iteration, {last:,}, for "
            f"{some_of(ends, len(rows), 'pair')} of image and N (median over seeds): what more "
            "iterations do is not known."
        )
