"""Tables of the best N at a price, of the price of one N, and of the free energy of minima.

Each seed has a curve of its own, and with it a best N at any price: seeds are what is independent.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.errors import DataError
from lgi.gaussians.fits.table import curves_of_seeds, pixels_of, rows_of
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.price import cost
from lgi.gaussians.price.settings import PriceSettings
from lgi.gaussians.selection import RunList
from lgi.intervals import Interval
from lgi.llc.status import OK

DESCRIPTION, FREE_ENERGY, MINIMA = "description", "free energy", "minima"
STATED, REGULAR, MEASURED = "stated", "regular", "measured"

PRICE = (
    "image",
    "recipe",
    "pixels",
    "channels",
    "score",
    "price",
    "setting",
    "bits",
    "sigma",
    "n_star",
    "low",
    "high",
    "seeds",
    "seeds_at_most_tried",
    "seeds_at_least_tried",
    "least_tried",
    "most_tried",
    "psnr",
    "ssim",
    "residual",
    "bits_per_pixel",
)
AT = ("image", "recipe", "n", "quantity", "unit", "value", "low", "high", "seeds", "from", "to")
ENERGY = (
    "image",
    "recipe",
    "setting",
    "noise",
    "localisation",
    "n",
    "seed",
    "status",
    "misfit",
    "regular",
    "measured",
    "residual",
)


@dataclass(frozen=True)
class Curve:
    """The fits of an image with a recipe: of every seed, the same N."""

    image: str
    recipe: str
    pixels: int
    channels: int  # that differ
    parameters: int  # of a Gaussian that are trained, one for the colour where channels are equal
    n: np.ndarray  # [N] ascending
    psnr: np.ndarray  # [seeds, N] dB
    ssim: np.ndarray  # [seeds, N]

    @property
    def error(self) -> np.ndarray:
        """Mean squared errors [seeds, N]."""
        return 10 ** (-self.psnr / 10)

    @property
    def values(self) -> int:
        """Values of the image, those of equal channels once."""
        return self.channels * self.pixels

    @property
    def regular(self) -> float:
        """Bits of a parameter in the free energy of a regular model."""
        return cost.regular_price(self.pixels)

    def described(self) -> np.ndarray:
        """Return the bits [seeds, N] of what the fits leave, with the noise fitted."""
        return cost.description(self.error, self.values)


def curves(
    table: pd.DataFrame,
    settings: PriceSettings,
    lists: Sequence[RunList],
    parameters: Mapping[int, Mapping[str, int]],
    channels: Mapping[str, int],
) -> Iterator[Curve]:
    """Yield the curve of each image and recipe.

    Parameters
    ----------
    table
        Runs, as from `lgi.gaussians.fits.table.table`.
    settings
        Which of them.
    lists
        The lists of runs.
    parameters
        Trained parameters of a Gaussian, by the number of channels and the recipe.
    channels
        Channels that differ, by image.

    Raises
    ------
    DataError
        If there are no such runs.
    """
    asked = rows_of(table, settings.fits.fits(lists))
    if asked.empty:
        raise DataError("no runs to put a price on")
    for (image, recipe), rows in asked.groupby(["image", "recipe"]):
        n, (psnr, ssim) = curves_of_seeds(rows, ["psnr_at_best", "ssim_at_best"])
        yield Curve(
            image=image,
            recipe=recipe,
            pixels=int(pixels_of(rows).iloc[0]),
            channels=channels[image],
            parameters=parameters[channels[image]][recipe],
            n=n,
            psnr=psnr,
            ssim=ssim,
        )


def channels_of(pictures: Iterable[Fit]) -> dict[str, int]:
    """Return the number of channels that differ, by image: 1 where all are equal, else 3."""
    found = {}
    for fit in pictures:
        first, *others = np.moveaxis(fit["target"], -1, 0)
        found[fit.image] = 1 if all(np.array_equal(first, other) for other in others) else 3
    return found


def tables(
    table: pd.DataFrame,
    llc: pd.DataFrame,
    pictures: Iterable[Fit],
    settings: PriceSettings,
    lists: Sequence[RunList],
    parameters: Mapping[int, Mapping[str, int]],
    at: Mapping[str, int],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the best N at each price, the price of some N, and the free energy of minima.

    Parameters
    ----------
    table, settings, lists, parameters
        As for `curves`.
    llc
        ``gaussians_llc.csv``.
    pictures
        A run of each image, for its channels.
    at
        The N whose price is asked, by image.

    Returns
    -------
    price : DataFrame
        Columns `PRICE`. ``score`` is `DESCRIPTION`, `FREE_ENERGY` or `MINIMA`, the latter of the
        minima whose effective dimension was measured; ``price`` says whose the ``bits`` of a
        parameter are: `STATED`, `REGULAR`, or `MEASURED` with a ``setting``, where they are those
        of the mean over seeds and N. ``channels`` of an image that are equal count once, but for
        the minima, whose dimensions are those of three; ``sigma`` in levels of 8 bits, NaN where
        the noise is fitted. ``n_star`` is the median over seeds with its interval by rank, NaN at
        both ends where the seeds are too few; ``seeds_at_most_tried`` are those whose N* is the
        largest of the range, which says "at least". ``psnr`` (dB), ``ssim``, ``residual`` (standard
        deviation in levels) and ``bits_per_pixel`` (of all parameters at their price) are means
        over seeds, each at its N*.
    at : DataFrame
        Columns `AT`, for each image with an N that is asked for: the ``bits`` per parameter at
        which N* passes it, in the description; ``sigma`` at which it does in the free energy of a
        regular model; the ``residual`` there; and the ratios that claims speak of. Geometric means
        over seeds with t intervals of the logarithms; ``from`` and ``to`` are those of the ends
        between which a seed's N* is that N.
    energy : DataFrame
        Columns `ENERGY`, a row per estimate: see `free_energy`.
    """
    found = list(curves(table, settings, lists, parameters, channels_of(pictures)))
    sizes = pixels_of(table).groupby(table["image"]).first()
    energy = free_energy(llc, sizes)
    rows = [row for curve in found for row in _prices(curve, llc, settings)]
    rows += _minima(energy, sizes, settings)
    passed = [row for curve in found if curve.image in at for row in price_at(curve, at, settings)]
    return (
        pd.DataFrame(rows, columns=list(PRICE)),
        pd.DataFrame(passed, columns=list(AT)),
        energy,
    )


def saved(curve: Curve) -> np.ndarray:
    """Return the bits that a parameter of the last Gaussians saves over its price, per seed.

    Those of the description, between the two largest N, in units of the price of the free energy.
    """
    before, last = curve.described()[:, -2:].T
    return (before - last) / np.diff(curve.n)[-1] / curve.parameters / curve.regular


def price_at(curve: Curve, at: Mapping[str, int], settings: PriceSettings) -> Iterator[dict]:
    """Yield the rows of `AT` of one curve."""
    n = at[curve.image]
    by_score = {
        "bits": (curve.described(), lambda price: price / curve.parameters),
        # A(N) + c N of the free energy, times 2 σ²: one price of a Gaussian for every σ.
        "sigma": (
            cost.misfit(curve.error, curve.values, cost.LEVEL),
            lambda price: np.sqrt(price / curve.parameters / curve.regular),
        ),
    }
    ends = {
        name: scale(np.maximum([cost.prices_of(seed, curve.n, n) for seed in left], 0))
        for name, (left, scale) in by_score.items()
    }
    middle = {name: np.sqrt(both.prod(axis=1)) for name, both in ends.items()}
    residual = np.full(len(curve.psnr), np.nan)
    for place in np.flatnonzero(curve.n == n):
        residual = np.sqrt(curve.error[:, place]) / cost.LEVEL
    quantities = {
        "bits": ("bits per parameter", middle["bits"], ends["bits"]),
        "bits over regular": ("", middle["bits"] / curve.regular, ends["bits"] / curve.regular),
        "sigma": ("levels", middle["sigma"], ends["sigma"]),
        "residual": ("levels", residual, None),
        "sigma over residual": (
            "",
            middle["sigma"] / residual,
            ends["sigma"] / residual[:, None],
        ),
    }
    for quantity, (unit, values, both) in quantities.items():
        mean = geometric_mean(values, settings.confidence)
        low, high = (
            (np.nan, np.nan) if both is None else (geometric_mean(b, 0.5).value for b in both.T)
        )
        yield {
            "image": curve.image,
            "recipe": curve.recipe,
            "n": n,
            "quantity": quantity,
            "unit": unit,
            "value": mean.value,
            "low": mean.low,
            "high": mean.high,
            "seeds": mean.n,
            "from": low,
            "to": high,
        }


def geometric_mean(values: np.ndarray, confidence: float) -> Interval:
    """Return the geometric mean with the t interval of the logarithms' mean."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = intervals.mean(np.log(values), confidence)
    return Interval(*(math.exp(x) for x in mean[:3]), mean.n)


def free_energy(llc: pd.DataFrame, sizes: pd.Series) -> pd.DataFrame:
    """Return the terms of the free energy at minima, with λ of a regular model and as measured.

    Parameters
    ----------
    llc
        Estimates of `lgi.gaussians.llc.estimates`.
    sizes
        Number of pixels by image.

    Returns
    -------
    DataFrame
        Columns `ENERGY`, in nats: ``misfit`` n L(w*); ``regular``, half the trained parameters, and
        ``measured``, half the effective dimension at σ and γ, times ln n. An estimate that is not
        ok has no ``measured``. ``residual`` is the standard deviation of what is left, in levels
        of 8 bits.
    """
    samples = llc["image"].map(sizes)
    return llc.assign(
        misfit=samples * llc["loss_at_w"],
        regular=0.5 * llc["trained"] * np.log(samples),
        measured=(llc["llc"] * np.log(samples)).where(llc["status"] == OK),
        residual=llc["rmse"] / cost.LEVEL,
    )[list(ENERGY)]


def _minima(energy: pd.DataFrame, sizes: pd.Series, settings: PriceSettings) -> Iterator[dict]:
    """Yield the best N of the free energy of minima, with both λ, by image, recipe and setting."""
    ok = energy.dropna(subset=["misfit", "measured"])
    for (image, recipe, setting), rows in ok.groupby(["image", "recipe", "setting"]):
        columns = ["misfit", "residual", REGULAR, MEASURED]
        n, (misfit, residual, *prices) = curves_of_seeds(rows, columns)
        if len(n) < 2:
            continue
        for name, priced in zip((REGULAR, MEASURED), prices, strict=True):
            places = (misfit + priced).argmin(axis=1)
            seed = np.arange(len(places))
            yield {
                "image": image,
                "recipe": recipe,
                "pixels": sizes[image],
                "channels": 3,
                "score": MINIMA,
                "price": name,
                "setting": setting,
                "sigma": rows["noise"].iloc[0] / cost.LEVEL,
                **_star(n, places, settings.confidence),
                "psnr": (-20 * np.log10(residual[seed, places] * cost.LEVEL)).mean(),
                "residual": residual[seed, places].mean(),
                "bits_per_pixel": priced[seed, places].mean() / math.log(2) / sizes[image],
            }


def _prices(curve: Curve, llc: pd.DataFrame, settings: PriceSettings) -> Iterator[dict]:
    described = curve.described()
    prices = [(REGULAR, curve.regular), *((STATED, bits) for bits in settings.bits)]
    for price, bits in prices:
        yield _row(curve, described, settings, score=DESCRIPTION, price=price, bits=bits)
    for setting, bits in _effective(curve, llc).items():
        row = _row(curve, described, settings, score=DESCRIPTION, price=MEASURED, bits=bits)
        yield row | {"setting": setting}
    for sigma in settings.noise:
        left = cost.misfit(curve.error, curve.values, sigma * cost.LEVEL)
        known = {"score": FREE_ENERGY, "price": REGULAR, "sigma": sigma}
        yield _row(curve, left, settings, bits=curve.regular, **known)


def _effective(curve: Curve, llc: pd.DataFrame) -> dict[str, float]:
    """Return the bits that λ̂ ln n makes of a parameter, by the setting that measured it.

    The mean over seeds of the mean over N, of the image's estimates that are ok.
    """
    ok = llc[(llc["image"] == curve.image) & (llc["status"] == OK)]
    share = ok["llc"] / (0.5 * ok["trained"])
    by_seed = share.groupby([ok["setting"], ok["seed"]]).mean()
    return (by_seed.groupby("setting").mean() * curve.regular).to_dict()


def _row(
    curve: Curve,
    left: np.ndarray,
    settings: PriceSettings,
    *,
    score: str,
    price: str,
    bits: float,
    sigma: float = math.nan,
) -> dict:
    places = cost.best(left, curve.n, bits * curve.parameters)
    seed = np.arange(len(places))
    return {
        "image": curve.image,
        "recipe": curve.recipe,
        "pixels": curve.pixels,
        "channels": curve.channels,
        "score": score,
        "price": price,
        "bits": bits,
        "sigma": sigma,
        **_star(curve.n, places, settings.confidence),
        "psnr": curve.psnr[seed, places].mean(),
        "ssim": curve.ssim[seed, places].mean(),
        "residual": np.sqrt(curve.error[seed, places]).mean() / cost.LEVEL,
        "bits_per_pixel": (bits * curve.parameters * curve.n[places]).mean() / curve.pixels,
    }


def _star(n: np.ndarray, places: np.ndarray, confidence: float) -> dict:
    """Return the median of the best N of each seed, and how many are an end of the range."""
    found = n[places]
    star = intervals.median(found, confidence)
    return {
        "n_star": star.value,
        "low": star.low,
        "high": star.high,
        "seeds": star.n,
        "seeds_at_most_tried": int((found == n[-1]).sum()),
        "seeds_at_least_tried": int((found == n[0]).sum()),
        "least_tried": n[0],
        "most_tried": n[-1],
    }
