"""Section of the written analysis on other images and resolutions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lgi.prose import interval, number, percent, table

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[str]:
    """Yield whether an optimal ratio holds for other images and resolutions."""
    rows = study.tables["elsewhere"]
    yield "## Does it hold elsewhere?"
    yield ""
    lowest = rows[rows["is_lowest"].astype(bool)]
    most = rows.groupby(["image", "recipe"])["n"].transform("max")
    lowest = lowest.assign(at_most=lowest["n"] == most[lowest.index])
    yield from table(
        lowest,
        {
            "image": ("image", lambda name: name.replace("_", " ")),
            "recipe": ("recipe", str),
            "lowest at N": (
                ("n", "at_most"),
                lambda n, at_most: f"{n}, the most tried" if at_most else f"{n}",
            ),
            "N / pixels": ("n_over_pixels", lambda share: percent(share, 2)),
            "best loss": (("best_loss", "low", "high"), interval),
            "PSNR (dB)": ("psnr_at_best", lambda value: number(value, 4)),
            "in the range": ("in_range", lambda inside: "yes" if inside else "no"),
        },
    )
    yield ""
    yield study.figure("elsewhere", "Best loss against N / pixels for every image")
    yield ""
    for recipe in sorted(rows["recipe"].unique()):
        yield study.claims.sentence(f"elsewhere.{recipe}")
