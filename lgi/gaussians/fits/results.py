"""Results of study 1 that show single fits: run files, their table, and pictures of a fit."""

import math
from collections.abc import Mapping
from typing import Any

from lgi.catalogue import ANIMATIONS, FIGURES, ROOT, TABLES, Result
from lgi.errors import ConfigError
from lgi.gaussians.fits.drawn import figures, fits_of
from lgi.gaussians.fits.duration import fit_seconds
from lgi.gaussians.fits.images import image_size, planned
from lgi.gaussians.fits.settings import LARGEST_SEED
from lgi.gaussians.fits.team import useful_threads

NAME = "{image}/{recipe}/n{n}_seed{seed}"
FIT = ROOT + f"gaussians/{NAME}.npz"
TABLE = TABLES + "gaussians.csv"
REPRODUCIBILITY = TABLES + "gaussians_reproducibility.csv"
DRAWN = FIGURES + "gaussians/"
FIT_FIGURE = f"{DRAWN}fit/{NAME}.png"
FIT_ANIMATION = f"{ANIMATIONS}gaussians/fit/{NAME}.gif"
PUBLISHED = "published/n45_55.csv"
"""Best losses that the original study printed."""


def fit_path(fit) -> str:
    """Return the run file of a fit (`lgi.gaussians.selection.FitName`)."""
    return FIT.format(**fit._asdict())


def fit_inputs(config: Any, wildcards: Any) -> list[str]:
    """Return the files that a fit waits for: none.

    Its picture is no such file: it is known by its bytes (`fit_settings`), not by its time, and
    braces in its path are no wildcards.

    Raises
    ------
    ConfigError
        If the run cannot start.
    """
    image, recipe, n = wildcards.image, wildcards.recipe, int(wildcards.n)
    if misfit := config.gaussians.start_misfit(image, recipe, n):
        raise ConfigError(f"{image}/{recipe}/n{n}: {misfit}")
    if int(wildcards.seed) > LARGEST_SEED:
        raise ConfigError(f"seed {wildcards.seed}: allowed are 0 to 2^64 - 1")
    return []


def fit_threads(config: Any, wildcards: Any) -> int:
    """Return how many threads a fit on the CPU is given: by the pixels of its image."""
    return useful_threads(*image_size(config.gaussians.images[wildcards.image]))


def _seconds(config: Any, wildcards: Any) -> float:
    size = image_size(config.gaussians.images[wildcards.image])
    return fit_seconds(
        config.gaussians.recipes[wildcards.recipe].iterations, int(wildcards.n), size
    )


def fit_mem_mb(config: Any, wildcards: Any) -> int:
    """Return how many MB a scheduler is asked for: the packages' and a share per pixel.

    The peak is 126 bytes a pixel and 9.5 for each of its Gaussians (docs/gaussians_sizes_speed.md);
    1,000 bytes are those of 92 Gaussians that reach it.
    """
    width, height = image_size(config.gaussians.images[wildcards.image])
    return 1_500 + math.ceil(width * height * 1_000 / 10**6)


def fit_settings(config: Any, wildcards: Any) -> dict:
    """Return what a fit depends on besides its source: the arguments of `fit_run`."""
    numbers = {"n": int(wildcards.n), "seed": int(wildcards.seed)}
    return _image(config, wildcards.image) | _recipe(config, wildcards.recipe) | numbers


def _image(config: Any, image: str) -> dict:
    return {"image_name": image, "image": planned(config.gaussians.images[image])}


def _recipe(config: Any, recipe: str) -> dict:
    return {"recipe_name": recipe, "recipe": config.gaussians.recipes[recipe]}


NAMED = {"image": _image, "recipe": _recipe}
"""What the record of a file that goes back to one fit says of its image and its recipe."""


def _shown(kind: str) -> Any:
    """Return the function that gives the run files of a figure."""

    def inputs(config: Any, wildcards: Mapping[str, str]) -> dict:
        return {"fits": [fit_path(fit) for fit in fits_of(config, kind, wildcards)]}

    return inputs


def _names(config: Any, wildcards: Any) -> dict:
    return {"names": config.gaussians.names}


RESULTS = (
    Result(
        "fit",
        FIT,
        "Fit N Gaussians to an image: one run file.",
        record=NAMED | {"": lambda config, _: {}},
        seconds=_seconds,
        on_card=True,
        wanted=lambda config: [fit._asdict() for fit in config.gaussians.listed()],
    ),
    Result(
        "gaussians_table",
        {"all_fits": TABLE, "made_again": REPRODUCIBILITY},
        "Gather all fits into one table, and compare the runs that were made twice.",
        "lgi.gaussians.fits.table:tables",
        seconds=lambda *_: 4.0,
        inputs=lambda config, _: {
            "fits": [fit_path(fit) for fit in config.gaussians.listed()],
            "published": PUBLISHED,
        },
        settings=lambda config, _: {
            "again": config.gaussians.original.again,
            "reference": config.gaussians.original.reference,
        },
        labels={"table": "all fits"},
        caption="All fits of study 1, and those that were made twice.",
    ),
    Result(
        "loss_vs_n",
        {"rows": TABLES + "gaussians/loss_vs_n/{image}/{recipe}.csv"},
        "Tabulate and draw best loss against N, with published values, seeds and regressions.",
        "lgi.gaussians.fits.table:table",
        draw={DRAWN + "loss_vs_n/{image}/{recipe}.png": "lgi.gaussians.fits.figures:loss_vs_n"},
        inputs=lambda config, wildcards: {
            **_shown("loss_vs_n")(config, wildcards),
            "published": PUBLISHED,
        },
        settings=_names,
        wanted=lambda config: figures(config, "loss_vs_n"),
        labels={"figure": "loss against N", "recipe": "{recipe}", "image": "{image}"},
        caption="How the best loss falls with N, and where N does worse than the next smaller one "
        "of the same seed: triangles. Best loss of a fit against the number of Gaussians, a line "
        "per seed, grey points for seeds of one N alone; diamonds are the values that the "
        "original study published.",
    ),
    Result(
        "loss_and_coverage",
        DRAWN + "loss_and_coverage/{image}/{recipe}/seed{seed}.png",
        "Draw loss and uncovered share along training.",
        "lgi.gaussians.fits.figures:loss_and_coverage",
        inputs=_shown("loss_and_coverage"),
        settings=_names,
        wanted=lambda config: figures(config, "loss_and_coverage"),
        labels={"figure": "loss and coverage", "recipe": "{recipe}", "image": "{image}"},
        caption="Whether the loss turns where coverage is lost: reported loss and uncovered share "
        "of the image along training. Dots and dotted lines mark the iteration of the best loss.",
    ),
    Result(
        "fit_figure",
        FIT_FIGURE,
        "Draw target, fit, error and ellipses of one run.",
        "lgi.gaussians.fits.figures:fit",
        inputs={"fit": FIT},
        settings=_names,
        wanted=lambda config: figures(config, "drawn"),
        labels={"figure": "fit", "recipe": "{recipe}", "image": "{image}, N = {n}"},
        caption="What a fit is like at its best logged iteration and at its end, with the loss of "
        "both: the image, its Gaussians as ellipses, and the absolute error, on one scale for "
        "both. Where the end is the best there is one row.",
    ),
    Result(
        "fit_animation",
        FIT_ANIMATION,
        "Animate one fit: image, ellipses and loss along training.",
        "lgi.gaussians.fits.figures:fit_frames",
        inputs={"fit": FIT},
        settings=_names,
        wanted=lambda config: figures(config, "drawn"),
        labels={"figure": "animation", "recipe": "{recipe}", "image": "{image}, N = {n}"},
        caption="A fit along training, at log-spaced snapshots: image, Gaussians as ellipses, loss "
        "and uncovered share. The dotted line is the best loss, where the film stays for a "
        "second.",
    ),
)
