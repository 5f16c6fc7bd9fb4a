"""Part of the written analysis on N at a price."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from lgi.analysis import Folded
from lgi.gaussians.price.table import DESCRIPTION, FREE_ENERGY, MEASURED, MINIMA, REGULAR, STATED
from lgi.prose import counted, interval, number, some_of, span, table

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[Folded]:
    """Yield the best N at each price, and the price at which the original's N is the best."""
    if "price" in study.tables:
        yield Folded("How many Gaussians at a price", list(_priced(study)))


def _priced(study: "Study") -> Iterator[str]:
    rows = study.tables["price"]
    described = rows[rows["score"] == DESCRIPTION]
    yield (
        "More Gaussians fit better; how many to use is a question of what one costs. With b bits for "
        "each parameter and the noise fitted, the best N makes (m / 2) log2(2 π e MSE) + b k N least, "
        "for m values of the image and k parameters of a Gaussian, equal channels counted once: the bits of the picture as "
        "Gaussians and of what they leave of it. The free energy n L + λ ln n is the same with ½ "
        "log2 n bits, n pixels, if λ is half the number of parameters. N* is the median over seeds "
        'with its interval by rank, which takes six of them; "at least" where it is the most tried.'
    )
    yield ""
    yield from _table(study, described)
    yield ""
    yield study.figure("price", "Best N against the price of a parameter")
    yield ""
    yield study.claims.sentence("price.more_pay")
    yield ""
    yield from _at(study)
    yield from _energy(study)


def _table(study: "Study", rows: pd.DataFrame) -> Iterator[str]:
    stated = sorted(rows.loc[rows["price"] == STATED, "bits"].unique())
    keys = ["image", "recipe"]
    regular = rows[rows["price"] == REGULAR].set_index(keys)
    wide = regular[["bits", "psnr", "bits_per_pixel", "seeds"]].assign(regular=_stars(regular))
    for bits in stated:
        own = rows[(rows["price"] == STATED) & (rows["bits"] == bits)].set_index(keys)
        wide[f"at {bits:g}"] = _stars(own)
    yield from table(
        wide.reset_index(),
        {
            "image": ("image", study.image),
            "recipe": ("recipe", study.recipe),
            "seeds": ("seeds", number),
            "½ log2 n (bits)": ("bits", number),
            "N* at it": ("regular", str),
            "PSNR (dB)": ("psnr", number),
            "bits per pixel": ("bits_per_pixel", number),
            **{f"N* at {bits:g} bits": (f"at {bits:g}", str) for bits in stated},
        },
    )


def _stars(rows: pd.DataFrame) -> pd.Series:
    """Return N* in words."""
    texts = [_end(row) + interval(row.n_star, row.low, row.high) for row in rows.itertuples()]
    return pd.Series(texts, index=rows.index)


def _end(row: tuple) -> str:
    if row.n_star >= row.most_tried:
        return "at least "
    return "at most " if row.n_star <= row.least_tried else ""


def _at(study: "Study") -> Iterator[str]:
    at = study.tables["price_at"].dropna(subset=["value"])
    if at.empty:
        return
    rows = at.set_index("quantity")
    bits, sigma, residual = (rows.loc[name] for name in ("bits", "sigma", "residual"))
    yield (
        f"N = {bits['n']} is the best one at {_mean(bits)} bits per parameter, "
        f"n = {counted(bits['seeds'], 'seed')}; in the free energy, where the noise is known, at σ = "
        f"{_mean(sigma)} levels of 8 bits, while the fit leaves {_mean(residual)}. "
        f"{study.claims.sentence('price.needs_bits')} {study.claims.sentence('price.needs_noise')}"
    )
    yield ""
    known = study.tables["price"]
    known = known[(known["score"] == FREE_ENERGY) & (known["image"] == bits["image"])]
    yield from table(
        known.assign(star=_stars(known)),
        {
            "σ (levels)": ("sigma", number),
            "N*": ("star", str),
            "left at N* (levels)": ("residual", number),
            "PSNR (dB)": ("psnr", number),
            "bits per pixel": ("bits_per_pixel", number),
        },
    )
    yield ""


def _mean(row: pd.Series) -> str:
    return interval(row["value"], row["low"], row["high"])


def _energy(study: "Study") -> Iterator[str]:
    yield study.figure("free_energy", "Free energy against noise and N")
    keys, prices = ["image", "setting"], study.tables["price"]
    minima = prices[prices["score"] == MINIMA].set_index(keys)
    if minima.empty:
        return
    yield ""
    regular, measured = (
        minima[minima["price"] == name].assign(star=_stars(minima[minima["price"] == name]))
        for name in (REGULAR, MEASURED)
    )
    priced = prices[(prices["score"] == DESCRIPTION) & (prices["price"] == MEASURED)]
    wide = regular.assign(by_dimension=measured["star"])
    wide = wide.drop(columns="bits").join(
        priced.set_index(keys).assign(of_fits=_stars(priced).to_numpy())[["bits", "of_fits"]]
    )
    yield (
        "λ need not be half the number of parameters. With half the effective dimension at (σ, γ) "
        "in its place, measured at minima to which fits of another recipe were taken further, a "
        "parameter has another price. "
        f"{_differ(regular, measured)}"
    )
    yield ""
    yield from table(
        wide.reset_index(),
        {
            "image": ("image", study.image),
            "setting": ("setting", lambda name: name.replace("_", " ")),
            "σ (levels)": ("sigma", number),
            "seeds": ("seeds", number),
            "N of minima": (("least_tried", "most_tried"), span),
            "N*, regular": ("star", str),
            "N*, measured": ("by_dimension", str),
            "measured, bits per parameter": ("bits", number),
            "N* of fits at that price": ("of_fits", str),
        },
    )


def _differ(regular: pd.DataFrame, measured: pd.DataFrame) -> str:
    """Return for how many settings the measured dimension leads to another best N of minima."""
    differ = int((regular["n_star"] != measured["n_star"]).sum())
    return f"It leads to another best N of these minima in {some_of(differ, len(regular), 'case')}:"
