"""Results of study 1 that say how many Gaussians a price is worth."""

from typing import Any

from lgi.catalogue import FIGURES, TABLES, Result
from lgi.gaussians.fits import published
from lgi.gaussians.fits.results import TABLE, fit_path
from lgi.gaussians.llc.results import LLC

PRICE = TABLES + "gaussians_price.csv"
AT = TABLES + "gaussians_price_at.csv"
ENERGY = TABLES + "gaussians_free_energy.csv"
FIGURE = FIGURES + "gaussians_price.png"
ENERGY_FIGURE = FIGURES + "gaussians_free_energy.png"


def asked(config: Any) -> dict:
    """Return what is asked of the runs; nothing where the configuration asks for no price."""
    study = config.gaussians
    if study.price is None:
        return {}
    return {
        "settings": study.price,
        "lists": study.runs,
        "parameters": {
            channels: study.parameters(study.price.fits, channels) for channels in (1, 3)
        },
        # The original speaks of its own image alone.
        "at": {
            name: study.original.best
            for name, image in study.images.items()
            if image == published.IMAGE
        },
    }


def pictures(config: Any) -> list[str]:
    """Return a run file of each image that is asked about."""
    study = config.gaussians
    fits = study.select(study.price.fits) if study.price else []
    return [fit_path(fit) for fit in {fit.image: fit for fit in fits}.values()]


def told(config: Any) -> dict[str, str]:
    """Return the tables of the written analysis that are made here, by name."""
    tables = {"price": PRICE, "price_at": AT, "free_energy": ENERGY}
    return tables if config.gaussians.price else {}


def shown(config: Any) -> dict[str, str]:
    """Return the figures of the written analysis that are made here, by name."""
    figures = {"price": FIGURE, "free_energy": ENERGY_FIGURE}
    return figures if config.gaussians.price else {}


RESULTS = (
    Result(
        "price_gaussians",
        {"price": PRICE, "at": AT, "energy": ENERGY},
        "Tabulate the best N at each price of a parameter, and the free energy of minima.",
        make="lgi.gaussians.price.table:tables",
        draw={
            FIGURE: "lgi.gaussians.price.figures:n_at_a_price",
            ENERGY_FIGURE: "lgi.gaussians.price.figures:free_energy",
        },
        inputs=lambda config, _: {"table": TABLE, "llc": LLC, "pictures": pictures(config)},
        settings=lambda config, _: asked(config) | {"names": config.gaussians.names},
        wanted=lambda config: [{}] if config.gaussians.price else [],
        labels={"figure": "N at a price"},
        caption="How many Gaussians a price is worth; where a mark is hollow, the N that were "
        "tried do not reach far enough. The best N against the price of a parameter in bits, with "
        "the noise fitted: median over seeds with its interval, a panel per image. Dotted: the "
        "price of the free energy of a regular model, ½ log2 n bits for n pixels. Grey: the N "
        "that were tried; where the median is the largest of them, the best N is at least that. "
        "Of the free energy: the best N against the noise σ in levels of 8 bits, with what the "
        "fits leave there, and the two terms at minima, λ as measured and of a regular model.",
    ),
)
