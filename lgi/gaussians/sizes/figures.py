"""Figure of fits to pictures of real size."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lgi.display import GaussianNames
from lgi.figures.style import (
    category_colours,
    counted_from,
    need,
    new_figure,
    plain_log_axis,
    styled,
)
from lgi.gaussians.fits.figures import called

if TYPE_CHECKING:
    import pandas as pd

STYLES = {"ssim": ("-", "o", "SSIM"), "ms_ssim": ("--", "s", "MS-SSIM")}


@styled
def sizes(sizes: "pd.DataFrame", names: GaussianNames) -> Figure:
    """Draw PSNR and similarities against bits per pixel, and the work against N.

    Parameters
    ----------
    sizes
        ``gaussians_sizes.csv``.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If the table is empty.
    """
    need(len(sizes), "pictures")
    pictures = list(sizes.groupby(["image", "recipe"], sort=False))
    figure = new_figure(7.4, 2.8)
    psnr, similarity, work = figure.subplots(1, 3)
    colours = category_colours(len(pictures))
    for (_, rows), colour in zip(pictures, colours, strict=True):
        rows = rows.sort_values("n")
        _draw(psnr, rows, "psnr", colour, "-", "o")
        for name, (line, marker, _) in STYLES.items():
            _draw(similarity, rows, name, colour, line, marker)
        work.plot(rows["n"], rows["evaluations"] / 1e6, "o-", color=colour, ms=3, lw=1)
    psnr.set(ylabel="PSNR (dB)")
    similarity.set(ylabel="similarity")
    for axes in (psnr, similarity):
        axes.set(xlabel="parameters (bits per pixel)")
        plain_log_axis(axes, "x")
    work.set(xlabel="number of Gaussians N", ylabel="Gaussians × pixels\nper iteration (millions)")
    for name in ("x", "y"):
        plain_log_axis(work, name)
    figure.legend(
        handles=_handles(sizes, pictures, colours, names),
        title=f"mean over {counted_from(sizes['seeds'])}, with its interval",
        loc="outside upper center",
        ncols=3,
    )
    return figure


def _draw(axes: Axes, rows: "pd.DataFrame", name: str, colour: str, line: str, marker: str) -> None:
    rows = rows.dropna(subset=[name])
    error = [rows[name] - rows[f"{name}_low"], rows[f"{name}_high"] - rows[name]]
    style = {"color": colour, "ms": 3, "lw": 1, "elinewidth": 0.8, "capsize": 2}
    axes.errorbar(
        rows["bits_per_pixel"],
        rows[name],
        yerr=np.nan_to_num(np.array(error)),
        ls=line,
        marker=marker,
        **style,
    )


def _handles(
    sizes: "pd.DataFrame", pictures: list, colours: list[str], names: GaussianNames
) -> list[Line2D]:
    handles = [
        Line2D([], [], color=colour, marker="o", ms=3, label=called(names, image, recipe))
        for ((image, recipe), _), colour in zip(pictures, colours, strict=True)
    ]
    return handles + [
        Line2D([], [], color="k", ls=line, marker=marker, ms=3, label=label)
        for name, (line, marker, label) in STYLES.items()
        if sizes[name].notna().any()
    ]
