"""Part of the written analysis on pictures of real size."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lgi.analysis import Folded
from lgi.gaussians.sizes.claims import CLAIM_OF
from lgi.gaussians.sizes.table import DOUBLING, EVALUATIONS
from lgi.prose import interval, listed, number, percent, table

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[Folded]:
    """Yield how well pictures of real size are fitted, and how the work grows."""
    if "sizes" in study.tables:
        yield Folded("Pictures of real size", list(_fitted(study)))


def _fitted(study: "Study") -> Iterator[str]:
    rows = study.tables["sizes"]
    bits = study.settings.sizes.bits
    yield from table(
        rows,
        {
            "image": ("image", study.image),
            "recipe": ("recipe", study.recipe),
            "pixels": ("pixels", number),
            "N": ("n", number),
            "N / pixels": ("n_over_pixels", lambda share: percent(share, 2)),
            "bits per pixel": ("bits_per_pixel", number),
            "seeds": ("seeds", number),
            "PSNR (dB)": (("psnr", "psnr_low", "psnr_high"), _to(4)),
            "SSIM": (("ssim", "ssim_low", "ssim_high"), interval),
            "MS-SSIM": (("ms_ssim", "ms_ssim_low", "ms_ssim_high"), _to(4)),
            "pixels reached, per iteration": ("evaluations", number),
        },
    )
    yield ""
    yield study.figure("sizes", "PSNR, SSIM and MS-SSIM of pictures of real size")
    yield ""
    yield (
        f"Means over seeds with their intervals; bits per pixel are those of all parameters at "
        f"{bits:g} bits each, to which none was rounded here. {_growth(study, DOUBLING)} "
        f"{_growth(study, EVALUATIONS)}"
    )


def _growth(study: "Study", quantity: str) -> str:
    """Return what is claimed of a growth, with the growth of each picture."""
    rows = study.tables["sizes_growth"]
    rows = rows[rows["quantity"] == quantity]
    each = listed(
        [
            f"“{study.image(row.image)}” {interval(row.value, row.low, row.high)}"
            for row in rows.itertuples()
        ]
    )
    unit = {DOUBLING: "dB for twice the N", EVALUATIONS: "exponent of the work over N"}[quantity]
    return f"{study.claims.sentence(CLAIM_OF[quantity])} ({each}; {unit}.)"


def _to(digits: int):
    return lambda value, low, high: interval(value, low, high, digits)
