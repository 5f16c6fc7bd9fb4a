"""Part of the written analysis on blends, edges and starts."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lgi.analysis import Folded
from lgi.gaussians.blending.claims import COMPARED, STARTS, TURNS
from lgi.prose import counted, interval, listed, number, share, table

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[Folded]:
    """Yield which blend fits better and turns, what the edge does to each, and which start helps."""
    yield Folded("Colours averaged or added, edges and starts", list(_compared(study)))


def _compared(study: "Study") -> Iterator[str]:
    rows = study.tables["blending"]
    recipes = [
        study.settings.recipes[name]
        for name in sorted({f.recipe for f in study.settings.select(study.settings.blending.fits)})
    ]
    yield (
        "A *mean* averages colours, Σ w c / Σ w; a *sum* adds them, Σ w c, as GaussianImage and its "
        "followers do. "
        f"Recipes here differ in start, blend, edge and rate alone, over {recipes[0].iterations:,} "
        f"iterations, with {counted(int(rows['seeds'].min()), 'seed')} each at least; the intervals "
        "of the table hold one by one."
    )
    yield ""
    yield from table(
        rows,
        {
            "image": ("image", study.image),
            "N": ("n", number),
            "start": ("start", lambda start: STARTS.get(start, start)),
            "rate": ("rate", lambda value: f"{value:g}"),
            "blend": ("blend", str),
            "edge": ("edge", str),
            "first loss": ("initial_loss", number),
            "best loss": (("best_loss", "low", "high"), interval),
            "last loss": ("final_loss", number),
            "PSNR at best (dB)": ("psnr_at_best", lambda value: number(value, 4)),
            "turn": (("turned", "turned_low", "turned_high"), share),
            "seeds": ("seeds", number),
        },
    )
    yield ""
    yield study.figure("blending", "Best and last loss by blend, edge and start")
    yield ""
    for name, *_ in (*TURNS, *COMPARED):
        yield study.claims.sentence(f"blending.{name}")
    yield ""
    ends = sorted({recipe.cutoff for recipe in recipes})
    yield (
        f"A hard edge cuts a weight off at exp(-c²/2) = "
        f"{listed([number(math.exp(-0.5 * end**2)) for end in ends])} of its height. A sum misses that much of "
        "a colour beyond it. A mean divides by the weights: a pixel that a Gaussian alone has "
        "reached loses all of it."
    )
    asked = "What a start" if rows["rate"].nunique() > 1 else "What starts and rates"
    yield (
        "Starts are those of a mean; where Gaussians overlap, a sum of the same colours is brighter "
        f"(compare the first losses). {asked} of its own would give a sum is not asked here."
    )
