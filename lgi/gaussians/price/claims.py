"""What is claimed of the number of Gaussians at a price."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from lgi import intervals
from lgi.claims import (
    ABOVE_1,
    NOT_SUPPORTED,
    OURS,
    SUPPORTED,
    Claim,
    Part,
    Sentences,
    enough,
    judge,
    names_by_verdict,
    parts,
)
from lgi.display import UNNAMED_FITS, GaussianNames
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.price.settings import PriceSettings
from lgi.gaussians.price.table import channels_of, curves, price_at, saved
from lgi.gaussians.selection import RunList
from lgi.intervals import Interval
from lgi.prose import quoted


def claims(
    table: pd.DataFrame,
    pictures: Iterable[Fit],
    settings: PriceSettings,
    lists: Sequence[RunList],
    parameters: Mapping[int, Mapping[str, int]],
    at: Mapping[str, int],
    names: GaussianNames = UNNAMED_FITS,
) -> Iterator[dict]:
    """Judge whether more Gaussians than were tried would pay, and what one N asks for.

    Parameters
    ----------
    table, pictures, settings, lists, parameters, at
        As for `lgi.gaussians.price.table.tables`.
    names
        What people read in place of names.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`; seeds are what is independent.
    """
    found = {
        names.fit(curve.image, curve.recipe): curve
        for curve in curves(table, settings, lists, parameters, channels_of(pictures))
    }
    gains = {name: saved(curve) for name, curve in found.items()}
    judged = parts(gains, intervals.mean, settings.confidence, least=settings.least)
    images = {name: names.of("images", curve.image) for name, curve in found.items()}
    yield from judge(_more_pay(judged, images), judged)
    for quantity, claim in (
        ("bits over regular", NEEDS_BITS),
        ("sigma over residual", NEEDS_NOISE),
    ):
        rows = {
            name: next(row for row in price_at(curve, at, settings) if row["quantity"] == quantity)
            for name, curve in found.items()
            if curve.image in at
        }
        own = [enough(Part(name, _interval(row)), settings.least) for name, row in rows.items()]
        if own:
            yield from judge(claim, own)


def _interval(row: Mapping) -> Interval:
    return Interval(row["value"], row["low"], row["high"], row["seeds"])


def _more_pay(found: Sequence[Part], images: Mapping[str, str]) -> Claim:
    by_verdict = names_by_verdict(found, ABOVE_1)
    pay, do_not = (
        list(dict.fromkeys(images[name] for name in by_verdict[verdict]))
        for verdict in (SUPPORTED, NOT_SUPPORTED)
    )
    though = f" It does on {quoted(pay)}." if pay else ""
    price = "At the price of the free energy, ½ log2 n bits per parameter,"
    return Claim(
        "price.more_pay",
        "at the price of the free energy more Gaussians than were tried would pay",
        OURS,
        "bits per parameter that the last step of N saves, over its price",
        ABOVE_1,
        Sentences(
            supported=f"{price} the largest N tried still pays on every image: the best one is at "
            "least that.",
            not_supported=f"{price} the largest N tried no longer pays on {quoted(do_not)}."
            f"{though}",
            undecided=f"{price} whether the largest N tried still pays is not decided on every "
            f"image.{though}",
        ),
    )


NEEDS_BITS = Claim(
    "price.needs_bits",
    "the N that the original calls best is best only at a price above that of the free energy",
    OURS,
    "bits per parameter at which N* passes it, over ½ log2 n; geometric mean over seeds",
    ABOVE_1,
    Sentences(
        supported="The N that the original calls best is the best one if a parameter costs "
        "{estimate} times what the free energy asks for it, ½ log2 n bits; at that price itself "
        "more pay.",
        not_supported="The N that the original calls best is the best one at a price of the free "
        "energy or below: {estimate} times ½ log2 n bits per parameter.",
        undecided="Whether the N that the original calls best is the best one at the price of the "
        "free energy is not decided: {estimate} times ½ log2 n bits per parameter.",
    ),
)
NEEDS_NOISE = Claim(
    "price.needs_noise",
    "the N that the original calls best is best only if the noise is larger than what it leaves",
    OURS,
    "σ at which N* passes it in the free energy, over the residual's standard deviation there; "
    "geometric mean over seeds",
    ABOVE_1,
    Sentences(
        supported="For the N that the original calls best to be best in the free energy, the noise "
        "would have to be {estimate} times the standard deviation of what the fit leaves.",
        not_supported="The noise for which the N that the original calls best is best in the free "
        "energy is no larger than what the fit leaves: {estimate} times its standard deviation.",
        undecided="Whether the noise for which the N that the original calls best is best in the "
        "free energy is larger than what the fit leaves is not decided: {estimate} times its "
        "standard deviation.",
    ),
)
